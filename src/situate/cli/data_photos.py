"""`situate data photos`: triples from photographs with COCO annotations."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from situate.data.photos.build import Progress
    from situate.data.photos.report import PhotoReport

EXIT_SOME_FAILED = 1


def photos(
    annotations: Path,
    images: Path,
    folder: Path,
    *,
    size: int = 256,
    max_per_image: int = 4,
    kind: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    group_by: Literal["image", "prefix"] = "image",
    inpaint: Literal["auto", "patchmatch", "telea"] = "auto",
    decoys: tuple[int, int] = (1, 3),
    seed: int = 0,
    limit: int | None = None,
    num_workers: int = 1,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Make triples from photographs with COCO annotations (polygons or run lengths).

    Every object that is whole, large enough and not at the picture's edge is cut out, and the picture is repaired where
    it stood and at a few decoys. What was left out, and why, is counted. Exit code 1 if some pictures were unusable;
    they are named in FOLDER/errors.jsonl.

    Args:
        annotations: COCO instances file.
        images: Folder that its file names are relative to.
        folder: Where the data set is written.
        size: Longest side of the stored pictures in pixels.
        max_per_image: Most triples from one photograph.
        kind: Category to use; may be given several times. Without it, all.
        group_by: What is not split between training and validation: the photograph, or the series that the file name
            begins with, up to the first `__`.
        inpaint: Who repairs; auto takes PatchMatch where it is installed.
        decoys: Least and most places repaired although nothing stood there.
        seed: Every draw follows from it.
        limit: Use only that many photographs.
        num_workers: Processes; the result does not depend on it.
        dry_run: Only print what would be made and what left out.
        resume: Go on with a build that was stopped.
        overwrite: Replace the data set in FOLDER.
    """
    from situate.data.photos.build import build_photo_triples, plan_photo_triples
    from situate.data.photos.config import PhotoConfig
    from situate.data.photos.inpaint import choose_inpainter

    config = PhotoConfig.checked(
        size_px=size,
        max_per_image=max_per_image,
        kinds=kind,
        group_by=group_by,
        inpainter=choose_inpainter(inpaint),
        num_decoys=decoys,
        seed=seed,
    )
    start_s = perf_counter()
    if dry_run:
        report = plan_photo_triples(config, annotations, images, num_workers=num_workers, limit=limit)
    else:
        with _progress() as progress:
            report = build_photo_triples(
                config,
                annotations,
                images,
                folder,
                num_workers=num_workers,
                resume=resume,
                overwrite=overwrite,
                limit=limit,
                progress=progress,
            )
    _print(report, config.inpainter, None if dry_run else perf_counter() - start_s)
    return EXIT_SOME_FAILED if report.errors else 0


@contextmanager
def _progress() -> Iterator["Progress"]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("photographs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("photographs", total=None)

        def advance(num_done: int, num_images: int) -> None:
            bar.update(task, completed=num_done, total=num_images)

        yield advance


def _print(report: "PhotoReport", inpainter: str, seconds: float | None) -> None:
    print("\n".join(report.lines()))
    print(f"repaired by     {inpainter}")
    if seconds is None:
        print("dry run         nothing was written")
    else:
        print(f"time            {seconds:.1f} s")
