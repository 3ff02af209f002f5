"""The data set as a whole: what the pictures hold, the same bytes every time, resuming, bad pictures."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from situate.data.photos import block as block_module
from situate.data.photos.build import build_photo_triples
from situate.data.photos.config import PhotoConfig
from situate.data.photos.report import PhotoReport
from situate.data.store import TripleStore
from situate.errors import ConfigError, DataError, InputError, OutputError

CONFIG = PhotoConfig(size_px=160)
# Ten times as fast; for tests in which the repair does not matter.
FAST = PhotoConfig(size_px=160, inpainter="telea")


def build(photo_set: Any, folder: Path, config: PhotoConfig = FAST, **options: Any) -> PhotoReport:
    return build_photo_triples(config, photo_set.annotations, photo_set.images, folder, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_module, "IMAGES_PER_BLOCK", 2)


@pytest.mark.parametrize("config", [CONFIG, FAST])
def test_background_differs_inside_hole_and_decoys_only_and_composite_inside_decoys_only(
    usable_set: Any, tmp_path: Path, config: PhotoConfig
) -> None:
    build(usable_set, tmp_path / "out", config)
    num_with_decoys = 0
    for triple in TripleStore(tmp_path / "out"):
        original = usable_set.picture(int(triple.group))
        hole = triple.hole > 0
        in_decoys = (triple.composite != original).any(axis=2)
        assert not (in_decoys & hole).any()
        assert np.array_equal(triple.background[~hole], triple.composite[~hole])
        changed = (triple.background != triple.composite).any(axis=2)
        assert changed.any()
        assert hole[changed].all()
        assert hole[triple.visible_alpha > 0].all()
        num_with_decoys += in_decoys.any()
    assert num_with_decoys >= 5


def test_the_hole_hides_the_objects_outline_and_its_colour_is_gone(usable_set: Any, tmp_path: Path) -> None:
    build(usable_set, tmp_path / "out", CONFIG)
    for triple in TripleStore(tmp_path / "out"):
        hole, seen = triple.hole > 0, triple.visible_alpha > 0
        assert 1.2 * seen.sum() < hole.sum() < 4 * seen.sum()
        is_red = triple.background[..., 0].astype(int) - triple.background[..., 2] > 100
        assert not (is_red & hole).any()


def test_box_foreground_and_visible_alpha_say_the_same(usable_set: Any, tmp_path: Path) -> None:
    build(usable_set, tmp_path / "out")
    for triple in TripleStore(tmp_path / "out"):
        height, width = triple.effect.shape
        centre_x, centre_y, box_width, box_height = triple.box_cxcywh
        left, top = round((centre_x - box_width / 2) * width), round((centre_y - box_height / 2) * height)
        assert cv2.boundingRect(triple.effect) == (left, top, round(box_width * width), round(box_height * height))
        fg_height, fg_width = triple.foreground.shape[:2]
        assert (fg_height, fg_width) == (round(box_height * height), round(box_width * width))
        assert np.array_equal(
            triple.foreground[..., 3], triple.visible_alpha[top : top + fg_height, left : left + fg_width]
        )
        assert np.array_equal(triple.effect == 255, triple.visible_alpha > 0.05 * 255)


def test_the_foreground_keeps_detail_that_the_stored_picture_has_not(usable_set: Any, tmp_path: Path) -> None:
    build(usable_set, tmp_path / "out", FAST.model_copy(update={"size_px": 80, "min_side_px": 4, "min_area_px": 4}))
    for triple in TripleStore(tmp_path / "out"):
        assert max(triple.background.shape[:2]) == 80
        assert triple.foreground.shape[1] == pytest.approx(2 * triple.box_cxcywh[2] * 80, abs=0.5)


def test_a_cut_out_is_never_larger_than_asked_for(usable_set: Any, tmp_path: Path) -> None:
    build(usable_set, tmp_path / "out", FAST.model_copy(update={"foreground_px": 20}))
    for triple in TripleStore(tmp_path / "out"):
        assert max(triple.foreground.shape[:2]) == 20
        # Red as drawn, free of the grey behind it: the rim is averaged by how much of it shows.
        red, green, blue = triple.foreground[triple.foreground[..., 3] > 128][:, :3].T
        assert red.min() > 200
        assert max(green.max(), blue.max()) < 60


@pytest.mark.usefixtures("small_blocks")
def test_the_same_bytes_with_one_and_two_workers(usable_set: Any, tmp_path: Path) -> None:
    build(usable_set, tmp_path / "one", CONFIG)
    build(usable_set, tmp_path / "two", CONFIG, num_workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(list((tmp_path / "one").glob("shard-*.tar"))) == 3


@pytest.mark.usefixtures("small_blocks")
def test_a_build_that_was_stopped_goes_on_and_ends_with_the_same_bytes(
    usable_set: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = build(usable_set, tmp_path / "whole")

    def stop(num_done: int, num_images: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(usable_set, tmp_path / "stopped", progress=stop)
    with pytest.raises(DataError, match="not a data set"):
        TripleStore(tmp_path / "stopped")
    (tmp_path / "stopped" / "shard-00001.tar.partial").write_bytes(b"killed here")
    first_shard = tmp_path / "stopped" / "shard-00000.tar"
    written_ns = first_shard.stat().st_mtime_ns
    calls: list[tuple[int, int]] = []
    resumed = build(usable_set, tmp_path / "stopped", resume=True, progress=lambda *done: calls.append(done))
    assert calls == [(4, 6), (6, 6)]
    assert first_shard.stat().st_mtime_ns == written_ns
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")
    assert resumed.to_json() == whole.to_json() == build(usable_set, tmp_path / "whole", resume=True).to_json()


def test_resume_with_other_options_is_refused_by_name(usable_set: Any, tmp_path: Path) -> None:
    build(usable_set, tmp_path / "out")
    with pytest.raises(InputError, match=r"another config \(seed 0, now 1\)"):
        build(usable_set, tmp_path / "out", FAST.model_copy(update={"seed": 1}), resume=True)
    usable_set.add_picture((70, 60, 14, 20))
    with pytest.raises(InputError, match="the annotation file has changed"):
        build(usable_set, tmp_path / "out", resume=True, limit=6)


def test_a_folder_that_is_not_empty_is_replaced_only_when_asked_and_only_a_data_set(
    usable_set: Any, tmp_path: Path
) -> None:
    build(usable_set, tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(InputError, match="is not empty .* --resume, --overwrite"):
        build(usable_set, tmp_path / "out")
    build(usable_set, tmp_path / "out", overwrite=True)
    assert contents(tmp_path / "out") == before
    (tmp_path / "out" / "thesis.tex").write_text("do not lose")
    with pytest.raises(InputError, match=r"holds thesis\.tex, which is no part of a data set"):
        build(usable_set, tmp_path / "out", overwrite=True)
    assert contents(tmp_path / "out") == {**before, "thesis.tex": b"do not lose"}


def test_bad_pictures_are_reported_and_the_rest_goes_on(usable_set: Any, tmp_path: Path) -> None:
    images = usable_set.images
    whole = (images / "a__0.png").read_bytes()
    (images / "a__0.png").write_bytes(whole[: len(whole) // 2])
    (images / "b__1.png").unlink()
    cv2.imwrite(str(images / "a__2.png"), np.zeros((30, 40, 3), np.uint8))
    report = build(usable_set, tmp_path / "out")
    assert (report.num_triples, dict(report.skipped)) == (4, {"unreadable_picture": 3})
    errors = [json.loads(line) for line in (tmp_path / "out" / "errors.jsonl").read_text().splitlines()]
    assert [error["file"] for error in errors] == ["a__0.png", "b__1.png", "a__2.png"]
    assert "truncated" in errors[0]["error"]
    assert "40 x 30 pixels, its annotations (image 3) are for 160 x 120" in errors[2]["error"]


@pytest.mark.parametrize(("group_by", "groups"), [("image", list("123456")), ("prefix", ["a", "b"])])
def test_a_group_is_the_photograph_or_the_series(
    usable_set: Any, tmp_path: Path, group_by: Any, groups: list[str]
) -> None:
    build(usable_set, tmp_path / "out", FAST.model_copy(update={"group_by": group_by}))
    assert sorted({label["group"] for label in TripleStore(tmp_path / "out").labels}) == groups


def test_nothing_usable_is_an_error_that_says_why(photo_set: Any, tmp_path: Path) -> None:
    photo_set.add_picture((80, 60, 4, 4))
    with pytest.raises(DataError, match=r"none of 1 annotated objects can be used \(1 tiny\)"):
        build(photo_set, tmp_path / "out")


def test_options_that_cannot_be_used_are_refused(usable_set: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere is not a folder"):
        build_photo_triples(CONFIG, usable_set.annotations, tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(ConfigError, match="num_workers is 0"):
        build(usable_set, tmp_path / "out", num_workers=0)
    with pytest.raises(InputError, match="has no category boat; it has ball, box"):
        build(usable_set, tmp_path / "out", PhotoConfig(kinds=("boat",)))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        build(usable_set, tmp_path / "file" / "out")


def test_real_photographs_become_triples(shared_data: Path, tmp_path: Path) -> None:
    coco = shared_data / "coco"
    report = build_photo_triples(PhotoConfig(), coco / "instances.json", coco / "images", tmp_path / "out", limit=2)
    store = TripleStore(tmp_path / "out")
    assert len(store) == report.num_triples >= 1
    assert report.num_triples + sum(report.skipped.values()) == report.num_annotations
    for triple in store:
        assert max(triple.background.shape[:2]) <= 256
        assert np.array_equal(triple.background[triple.hole == 0], triple.composite[triple.hole == 0])
