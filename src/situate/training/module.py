"""Networks and loss as one module, whose forward pass several processes can share."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from situate.nn.joint import JointModel
from situate.records.batch import Batch
from situate.training.counts import SampleCounts
from situate.training.losses import JointLoss, LossTerms


class JointTraining(nn.Module):
    """The loss belongs to the forward pass: from it alone can be seen which parameters a step teaches.

    Where no process teaches a parameter its gradient must stay None (one of 0 would let weight decay wear what was
    learnt), and where only some do, the others must not be waited for.
    """

    def __init__(self, networks: JointModel, loss: JointLoss) -> None:
        """Join what is trained and what it is trained with."""
        super().__init__()
        self.networks = networks
        self.loss = loss

    def forward(
        self,
        batch: Batch,
        x_sigma: Float[Tensor, "b 5 h w"],
        sigma: Float[Tensor, " b"],
        counts: SampleCounts | None,
        is_rolled: Float[Tensor, " b"] | None = None,
    ) -> LossTerms:
        """Predict (method step T2) and compare; see `JointLoss` for `counts`, `JointModel` for `is_rolled`."""
        prediction = self.networks(
            batch.placement,
            batch.synthesis,
            x_sigma,
            sigma,
            batch.without_decoys,
            batch.has_decoys,
            batch.has_composite,
            is_rolled,
        )
        with torch.autocast(x_sigma.device.type, enabled=False):
            return self.loss(prediction, batch, sigma, counts)
