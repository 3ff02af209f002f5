"""What the demo does, and how its time is divided: rendering takes what it takes, training gets the rest."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from situate.data.scenes.build import CONFIG_FILE
from situate.data.scenes.config import SceneConfig
from situate.recipes import recipe_named
from situate.training.config import RunConfig

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


class DemoConfig(BaseModel):
    """Options of `situate demo`.

    Attributes:
        recipe: What is trained.
        minutes: Budget of the whole demo.
        num_triples: Triples rendered for training; 640 take about three minutes on two cores.
        num_held_out: Triples rendered with another seed, for looking and measuring.
        num_shown: Held-out scenes in the report.
        size_px: Longer side of the rendered pictures.
        seed: Of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str = "tiny"
    minutes: float = Field(default=11.5, gt=0)
    num_triples: int = Field(default=640, ge=8)
    num_held_out: int = Field(default=48, ge=4)
    num_shown: int = Field(default=12, ge=1)
    size_px: int = Field(default=128, ge=32)
    seed: int = Field(default=0, ge=0)

    def scenes(self) -> SceneConfig:
        """The training scenes."""
        return SceneConfig(num_triples=self.num_triples, size_px=self.size_px, seed=self.seed)

    def held_out_scenes(self) -> SceneConfig:
        """Other scenes."""
        return SceneConfig(num_triples=self.num_held_out, size_px=self.size_px, seed=self.seed + HELD_OUT_SEED_OFFSET)

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
