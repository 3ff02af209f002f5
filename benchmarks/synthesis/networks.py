"""Synthesis networks that differ from the package's in one thing each; sizes and first parameters are the same."""

import torch
from jaxtyping import Float
from torch import Tensor

from situate.nn.joint import JointModel, ModelConfig
from situate.nn.velocity import VelocityNetwork
from situate.records.batch import SynthesisInput


class DetachedTokens(VelocityNetwork):
    """Reads the fused tokens, but its loss does not teach them."""

    def forward(
        self,
        x_sigma: Float[Tensor, "b 5 h w"],
        sigma: Float[Tensor, " b"],
        inputs: SynthesisInput,
        window_tokens: Float[Tensor, "b d th tw"],
    ) -> Float[Tensor, "b 5 h w"]:
        """Predict the clean image, as ever."""
        return super().forward(x_sigma, sigma, inputs, window_tokens.detach())


class WithoutTokens(VelocityNetwork):
    """Gets zeros for the fused tokens, on the grid and in their mean."""

    def forward(
        self,
        x_sigma: Float[Tensor, "b 5 h w"],
        sigma: Float[Tensor, " b"],
        inputs: SynthesisInput,
        window_tokens: Float[Tensor, "b d th tw"],
    ) -> Float[Tensor, "b 5 h w"]:
        """Predict the clean image from what is left."""
        return super().forward(x_sigma, sigma, inputs, torch.zeros_like(window_tokens))


class BackgroundBase(VelocityNetwork):
    """Corrects the background with empty masks; the pasted picture is shown, but must be copied."""

    def base(self, inputs: SynthesisInput) -> Float[Tensor, "b 5 h w"]:
        """What is corrected, in [-1, 1]."""
        empty = torch.full_like(inputs.pasted_alpha, -1)
        return torch.cat([inputs.background, empty, empty], dim=1)


class VariantModel(ModelConfig):
    """Sizes of both networks, and which synthesis network it is.

    Attributes:
        synthesis_class: Built with the sizes of `VelocityNetwork`.
    """

    synthesis_class: type[VelocityNetwork] = VelocityNetwork

    def build(self) -> JointModel:
        """Make the model; its parameters are those that the package's own would begin with."""
        plain = super().build()
        sizes = {name: value for name, value in plain.synthesis.config.items() if not name.startswith("_")}
        synthesis = self.synthesis_class(**sizes)
        synthesis.load_state_dict(plain.synthesis.state_dict())
        return JointModel(plain.placement, synthesis)
