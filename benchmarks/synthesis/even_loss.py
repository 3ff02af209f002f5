"""The joint loss without the weight of the changed region."""

from jaxtyping import Float
from torch import Tensor

from situate.records.batch import Batch
from situate.training.losses import JointLoss


class EvenLoss(JointLoss):
    """Every pixel that may teach counts the same, whether it changes or not.

    No `unchanged_share` says that: how much of a window changes differs from sample to sample.
    """

    def _masked_mean(self, squared: Float[Tensor, "b 5 h w"], batch: Batch, part: slice) -> Float[Tensor, " b"]:
        """Each sample's mean over all pixels that may teach."""
        weight = batch.image_weight[:, part].flatten(1)
        return (squared[:, part].flatten(1) * weight).sum(1) / weight.sum(1).clamp(min=1)
