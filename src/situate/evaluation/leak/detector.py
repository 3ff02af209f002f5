"""The repair detector: a small network that learns to tell real holes from feigned ones; chance is hoped for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from situate.errors import InputError
from situate.evaluation.leak.patches import Patch
from situate.seeds import seed_for

CHANNELS = (32, 64, 96)
HIDDEN = 64
GROUPS = 8
EXPOSURE = 0.1
FINE_GAIN = 60.0
"""A smear is known by the grain it lacks: two levels of 255 must weigh about as much as an edge."""


class DetectorConfig(BaseModel):
    """The detector's budget, the same for what is tested and for the positive control.

    Attributes:
        num_steps: Optimiser steps.
        batch_size: Patches a step.
        learning_rate: At the beginning; it falls along a cosine.
        weight_decay: Of AdamW.
        held_out: Share of the groups that accuracy is measured on.
        num_seeds: Detectors trained, on other splits; their accuracies are pooled.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_steps: int = Field(default=300, ge=1)
    batch_size: int = Field(default=64, ge=2)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.05, ge=0)
    held_out: float = Field(default=0.25, gt=0, lt=1)
    num_seeds: int = Field(default=3, ge=1)


class RepairDetector(nn.Module):
    """A convolutional classifier of patches that compares the hole with its rim; about 120,000 parameters."""

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        layers: list[nn.Module] = []
        # Colours, what is left of them after a blur (a smear leaves little), and the hole.
        for before, after in zip((7, *CHANNELS), CHANNELS, strict=False):
            # Strided: at the patches' full size the normalisation alone would take most of the time.
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GroupNorm(GROUPS, after), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(3 * CHANNELS[-1], HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, 1))

    def forward(self, patches: Float[Tensor, "b 4 s s"]) -> Float[Tensor, " b"]:
        """Return the logits of being real; `patches` in [-1, 1]."""
        colours, hole = patches[:, :3], patches[:, 3:]
        fine = torch.asinh(FINE_GAIN * (colours - functional.avg_pool2d(colours, 3, stride=1, padding=1)))
        features = self.body(torch.cat([colours, fine, hole], dim=1))
        inside = functional.interpolate((hole > 0).float(), features.shape[2:], mode="area")
        seen = functional.interpolate((patches > -1).any(1, keepdim=True).float(), features.shape[2:], mode="area")
        pooled = [_mean(features, inside), _mean(features, (seen - inside).clamp_min(0)), features.amax(dim=(2, 3))]
        return self.head(torch.cat(pooled, dim=1))[:, 0]


def _mean(features: Float[Tensor, "b c h w"], weight: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b c"]:
    return (features * weight).sum((2, 3)) / (weight.sum((2, 3)) + 1e-3)


@dataclass(frozen=True)
class Verdicts:
    """What detectors said of patches that they were not trained on.

    Attributes:
        is_right: One value a patch and detector.
        groups: The groups of these patches.
        num_training: Patches that a detector was trained on, on average.
    """

    is_right: tuple[bool, ...]
    groups: tuple[str, ...]
    num_training: int


def detect(patches: Sequence[Patch], config: DetectorConfig, *, seed: int) -> Verdicts:
    """Train detectors and try them on groups they have not seen.

    Raises:
        InputError: If there are too few groups to hold some out.
    """
    groups = np.array([patch.group for patch in patches])
    is_right: list[bool] = []
    tested: list[str] = []
    num_training = 0
    for run in range(config.num_seeds):
        is_held_out = _held_out(groups, config.held_out, seed_for(seed, "split", run))
        training = [patch for patch, held_out in zip(patches, is_held_out, strict=True) if not held_out]
        held_out = [patch for patch, held_out in zip(patches, is_held_out, strict=True) if held_out]
        detector = _trained(training, config, seed_for(seed, "detector", run))
        is_right += _is_right(detector, held_out).tolist()
        tested += [patch.group for patch in held_out]
        num_training += len(training)
    return Verdicts(tuple(is_right), tuple(tested), round(num_training / config.num_seeds))


def _held_out(groups: np.ndarray, share: float, seed: int) -> Bool[np.ndarray, " n"]:
    names = np.unique(groups)
    num = round(share * len(names))
    if not 0 < num < len(names):
        raise InputError(f"{len(names)} groups of repaired triples are too few to hold {share:.0%} out; pass more")
    return np.isin(groups, np.random.default_rng(seed).permutation(names)[:num])


def _trained(patches: Sequence[Patch], config: DetectorConfig, seed: int) -> RepairDetector:
    generator = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed % 2**63)
        detector = RepairDetector()
    optimiser = torch.optim.AdamW(detector.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=config.num_steps)
    pixels = torch.from_numpy(np.stack([patch.pixels for patch in patches]).transpose(0, 3, 1, 2).copy())
    is_real = torch.tensor([float(patch.is_real) for patch in patches])
    for _ in range(config.num_steps):
        chosen = torch.from_numpy(generator.integers(len(patches), size=config.batch_size))
        logits = detector(_augmented(_signed(pixels[chosen]), generator))
        loss = functional.binary_cross_entropy_with_logits(logits, is_real[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return detector.eval()


def _signed(pixels: Tensor) -> Tensor:
    return pixels.float() / 127.5 - 1


def _augmented(patches: Tensor, generator: np.random.Generator) -> Tensor:
    for axis in (2, 3):
        if generator.random() < 0.5:
            patches = patches.flip(axis)
    if generator.random() < 0.5:
        patches = patches.transpose(2, 3)
    gain = torch.from_numpy(1 + EXPOSURE * generator.standard_normal((len(patches), 3, 1, 1)).astype(np.float32))
    # About black: what is not shown stays black, by which the network knows it.
    return torch.cat([(patches[:, :3] + 1) * gain - 1, patches[:, 3:]], dim=1)


@torch.inference_mode()
def _is_right(detector: RepairDetector, patches: Sequence[Patch]) -> Bool[np.ndarray, " n"]:
    pixels = torch.from_numpy(np.stack([patch.pixels for patch in patches]).transpose(0, 3, 1, 2).copy())
    logits = torch.cat([detector(_signed(part)) for part in pixels.split(256)]).numpy()
    return (logits > 0) == np.array([patch.is_real for patch in patches])
