"""Composites as files: named as promised, described exactly, whole or not there."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.pipeline.models import cutout, scene

from situate.errors import OutputError
from situate.imageio.read import read_picture
from situate.pipeline import output
from situate.pipeline.output import files_for, placement_entries, write_composites, write_files
from situate.records.placement import Placement

JSON_FIELDS = [
    "box_xywh_px",
    "visible_box_xywh_px",
    "probability",
    "score",
    "seed",
    "file",
    "mask_file",
    "effect_file",
]


def test_one_composite_has_the_name_and_several_are_numbered():
    assert files_for(Path("a/OUT.png"), [1], is_numbered=False)[0].picture == Path("a/OUT.png")
    numbered = files_for(Path("OUT.jpg"), [1, 2], is_numbered=True)
    names = [(files.picture.name, [mask.name for mask in files.masks], files.effect.name) for files in numbered]
    assert names == [
        ("OUT-1.jpg", ["OUT-1.mask.png"], "OUT-1.effect.png"),
        ("OUT-2.jpg", ["OUT-2.mask-1.png", "OUT-2.mask-2.png"], "OUT-2.effect.png"),
    ]


def test_the_only_place_of_several_that_were_asked_for_is_numbered_too():
    assert files_for(Path("OUT.png"), [1], is_numbered=True)[0].picture == Path("OUT-1.png")


def test_the_json_has_exactly_the_promised_fields(composer, tmp_path):
    composites = composer(scene(), cutout(), top_k=2, seed=4)
    (tmp_path / "labels").mkdir()
    path = tmp_path / "labels" / "OUT.json"
    write_composites(composites, tmp_path / "OUT.png", is_numbered=True, with_masks=False, json_path=path)
    entries = json.loads(path.read_text())
    assert [list(entry) for entry in entries] == [JSON_FIELDS, JSON_FIELDS]
    for number, (entry, composite) in enumerate(zip(entries, composites, strict=True), start=1):
        assert entry["score"] is None
        assert entry["seed"] == 4
        assert entry["probability"] == pytest.approx(composite.placement.probability, abs=1e-6)
        assert entry["box_xywh_px"] == pytest.approx(composite.box_xywh_px, abs=0.01)
        assert entry["file"] == f"../OUT-{number}.png"
        mask = cv2.imread(str(path.parent / entry["mask_file"]), cv2.IMREAD_UNCHANGED)
        effect = cv2.imread(str(path.parent / entry["effect_file"]), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(mask, composite.visible_alpha)
        np.testing.assert_array_equal(effect, composite.effect)
        np.testing.assert_array_equal(read_picture(path.parent / entry["file"]).pixels, composite.picture.pixels)
    assert not list(tmp_path.rglob("*.partial"))


def test_the_visible_box_is_the_tight_box_of_the_mask(composer):
    (composite,) = composer(scene(), cutout(), box_xywh_px=(30.0, 20.0, 40.0, 30.0))
    left, top, width, height = composite.visible_box_xywh_px
    seen = composite.visible_alpha >= 128
    assert seen[top : top + height, left : left + width].sum() == seen.sum()
    assert seen[top].any()
    assert seen[:, left + width - 1].any()


def test_masks_are_written_only_when_asked_for(composer, tmp_path):
    composites = composer(scene(), cutout())
    write_composites(composites, tmp_path / "OUT.png", is_numbered=False, with_masks=False, json_path=None)
    assert [path.name for path in tmp_path.iterdir()] == ["OUT.png"]
    write_composites(composites, tmp_path / "OUT.png", is_numbered=False, with_masks=True, json_path=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["OUT.effect.png", "OUT.mask.png", "OUT.png"]


def test_a_picture_says_that_it_is_a_composite(composer, tmp_path):
    from PIL import Image

    composites = composer(scene(), cutout(), seed=9)
    write_composites(composites, tmp_path / "OUT.png", is_numbered=False, with_masks=False, json_path=None)
    with Image.open(tmp_path / "OUT.png") as picture:
        text = " ".join(str(value) for value in picture.info.values())
    assert composer.model_fingerprint in text
    assert "9" in text


def full(*_):
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    contents = {tmp_path / name: b"x" for name in ("a.png", "b.png", "c.json")}
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"a\.png cannot be written \(No space left"):
        write_files(contents)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_between_two_files_takes_the_first_away_again(tmp_path, monkeypatch):
    replaced = []

    def fails_at_the_second(partial, path):
        replaced.append(path)
        if len(replaced) == 2:
            raise OSError(5, "Input/output error")
        partial.rename(path)

    monkeypatch.setattr(output.os, "replace", fails_at_the_second)
    with pytest.raises(OutputError, match=r"b\.png cannot be written"):
        write_files({tmp_path / name: b"x" for name in ("a.png", "b.png", "c.json")})
    assert list(tmp_path.iterdir()) == []


def test_placements_without_pictures_are_described_in_pixels():
    placement = Placement((0.5, 0.5, 0.25, 0.5), probability=0.1234567)
    assert placement_entries([placement], (80, 40)) == [
        {"box_xywh_px": [30, 10, 20, 20], "probability": 0.123457, "score": None}
    ]
