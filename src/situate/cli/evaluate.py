"""`situate evaluate`: figures with intervals, beside the baselines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from situate.errors import InputError

if TYPE_CHECKING:
    from situate.training.config import RunConfig


def evaluate(
    model: Path | None = None,
    *,
    data: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    suite: Literal["scenes"] = "scenes",
    split: Literal["all", "validation"] = "all",
    prior_data: Path | None = None,
    num: int | None = None,
    steps: str = "4",
    seed: int = 0,
    json: Path | None = None,
    report: Path | None = None,
    device: str = "auto",
) -> None:
    """Measure a model on held-out triples: placement, synthesis at the true box, use of the fused tokens.

    Every figure comes with a 95 % interval (bootstrap over scenes) and with its baselines: prior and random placement,
    plain paste, Poisson cloning.

    Args:
        model: Model folder, such as RUN/model; the shipped weights by default.
        data: Folders of triples that were not trained on.
        suite: Which figures; scenes are for triples whose composites are true.
        split: validation takes the part that training on the same folders leaves out.
        prior_data: Training triples on which the prior placement is counted; by default the prior of each scene is
            counted on the other half of the scenes.
        num: At most so many triples, drawn by the seed.
        steps: Steps of the synthesis; several with commas, the first one is reported in full.
        seed: Of the noise, the baselines' boxes and the bootstrap.
        json: Write all figures here.
        report: Write them as a page here (.html).
        device: auto, cpu, cuda or mps.
    """
    from situate.data.loader import TripleUnion
    from situate.evaluation.fused import synthesis_part
    from situate.evaluation.report import evaluation_report
    from situate.evaluation.selection import selected
    from situate.evaluation.suite import SuiteConfig, boxes_on_canvas, evaluate_scenes
    from situate.evaluation.tables import NOTES, tables_of
    from situate.imageio.write import check_output, write_bytes, write_json
    from situate.pipeline.composer import Composer

    for path, suffix in ((json, ".json"), (report, ".html")):
        if path is not None:
            check_output(path, suffixes=(suffix,))
    config = SuiteConfig(steps=_steps(steps), seed=seed)
    composer = Composer.from_pretrained(model, device=device)
    run = _run_config(model)
    fraction = run.validation_fraction if split == "validation" else None
    chosen = selected(TripleUnion(data), validation_fraction=fraction, num=num, seed=seed)
    prior_boxes = None if prior_data is None else boxes_on_canvas(TripleUnion([prior_data]))
    with _bar(len(chosen)) as progress:
        figures = evaluate_scenes(
            composer.pipeline,
            chosen,
            config,
            loss=synthesis_part(run.loss.build()),
            prior_boxes=prior_boxes,
            progress=progress,
        )
    result = {
        "suite": suite,
        "model": "shipped" if model is None else str(model),
        "model_fingerprint": composer.model_fingerprint,
        "data": ", ".join(str(folder) for folder in data),
        **figures,
    }
    print(f"{result['num_triples']} triples of {result['num_groups']} scenes. {NOTES}\n")
    print("\n\n".join(table.as_text() for table in tables_of(result)))
    if json is not None:
        write_json(result, json)
    if report is not None:
        write_bytes(evaluation_report(result).encode(), report)


def _steps(text: str) -> tuple[int, ...]:
    try:
        steps = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError as error:
        raise InputError(f"steps {text!r} are not whole numbers; write 4 or 1,2,4,8") from error
    if min(steps) < 1:
        raise InputError(f"steps {text!r} hold {min(steps)}; at least 1 is needed")
    return steps


def _run_config(model: Path | None) -> "RunConfig":
    """The configuration of the run that made the model, where its folder still lies in the run's."""
    from situate.recipes import recipe_named
    from situate.training.config import read_config

    path = None if model is None else model.resolve().parent / "config.json"
    return read_config(path) if path is not None and path.is_file() else recipe_named("tiny")


@contextmanager
def _bar(count: int) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("evaluating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("evaluating", total=count)
        yield lambda done, _: progress.update(task, completed=done)
