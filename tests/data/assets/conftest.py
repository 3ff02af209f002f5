"""Small models and catalogues, made on the spot."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# A block of 2 (x) by 4 (y, up) by 6 (z, to the front) file units, whose front has another material than the rest.
BLOCK_OBJ = """
mtllib block.mtl
v -1 0 -3
v 1 0 -3
v 1 0 3
v -1 0 3
v -1 4 -3
v 1 4 -3
v 1 4 3
v -1 4 3
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl front
f 4/1 3/2 7/3 8/4
usemtl rest
f 2/1 1/2 5/3 6/4
f 1/1 4/2 8/3 5/4
f 3/1 2/2 6/3 7/4
f 8/1 7/2 6/3 5/4
f 1/1 2/2 3/3 4/4
"""
BLOCK_MTL = """
newmtl front
Kd 0.5 0.5 0.5
map_Kd front.png
newmtl rest
Kd 1.0 0.5 0.0
Ks 0.6 0.6 0.6
Ns 50
d 0.25
"""


def png(pixels: np.ndarray) -> bytes:
    """Encode pixels."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def front_png() -> bytes:
    """A picture whose upper half is white and whose lower half is black."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4] = 255
    return png(pixels)


def item(number: int, key: str, **values: str) -> str:
    """One entry of a Sweet Home 3D catalogue: a block 20 cm wide, 60 cm deep and 40 cm high."""
    fields = {
        "id": key,
        "name": f"Block {number}",
        "category": "Blocks",
        "creator": "Ann Example",
        "model": "/block/block.obj",
        "width": "20",
        "depth": "60",
        "height": "40",
        "movable": "true",
    } | values
    return "".join(f"{name}#{number}={value}\n" for name, value in fields.items() if value)


class Maker:
    """Writes catalogues into a folder."""

    def __init__(self, folder: Path) -> None:
        """Write into `folder`."""
        self.folder = folder
        self.files: dict[str, bytes] = {
            "block/block.obj": BLOCK_OBJ.encode(),
            "block/block.mtl": BLOCK_MTL.encode(),
            "block/front.png": front_png(),
        }

    item = staticmethod(item)
    png = staticmethod(png)

    def sh3f(self, *items: str, name: str = "blocks.sh3f", licence: str = "Public domain") -> Path:
        """Write an archive with these entries and `files`."""
        path = self.folder / name
        with zipfile.ZipFile(path, "w") as archive:
            catalogue = f"id=Blocks\nlicense={licence}\n" + "".join(items or (item(1, "a"),))
            archive.writestr("PluginFurnitureCatalog.properties", catalogue.encode("latin-1"))
            for member, content in self.files.items():
                archive.writestr(member, content)
        return path

    def table(self, *rows: str, header: str = "file,name,kind,width_m,depth_m,height_m,top_m,creator,licence") -> Path:
        """Write `files` and `models.csv` with these rows."""
        for member, content in self.files.items():
            path = self.folder / member
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        path = self.folder / "models.csv"
        path.write_text("\n".join([header, *(rows or ("block/block.obj,Block,blocks,0.2,0.6,0.4,,,",))]) + "\n")
        return path


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """Writes into a folder of its own, beside the cache."""
    folder = tmp_path / "models"
    folder.mkdir()
    return Maker(folder)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache folder that no other test uses."""
    return tmp_path / "cache"
