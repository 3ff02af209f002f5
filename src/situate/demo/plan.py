"""What the demo does, and how its time is divided: rendering, if any, takes what it takes, training gets the rest."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from situate.data.options import DataOptions
from situate.data.scenes.build import CONFIG_FILE
from situate.data.scenes.config import SceneConfig
from situate.recipes import recipe_named
from situate.training.config import RunConfig

NUM_TRIPLES, SIZE_PX = 320, 128
MAX_STARTER_HELD_OUT = 192
FINISH_MINUTES = 1.2
"""Kept for composing, measuring and the report."""
MIN_TRAINING_MINUTES = 0.25
STEP_SHARE = 0.92
"""Of the training time that steps get; loading, validation and publishing take the rest."""
EVALUATION_STEPS = 50
"""A short run is evaluated this often, so that its curve has points."""
MAX_VALIDATION = 64
HELD_OUT_SEED_OFFSET = 1_000_003
"""Far from the small seeds, on whose scenes the shipped weights were trained."""


class DemoConfig(DataOptions):
    """Options of `situate demo`.

    Attributes:
        recipe: What is trained.
        minutes: Budget of the whole demo.
        data: `starter` is the set that comes with the package: streets, yards and rooms. With `primitives` simple
            scenes are rendered first.
        num_triples: Triples rendered for training; the default of 320 takes about three minutes on two cores.
        num_held_out: Triples of other scenes, for looking and measuring.
        num_shown: Held-out scenes in the report.
        size_px: Longer side of the rendered pictures, 128 by default.
        seed: Of everything random.
    """

    recipe: str = "tiny"
    minutes: float = Field(default=11.5, gt=0)
    data: Literal["starter", "primitives"] = "starter"
    num_triples: int | None = Field(default=None, ge=8)
    num_held_out: int = Field(default=48, ge=4)
    num_shown: int = Field(default=12, ge=1)
    size_px: int | None = Field(default=None, ge=32, le=2048)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _renders_what_it_was_asked_to(self) -> "DemoConfig":
        given = {"--num-triples": self.num_triples, "--size": self.size_px}
        unused = [name for name, value in given.items() if value is not None]
        if self.data == "starter" and unused:
            raise ValueError(f"{' and '.join(unused)}: the starter set is not rendered; pass --data primitives, too")
        if self.data == "starter" and self.num_held_out > MAX_STARTER_HELD_OUT:
            raise ValueError(
                f"--num-held-out is {self.num_held_out}; the starter set has {MAX_STARTER_HELD_OUT} for testing"
            )
        return self

    def scenes(self) -> SceneConfig:
        """The training scenes."""
        return self._rendered(self.num_triples or NUM_TRIPLES, self.seed)

    def held_out_scenes(self) -> SceneConfig:
        """Other scenes."""
        return self._rendered(self.num_held_out, self.seed + HELD_OUT_SEED_OFFSET)

    def _rendered(self, num_triples: int, seed: int) -> SceneConfig:
        return SceneConfig(num_triples=num_triples, size_px=self.size_px or SIZE_PX, seed=seed)

    def training(self) -> RunConfig:
        """The recipe, evaluated more often; the convergence rule looks back over as many steps as before."""
        config = recipe_named(self.recipe)
        every_steps = min(config.converge.every_steps, EVALUATION_STEPS)
        patience = config.converge.patience * config.converge.every_steps // every_steps
        converge = config.converge.model_copy(update={"every_steps": every_steps, "patience": patience})
        return config.model_copy(
            update={
                "converge": converge,
                "seed": self.seed,
                "max_validation": min(config.max_validation, MAX_VALIDATION),
                "checkpoint_steps": max(config.checkpoint_steps, config.sheet_steps),
            }
        )

    def training_minutes(self, elapsed_s: float) -> float:
        """What is left for training steps once rendering is done."""
        left = self.minutes - elapsed_s / 60 - FINISH_MINUTES
        return STEP_SHARE * max(left, MIN_TRAINING_MINUTES)


class DemoFolder:
    """The names in the demo's output folder."""

    def __init__(self, root: Path) -> None:
        """Name everything under `root`."""
        self.root = root
        self.data = root / "data"
        self.held_out = root / "held-out"
        self.run = root / "run"
        self.report = root / "report.html"
        self.numbers = root / "demo.json"

    @property
    def own(self) -> tuple[Path, ...]:
        """Everything the demo writes."""
        return (self.data, self.held_out, self.run, self.report, self.numbers)

    def foreign(self) -> list[Path]:
        """Folders with the demo's names but none of its marks: nothing in them may be removed."""
        marks = {self.data: _DATA_MARKS, self.held_out: _DATA_MARKS, self.run: _RUN_MARKS}
        return [
            folder
            for folder, names in marks.items()
            if folder.exists() and not any((folder / name).is_file() for name in names) and not _is_empty(folder)
        ]

    def present(self) -> str:
        """What is there, in words."""
        names = [path.name for path in self.own if path.exists()]
        return f"{self.root} holds {', '.join(names)}" if names else f"{self.root} holds nothing"


_DATA_MARKS = ("dataset.json", CONFIG_FILE)
_RUN_MARKS = ("config.json",)


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())
