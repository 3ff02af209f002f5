"""The plate as a median, exposure, and whether the camera stood still."""

from pathlib import Path

import numpy as np
import pytest
from tests.data.static.drawn import Car, DrawnClip, save, textured_plate

from situate.data.static import view as view_module
from situate.data.static.clips import Clip, find_clips
from situate.data.static.config import StaticConfig
from situate.data.static.match import disagreement, match_exposure
from situate.data.static.view import check_plate, median_plate, view_of
from situate.errors import InputError


def test_the_median_is_the_true_plate_when_objects_move(clip: DrawnClip) -> None:
    clip.noise = 0
    for number in range(7):
        clip.add(Car((10 + 24 * number, 50, 20, 20), ratio=1))
    assert np.array_equal(median_plate(sorted(clip.frames.iterdir())), clip.plate)


def test_the_median_does_not_depend_on_the_strips(moving_car: DrawnClip, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted(moving_car.frames.iterdir())
    whole = median_plate(paths)
    monkeypatch.setattr(view_module, "_STRIP_BYTES", 30_000)
    assert np.array_equal(median_plate(paths), whole)


def test_a_view_is_measured_once(moving_car: DrawnClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_clips(moving_car.frames, None, None)[0]
    first = view_of(found, StaticConfig(), tmp_path / "cache")
    monkeypatch.setattr(view_module, "_measure", None)
    second = view_of(found, StaticConfig(), tmp_path / "cache")
    assert np.array_equal(first.plate, second.plate)
    assert np.array_equal(first.noise, second.noise)
    assert first.disagreement == second.disagreement


# `a/b` and `a-b` have the same key, and so do names without a letter that a key may hold.
@pytest.mark.parametrize("names", [("a/b", "a-b"), ("北", "南")])
def test_clips_with_the_same_key_have_their_own_views(clip: DrawnClip, tmp_path: Path, names: tuple[str, str]) -> None:
    clip.add()
    frame = next(clip.frames.iterdir())
    for number, name in enumerate(names):
        save(tmp_path / "plates" / str(number) / "plate.png", textured_plate(number))
        own = Clip(name, True, (frame,), tmp_path / "plates" / str(number) / "plate.png", None)
        assert np.array_equal(view_of(own, StaticConfig(), tmp_path / "cache").plate, textured_plate(number))


def test_exposure_is_matched_although_a_quarter_is_covered() -> None:
    plate = textured_plate()
    frame = np.clip(plate * 0.85 + 12, 0, 255).astype(np.uint8)
    frame[:72, :96] = 230
    apart = np.abs(match_exposure(frame, plate).astype(int) - plate)
    assert np.quantile(apart[72:], 0.99) <= 2


def test_a_flat_picture_is_matched_by_its_offset_alone() -> None:
    plate, frame = np.full((20, 20, 3), 90, np.uint8), np.full((20, 20, 3), 70, np.uint8)
    assert np.array_equal(match_exposure(frame, plate), plate)


def test_a_shift_disagrees_and_noise_does_not() -> None:
    plate = textured_plate()
    noisy = np.clip(plate + np.random.default_rng(0).normal(0, 3, plate.shape), 0, 255).astype(np.uint8)
    assert disagreement(plate, plate) == 0
    assert disagreement(noisy, plate) < 0.3
    assert disagreement(np.roll(plate, 9, axis=1), plate) > 0.6


def test_a_plate_of_another_size_is_refused_with_both_sizes(moving_car: DrawnClip, tmp_path: Path) -> None:
    save(tmp_path / "plate.png", np.zeros((10, 20, 3), np.uint8))
    found = find_clips(moving_car.frames, tmp_path / "plate.png", None)[0]
    with pytest.raises(InputError, match="is 20 x 10 pixels, .* is 192 x 144"):
        check_plate(found)


def test_one_frame_of_another_size_does_not_speak_against_the_plate(moving_car: DrawnClip, tmp_path: Path) -> None:
    save(moving_car.frames / "0000.png", np.zeros((10, 20, 3), np.uint8))
    check_plate(find_clips(moving_car.frames, moving_car.save_plate(tmp_path / "plate.png"), None)[0])


def test_two_frames_are_too_few_for_a_median(clip: DrawnClip) -> None:
    clip.add()
    clip.add()
    with pytest.raises(InputError, match="has 2 frames, a plate needs 3"):
        check_plate(find_clips(clip.frames, None, None)[0])
