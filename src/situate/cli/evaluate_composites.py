"""The suite `composites` of `situate evaluate`: real objects put back where they stood."""

from dataclasses import dataclass
from pathlib import Path

from situate.errors import InputError
from situate.pipeline.runtime import Runtime, composer_of


@dataclass(frozen=True)
class CompositeOptions:
    """What was asked for; see `situate evaluate`."""

    model: Path | None
    data: list[Path]
    limit: int | None
    steps: tuple[int, ...]
    seed: int


def evaluate_composite_suite(
    options: CompositeOptions, json: Path | None, report: Path | None, runtime: Runtime
) -> None:
    """Measure composites; print tables and write what was asked for."""
    from situate.cli.progress import progress_bar
    from situate.data.loader import TripleUnion
    from situate.evaluation.composites.bench import CompositeBench
    from situate.evaluation.composites.report import composite_report
    from situate.evaluation.composites.subjects import subjects_of
    from situate.evaluation.composites.suite import composite_figures
    from situate.evaluation.composites.tables import NOTES, about, tables_of
    from situate.imageio.write import write_bytes, write_json

    if not options.data:
        raise InputError("--suite composites needs triples; pass --data FOLDER")
    subjects = subjects_of(TripleUnion(options.data), num=options.limit, seed=options.seed)
    composer = composer_of(options.model, runtime)
    bench = CompositeBench(composer.pipeline, steps=options.steps, seed=options.seed)
    with progress_bar("evaluating") as progress:
        figures = composite_figures(bench, subjects, progress)
    result = {
        "suite": "composites",
        "model": str(options.model or "shipped"),
        "model_fingerprint": composer.model_fingerprint,
        "data": ", ".join(map(str, options.data)),
        **figures,
    }
    print(f"{about(result)}\n{NOTES}\n")
    print("\n\n".join(table.as_text() for table in tables_of(result)))
    if json is not None:
        write_json(result, json)
    if report is not None:
        write_bytes(composite_report(result, bench, subjects).encode(), report)


def check_composites_only(split: str, inpaint: str, prior_data: list[Path], num_workers: int | None) -> None:
    """Refuse options that this suite does not have.

    Raises:
        InputError: If one of them is not at its default.
    """
    if split != "all":
        raise InputError(
            "--split validation is for --suite triples; for --suite composites pass held-out triples as --data"
        )
    if inpaint != "auto" or prior_data or num_workers is not None:
        raise InputError(
            "--inpaint, --prior-data and --num-workers are for other suites; --suite composites needs none of them"
        )
