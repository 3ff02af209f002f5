"""`situate train`: from triples to a model."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from situate.errors import InputError

if TYPE_CHECKING:
    from situate.training.result import RunResult


def train(
    recipe: str,
    *,
    data: Annotated[list[str], Parameter(negative=(), consume_multiple=True)],
    out: Path,
    validation: Annotated[list[Path] | None, Parameter(negative=(), consume_multiple=True)] = None,
    init: Path | None = None,
    resume: bool = False,
    minutes: float | None = None,
    num_steps: int | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    assign: Annotated[list[str] | None, Parameter(name="--set", negative=(), consume_multiple=True)] = None,
    num_workers: int = 0,
    device: str = "auto",
) -> None:
    """Train a recipe on triples until it converges or the budget ends; Ctrl-C saves and stops.

    The result is OUT/model, a folder for `--model`. Several processes train one model together: torchrun
    --nproc-per-node 2 -m situate train ...

    Args:
        recipe: tiny, small (pretrained encoders, 224 px; its whole budget takes a day on two cores, see --minutes),
            literal (nothing is pasted; the position reaches the synthesis only through the fused tokens) or debug.
        data: One or more folders of triples (situate data scenes, situate data photos), or the word starter: the
            1,248 rendered triples for training that come with the package. Every triple is drawn equally often, unless
            each folder is given a weight: with triples/=2 starter=1 two of three draws are from triples/.
        out: Run folder: config, metrics, TensorBoard events, sample sheets, checkpoints, model.
        validation: Folders of triples to validate on (starter: the package's 96 for that); without them a part of the
            data is held out.
        init: Model folder whose weights to begin with, such as an earlier RUN/model, or the word shipped: to go on with
            data of one's own. The weights that ship are of the recipe small.
        resume: Go on with the run in OUT from its newest checkpoint, bit for bit unless --minutes is given.
        minutes: Time budget of this call; the number of steps is fitted to it once the pace is known.
        num_steps: Step budget.
        batch_size: Samples a step and process.
        seed: Of everything random.
        assign: Other fields of the configuration by dotted name, such as optim.learning_rate=0.0005.
        num_workers: Processes that prepare samples, for each that trains.
        device: auto, cpu or cuda.
    """
    from situate.cli.extras import require
    from situate.cli.processes import is_first_process, together

    with together():
        require("train")
        from situate.config import with_overrides
        from situate.data.starter import data_folder
        from situate.pipeline.runtime import folder_of
        from situate.recipes import recipe_named
        from situate.training.run import train as run_training

        named = {"num_steps": num_steps, "batch_size": batch_size, "seed": seed}
        assignments = [f"{name}={value}" for name, value in named.items() if value is not None]
        config = with_overrides(recipe_named(recipe), [*assignments, *(assign or [])])
        folders, weights = _folders_and_weights(data)
        result = run_training(
            config,
            [data_folder(folder, "train") for folder in folders],
            out,
            validation=[data_folder(folder, "val") for folder in validation or []],
            weights=weights,
            init=None if init is None else folder_of(init),
            resume=resume,
            minutes=minutes,
            num_workers=num_workers,
            device=device,
        )
        if is_first_process():
            _print(result)


def _print(result: "RunResult") -> None:
    from situate.cli.report import print_json

    print_json(
        {
            "model": str(result.model_folder),
            "steps": result.step,
            "published_step": result.published_step,
            "converged": result.converged,
            "reason": result.reason,
            "num_samples": result.num_samples,
            "seconds": result.seconds,
            "validation": result.validation,
        }
    )


def _folders_and_weights(words: Sequence[str]) -> tuple[list[Path], list[float] | None]:
    """Read `FOLDER` or `FOLDER=WEIGHT`, of all alike; the weights are None if there are none.

    Raises:
        InputError: If a weight is no number above 0, or only some folders have one.
    """
    pairs = [_folder_and_weight(word) for word in words]
    folders = [folder for folder, _ in pairs]
    weights = [weight for _, weight in pairs if weight is not None]
    lacking = [str(folder) for folder, weight in pairs if weight is None]
    if weights and lacking:
        raise InputError(
            f"--data gives {', '.join(lacking)} no weight, but others have one; "
            f"give each folder one, such as {lacking[0]}=1, or none of them"
        )
    return folders, weights or None


def _folder_and_weight(word: str) -> tuple[Path, float | None]:
    name, mark, weight = word.rpartition("=")
    # The name of a folder may hold the sign, too.
    if not mark or Path(word).exists():
        return Path(word), None
    if not name or not _is_weight(weight):
        raise InputError(
            f"--data {word} is no folder, and no FOLDER=WEIGHT with a finite number above 0; write it like triples/=2"
        )
    return Path(name), float(weight)


def _is_weight(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False
