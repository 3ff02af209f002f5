"""The data set as a whole: what the pictures hold, the same bytes every time, resuming, bad pictures."""

import json
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.data.photos.conftest import HEIGHT, WIDTH

from situate.data.building.build import Workers
from situate.data.building.build import build as build_source
from situate.data.building.report import BuildReport
from situate.data.objects import cut as cut_module
from situate.data.photos import block as block_module
from situate.data.photos import build as build_module
from situate.data.photos.build import Annotated, build_photo_triples, plan_photo_triples
from situate.data.photos.config import PhotoConfig
from situate.data.store import TripleStore
from situate.errors import ConfigError, DataError, InputError, ModelFileError, OutputError

CONFIG = PhotoConfig(size_px=160)
# Ten times as fast; for tests in which the repair does not matter.
FAST = PhotoConfig(size_px=160, inpainter="telea")


def build(
    photo_set: Any,
    folder: Path,
    config: PhotoConfig = FAST,
    num_workers: int = 1,
    limit: int | None = None,
    **options: Any,
) -> BuildReport:
    annotated = Annotated(photo_set.annotations, photo_set.images, limit=limit)
    return build_photo_triples(config, annotated, folder, Workers(num_workers), **options)


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
        assert not (triple.decoy_mask & hole).any()
        assert triple.decoy_mask[in_decoys].all()
        without = triple.background_without_decoys
        assert np.array_equal(without[~hole], original[~hole])
        assert np.array_equal(without[hole], triple.background[hole])
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
    with pytest.raises(DataError, match=r"none of 1 objects can be used \(1 tiny\)"):
        build(photo_set, tmp_path / "out")


def test_if_all_pictures_are_unreadable_the_error_names_the_first_and_a_file_names_all(
    usable_set: Any, tmp_path: Path
) -> None:
    for path in usable_set.images.iterdir():
        path.write_bytes(b"no picture")
    annotated = usable_set.annotated
    assert plan_photo_triples(FAST, annotated).num_triples == 0
    with pytest.raises(DataError, match=r"\(7 unreadable_picture; 6 pictures are unusable, the first: a__0\.png: "):
        build_photo_triples(FAST, annotated, tmp_path / "out")
    assert len((tmp_path / "out" / "errors.jsonl").read_text().splitlines()) == 6
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["errors.jsonl"]
    with pytest.raises(DataError, match="none of 7 objects"):
        # What is left does not stand in the way of another try.
        build_photo_triples(FAST, annotated, tmp_path / "out")


@pytest.mark.usefixtures("small_blocks")
def test_a_shard_that_was_lost_is_made_again(usable_set: Any, tmp_path: Path) -> None:
    build(usable_set, tmp_path / "whole")

    def stop_after_two(num_done: int, num_images: int) -> None:
        if num_done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(usable_set, tmp_path / "stopped", progress=stop_after_two)
    (tmp_path / "stopped" / "shard-00000.tar").unlink()
    build(usable_set, tmp_path / "stopped", resume=True)
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


