"""Which frames, plates and masks there are: every folder that holds pictures is a clip of one camera."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from situate.errors import InputError
from situate.imageio.write import PICTURE_SUFFIXES

_NO_KEY = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True)
class Clip:
    """Frames of one camera that did not move.

    Attributes:
        name: The clip's folder, relative to what was passed; of a flat folder its own name. The group of its triples.
        is_nested: Whether the clip lies in a folder of clips.
        frames: In order of their names.
        plate: The view without objects, if it was given.
        masks: Folder with a PNG of the same stem for every frame, if there is one.
    """

    name: str
    is_nested: bool
    frames: tuple[Path, ...]
    plate: Path | None
    masks: Path | None

    @property
    def key(self) -> str:
        """The name with nothing in it but letters, digits, `_` and `-`."""
        return as_key(self.name)

    def mask_of(self, frame: Path) -> Path | None:
        """Return where the frame's mask should be."""
        return None if self.masks is None else self.masks / f"{frame.stem}.png"

    def spread(self, num_frames: int) -> tuple[Path, ...]:
        """Return at most so many frames, evenly spaced."""
        if len(self.frames) <= num_frames:
            return self.frames
        return tuple(
            self.frames[place] for place in np.linspace(0, len(self.frames) - 1, num_frames).round().astype(int)
        )

    def thinned(self, num_frames: int) -> "Clip":
        """Return the clip with at most so many frames, evenly spaced."""
        return replace(self, frames=self.spread(num_frames))


def as_key(name: str) -> str:
    """Return the name with `-` for everything that a key may not hold."""
    return _NO_KEY.sub("-", name).strip("-") or "frame"


def find_clips(frames: Path, plate: Path | None, masks: Path | None) -> list[Clip]:
    """Find the clips under a folder.

    Args:
        frames: Folder of frames, or of clips.
        plate: One picture for all clips, or a folder with one named like each clip.
        masks: Folder with a mask at the same relative place as every frame.

    Raises:
        InputError: If there are no frames, two would have the same key, two clips have the same name, or one has no
            plate in the folder of plates.
    """
    for folder in [frames] if masks is None else [frames, masks]:
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder; pass the folder that holds them")
    folders = [frames, *sorted(path for path in frames.rglob("*") if path.is_dir())]
    if masks is not None and masks.resolve() != frames.resolve():
        folders = [folder for folder in folders if not folder.resolve().is_relative_to(masks.resolve())]
    clips = []
    for folder in folders:
        place = folder.relative_to(frames)
        own_masks = None if masks is None else masks / place
        found = tuple(
            path for path in _frames_in(folder, own_masks) if plate is None or path.resolve() != plate.resolve()
        )
        if found:
            name = place.as_posix() if place.parts else frames.resolve().name
            clips.append(Clip(name, bool(place.parts), found, _plate_of(plate, name), own_masks))
    if not clips:
        raise InputError(f"{frames} holds no pictures; pass a folder of frames, or of such folders")
    _check_names(clips)
    _check_keys(clips)
    return clips


def fingerprint(clips: Sequence[Clip]) -> str:
    """Return a hash of the names and sizes of all frames and masks, and of the plates' bytes."""
    digest = hashlib.sha256()
    for clip in clips:
        for path in clip.frames:
            mask = clip.mask_of(path)
            digest.update(f"{clip.name}/{path.name} {path.stat().st_size} {_num_bytes(mask)}\n".encode())
        if clip.plate is not None:
            digest.update(clip.plate.read_bytes())
    return digest.hexdigest()


def _frames_in(folder: Path, masks: Path | None) -> tuple[Path, ...]:
    pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file())
    if masks is not None and masks.resolve() == folder.resolve():
        # Masks may lie beside their frames: what shares its stem with another picture and is a PNG is one.
        stems = Counter(path.stem for path in pictures)
        pictures = [path for path in pictures if not (path.suffix == ".png" and stems[path.stem] > 1)]
    return tuple(pictures)


def _plate_of(plate: Path | None, clip_name: str) -> Path | None:
    if plate is None or not plate.is_dir():
        return plate
    place = plate / clip_name
    beside = sorted(place.parent.iterdir()) if place.parent.is_dir() else []
    found = [path for path in beside if path.stem == place.name and path.suffix.lower() in PICTURE_SUFFIXES]
    if not found:
        raise InputError(f"{plate} holds no plate {clip_name}.png; add it, or leave --plate out to take the median")
    return found[0]


def _check_names(clips: Sequence[Clip]) -> None:
    """A folder of frames that holds a clip of its own name would share group and plate with it."""
    seen: dict[str, Path] = {}
    for clip in clips:
        folder = clip.frames[0].parent
        if clip.name in seen:
            raise InputError(
                f"the frames in {seen[clip.name]} and in {folder} would both be the clip {clip.name}; rename the latter"
            )
        seen[clip.name] = folder


def _check_keys(clips: Sequence[Clip]) -> None:
    seen: dict[str, Path] = {}
    for clip in clips:
        for path in clip.frames:
            key = f"{clip.key}-{as_key(path.stem)}"
            if key in seen:
                raise InputError(
                    f"{seen[key]} and {path} would have the same key {key}; rename one, and if it is a mask, "
                    "pass its folder as --masks"
                )
            seen[key] = path


def _num_bytes(path: Path | None) -> int:
    return path.stat().st_size if path is not None and path.is_file() else 0
