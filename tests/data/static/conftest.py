"""A drawn clip, and one of which every object can be used."""

from pathlib import Path

import pytest
from tests.data.static.drawn import Car, DrawnClip


@pytest.fixture
def clip(tmp_path: Path) -> DrawnClip:
    """A clip without frames."""
    return DrawnClip(tmp_path / "frames", tmp_path / "masks")


@pytest.fixture
def moving_car(clip: DrawnClip) -> DrawnClip:
    """Six frames of one car on its way, while the exposure drifts."""
    for number in range(6):
        clip.add(Car((14 + 22 * number, 50 + 6 * (number % 2), 30, 22)), gain=1 + 0.02 * number, offset=3 - number)
    return clip
