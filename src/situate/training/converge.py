"""The convergence rule (method step T4): when to stop, decided on the validation loss."""

import math
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class ConvergeConfig(BaseModel):
    """No improvement over `min_improvement` (a share of the best loss) in `patience` evaluations.

    Attributes:
        min_improvement: Smallest relative fall of the validation loss that counts.
        patience: Evaluations in a row without such a fall that end the run.
        every_steps: Steps between evaluations.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_improvement: float = 0.002
    patience: int = Field(default=6, ge=1)
    every_steps: int = Field(default=100, ge=1)


@dataclass(frozen=True)
class Convergence:
    """The rule's memory; `seen` returns a new one.

    Attributes:
        best: Loss that counted last; None before the first evaluation.
        num_stale: Evaluations since.
    """

    config: ConvergeConfig
    best: float | None = None
    num_stale: int = 0

    def seen(self, loss: float) -> "Convergence":
        """Take one validation loss into account; one that is not finite says nothing."""
        if not math.isfinite(loss):
            return self
        if self.best is None or loss < self.best - self.config.min_improvement * abs(self.best):
            return Convergence(self.config, loss, 0)
        return Convergence(self.config, self.best, self.num_stale + 1)

    @property
    def has_converged(self) -> bool:
        """Whether training should end."""
        return self.num_stale >= self.config.patience

    @property
    def reason(self) -> str:
        """The verdict in words."""
        if self.best is None:
            return "no evaluation yet"
        if self.has_converged:
            rule = f"{self.config.min_improvement:.2%} in {self.config.patience} evaluations"
            return f"validation loss {self.best:.4f} did not improve by {rule}"
        return (
            f"the step budget ended at best validation loss {self.best:.4f}, evaluations since: {self.num_stale}; "
            f"the rule waits for {self.config.patience} without a fall by {self.config.min_improvement:.2%}"
        )
