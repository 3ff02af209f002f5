"""What docs/service.md shows is run: each block of curl, and the Python client."""

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from tests.service.pictures import EXAMPLES

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
SIZE_WH = (480, 360)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files that the examples name."""
    shutil.copy(EXAMPLES / "backgrounds/street.jpg", tmp_path)
    for name in ("cone", "barrier"):
        shutil.copy(EXAMPLES / f"foregrounds/{name}.png", tmp_path)
    Image.new("L", SIZE_WH, 255).save(tmp_path / "pavement.png")
    image = {"id": 1, "file_name": "street.jpg", "width": SIZE_WH[0], "height": SIZE_WH[1]}
    labels = {"images": [image], "annotations": [], "categories": [{"id": 1, "name": "cone"}]}
    with zipfile.ZipFile(tmp_path / "dataset.zip", "w") as archive:
        archive.writestr("labels.json", json.dumps(labels))
        archive.write(tmp_path / "street.jpg", "street.jpg")
    with zipfile.ZipFile(tmp_path / "cutouts.zip", "w") as archive:
        archive.write(tmp_path / "cone.png", "cone/cone.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_does_what_is_shown(live, folder):
    shown = [block for block in blocks("sh") if "curl" in block and "SITUATE_TOKEN" not in block]
    assert len(shown) == 6
    for block in shown:
        words = ["bash", "-euo", "pipefail", "-c", block.replace(ADDRESS, live.url)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"
    for name in set(re.findall(r"-o (\S+\.png)", DOCUMENT)):
        with Image.open(folder / name) as picture:
            assert picture.size == SIZE_WH
    assert len(json.loads((folder / "composed.json").read_text())["composites"]) == 3
    with zipfile.ZipFile(folder / "larger.zip") as archive:
        assert len(json.loads(archive.read("annotations.json"))["images"]) == 3


@pytest.mark.slow
def test_the_client_does_what_is_shown(live, folder, capsys):
    (block,) = blocks("python")
    exec(compile(block.replace(ADDRESS, live.url), "service.md", "exec"), {})  # noqa: S102 (our own words)
    with Image.open(folder / "composed.png") as picture:
        assert picture.size == SIZE_WH
    *_, refusal = capsys.readouterr().out.splitlines()
    assert refusal.startswith("422 unusable foreground has no transparency")
