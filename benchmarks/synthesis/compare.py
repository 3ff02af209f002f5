"""The comparison from data sets to tables; every run is kept at once, so that it can be cut off and goes on."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from rate import describe_machine

from situate.data.loader import TripleUnion
from situate.data.starter import STARTER, data_folder
from situate.errors import InputError
from situate.evaluation.perceptual import PerceptualDistance
from situate.imageio.write import write_bytes, write_json
from situate.recipes import recipe_named
from situate.training.config import RunConfig
from synthesis.held_out import held_out
from synthesis.judge import judged
from synthesis.report import report
from synthesis.train import seconds_a_step, trained_or_read
from synthesis.variants import VARIANTS

DEFAULT_MINUTES = 6.0
MIN_STEPS = 2


class Settings(BaseModel):
    """What all runs of a folder share.

    Attributes:
        recipe: Name of the recipe that is varied.
        num_steps: Of each training; the same for all but `two-stage-double`, which has twice as many.
        batch_size: Samples a step.
        data: Data sets that are trained on; `starter` is the package's own.
        test: Data set that is judged on; likewise.
        num_test: At most so many of its triples.
        assets: Folder of the models that it shows, for the oracle.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str
    num_steps: int
    batch_size: int
    data: tuple[str, ...]
    test: str
    num_test: int
    assets: str | None

    @property
    def config(self) -> RunConfig:
        """The recipe with these steps and samples."""
        update = {"num_steps": self.num_steps, "batch_size": self.batch_size}
        return recipe_named(self.recipe).model_copy(update=update)

    @property
    def training(self) -> list[Path]:
        """Folders of `data`."""
        return [data_folder(Path(name), "train") for name in self.data]

    @property
    def weights_folder(self) -> str:
        """Named by what weights depend on: other scenes to judge on need no other training."""
        text = self.model_dump_json(include={"recipe", "num_steps", "batch_size", "data"})
        return f"weights/{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"


def main(
    out: Path,
    *,
    data: tuple[Path, ...] = (),
    test: Path | None = None,
    assets: Path | None = None,
    seeds: str = "0,1,2",
    minutes: float | None = None,
    num_steps: int | None = None,
    variants: str = ",".join(VARIANTS),
    batch_size: int | None = None,
    num_test: int = 96,
    recipe: str = "tiny",
) -> None:
    """Train every variant with every seed on the same samples, and judge it on the same held-out scenes.

    Args:
        out: Where weights, `runs.json` and `report.md` go; a run that is in there is not done again.
        data: Triples to train on beside those of the starter set.
        test: Rendered triples to judge on; by default the starter set's.
        assets: Folder with the models of the test scenes; without it no oracle judges places in scenes that need it.
        seeds: Of the trainings, with commas.
        minutes: Of a joint training on this machine; decides the number of steps, once for a folder. 6 by default.
        num_steps: Of each training, in place of `minutes`.
        variants: Which, with commas.
        batch_size: Samples a step; the recipe's own by default.
        num_test: At most so many test triples.
        recipe: What is varied: tiny, or debug for a try.
    """
    print(describe_machine(), flush=True)
    names = variants.split(",")
    _check(names, minutes, num_steps)
    settings = Settings(
        recipe=recipe,
        num_steps=num_steps or 0,
        batch_size=batch_size or recipe_named(recipe).batch_size,
        data=tuple(str(folder) for folder in (STARTER, *data)),
        test=str(test or STARTER),
        num_test=num_test,
        assets=None if assets is None else str(assets),
    )
    triples = _taught_by(settings.training)
    out.mkdir(parents=True, exist_ok=True)
    settings, runs = _begun(out, settings, triples, minutes or DEFAULT_MINUTES)
    _run_all(out, settings, runs, [(name, int(seed)) for seed in seeds.split(",") for name in names], triples)
    text = report(runs)
    write_bytes(f"{_about(settings)}\n\n{text}\n".encode(), out / "report.md")
    print(f"\n{_about(settings)}\n\n{text}")


