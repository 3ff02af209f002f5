"""The suite `photos` of `situate evaluate`: where objects stood in held-out triples, placement only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from situate.errors import InputError
from situate.pipeline.runtime import Runtime, composer_of

if TYPE_CHECKING:
    from situate.data.loader import TripleUnion
    from situate.evaluation.photos.priors import KindPriors


@dataclass(frozen=True)
class PhotoOptions:
    """What was asked for; see `situate evaluate`."""

    model: Path | None
    data: list[Path]
    limit: int | None
    prior_data: list[Path]
    seed: int


def evaluate_photo_suite(options: PhotoOptions, json: Path | None, report: Path | None, runtime: Runtime) -> None:
    """Measure places; print tables and write what was asked for."""
    from situate.cli.progress import progress_bar
    from situate.data.loader import TripleUnion
    from situate.evaluation.photos.bench import PhotoBench
    from situate.evaluation.photos.held_out import held_out
    from situate.evaluation.photos.report import photo_report
    from situate.evaluation.photos.suite import photo_figures
    from situate.evaluation.photos.tables import NOTES, about, tables_of
    from situate.imageio.write import write_bytes, write_json

    if not options.data:
        raise InputError("--suite photos needs triples; pass --data FOLDER")
    _check_that_priors_are_of_others(options)
    composer = composer_of(options.model, runtime)
    union = TripleUnion(options.data)
    data = held_out(union, num=options.limit, seed=options.seed)
    priors = _priors(options, union, data.groups, composer.pipeline.placement.grid_side)
    bench = PhotoBench(composer.pipeline, priors, options.seed)
    with progress_bar("evaluating") as progress:
        figures = photo_figures(bench, data, progress)
    result = {
        "suite": "photos",
        "model": str(options.model or "shipped"),
        "model_fingerprint": composer.model_fingerprint,
        "data": _named(options.data),
        "prior_data": _named(options.prior_data) or "the other half of the groups",
        **figures,
    }
    print(f"{about(result)}\n{NOTES}\n")
    print("\n\n".join(table.as_text() for table in tables_of(result)))
    if json is not None:
        write_json(result, json)
    if report is not None:
        write_bytes(photo_report(result, bench, data).encode(), report)


def check_placement_only(split: str, inpaint: str, steps: str, num_workers: int | None) -> None:
    """Refuse options that this suite does not have.

    Raises:
        InputError: If one of them is not at its default.
    """
    if split != "all":
        raise InputError(
            "--split validation is for --suite triples; for --suite photos pass held-out triples as --data"
        )
    if inpaint != "auto":
        raise InputError("--inpaint is for --suite leak; --suite photos takes backgrounds as they are")
    if steps != "4" or num_workers is not None:
        raise InputError("--steps and --num-workers are for the other suites; --suite photos makes no pictures")


def _priors(
    options: PhotoOptions, union: "TripleUnion", groups: Sequence[str], grid_side: int
) -> "Mapping[str, KindPriors]":
    from situate.data.loader import TripleUnion
    from situate.evaluation.photos.held_out import seen_objects
    from situate.evaluation.photos.priors import priors_from, priors_of_other_half

    if not options.prior_data:
        return priors_of_other_half(seen_objects(union), grid_side, seed=options.seed)
    counted = priors_from(seen_objects(TripleUnion(options.prior_data)), grid_side, seed=options.seed)
    return dict.fromkeys(groups, counted)


def _check_that_priors_are_of_others(options: PhotoOptions) -> None:
    shared = {folder.resolve() for folder in options.data} & {folder.resolve() for folder in options.prior_data}
    if shared:
        raise InputError(
            f"--prior-data {min(shared)} is evaluated itself, its priors would know the answers; pass the training "
            "triples, or leave --prior-data out: each triple's priors are then counted on the other half of the groups"
        )


def _named(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))
