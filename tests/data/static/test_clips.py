"""Which folders are clips, and where their plates and masks lie."""

from pathlib import Path

import numpy as np
import pytest
from tests.data.static.drawn import save

from situate.data.static.clips import find_clips
from situate.errors import InputError

BLACK = np.zeros((8, 8, 3), np.uint8)


def draw(folder: Path, *names: str) -> None:
    for name in names:
        save(folder / name, BLACK)


def test_every_folder_that_holds_pictures_is_a_clip(tmp_path: Path) -> None:
    draw(tmp_path / "all", "b/2.png", "b/1.png", "a/deep/1.png")
    clips = find_clips(tmp_path / "all", None, None)
    assert [clip.name for clip in clips] == ["a/deep", "b"]
    assert [path.name for path in clips[1].frames] == ["1.png", "2.png"]
    assert clips[0].key == "a-deep"


def test_a_flat_folder_has_its_own_name(tmp_path: Path) -> None:
    draw(tmp_path / "north gate", "1.png")
    clip = find_clips(tmp_path / "north gate", None, None)[0]
    assert (clip.name, clip.key, clip.is_nested) == ("north gate", "north-gate", False)


def test_masks_beside_their_frames_are_no_frames(tmp_path: Path) -> None:
    draw(tmp_path / "clip", "1.png", "2.png")
    for number in (1, 2):
        (tmp_path / f"clip/{number}.png").rename(tmp_path / f"clip/{number}.jpg")
    draw(tmp_path / "clip", "1.png")
    clip = find_clips(tmp_path / "clip", None, tmp_path / "clip")[0]
    assert [path.name for path in clip.frames] == ["1.jpg", "2.jpg"]
    assert clip.mask_of(clip.frames[0]) == tmp_path / "clip/1.png"


def test_plate_and_masks_inside_the_folder_are_no_clips(tmp_path: Path) -> None:
    draw(tmp_path, "frames/1.png", "labels/frames/1.png", "background.png")
    clips = find_clips(tmp_path, tmp_path / "background.png", tmp_path / "labels")
    assert [clip.name for clip in clips] == ["frames"]


def test_a_folder_of_plates_has_one_for_every_clip(tmp_path: Path) -> None:
    draw(tmp_path, "clips/a/1.png", "clips/b/1.png", "plates/a.png")
    with pytest.raises(InputError, match="holds no plate b"):
        find_clips(tmp_path / "clips", tmp_path / "plates", None)
    draw(tmp_path, "plates/b.png")
    assert find_clips(tmp_path / "clips", tmp_path / "plates", None)[1].plate == tmp_path / "plates/b.png"


def test_frames_that_would_have_the_same_key_are_refused(tmp_path: Path) -> None:
    draw(tmp_path / "clip", "a b.png", "a-b.png")
    with pytest.raises(InputError, match="the same key clip-a-b"):
        find_clips(tmp_path / "clip", None, None)


def test_two_clips_of_one_name_are_refused(tmp_path: Path) -> None:
    draw(tmp_path / "gate", "1.png", "gate/2.png")
    with pytest.raises(InputError, match="would both be the clip gate"):
        find_clips(tmp_path / "gate", None, None)


def test_a_thinned_clip_stays_as_it_is_when_thinned_again(tmp_path: Path) -> None:
    draw(tmp_path / "gate", *(f"{number}.png" for number in range(8)))
    thinned = find_clips(tmp_path / "gate", None, None)[0].thinned(3)
    assert [path.stem for path in thinned.frames] == ["0", "4", "7"]
    assert thinned.thinned(3) == thinned


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        find_clips(tmp_path, None, None)