def _run_all(
    out: Path, settings: Settings, runs: list[dict[str, Any]], wanted: list[tuple[str, int]], triples: TripleUnion
) -> None:
    """Do what is wanted and not there yet, seed by seed, so that a comparison is complete after each seed."""
    done = {(run["variant"], run["seed"]) for run in runs}
    missing = [one for one in wanted if one not in done]
    if not missing:
        return
    assets = None if settings.assets is None else Path(settings.assets)
    folder = data_folder(Path(settings.test), "test")
    scenes = held_out(settings.training, folder, num=settings.num_test, assets=assets, say=_say)
    perceptual = PerceptualDistance()
    for name, seed in missing:
        variant = VARIANTS[name]
        path = out / settings.weights_folder / f"{name}-{seed}.safetensors"
        model, train_s = trained_or_read(variant, settings.config, triples, seed, path)
        rows = judged(variant, settings.config, model, scenes, perceptual)
        config = {
            **variant.config(settings.config).model_dump(mode="json"),
            "seed": seed,
            "stages": [[stage.part, len(stage.steps(settings.num_steps))] for stage in variant.stages],
            "synthesis": variant.synthesis.__name__,
            "loss_class": variant.loss.__name__,
        }
        runs.append({"variant": name, "seed": seed, "train_s": round(train_s, 1), "config": config, "rows": rows})
        _write(out, settings, runs)
        _say(f"{name}, seed {seed}: trained in {train_s:.0f} s, {rows['']}")


def _begun(
    out: Path, settings: Settings, triples: TripleUnion, minutes: float
) -> tuple[Settings, list[dict[str, Any]]]:
    """Read what is there, or measure how many steps there are time for.

    Raises:
        InputError: If the runs that are there were made with other settings.
    """
    path = out / "runs.json"
    if path.is_file():
        content = json.loads(path.read_text())
        before = Settings(**content["settings"])
        asked = settings if settings.num_steps else settings.model_copy(update={"num_steps": before.num_steps})
        different = [name for name in Settings.model_fields if getattr(before, name) != getattr(asked, name)]
        if different:
            raise InputError(
                f"{path} holds runs with another {', '.join(different)} ({before}); pass the same, or another folder"
            )
        return before, content["runs"]
    if not settings.num_steps:
        step_s = seconds_a_step(settings.config.model_copy(update={"num_steps": MIN_STEPS}), triples)
        settings = settings.model_copy(update={"num_steps": max(MIN_STEPS, round(60 * minutes / step_s))})
        _say(f"{step_s:.2f} s a joint step: {settings.num_steps} steps in {minutes:g} minutes")
    _write(out, settings, [])
    return settings, []


def _check(names: list[str], minutes: float | None, num_steps: int | None) -> None:
    unknown = [name for name in names if name not in VARIANTS]
    if unknown:
        raise InputError(f"variant {unknown[0]!r} is unknown; there are {', '.join(VARIANTS)}")
    if minutes is not None and num_steps is not None:
        raise InputError(f"--minutes {minutes:g} and --num-steps {num_steps} both say how long to train; pass one")
    if num_steps is not None and num_steps < MIN_STEPS:
        raise InputError(f"{num_steps} steps were asked for; two stages need at least {MIN_STEPS}")


def _taught_by(folders: list[Path]) -> TripleUnion:
    """Open the training data.

    Raises:
        InputError: If some of it has no composite: the stages of a variant would not learn from the same samples.
    """
    union = TripleUnion(folders)
    for folder, store in zip(folders, union.stores, strict=True):
        if store.description.get("source") == "places":
            raise InputError(f"{folder} is of source 'places' and teaches no synthesis; leave it out")
    return union


def _write(out: Path, settings: Settings, runs: list[dict[str, Any]]) -> None:
    write_json({"settings": settings.model_dump(mode="json"), "runs": runs}, out / "runs.json")


def _about(settings: Settings) -> str:
    return (
        f"Recipe {settings.recipe}, {settings.num_steps} steps of {settings.batch_size}, trained on "
        f"{', '.join(settings.data)}; judged on at most {settings.num_test} triples of {settings.test}."
    )


def _say(line: str) -> None:
    print(line, flush=True)
