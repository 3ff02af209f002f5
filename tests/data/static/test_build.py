"""Data sets from drawn clips: what is in the triples, that counts add up, that workers change nothing."""

import os
import pickle
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.static.counted import counted
from tests.data.static.drawn import HEIGHT, RIM, WIDTH, Car, DrawnClip, box_iou, save, textured_plate

from situate.data.building.build import Workers
from situate.data.building.build import build as build_source
from situate.data.static import block as block_module
from situate.data.static import build as build_module
from situate.data.static.block import FrameBlock, cut_into_blocks
from situate.data.static.build import StaticFrames, build_static_triples, plan_static_triples, remedies
from situate.data.static.clips import Clip
from situate.data.static.config import StaticConfig
from situate.data.store import TripleStore
from situate.errors import DataError, InputError

CONFIG = StaticConfig(min_area_px=60)


def origin(clip: DrawnClip, *, masks: bool = True, plate: bool = True, limit: int | None = None) -> StaticFrames:
    plate_path = clip.save_plate(clip.frames.parent / "plate.png") if plate else None
    return StaticFrames(clip.frames, plate_path, clip.masks if masks else None, limit)


def made(clip: DrawnClip, folder: Path, *, masks: bool = True, plate: bool = True) -> TripleStore:
    report = build_static_triples(CONFIG, origin(clip, masks=masks, plate=plate), folder)
    assert report.num_triples + sum(report.skipped.values()) == report.num_annotations
    return TripleStore(folder)


def car_of_frame(number: int) -> Car:
    return Car((14 + 22 * number, 50 + 6 * (number % 2), 30, 22))


def test_the_background_is_the_plate_and_the_composite_is_it_outside_the_effect(
    moving_car: DrawnClip, tmp_path: Path
) -> None:
    store = made(moving_car, tmp_path / "out")
    assert len(store) == 6
    for triple in store:
        assert np.array_equal(triple.background, moving_car.plate)
        unchanged = triple.effect == 0
        assert np.array_equal(triple.composite[unchanged], triple.background[unchanged])
        assert not triple.hole.any()
        assert (triple.source, triple.kind, triple.group) == ("static", "object", "frames")


def test_the_effect_holds_object_and_shadow_and_nothing_else(moving_car: DrawnClip, tmp_path: Path) -> None:
    for triple in made(moving_car, tmp_path / "out"):
        car = car_of_frame(int(triple.key.split("-")[1]))
        truth = np.zeros((HEIGHT, WIDTH), bool)
        truth[car.shadow] = truth[car.area] = True
        assert (triple.effect[truth] == 255).all()
        around = np.zeros_like(truth)
        for rows, columns in (car.shadow, car.area):
            around[max(0, rows.start - 7) : rows.stop + 7, max(0, columns.start - 7) : columns.stop + 7] = True
        assert not triple.effect[~around].any()
        assert (triple.effect[triple.visible_alpha > 0] == 255).all()
        assert box_iou(triple.box_cxcywh, car) > 0.75


@pytest.mark.parametrize("plate", [True, False])
def test_difference_finds_the_same_objects(moving_car: DrawnClip, tmp_path: Path, plate: bool) -> None:
    store = made(moving_car, tmp_path / "out", masks=False, plate=plate)
    assert len(store) == 6
    for triple in store:
        car = car_of_frame(int(triple.key.split("-")[1]))
        # Of a shadow this small, a part may stay with the object.
        assert box_iou(triple.box_cxcywh, car) > 0.4
        truth = np.zeros((HEIGHT, WIDTH), bool)
        truth[car.shadow] = truth[car.area] = True
        assert np.mean(triple.effect[truth] == 255) > 0.97


