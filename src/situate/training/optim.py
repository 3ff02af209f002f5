"""The optimiser and its learning-rate schedule, a pure function of the step."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

RATE_FACTOR = "rate_factor"
"""Key of a parameter group: its learning rate over that of the schedule."""


class OptimConfig(BaseModel):
    """Muon for matrices and kernels, AdamW for vectors, with warm-up and cosine decay.

    Muon moves a matrix (a kernel counts as the matrix of its filters) by its averaged gradient with all singular values
    made equal, so that no direction of a layer is left behind. What comes pretrained only needs small changes; it is
    left to AdamW, slower, and not decayed. What reads pretrained features learns with AdamW too: Muon would soon
    know the training pictures by heart.

    Attributes:
        learning_rate: Peak; of one scale for both, see Source.
        warmup_steps: Linear rise from 0.
        final_factor: Share of the peak that is left at `num_steps`.
        weight_decay: Decoupled decay, of matrices and kernels only.
        momentum: Averaging of the gradient of matrices and kernels.
        betas: Averaging of the gradient of vectors, and of its square.
        pretrained_factor: Learning rate of what comes pretrained over that of the rest.
        reader_factor: Learning rate of what reads pretrained features over that of the rest.
        max_gradient_norm: Longer gradients are cut to this length.
        ema_decay: Averaging of the weights.

    Source:
        Jordan et al., Muon: An optimizer for hidden layers in neural networks (2024); the update is scaled to the size
        of AdamW's as in Liu et al., Muon is Scalable for LLM Training (2025), equation 4. Unlike theirs, the first and
        the last layers are matrices like all others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = 3e-3
    warmup_steps: int = 50
    final_factor: float = 0.02
    weight_decay: float = 0.1
    momentum: float = 0.95
    betas: tuple[float, float] = (0.9, 0.98)
    pretrained_factor: float = Field(default=0.1, ge=0)
    reader_factor: float = Field(default=0.5, ge=0)
    max_gradient_norm: float = 1.0
    ema_decay: float = 0.995

    def build(
        self,
        parameters: Iterable[nn.Parameter],
        pretrained: Sequence[nn.Parameter] = (),
        readers: Sequence[nn.Parameter] = (),
    ) -> torch.optim.Optimizer:
        """Make the optimiser for all `parameters`; biases and norms are not decayed.

        Args:
            parameters: All of them.
            pretrained: Those that come pretrained.
            readers: Those that read pretrained features.
        """
        from pytorch_optimizer import Muon  # a configuration can be read without the extra `train`

        apart = {id(parameter) for parameter in (*pretrained, *readers)}
        trainable = [parameter for parameter in parameters if parameter.requires_grad and id(parameter) not in apart]
        muon: dict[str, Any] = {"use_muon": True, "momentum": self.momentum, "weight_decay": self.weight_decay}
        adamw: dict[str, Any] = {"use_muon": False, "betas": self.betas, "weight_decay": 0.0}
        groups = [
            {"params": [p for p in trainable if p.ndim > 1], RATE_FACTOR: 1.0, **muon},
            {"params": [p for p in trainable if p.ndim <= 1], RATE_FACTOR: 1.0, **adamw},
            {"params": list(pretrained), RATE_FACTOR: self.pretrained_factor, **adamw},
            {"params": list(readers), RATE_FACTOR: self.reader_factor, **adamw},
        ]
        filled = [group | {"lr": self.learning_rate * group[RATE_FACTOR]} for group in groups if group["params"]]
        return Muon(filled, use_adjusted_lr=True)

    def learning_rate_at(self, step: int, num_steps: int) -> float:
        """Learning rate of one step."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = min(1.0, (step - self.warmup_steps) / max(1, num_steps - self.warmup_steps))
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return self.learning_rate * (self.final_factor + (1 - self.final_factor) * cosine)
