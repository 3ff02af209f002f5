"""Every rule, with a drawn frame that it speaks against."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.data.static.counted import counted
from tests.data.static.drawn import HEIGHT, OUTSIDE, WIDTH, Car, DrawnClip, save

from situate.data.static.build import StaticFrames, plan_static_triples
from situate.data.static.config import StaticConfig
from situate.data.static.select import Skip

USABLE = Car((60, 50, 30, 22))
PLAIN = Car((60, 50, 30, 22), ratio=1)


def one(*cars: Car) -> Callable[[DrawnClip], None]:
    return lambda clip: void(clip.add(*cars))


def void(stem: str) -> None:
    del stem


def at_the_region_border(clip: DrawnClip) -> None:
    stem = clip.add(PLAIN)
    mask = np.full((HEIGHT, WIDTH), OUTSIDE, np.uint8)
    mask[30:100, 30:92] = 0
    mask[PLAIN.area] = 255
    save(clip.masks / f"{stem}.png", mask)


def huge(clip: DrawnClip) -> None:
    for cars in ([], [], [Car((10, 10, 120, 90), ratio=1)]):
        clip.add(*cars)


def annotated_only(clip: DrawnClip) -> None:
    stem = clip.add()
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[PLAIN.area] = 255
    save(clip.masks / f"{stem}.png", mask)


def parked(clip: DrawnClip) -> None:
    clip.add(USABLE)
    clip.add(USABLE)


def damaged(clip: DrawnClip) -> None:
    clip.add()
    (clip.frames / f"{clip.add(USABLE)}.png").write_bytes(b"no picture")


def clip_of_another_size(clip: DrawnClip) -> None:
    clip.add()
    save(clip.frames / "small" / "0000.png", np.zeros((40, 60, 3), np.uint8))
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 10:30] = 255
    save(clip.masks / "small" / "0000.png", mask)


def annotated_inside(clip: DrawnClip) -> None:
    stem = clip.add(Car((50, 40, 70, 50), ratio=1))
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[52:78, 66:104] = 255
    save(clip.masks / f"{stem}.png", mask)


REASONS = [
    (Skip.TINY, one(Car((60, 50, 9, 9)))),  # a side under 12 px
    (Skip.BORDER_CUT, one(Car((60, 0, 30, 22)))),  # half outside
    (Skip.TOO_LARGE, huge),  # most of the picture
    (Skip.TOUCHES_IGNORED, at_the_region_border),  # may go on where nobody looked
    (Skip.NO_DIFFERENCE, annotated_only),  # in the plate too
    (Skip.MERGED, one(PLAIN, Car((62, 73, 30, 22), ratio=1))),  # one pixel between them
    (Skip.TOUCHES_OTHER, one(USABLE, Car((98, 52, 30, 22)))),  # the shadow of one lies on the other
    (Skip.STILL, parked),  # at the same place as in the frame before
    (Skip.LOW_QUALITY, annotated_inside),  # nothing is seen where the mask ends
    (
        Skip.OVER_MAX_PER_FRAME,
        one(*(Car((8 + 36 * n, 50, 24, 20), ratio=1) for n in range(5))),
    ),  # five, four wanted
    (Skip.NO_PLATE, clip_of_another_size),  # one plate for clips of two sizes
    (Skip.UNREADABLE_PICTURE, damaged),  # its mask can be read
    (Skip.MOVING_CAMERA, lambda clip: void(clip.add(USABLE, shift_px=30))),  # another view than the plate
]


@pytest.mark.parametrize(("skip", "draw"), REASONS)
def test_every_reason_occurs(clip: DrawnClip, tmp_path: Path, skip: Skip, draw: Callable[[DrawnClip], None]) -> None:
    draw(clip)
    source = StaticFrames(clip.frames, clip.save_plate(tmp_path / "plate.png"), clip.masks)
    report = counted(StaticConfig(), source, tmp_path / "cache")
    assert set(report.skipped) == {skip.value}
    assert report.num_triples + sum(report.skipped.values()) == report.num_annotations


def test_the_table_is_complete() -> None:
    assert {skip for skip, _ in REASONS} == set(Skip)


def test_a_car_that_drives_on_is_not_still(clip: DrawnClip, tmp_path: Path) -> None:
    clip.add(USABLE)
    clip.add(Car((64, 50, 30, 22)))
    source = StaticFrames(clip.frames, clip.save_plate(tmp_path / "plate.png"), clip.masks)
    assert plan_static_triples(StaticConfig(), source).num_triples == 2


def test_a_parked_car_is_used_once_over_blocks(clip: DrawnClip, tmp_path: Path) -> None:
    for _ in range(18):
        clip.add(USABLE)
    source = StaticFrames(clip.frames, clip.save_plate(tmp_path / "plate.png"), clip.masks)
    report = plan_static_triples(StaticConfig(), source)
    assert (report.num_triples, report.skipped) == (1, {"still": 17})
