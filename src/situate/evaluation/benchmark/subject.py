"""What is placed in a scene of the benchmark, and in which world."""

from dataclasses import dataclass
from typing import Literal

from situate.data.assets.model import AssetModel
from situate.data.scenes.cast import is_test_model
from situate.data.scenes.world import Setting
from situate.evaluation.oracle.oracle import Oracle

Familiarity = Literal["seen models", "unseen models", "no model"]


@dataclass(frozen=True)
class Subject:
    """The object of a scene.

    Attributes:
        setting: Which of the worlds it is in.
        kind: Name of its kind.
        model: The model of a catalogue that it is; None is a primitive.
    """

    setting: Setting
    kind: str
    model: AssetModel | None

    @classmethod
    def of(cls, oracle: Oracle) -> "Subject":
        """Return the object that an oracle knows."""
        return cls(oracle.world.setting, oracle.thing.kind, oracle.thing.model)

    @property
    def familiarity(self) -> Familiarity:
        """Whether its model is one that data sets with `models: train` show; all primitives are drawn anew."""
        if self.model is None:
            return "no model"
        return "unseen models" if is_test_model(self.model) else "seen models"
