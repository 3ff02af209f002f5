"""What a catalogue says of one model, and the body that is made of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from situate.data.scenes.materials import Paint
from situate.data.scenes.meshes import Mesh

Rotation = tuple[float, float, float, float, float, float, float, float, float]
NOT_TURNED: Rotation = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class AssetModel:
    """One model of a catalogue: what it is, how large it is in the world, whose it is, where its file is.

    Attributes:
        key: Names it in its catalogue; no two models of a catalogue share one.
        name: What people call it.
        category: Its kind, as the catalogue sorts.
        creator: Who made it; empty if the catalogue does not say.
        licence: Under which licence; empty if the catalogue does not say.
        width_m: Size along x.
        depth_m: Size along y.
        height_m: Size along z.
        top_m: Height above its foot at which things can be put on it; None if the catalogue names none.
        elevation_m: How high above the floor its foot hangs; 0 for what stands.
        is_movable: Whether people move it about; a bath is not.
        rotation: Three rows of a matrix that turns the file's axes (x right, y up, z to the front) upright.
        archive: The `.sh3f` file, or the folder, that holds it.
        member: Its file inside the archive.
    """

    key: str
    name: str
    category: str
    creator: str
    licence: str
    width_m: float
    depth_m: float
    height_m: float
    top_m: float | None
    elevation_m: float
    is_movable: bool
    rotation: Rotation
    archive: Path
    member: str

    @property
    def size_m(self) -> tuple[float, float, float]:
        """Size along x, y and z."""
        return self.width_m, self.depth_m, self.height_m

    @property
    def place(self) -> str:
        """Where its file is, for messages."""
        return f"{self.archive}: {self.member}"


@dataclass(frozen=True)
class UnusableModel:
    """A model that is left out, and why."""

    key: str
    place: str
    reason: str


@dataclass(frozen=True)
class AssetBody:
    """Meshes and what covers them: standing on z = 0 round x = y = 0, z up, the front towards -y, in metres.

    Attributes:
        meshes: One for each material; `slot` names its paint.
        paints: By slot.
        remarks: What could not be shown as its maker meant it.
    """

    meshes: tuple[Mesh, ...]
    paints: dict[str, Paint]
    remarks: tuple[str, ...] = ()

    @property
    def num_faces(self) -> int:
        """Number of triangles."""
        return sum(len(mesh.faces) for mesh in self.meshes)

    @property
    def size_m(self) -> tuple[float, float, float]:
        """Size along x, y and z."""
        vertices = np.concatenate([mesh.vertices_m for mesh in self.meshes])
        width_m, depth_m, height_m = (float(extent) for extent in np.ptp(vertices, axis=0))
        return width_m, depth_m, height_m
