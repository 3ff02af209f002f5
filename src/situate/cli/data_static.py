"""`situate data static`: triples from the frames of a fixed camera."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from situate.cli.build_report import build_and_print, exit_code


def static(
    frames: Path,
    folder: Path,
    *,
    plate: Path | None = None,
    masks: Path | None = None,
    mask_values: str = "object=255,shadow=50,ignore=85,170",
    size: int = 256,
    foreground_size: int | None = None,
    max_per_frame: int = 4,
    min_quality: float = 0.2,
    kind: str | None = None,
    seed: int = 0,
    limit: int | None = None,
    num_workers: int = 1,
    engine: Literal["local", "ray"] = "local",
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Make triples from the frames of a camera that stands still: real objects, and a background that is true.

    The background is the plate, a picture of the same view without objects: given, or the median of the clip's frames.
    Objects are given by masks, or found where a frame differs from the plate. Their shadows come along. What was left
    out, and why, is counted. Exit code 1 if some frames were unusable; they are named in FOLDER/errors.jsonl.

    Args:
        frames: Folder of frames, or of clips (folders of frames), in the order of their names.
        folder: Where the data set is written.
        plate: Picture without objects, for all clips; or a folder with one named like each clip. Without it, the
            median of each clip.
        masks: Folder with a grey PNG of the same name for every frame. Without it, objects are found by difference.
        mask_values: What the grey values of masks mean; 0 is background.
        size: Longest side of the stored pictures in pixels.
        foreground_size: Longest side of the stored cut-outs in pixels; by default as large as in the frame.
        max_per_frame: Most triples from one frame.
        min_quality: Leave out cut-outs with a lower quality, 0 to 1.
        kind: Class name of the objects; by default the name of a nested clip's folder, else "object".
        seed: Every draw follows from it.
        limit: Use only that many frames, at least 1.
        num_workers: Workers; the result does not depend on it.
        engine: Who the workers are: processes of this machine, or Ray actors of a cluster.
        dry_run: Only print what would be made and what left out.
        resume: Go on with a build that was stopped.
        overwrite: Replace the data set in FOLDER.
    """
    from situate.data.building.build import Workers
    from situate.data.static.build import StaticFrames, build_static_triples, plan_static_triples, remedies
    from situate.data.static.config import StaticConfig
    from situate.data.static.mask_values import parse_mask_values

    config = StaticConfig.checked(
        size_px=size,
        foreground_px=foreground_size,
        max_per_frame=max_per_frame,
        min_quality=min_quality,
        kind=kind,
        mask_values=parse_mask_values(mask_values),
        seed=seed,
    )
    origin, workers = StaticFrames(frames, plate, masks, limit), Workers(num_workers, engine)
    report = build_and_print(
        "frames",
        (lambda: plan_static_triples(config, origin, workers)) if dry_run else None,
        lambda progress: build_static_triples(
            config, origin, folder, workers, resume=resume, overwrite=overwrite, progress=progress
        ),
    )
    print("".join(f"note            {remedy}\n" for remedy in remedies(report)), end="")
    return exit_code(report)
