"""The suite `triples` of `situate evaluate`: any held-out triples, against their own places."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from situate.errors import InputError
from situate.pipeline.runtime import Runtime, composer_of

if TYPE_CHECKING:
    from situate.training.config import RunConfig


@dataclass(frozen=True)
class TripleOptions:
    """What was asked for; see `situate evaluate`."""

    model: Path | None
    data: list[Path]
    limit: int | None
    split: Literal["all", "validation"]
    prior_data: Path | None
    steps: tuple[int, ...]
    seed: int


def evaluate_triple_suite(options: TripleOptions, json: Path | None, report: Path | None, runtime: Runtime) -> None:
    """Measure a model on triples; print tables and write what was asked for."""
    from situate.cli.progress import progress_bar
    from situate.data.loader import TripleUnion
    from situate.evaluation.fused import synthesis_part
    from situate.evaluation.report import evaluation_report
    from situate.evaluation.selection import selected
    from situate.evaluation.suite import SuiteConfig, boxes_on_canvas, evaluate_scenes
    from situate.evaluation.tables import NOTES, tables_of
    from situate.imageio.write import write_bytes, write_json

    if not options.data:
        raise InputError("--suite triples needs triples; pass --data FOLDER")
    if options.split == "validation":
        _check_that_a_part_was_held_out(options.model)
    composer = composer_of(options.model, runtime)
    run = _run_config(options.model)
    fraction = run.validation_fraction if options.split == "validation" else None
    chosen = selected(TripleUnion(options.data), validation_fraction=fraction, num=options.limit, seed=options.seed)
    prior_boxes = None if options.prior_data is None else boxes_on_canvas(TripleUnion([options.prior_data]))
    with progress_bar("evaluating") as progress:
        figures = evaluate_scenes(
            composer.pipeline,
            chosen,
            SuiteConfig(steps=options.steps, seed=options.seed),
            loss=synthesis_part(run.loss.build()),
            prior_boxes=prior_boxes,
            progress=progress,
        )
    result = {
        "suite": "triples",
        "model": str(options.model or "shipped"),
        "model_fingerprint": composer.model_fingerprint,
        "data": ", ".join(str(folder) for folder in options.data),
        **figures,
    }
    print(f"{result['num_triples']} triples of {result['num_groups']} scenes. {NOTES}\n")
    print("\n\n".join(table.as_text() for table in tables_of(result)))
    if json is not None:
        write_json(result, json)
    if report is not None:
        write_bytes(evaluation_report(result).encode(), report)


def _run_config(model: Path | None) -> "RunConfig":
    """The configuration of the run that made the model, where its folder still lies in the run's."""
    from situate.recipes import recipe_named
    from situate.training.config import read_config

    path = None if model is None else model.resolve().parent / "config.json"
    return read_config(path) if path is not None and path.is_file() else recipe_named("tiny")


def _check_that_a_part_was_held_out(model: Path | None) -> None:
    from situate.training.folder import DATA_FILE, read_identity

    path = None if model is None else model.resolve().parent / DATA_FILE
    if path is not None and path.is_file():
        names = [entry["folder"] for entry in read_identity(path) if entry.get("role") == "validation"]
        if names:
            raise InputError(
                f"{model} was trained on all of its training data and validated on {', '.join(names)}; "
                "leave --split out and pass that as --data"
            )
