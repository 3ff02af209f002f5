"""Everything a run is made from, in one frozen record; written into the run folder and the model card."""

from pydantic import BaseModel, ConfigDict, model_validator

from situate.data.sample import SampleConfig
from situate.nn.joint import ModelConfig
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
    batch_size: int = 16
    num_steps: int = 6000
    max_validation: int = 256
    validation_fraction: float = 0.08
    checkpoint_steps: int = 200
    sheet_steps: int = 500
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
        if self.model.background_size % 4 or self.model.foreground_size % 4:
            wrong.append("background_size and foreground_size must be multiples of 4")
        widths = (self.model.token_width, self.model.window_channels[-1])
        if self.model.num_heads < 1 or any(width % self.model.num_heads for width in widths):
            wrong.append(f"num_heads is {self.model.num_heads}; it must divide {widths[0]} and {widths[1]}")
        if self.batch_size < 1 or self.num_steps < 1:
            wrong.append("batch_size and num_steps must be at least 1")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self
