"""The sizes and the budget that all methods share."""

from pydantic import BaseModel, ConfigDict, Field

LEARNING_RATES = (1e-3, 3e-4, 3e-3, 1e-4, 1e-2)
"""What is tried, in this order."""


class PeerConfig(BaseModel):
    """Everything that could give one method more than another; there is one for all of them.

    Attributes:
        background_size: Side of the background's canvas in pixels, a multiple of 32.
        foreground_size: Side of the foreground's canvas in pixels, a multiple of 32.
        num_versions: Differently augmented versions of each training triple; each is also mirrored.
        width: Width of the tokens, and of the hidden layers of small heads.
        num_layers: Fusion layers.
        num_heads: Attention heads.
        pool: Background tokens attend to the means of squares of so many background tokens a side, as in our recipes.
        head_channels: Channels of heads that answer for each cell.
        head_blocks: Their residual blocks.
        batch_size: Samples a step.
        num_steps: Steps of each training.
        num_trials: Learning rates that are tried for each method.
        weight_decay: Of AdamW.
        averaging: Decay of the moving average of the weights that is evaluated.
        validation_fraction: Share of the training groups that choose the learning rate.
        seed: Of augmentation, of the split's light and of the draws on validation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    background_size: int = 224
    foreground_size: int = 96
    num_versions: int = Field(default=3, ge=1)
    width: int = 128
    num_layers: int = 3
    num_heads: int = 4
    pool: int = 2
    head_channels: int = 64
    head_blocks: int = 1
    batch_size: int = 32
    num_steps: int = 600
    num_trials: int = Field(default=3, ge=1, le=len(LEARNING_RATES))
    weight_decay: float = 0.02
    averaging: float = 0.98
    validation_fraction: float = 0.1
    seed: int = 0