def test_an_uncertain_rim_belongs_to_the_object_where_it_differs(clip: DrawnClip, tmp_path: Path) -> None:
    stem = clip.add(Car((60, 50, 40, 30), ratio=1))
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[48:82, 58:102] = RIM
    mask[52:78, 62:98] = 255
    save(clip.masks / f"{stem}.png", mask)
    triple = made(clip, tmp_path / "out")[0]
    assert box_iou(triple.box_cxcywh, Car((60, 50, 40, 30))) > 0.8


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_module, "FRAMES_PER_BLOCK", 2)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_worker_changes_no_byte(
    moving_car: DrawnClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_static_triples(CONFIG, origin(moving_car), tmp_path / "one")
    monkeypatch.setenv("SITUATE_TEST_KILL", str(tmp_path / "killed"))
    folder = tmp_path / "two"
    source = build_module._source(CONFIG, origin(moving_car), folder / "building", folder)
    build_source(replace(source, maker=partial(killing, source.maker)), folder, Workers(2))
    assert (tmp_path / "killed").exists()
    assert contents(tmp_path / "one") == contents(folder)


def killing(maker: Any, plans: Any) -> Any:
    return partial(kill_once, maker(plans))


def kill_once(make_block: Any, block: Any, plan: Any) -> Any:
    """Make a block; the worker that first comes to the second one is killed."""
    marker = Path(os.environ["SITUATE_TEST_KILL"])
    if block.number == 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return make_block(block, plan)


@pytest.mark.usefixtures("small_blocks")
def test_a_build_that_was_stopped_goes_on_and_ends_with_the_same_bytes(moving_car: DrawnClip, tmp_path: Path) -> None:
    whole = build_static_triples(CONFIG, origin(moving_car, plate=False), tmp_path / "whole")

    def stop(num_done: int, num_frames: int) -> None:
        raise KeyboardInterrupt

    stopped = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        build_static_triples(CONFIG, origin(moving_car, plate=False), stopped, progress=stop)
    written_ns = (stopped / "shard-00000.tar").stat().st_mtime_ns
    calls: list[tuple[int, int]] = []
    resumed = build_static_triples(
        CONFIG, origin(moving_car, plate=False), stopped, resume=True, progress=lambda *done: calls.append(done)
    )
    assert calls == [(4, 6), (6, 6)]
    assert (stopped / "shard-00000.tar").stat().st_mtime_ns == written_ns
    assert contents(stopped) == contents(tmp_path / "whole")
    assert resumed == whole


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_ray_actors_make_the_same_bytes(moving_car: DrawnClip, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    build_static_triples(CONFIG, origin(moving_car), tmp_path / "one")
    build_static_triples(CONFIG, origin(moving_car), tmp_path / "ray", Workers(2, "ray"))
    assert contents(tmp_path / "one") == contents(tmp_path / "ray")


def test_workers_are_given_whole_paths(moving_car: DrawnClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moving_car.save_plate(tmp_path / "plate.png")
    folder = tmp_path / "out"
    whole = StaticFrames(tmp_path / "frames", tmp_path / "plate.png", tmp_path / "masks")
    expected = build_module._source(CONFIG, whole, folder / "building", folder)
    monkeypatch.chdir(tmp_path)
    relative = StaticFrames(Path("frames"), Path("plate.png"), Path("masks"))
    source = build_module._source(CONFIG, relative, Path("out/building"), Path("out"))
    assert source.blocks == expected.blocks
    assert source.identity == expected.identity
    assert "seed" not in source.identity
    assert str(tmp_path) not in str(source.identity)
    for made, wanted in ((source.plan_block, expected.plan_block), (source.maker([]), expected.maker([]))):
        assert isinstance(made, partial)
        assert isinstance(wanted, partial)
        assert made.keywords == wanted.keywords


def test_a_block_does_not_grow_with_its_clip() -> None:
    def block_of(num_frames: int) -> FrameBlock:
        frames = tuple(Path(f"/clip/{number:05d}.png") for number in range(num_frames))
        return cut_into_blocks([Clip("clip", False, frames, None, None)], CONFIG, limit=None)[3]

    # A little: a short clip's block shares some frames with its plate.
    assert len(pickle.dumps(block_of(5000))) < 1.1 * len(pickle.dumps(block_of(500)))
    assert block_of(500).frames[0] == Path("/clip/00048.png")
    assert block_of(500).before == Path("/clip/00047.png")


def test_the_quality_that_was_planned_is_stored(moving_car: DrawnClip, tmp_path: Path) -> None:
    source = build_module._source(CONFIG, origin(moving_car), tmp_path / "cache", tmp_path)
    chosen = source.plan_block(source.blocks[0])["chosen"]
    stored = {triple.key: triple.quality for triple in made(moving_car, tmp_path / "out")}
    planned = {f"frames-{Path(name).stem}-object1": quality for name, [(_, quality)] in chosen.items()}
    # Labels hold four decimals.
    assert stored == {key: round(quality, 4) for key, quality in planned.items()}
    assert min(planned.values()) >= CONFIG.min_quality


def add_good_clip(tmp_path: Path) -> None:
    good = DrawnClip(tmp_path / "clips" / "good", tmp_path / "masks" / "good")
    for place in range(5):
        good.add(Car((14 + 28 * place, 50, 26, 22)))


# Two frames; three of which one can be read: no median is possible.
@pytest.mark.parametrize("num_damaged", [None, 2])
def test_a_clip_without_a_plate_is_reported_and_the_others_go_on(tmp_path: Path, num_damaged: int | None) -> None:
    add_good_clip(tmp_path)
    bad = DrawnClip(tmp_path / "clips" / "bad", tmp_path / "masks" / "bad")
    stems = [bad.add(Car((20, 50, 26, 22)), Car((120, 50, 26, 22))) for _ in range(2 if num_damaged is None else 3)]
    for stem in stems[: num_damaged or 0]:
        (bad.frames / f"{stem}.png").write_bytes(b"no picture")
    (bad.masks / "0000.png").unlink()
    source = StaticFrames(tmp_path / "clips", None, tmp_path / "masks")
    report = build_static_triples(CONFIG, source, tmp_path / "out")
    assert [(error["file"], error["reason"]) for error in report.errors] == [
        (f"bad/{stem}.png", "no_plate") for stem in stems
    ]
    assert all("a plate needs 3" in error["error"] for error in report.errors)
    # Of the frame without a mask nobody knows what is in it.
    assert report.skipped == {"no_plate": 2 * (len(stems) - 1)}
    assert report.kinds == {"good": 5}
    assert report.num_annotations == 5 + 2 * (len(stems) - 1)


def test_a_plate_of_another_size_for_one_clip_leaves_the_others(tmp_path: Path) -> None:
    add_good_clip(tmp_path)
    save(tmp_path / "clips" / "bad" / "1.png", np.zeros((40, 60, 3), np.uint8))
    save(tmp_path / "plates" / "good.png", textured_plate())
    save(tmp_path / "plates" / "bad.png", np.zeros((10, 20, 3), np.uint8))
    report = build_static_triples(CONFIG, StaticFrames(tmp_path / "clips", tmp_path / "plates"), tmp_path / "out")
    assert [(error["file"], error["reason"]) for error in report.errors] == [("bad/1.png", "no_plate")]
    assert "is 20 x 10 pixels" in report.errors[0]["error"]
    assert report.kinds["good"] >= 4


@pytest.mark.parametrize("plate", [True, False])
def test_frames_none_of_which_can_be_read_end_the_run(moving_car: DrawnClip, tmp_path: Path, plate: bool) -> None:
    source = origin(moving_car, plate=plate)
    for path in moving_car.frames.iterdir():
        path.write_bytes(b"no picture")
    problem = (InputError, "has no frame that can be read") if plate else (DataError, "6 no_plate")
    with pytest.raises(problem[0], match=problem[1]):
        build_static_triples(CONFIG, source, tmp_path / "out")


def test_a_wrong_folder_of_masks_gives_every_frame_the_reason(moving_car: DrawnClip, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = counted(CONFIG, replace(origin(moving_car), masks=tmp_path / "empty"), tmp_path / "cache")
    assert [error["reason"] for error in report.errors] == ["no_mask"] * 6
    assert report.num_annotations == 0


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(moving_car: DrawnClip, limit: int) -> None:
    with pytest.raises(InputError, match=f"limit is {limit}, at least 1 is needed; leave it out"):
        plan_static_triples(CONFIG, origin(moving_car, limit=limit))


def test_one_worker_writes_the_same_bytes_as_two(clip: DrawnClip, tmp_path: Path) -> None:
    for number in range(20):
        clip.add(Car((10 + 7 * number, 50, 30, 22)))
    for num_workers in (1, 2):
        build_static_triples(CONFIG, origin(clip, plate=False), tmp_path / str(num_workers), Workers(num_workers))
    one, two = (contents(tmp_path / number) for number in "12")
    assert len(one) >= 3
    assert one == two


def test_a_plan_counts_what_a_build_makes(moving_car: DrawnClip, tmp_path: Path) -> None:
    planned = plan_static_triples(CONFIG, origin(moving_car))
    assert planned == build_static_triples(CONFIG, origin(moving_car), tmp_path / "out")
    assert build_static_triples(CONFIG, origin(moving_car), tmp_path / "out", resume=True) == planned


def test_nested_clips_have_their_own_plates_groups_and_kinds(tmp_path: Path) -> None:
    for number, name in enumerate(("bus", "dog")):
        clip = DrawnClip(tmp_path / "clips" / name, tmp_path / "masks" / name, textured_plate(number))
        for place in range(5):
            clip.add(Car((14 + 28 * place, 50, 26, 22)))
    report = build_static_triples(CONFIG, StaticFrames(tmp_path / "clips", None, tmp_path / "masks"), tmp_path / "out")
    assert report.kinds == {"bus": 5, "dog": 5}
    store = TripleStore(tmp_path / "out")
    assert {triple.group for triple in store} == {"bus", "dog"}
    assert len({triple.background.tobytes() for triple in store}) == 2


def test_a_moving_camera_is_refused_with_the_remedy(clip: DrawnClip, tmp_path: Path) -> None:
    for number in range(6):
        clip.add(Car((40, 50, 30, 22)), shift_px=12 * number)
    planned = plan_static_triples(CONFIG, origin(clip, plate=False))
    assert (planned.num_triples, dict(planned.skipped)) == (0, {"moving_camera": 6})
    assert "situate data photos" in remedies(planned)[0]
    with pytest.raises(DataError, match="6 moving_camera.*situate data photos"):
        build_static_triples(CONFIG, origin(clip, plate=False), tmp_path / "out")


def test_frames_that_cannot_be_used_are_named_and_the_others_go_on(moving_car: DrawnClip, tmp_path: Path) -> None:
    (moving_car.masks / "0000.png").unlink()
    (moving_car.frames / "0001.png").write_bytes(b"no picture")
    save(moving_car.masks / "0002.png", np.full((HEIGHT, WIDTH), 77, np.uint8))
    report = build_static_triples(CONFIG, origin(moving_car), tmp_path / "out")
    assert [error["reason"] for error in report.errors] == ["no_mask", "unreadable_picture", "unusable_mask"]
    assert report.skipped == {"unreadable_picture": 1}
    assert (report.num_pictures, report.num_annotations, report.num_triples) == (6, 4, 3)
    assert "0001.png" in (tmp_path / "out" / "errors.jsonl").read_text()


def test_a_limit_counts_frames(moving_car: DrawnClip) -> None:
    assert plan_static_triples(CONFIG, origin(moving_car, limit=2)).num_pictures == 2


def test_highway_cars_stand_on_its_true_background(shared_data: Path, tmp_path: Path) -> None:
    highway = shared_data / "highway"
    if not highway.is_dir():
        pytest.skip("no highway in the shared data")
    config = StaticConfig(kind="car", max_plate_frames=5)
    source = StaticFrames(highway / "frames", highway / "background.png", highway / "labels", limit=48)
    report = build_static_triples(config, source, tmp_path / "out")
    assert report.num_triples >= 20
    assert not report.errors
    for triple in TripleStore(tmp_path / "out"):
        seen = triple.visible_alpha > 127
        assert np.count_nonzero(triple.effect) > np.count_nonzero(seen)
        assert np.abs(triple.composite[seen].astype(int) - triple.background[seen]).mean() > 10
