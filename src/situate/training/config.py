"""Everything a run is made from, in one frozen record; written into the run folder and the model card."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from situate.data.sample import SampleConfig
from situate.errors import ConfigError
from situate.nn.joint import ModelConfig
from situate.nn.layers import GROUP_CHANNELS
from situate.nn.pretrained import COARSE_STRIDE, TOKEN_STRIDE
from situate.training.converge import ConvergeConfig
from situate.training.losses import LossConfig
from situate.training.optim import OptimConfig


class RunConfig(BaseModel):
    """Configuration of a training run.

    Attributes:
        recipe: Name of the recipe it came from.
        model: Sizes of the networks.
        sample: How triples become samples.
        loss: Weights of the loss terms.
        optim: Optimiser and schedule.
        converge: When to stop.
        batch_size: Samples a step and process.
        num_steps: Step budget.
        max_validation: Validation samples at most.
        validation_fraction: Share of the groups that is held out.
        class_balance: How evenly the classes of a folder are drawn: 0 draws all its triples equally often, 1 all its
            classes; see `situate.data.mixture.triple_weights`.
        checkpoint_steps: Steps between checkpoints.
        sheet_steps: Steps between sample sheets.
        seed: Of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str
    model: ModelConfig = ModelConfig()
    sample: SampleConfig = SampleConfig()
    loss: LossConfig = LossConfig()
    optim: OptimConfig = OptimConfig()
    converge: ConvergeConfig = ConvergeConfig()
    batch_size: int = Field(default=16, ge=1)
    num_steps: int = Field(default=6000, ge=1)
    max_validation: int = Field(default=256, ge=1)
    validation_fraction: float = Field(default=0.08, gt=0, lt=1)
    class_balance: float = Field(default=0.0, ge=0, le=1)
    checkpoint_steps: int = Field(default=200, ge=1)
    sheet_steps: int = Field(default=500, ge=1)
    seed: int = 0

    @model_validator(mode="after")
    def _sizes_agree(self) -> "RunConfig":
        pairs = {
            "background_size": (self.model.background_size, self.sample.background_size),
            "foreground_size": (self.model.foreground_size, self.sample.foreground_size),
            "window_size": (self.model.window_size, self.sample.window_size),
            "conditioning": (self.model.conditioning, self.sample.conditioning),
        }
        wrong = [f"{name}: model has {a}, sample has {b}" for name, (a, b) in pairs.items() if a != b]
        wrong += _model_problems(self.model)
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def _model_problems(model: ModelConfig) -> list[str]:
    """What the networks could not be built or run with."""
    problems = []
    step = 4 if model.encoder == "conv" else COARSE_STRIDE
    if any(size < 2 * step or size % step for size in (model.background_size, model.foreground_size)):
        problems.append(f"background_size and foreground_size must be multiples of {step} and at least {2 * step}")
    if model.encoder != "conv" and (model.head_channels < GROUP_CHANNELS or model.head_channels % GROUP_CHANNELS):
        problems.append(f"head_channels is {model.head_channels}; it must be a multiple of {GROUP_CHANNELS}")
    num_tokens = model.background_size // (4 if model.encoder == "conv" else TOKEN_STRIDE)
    if model.fusion_pool < 1 or num_tokens % model.fusion_pool:
        problems.append(f"fusion_pool is {model.fusion_pool}; it must divide {num_tokens}")
    if model.light_channels < 16 or model.light_channels % 16:
        problems.append(f"light_channels is {model.light_channels}; it must be a multiple of 16")
    if model.token_width < 4 or model.token_width % 4:
        problems.append(f"token_width is {model.token_width}; it must be a multiple of 4")
    if not model.window_channels or min(model.window_channels) < 1 or model.window_channels[0] % 2:
        problems.append(f"window_channels is {model.window_channels}; it must hold numbers above 0, the first one even")
        return problems
    widths = (model.token_width, model.window_channels[-1])
    if model.num_heads < 1 or any(width % model.num_heads for width in widths):
        problems.append(f"num_heads is {model.num_heads}; it must divide {widths[0]} and {widths[1]}")
    step = model.window_patch * 2 ** (len(model.window_channels) - 1)
    if model.window_patch < 1 or model.window_size < step or model.window_size % step:
        problems.append(
            f"window_size is {model.window_size}; it must be a multiple of {step}, "
            "which is window_patch * 2 ** (number of window_channels - 1), and window_patch at least 1"
        )
    if min(model.window_blocks, model.encoder_channels) < 1:
        problems.append("window_blocks and encoder_channels must be at least 1")
    return problems


def read_config(path: Path) -> RunConfig:
    """Read the `config.json` of a run folder.

    Raises:
        ConfigError: If it is missing, broken, or has other fields than this version.
    """
    try:
        return RunConfig.model_validate_json(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); is this a run folder?") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {problems_of(error)}") from error


def problems_of(error: ValidationError) -> str:
    """All problems of a configuration in one line."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'config'}: {problem['msg']}" for problem in error.errors()
    )