@pytest.mark.usefixtures("small_blocks")
def test_a_resumed_build_does_not_plan_again(usable_set: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(num_done: int, num_images: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(usable_set, tmp_path / "out", progress=stop)
    planned: list[int] = []
    monkeypatch.setattr(build_module, "plan_block", lambda block: planned.append(block.number))
    build(usable_set, tmp_path / "out", resume=True)
    assert planned == []


def test_an_object_that_matting_finds_no_alpha_for_gets_a_guided_edge_and_is_counted(
    usable_set: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(pixels: np.ndarray, mask: np.ndarray, matting: str) -> np.ndarray:
        raise InputError("no alpha")

    build(usable_set, tmp_path / "guided")
    monkeypatch.setattr(cut_module, "alpha_of", failing)
    report = build(usable_set, tmp_path / "out")
    assert report.num_matting_failed == report.num_triples == 7
    assert "7 objects found no alpha" in "\n".join(report.lines())
    assert (tmp_path / "out" / "shard-00000.tar").read_bytes() == (tmp_path / "guided" / "shard-00000.tar").read_bytes()


def test_options_that_cannot_be_used_are_refused(usable_set: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere is not a folder"):
        build_photo_triples(CONFIG, Annotated(usable_set.annotations, tmp_path / "nowhere"), tmp_path / "out")
    with pytest.raises(InputError, match="limit is -1; pass 1 or more"):
        build(usable_set, tmp_path / "out", limit=-1)
    with pytest.raises(ModelFileError, match="nowhere"):
        plan_photo_triples(FAST.model_copy(update={"matting": "nowhere"}), usable_set.annotated)
    with pytest.raises(ConfigError, match="num_workers is 0"):
        build(usable_set, tmp_path / "out", num_workers=0)
    with pytest.raises(InputError, match="has no category boat; it has ball, box"):
        build(usable_set, tmp_path / "out", PhotoConfig(kinds=("boat",)))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        build(usable_set, tmp_path / "file" / "out")


def box_px(label: dict[str, Any], width: int, height: int) -> list[float]:
    """Left, top, right and bottom of a stored box."""
    centre_x, centre_y, box_width, box_height = label["box_cxcywh"]
    left, top = (centre_x - box_width / 2) * width, (centre_y - box_height / 2) * height
    return [left, top, left + box_width * width, top + box_height * height]


def test_a_box_is_that_of_the_annotation_within_half_a_pixel(photo_set: Any, tmp_path: Path) -> None:
    boxes = {}
    generator = np.random.default_rng(0)
    for left, top in ((20.0, 30.0), (20.3, 30.2), (20.49, 29.6), (60.5, 40.5), (33.7, 20.8)):
        image_id = photo_set.add_picture((80, 60, 20, 20))
        width, height = 40 + generator.random(2)
        corners = [left, top, left + width, top, left + width, top + height, left, top + height]
        photo_set.content["annotations"].pop()
        photo_set.add_object(image_id, [corners], bbox=[left, top, width, height])
        boxes[str(image_id)] = [left, top, left + width, top + height]
    build(photo_set, tmp_path / "out", FAST.model_copy(update={"min_quality": 0.0}))
    store = TripleStore(tmp_path / "out")
    assert len(store) == 5
    for label in store.labels:
        assert box_px(label, WIDTH, HEIGHT) == pytest.approx(boxes[label["group"]], abs=0.5)


def test_a_photograph_turned_by_its_exif_orientation_keeps_its_boxes_right(photo_set: Any, tmp_path: Path) -> None:
    """What is annotated is the upright picture; the file holds it on its side."""
    photo_set.add_picture((50, 60, 14, 20), name="turned.jpg")
    path = photo_set.images / "turned.jpg"
    upright = Image.fromarray(photo_set.picture(1))
    exif = Image.Exif()
    exif[274] = 6  # turn by 90 degrees clockwise to see it upright
    upright.transpose(Image.Transpose.ROTATE_90).save(path, quality=98, subsampling=0, exif=exif)
    build(photo_set, tmp_path / "out")
    (triple,) = TripleStore(tmp_path / "out")
    assert triple.background.shape == (HEIGHT, WIDTH, 3)
    found = box_px({"box_cxcywh": triple.box_cxcywh}, WIDTH, HEIGHT)
    assert found == pytest.approx([36, 40, 64.5, 80.5], abs=0.6)
    is_red = triple.foreground[..., 0].astype(int) - triple.foreground[..., 2] > 100
    assert is_red[triple.foreground[..., 3] > 200].all()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_worker_changes_no_byte(usable_set: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(usable_set, tmp_path / "one")
    monkeypatch.setenv("SITUATE_TEST_KILL", str(tmp_path / "killed"))
    source = build_module._source(FAST, usable_set.annotated, tmp_path / "two")
    build_source(replace(source, maker=partial(killing, source.maker)), tmp_path / "two", Workers(2))
    assert (tmp_path / "killed").exists()
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def killing(maker: Any, plans: Any) -> Any:
    return partial(kill_once, maker(plans))


def kill_once(make_block: Any, block: Any, plan: Any) -> Any:
    """Make a block; the worker that first comes to the second one is killed."""
    marker = Path(os.environ["SITUATE_TEST_KILL"])
    if block.number == 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return make_block(block, plan)


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_ray_actors_make_the_same_bytes(usable_set: Any, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    build(usable_set, tmp_path / "one")
    build_photo_triples(FAST, usable_set.annotated, tmp_path / "ray", Workers(2, "ray"))
    assert contents(tmp_path / "one") == contents(tmp_path / "ray")


def test_real_photographs_become_triples(shared_data: Path, tmp_path: Path) -> None:
    coco = shared_data / "coco"
    annotated = Annotated(coco / "instances.json", coco / "images", limit=2)
    report = build_photo_triples(PhotoConfig(), annotated, tmp_path / "out")
    store = TripleStore(tmp_path / "out")
    assert len(store) == report.num_triples >= 1
    assert report.num_triples + sum(report.skipped.values()) == report.num_annotations
    for triple in store:
        assert max(triple.background.shape[:2]) <= 256
        assert np.array_equal(triple.background[triple.hole == 0], triple.composite[triple.hole == 0])
