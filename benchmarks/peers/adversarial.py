"""The two sides of the adversarial loss, and how its players step."""

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor

ADVERSARIAL_BETAS = (0.5, 0.99)
"""With the usual first beta of 0.9 neither generator here learnt as well, PlaceNet's hardly anything.

Source:
    Radford et al., DCGAN (2015), section 4.
"""


def fooled(fake_logits: Float[Tensor, " *b"]) -> Float[Tensor, ""]:
    """What the generator pays for boxes that the discriminator calls false (non-saturating).

    Source:
        Goodfellow et al., Generative Adversarial Nets (2014), section 3; PlaceNet and GracoNet use it.
    """
    return F.softplus(-fake_logits.float()).mean()


def told_real(real_logits: Float[Tensor, " *b"]) -> Float[Tensor, ""]:
    """What the discriminator pays for true boxes that it calls false."""
    return F.softplus(-real_logits.float()).mean()


def told_fake(fake_logits: Float[Tensor, " *b"]) -> Float[Tensor, ""]:
    """What the discriminator pays for generated boxes that it calls true."""
    return F.softplus(fake_logits.float()).mean()
