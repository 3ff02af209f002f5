"""A data set from the frames of fixed cameras: blocks of frames over workers, resumable."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from situate.data.building.build import Progress, Workers, build, plan
from situate.data.building.report import BuildReport
from situate.data.building.source import BuildSource, Plan
from situate.data.static.block import FrameBlock, cut_into_blocks
from situate.data.static.clips import Clip, find_clips, fingerprint
from situate.data.static.config import StaticConfig
from situate.data.static.passes import make_block, plan_block
from situate.data.static.select import Skip
from situate.data.static.view import check_plate
from situate.errors import DataError, InputError

MOVING_CAMERA_REMEDY = (
    "a clip with a moving camera has no plate; annotate its frames and use situate data photos, which repairs"
)


@dataclass(frozen=True)
class StaticFrames:
    """What a data set is made from.

    Attributes:
        frames: Folder of a clip's frames, or of such folders.
        plate: A picture without objects, or a folder with one for each clip; None takes the median of each clip.
        masks: Folder with a mask for every frame; None finds objects by their difference from the plate.
        limit: Use only that many frames, at least 1.
    """

    frames: Path
    plate: Path | None = None
    masks: Path | None = None
    limit: int | None = None


def plan_static_triples(config: StaticConfig, origin: StaticFrames, workers: Workers | None = None) -> BuildReport:
    """Say what `build_static_triples` would make and leave out; nothing is kept.

    Raises:
        DataError: If nothing can be used.
        ImageError: If the plate cannot be read.
        InputError: If the folders or the limit cannot be used, or no clip's plate can.
    """
    with tempfile.TemporaryDirectory(prefix="situate-") as cache:
        return plan(_source(config, origin, Path(cache), Path(cache)), workers or Workers())


def build_static_triples(
    config: StaticConfig,
    origin: StaticFrames,
    folder: Path,
    workers: Workers | None = None,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Make triples from the frames of fixed cameras.

    The bytes written do not depend on the workers, nor on how often the build was stopped and resumed.

    Args:
        config: How triples are made.
        origin: What they are made from.
        folder: Where the data set is written.
        workers: Who does the work.
        resume: Go on with what is already in `folder`.
        overwrite: Replace the data set in `folder`.
        progress: Told after every block.

    Raises:
        DataError: If nothing can be used.
        ImageError: If the plate cannot be read.
        InputError: If the folders or the limit cannot be used, no clip's plate can, or `folder` not as asked.
        OutputError: If `folder` cannot be written, or another run writes into it.
    """
    source = _source(config, origin, folder / "building", folder)
    with _naming_remedies():
        return build(source, folder, workers or Workers(), resume=resume, overwrite=overwrite, progress=progress)


@contextmanager
def _naming_remedies() -> Iterator[None]:
    """Add to an error that nothing can be used what to do if it is because of the camera."""
    try:
        yield
    except DataError as error:
        if Skip.MOVING_CAMERA.value in str(error):
            raise DataError(f"{error}; {MOVING_CAMERA_REMEDY}") from error
        raise


def _source(config: StaticConfig, origin: StaticFrames, cache: Path, destination: Path) -> BuildSource[FrameBlock]:
    if origin.limit is not None and origin.limit < 1:
        raise InputError(f"limit is {origin.limit}, at least 1 is needed; leave it out to use all frames")
    # Whole paths: a worker of a cluster stands in another folder.
    whole, cache, destination = _absolute(origin), cache.absolute(), destination.absolute()
    clips = find_clips(whole.frames, whole.plate, whole.masks)
    blocks = cut_into_blocks(clips, config, limit=origin.limit)
    _check_plates(list({block.clip.name: block.clip for block in blocks}.values()))
    identity: dict[str, Any] = {
        "config": config.model_dump(mode="json"),
        "frames_sha256": fingerprint(clips),
        "num_frames": sum(block.num_pictures for block in blocks),
    }
    return BuildSource(
        name="static",
        identity=identity,
        blocks=blocks,
        plan_block=partial(plan_block, cache=cache),
        maker=partial(_maker, cache=cache, destination=destination),
        origin=str(origin.frames),
    )


def _absolute(origin: StaticFrames) -> StaticFrames:
    plate = None if origin.plate is None else origin.plate.absolute()
    masks = None if origin.masks is None else origin.masks.absolute()
    return replace(origin, frames=origin.frames.absolute(), plate=plate, masks=masks)


def _check_plates(clips: Sequence[Clip]) -> None:
    """Raise the first clip's problem if all have one; those of single clips are counted by the plan."""
    problems: list[InputError] = []
    for clip in clips:
        try:
            check_plate(clip)
        except InputError as error:
            problems.append(error)
        else:
            return
    raise problems[0]


def _maker(plans: Sequence[Plan], cache: Path, destination: Path) -> Any:
    del plans
    return partial(make_block, cache=cache, destination=destination)


def remedies(report: BuildReport) -> list[str]:
    """Return what to do about objects that were left out for a reason that concerns whole clips."""
    return [MOVING_CAMERA_REMEDY] if report.skipped.get(Skip.MOVING_CAMERA.value) else []
