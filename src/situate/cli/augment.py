"""`situate augment`: a larger detection data set with correct labels."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from situate.cli.augment_options import NOTHING_ASKED, AugmentOptions
from situate.cli.progress import progress_bar
from situate.pipeline.runtime import Backend, Runtime, default_workers

if TYPE_CHECKING:
    from situate.augment.plan import AugmentPlan

EXIT_SOME_FAILED = 1
NUM_ERRORS_SHOWN = 5


def augment(
    annotations: Path,
    images: Path,
    cutouts: Path,
    folder: Path,
    *,
    label_format: Annotated[Literal["coco", "yolo", "voc"] | None, Parameter(name="--format")] = None,
    input_format: Literal["auto", "coco", "yolo", "voc", "masks"] = "auto",
    masks: Literal["rle", "polygons"] = "rle",
    new_only: bool = False,
    config: Path | None = None,
    asked: AugmentOptions = NOTHING_ASKED,
    model: Path | None = None,
    device: str = "auto",
    backend: Backend = "torch",
    num_workers: int | None = None,
    engine: Literal["local", "ray"] = "local",
    dry_run: bool = False,
    resume: bool = False,
    overwrite: bool = False,
) -> int:
    """Make a detection or segmentation data set larger: new pictures with objects where they belong, and their labels.

    Everything is drawn first and kept in FOLDER/plan.json; the same plan gives the same bytes on any number of
    workers. FOLDER holds images, labels, report.html and, if some files cannot be used, errors.jsonl; then the exit
    code is 1.

    Args:
        annotations: COCO file, YOLO data.yaml, Pascal VOC folder, or folder of masks.
        images: Folder of the pictures.
        cutouts: Folder of objects with transparency, CUTOUTS/CLASS/*.png (make one: situate cutout); or the word
            self, the data set's own objects, which are cut out and never come back into their own picture.
        folder: Where the data set is written.
        label_format: Of the labels that are written; by default the one that is read.
        input_format: Of the annotations; auto tells it by what is there.
        masks: COCO masks of new and of covered objects: run lengths, which are exact, or polygons.
        new_only: Leave the original pictures out.
        config: YAML file with any of the options below by their names, and sizes by class; options that are given
            here go first.
        asked: What it shall do.
        model: Model folder, such as RUN/model; the shipped weights by default.
        device: auto, cpu, cuda or mps.
        backend: Who runs the networks: torch, or openvino for a folder that situate export made.
        num_workers: Processes; by default one for each processor, or a single one on a GPU. Does not change the result.
        engine: Who the workers are: processes of this machine, or Ray actors of a cluster.
        dry_run: Only print the plan.
        resume: Go on with a run that was stopped.
        overwrite: Replace the data set in FOLDER.
    """
    from situate.augment.config import COUNTS, AugmentConfig, read_options
    from situate.augment.source import AugmentOutput, AugmentSource
    from situate.data.building.build import Workers

    options = {} if config is None else read_options(config)
    given = asked.given()
    if any(name in given for name in COUNTS):
        options = {name: value for name, value in options.items() if name not in COUNTS}
    options |= given
    runtime = Runtime(device, backend)
    source = AugmentSource(annotations, images, cutouts, input_format, model, runtime)
    output = AugmentOutput(folder, label_format, new_only, masks, resume, overwrite)
    workers = Workers(default_workers(runtime) if num_workers is None else num_workers, engine)
    checked = AugmentConfig.checked(**options)
    return _dry_run(checked, source, workers) if dry_run else _run(checked, source, output, workers)


def _run(config: Any, source: Any, output: Any, workers: Any) -> int:
    from situate.augment.run import augment as augmented

    start_s = perf_counter()
    with progress_bar("composing", can_resume=True) as progress:
        report = augmented(config, source, output, workers, progress=progress)
    for line in report.lines():
        print(line)
    print(f"written         {output.folder}, look at {output.folder / 'report.html'}")
    print(f"time            {perf_counter() - start_s:.1f} s")
    return EXIT_SOME_FAILED if report.errors else 0


def _dry_run(config: Any, source: Any, workers: Any) -> int:
    from situate.augment.run import plan_only

    plan, errors = plan_only(config, source, workers)
    _print_plan(plan)
    for error in errors[:NUM_ERRORS_SHOWN]:
        print(f"unusable        {error['file']}: {error['error']}")
    if len(errors) > NUM_ERRORS_SHOWN:
        print(f"                and {len(errors) - NUM_ERRORS_SHOWN} more")
    print("dry run         nothing was written")
    return EXIT_SOME_FAILED if errors else 0


def _print_plan(plan: "AugmentPlan") -> None:
    added, by_kind = plan.added, plan.folder.by_kind()
    print(f"new pictures    {len(plan.pictures)} in {len(plan.blocks)} blocks, with {sum(added.values())} new objects")
    for category in plan.categories:
        before, new = plan.before.get(category.name, 0), added.get(category.name, 0)
        num_cutouts = len(by_kind.get(category.name, ()))
        print(f"  {category.name:<14}{before} objects + {new} of {num_cutouts} cut-outs")
    if plan.num_without_place:
        print(f"note            {plan.num_without_place} objects may go into no picture (their own, or another part)")
    print(f"placed by       {plan.config.place}, seed {plan.config.seed}")
