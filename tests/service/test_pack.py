"""A larger data set goes back with the client's own names of pictures."""

import json
import zipfile

from situate.service.pack import pack

NAMES = {"000001.jpg": "left/road one.jpg", "000002.png": "meadow.png"}


def packed(folder, tmp_path):
    pack(folder, NAMES, tmp_path / "result.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "result.zip"]
    with zipfile.ZipFile(tmp_path / "result.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_names_are_given_back(tmp_path):
    folder = tmp_path / "made"
    (folder / "images").mkdir(parents=True)
    for name in (*NAMES, "000001-new1.jpg"):
        (folder / "images" / name).write_bytes(name.encode())
    images = [{"file_name": name} for name in (*NAMES, "000001-new1.jpg")]
    (folder / "annotations.json").write_text(json.dumps({"images": images}))
    (folder / "errors.jsonl").write_text('{"file": "000002.png", "error": "small"}\n{"file": "x", "error": "odd"}\n')
    files = packed(folder, tmp_path)
    assert files["images/left/road one.jpg"] == b"000001.jpg"
    assert files["images/meadow.png"] == b"000002.png"
    assert files["images/000001-new1.jpg"] == b"000001-new1.jpg"
    named = [image["file_name"] for image in json.loads(files["annotations.json"])["images"]]
    assert named == ["left/road one.jpg", "meadow.png", "000001-new1.jpg"]
    errors = [json.loads(line)["file"] for line in files["errors.jsonl"].splitlines()]
    assert errors == ["meadow.png", "x"]


def test_cutouts_and_hidden_files_stay_here(tmp_path):
    folder = tmp_path / "made"
    (folder / "cutouts" / "cone").mkdir(parents=True)
    (folder / "cutouts" / "cone" / "1.png").write_bytes(b"x")
    (folder / ".lock").write_bytes(b"x")
    (folder / "report.html").write_text("report")
    assert packed(folder, tmp_path) == {"report.html": b"report"}
