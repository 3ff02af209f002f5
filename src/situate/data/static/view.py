"""What a clip's camera sees when nothing is there: the plate, how much each pixel flickers, and whether it stood still.

Measured once for a clip and kept in a cache folder, because several workers need it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock
from jaxtyping import Float32, UInt8

from situate.data.static.clips import Clip
from situate.data.static.config import StaticConfig
from situate.data.static.match import disagreement, match_exposure
from situate.errors import DataError, ImageError, InputError
from situate.imageio.read import read_picture

MIN_PLATE_FRAMES = 3
_STRIP_BYTES = 256_000_000
_NOISE_BLUR_PX = 5
# Under the median, because much of the time something may pass there; for Gaussian noise the scale makes up for it.
_NOISE_QUANTILE, _NOISE_SCALE = 0.3, 1.75
_MIN_NOISE = 1.0


@dataclass(frozen=True)
class View:
    """What is known of a clip as a whole.

    Attributes:
        plate: The picture without objects.
        noise: About the median difference between matched frames and their own median, in levels, because leaves and
            water flicker; nowhere less than between frames and plate over the whole picture, or 1.
        disagreement: Median over frames of how much their edges are not the plate's.
    """

    plate: UInt8[np.ndarray, "h w 3"]
    noise: Float32[np.ndarray, "h w"]
    disagreement: float


def view_of(clip: Clip, config: StaticConfig, cache: Path) -> View:
    """Return the clip's view from the cache, or measure it; other workers wait meanwhile.

    Raises:
        DataError: If too few frames can be read for a median.
        ImageError: If the plate cannot be read.
        InputError: If no frame of the plate's size can be read, or there are too few frames for a median.
    """
    # The key is for people: clips with different names may have the same.
    path = cache / f"view-{clip.key}-{hashlib.sha256(clip.name.encode()).hexdigest()[:16]}.npz"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        if not path.is_file():
            view = _measure(clip, config)
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                np.savez(file, plate=view.plate, noise=view.noise, disagreement=view.disagreement)
            partial.replace(path)
    with np.load(path, allow_pickle=False) as content:
        return View(content["plate"], content["noise"], float(content["disagreement"]))


def check_plate(clip: Clip) -> None:
    """Look whether the plate has the size of any frame, or without one whether there are frames for a median.

    Raises:
        ImageError: If the plate cannot be read.
        InputError: If no frame of its size can be read, or there are too few frames for a median.
    """
    if clip.plate is None:
        if len(clip.frames) < MIN_PLATE_FRAMES:
            raise InputError(
                f"clip {clip.name} has {len(clip.frames)} frames, a plate needs {MIN_PLATE_FRAMES} for their median; "
                "pass --plate with a picture without objects"
            )
        return
    plate_hw = read_picture(clip.plate).pixels.shape[:2]
    others = []
    for path in clip.frames:
        try:
            frame_hw = read_picture(path).pixels.shape[:2]
        except ImageError:
            continue
        if frame_hw == plate_hw:
            return
        others.append(f"{path} is {frame_hw[1]} x {frame_hw[0]}")
    if not others:
        raise InputError(f"clip {clip.name} has no frame that can be read; pass frames that are whole")
    raise InputError(
        f"the plate {clip.plate} is {plate_hw[1]} x {plate_hw[0]} pixels, {others[0]}; pass a plate of the frames' size"
    )


def median_plate(paths: Sequence[Path]) -> UInt8[np.ndarray, "h w 3"]:
    """Return the median of every pixel over the frames, strip by strip so that memory stays bounded.

    Frames that cannot be read, or have another size than the first that can, are left out.

    Raises:
        DataError: If fewer than three are left.
    """
    readable, size_hw = _readable(paths)
    height, width = size_hw
    plate = np.empty((height, width, 3), np.uint8)
    for rows in _strips(height, len(readable) * width * 3):
        plate[rows] = _lower_median(np.stack([pixels[rows] for pixels in _frames(readable, size_hw)]))
    return plate


def _measure(clip: Clip, config: StaticConfig) -> View:
    check_plate(clip)
    paths = clip.spread(config.max_plate_frames)
    plate = median_plate(paths) if clip.plate is None else np.ascontiguousarray(read_picture(clip.plate).rgb_u8)
    disagreements, levels = [], []
    for matched in _matched(paths, plate):
        disagreements.append(disagreement(matched, plate))
        levels.append(float(np.median(cv2.absdiff(matched, plate).max(axis=2))))
    noise = np.maximum(_flicker(paths, plate), max(_MIN_NOISE, float(np.median(levels))))
    return View(plate, noise, float(np.median(disagreements)))


def _flicker(paths: Sequence[Path], plate: np.ndarray) -> Float32[np.ndarray, "h w"]:
    """How far each pixel strays from its own median over time: what is parked there does not flicker."""
    height, width = plate.shape[:2]
    low = np.empty((height, width), np.float32)
    for rows in _strips(height, len(paths) * width * 3):
        frames = np.stack([matched[rows] for matched in _matched(paths, plate)])
        strays = cv2.absdiff(frames, np.broadcast_to(_lower_median(frames), frames.shape)).max(axis=3)
        low[rows] = np.quantile(strays, _NOISE_QUANTILE, axis=0)
    return cv2.blur(low * _NOISE_SCALE, (_NOISE_BLUR_PX, _NOISE_BLUR_PX)).astype(np.float32)


def _matched(paths: Sequence[Path], plate: np.ndarray) -> Iterator[np.ndarray]:
    size_hw = plate.shape[0], plate.shape[1]
    return (match_exposure(pixels, plate) for pixels in _frames(paths, size_hw))


def _strips(height: int, bytes_a_row: int) -> list[slice]:
    num_rows = max(1, _STRIP_BYTES // bytes_a_row)
    return [slice(top, min(top + num_rows, height)) for top in range(0, height, num_rows)]


def _lower_median(frames: np.ndarray) -> np.ndarray:
    # The lower of the two middle ones: a colour that was there.
    middle = (len(frames) - 1) // 2
    return np.partition(frames, middle, axis=0)[middle]


def _readable(paths: Sequence[Path]) -> tuple[list[Path], tuple[int, int]]:
    sizes: dict[Path, tuple[int, int]] = {}
    for path in paths:
        try:
            sizes[path] = read_picture(path).pixels.shape[:2]
        except ImageError:
            continue
    first = next(iter(sizes.values()), (0, 0))
    alike = [path for path, size_hw in sizes.items() if size_hw == first]
    if len(alike) < MIN_PLATE_FRAMES:
        folder = paths[0].parent
        raise DataError(f"{folder}: {len(alike)} frames can be read, a plate needs {MIN_PLATE_FRAMES}; pass --plate")
    return alike, first


def _frames(paths: Sequence[Path], size_hw: tuple[int, int]) -> Iterator[np.ndarray]:
    """Frames that can be read and have this size, as RGB."""
    for path in paths:
        try:
            pixels = read_picture(path).rgb_u8
        except ImageError:
            continue
        if pixels.shape[:2] == size_hw:
            yield np.ascontiguousarray(pixels)
