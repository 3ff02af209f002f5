"""The optimiser and its learning-rate schedule, a pure function of the step."""

import math
from collections.abc import Iterable

import torch
from pydantic import BaseModel, ConfigDict
from torch import nn


class OptimConfig(BaseModel):
    """AdamW with warm-up and cosine decay.

    Attributes:
        learning_rate: Peak.
        warmup_steps: Linear rise from 0.
        final_factor: Share of the peak that is left at `num_steps`.
        weight_decay: Decoupled decay, of matrices and kernels only.
        betas: Averaging of gradient and its square.
        max_gradient_norm: Longer gradients are cut to this length.
        ema_decay: Averaging of the weights.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = 1e-3
    warmup_steps: int = 50
    final_factor: float = 0.02
    weight_decay: float = 0.02
    betas: tuple[float, float] = (0.9, 0.98)
    max_gradient_norm: float = 1.0
    ema_decay: float = 0.995

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.AdamW:
        """Make the optimiser; vectors (biases, norms) are not decayed."""
        trainable = [parameter for parameter in parameters if parameter.requires_grad]
        groups = [
            {"params": [p for p in trainable if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.learning_rate, betas=self.betas)

    def learning_rate_at(self, step: int, num_steps: int) -> float:
        """Learning rate of one step."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = min(1.0, (step - self.warmup_steps) / max(1, num_steps - self.warmup_steps))
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return self.learning_rate * (self.final_factor + (1 - self.final_factor) * cosine)
