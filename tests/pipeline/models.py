"""Untrained models and simple pictures: what composing promises does not depend on training."""

from pathlib import Path

import numpy as np
import torch

from situate.nn.joint import ModelConfig
from situate.pipeline.load import publish
from situate.recipes import debug

CARD = "# an untrained model\n"


def untrained(conditioning: str = "pasted", *, seed: int = 0):
    """A model of the debug recipe whose closed exit is opened a little, so that it changes what it sees."""
    config = ModelConfig.model_validate({**debug().model.model_dump(), "conditioning": conditioning})
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = config.build()
        torch.nn.init.normal_(model.synthesis.exit.weight, std=0.02)
    return model


def publish_untrained(
    folder: Path, conditioning: str = "pasted", *, seed: int = 0, half_precision: bool = False
) -> Path:
    model = untrained(conditioning, seed=seed)
    publish(model.placement, model.synthesis, folder, card=CARD, half_precision=half_precision)
    return folder


def scene(width: int = 96, height: int = 64, dtype: type = np.uint8) -> np.ndarray:
    full = np.iinfo(dtype).max
    return np.random.default_rng(1).integers(0, full, (height, width, 3), endpoint=True).astype(dtype)


def cutout(width: int = 40, height: int = 30) -> np.ndarray:
    y, x = np.mgrid[:height, :width] + 0.5
    pixels = np.full((height, width, 4), (200, 60, 30, 0), np.uint8)
    pixels[..., 3] = np.where(((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) < 0.25, 255, 0)
    return pixels
