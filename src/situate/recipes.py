"""Named recipes: functions that return a whole configuration."""

from collections.abc import Callable

from situate.data.sample import SampleConfig
from situate.errors import ConfigError
from situate.nn.joint import ModelConfig
from situate.training.config import RunConfig
from situate.training.converge import ConvergeConfig
from situate.training.losses import LossConfig
from situate.training.optim import OptimConfig


def tiny() -> RunConfig:
    """5.1 M parameters, 64 px, from nothing: trains in minutes on two cores."""
    return RunConfig(recipe="tiny")


def small() -> RunConfig:
    """A pretrained encoder at 224 px and a finer grid, windows of 128 px: 10 M parameters place, 10 M compose."""
    return RunConfig(
        recipe="small",
        model=ModelConfig(
            background_size=224,
            foreground_size=96,
            encoder="efficientnet-lite0",
            token_width=256,
            num_heads=8,
            fusion_layers=5,
            fusion_pool=2,
            head_channels=96,
            window_size=128,
            window_patch=4,
            window_channels=(64, 128, 256),
            window_middle_blocks=3,
        ),
        sample=SampleConfig(
            background_size=224,
            foreground_size=96,
            window_size=128,
            num_positions=16,
            crop_probability=0.25,
            reduce_probability=0.5,
            recolour_probability=0.5,
            wear_probability=0.3,
        ),
        loss=LossConfig(leak_weight=10.0, rolled_share=0.75, visible_weight=5.0),
        optim=OptimConfig(learning_rate=2e-3),
        batch_size=32,
        num_steps=6000,
    )


def literal() -> RunConfig:
    """Nothing is pasted: the position reaches the synthesis only through the fused tokens; whole-picture template."""
    return RunConfig(
        recipe="literal",
        model=ModelConfig(conditioning="literal"),
        sample=SampleConfig(conditioning="literal"),
        loss=LossConfig(counts_pasted=False),
    )


def debug() -> RunConfig:
    """A few thousand parameters for end-to-end tests: seconds, not quality."""
    return RunConfig(
        recipe="debug",
        model=ModelConfig(
            background_size=32,
            foreground_size=16,
            encoder_channels=16,
            encoder_blocks=1,
            token_width=32,
            fusion_layers=1,
            fusion_pool=1,
            light_channels=16,
            window_size=32,
            window_channels=(16, 32),
            window_blocks=1,
        ),
        sample=SampleConfig(background_size=32, foreground_size=16, window_size=32),
        optim=OptimConfig(warmup_steps=2),
        converge=ConvergeConfig(every_steps=2),
        batch_size=4,
        num_steps=4,
        max_validation=8,
        validation_fraction=0.25,
        checkpoint_steps=2,
        sheet_steps=4,
    )


RECIPES: dict[str, Callable[[], RunConfig]] = {"tiny": tiny, "small": small, "literal": literal, "debug": debug}


def recipe_named(name: str) -> RunConfig:
    """Look a recipe up.

    Raises:
        ConfigError: If there is no recipe of that name.
    """
    if name not in RECIPES:
        raise ConfigError(f"recipe {name!r} is unknown; there are {', '.join(RECIPES)}")
    return RECIPES[name]()
