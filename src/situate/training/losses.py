"""The joint loss (method step T3): placement against the sample's position, synthesis against its composite."""

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from situate.nn.joint import JointPrediction
from situate.records.batch import Batch
from situate.training.counts import SampleCounts, counts_of


@dataclass(frozen=True)
class LossTerms:
    """Named scalars, each already weighted; `total` is what is minimised.

    Attributes:
        cell: Cross-entropy of the grid cell, nats.
        offset: Negative log-likelihood of the anchor inside its cell, nats relative to a uniform cell.
        log_height: Negative log-likelihood of the log height, nats.
        colour: Squared error of the composite's RGB, which grows with its log only above `colour_knee`.
        visible_alpha: Squared error of the visible alpha.
        effect: Squared error of the effect.
        light: Squared error of the logs of the grey cards' brightness, where it is known.
        leak: Squared difference of the cells' log-probabilities with decoys and without, where decoys are.
    """

    cell: Float[Tensor, ""]
    offset: Float[Tensor, ""]
    log_height: Float[Tensor, ""]
    colour: Float[Tensor, ""]
    visible_alpha: Float[Tensor, ""]
    effect: Float[Tensor, ""]
    light: Float[Tensor, ""]
    leak: Float[Tensor, ""]

    @property
    def placement(self) -> Float[Tensor, ""]:
        """Loss against the sample's position."""
        return self.cell + self.offset + self.log_height

    @property
    def synthesis(self) -> Float[Tensor, ""]:
        """Loss against the sample's composite."""
        return self.colour + self.visible_alpha + self.effect

    @property
    def total(self) -> Float[Tensor, ""]:
        """The joint loss."""
        return self.placement + self.synthesis + self.light + self.leak

    def as_floats(self) -> dict[str, float]:
        """Every term and the sums by name."""
        names = [field.name for field in fields(self)] + ["placement", "synthesis", "total"]
        return {name: getattr(self, name).item() for name in names}


class LossConfig(BaseModel):
    """Weights of the terms.

    Attributes:
        placement_weight: Factor of the placement terms.
        colour_weight: Factor of the colour term.
        mask_weight: Factor of the two mask terms.
        visible_weight: Another factor of the visible alpha's term: what hides an object covers 1 % of what changes.
        light_weight: Factor of the light term.
        leak_weight: Factor of the leak term.
        colour_knee: Squared error of a sample, in [-1, 1] units over the squared noise level, above which its colour
            term grows with the log only.
            Pictures are judged in decibels; without a knee a few samples in hard light would outweigh the rest.
        unchanged_share: Share of a sample's synthesis loss that pixels get where nothing changes; the region that
            changes is 2-5 % of a picture, and unweighted the network learns nothing but to copy.
        min_sigma: Noise level under which the error is no longer scaled up as the velocity's would be.
        rolled_share: How often, below the noise level 1, what is noised is what composing would have after its first
            step and not the truth. Composing never has the truth: later steps that only learnt from it made composites
            worse than one step does.
        counts_pasted: Whether the changed region holds the pasted foreground; not where it is shown unplaced.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    placement_weight: float = 1.0
    colour_weight: float = 100.0
    mask_weight: float = 2.0
    visible_weight: float = 1.0
    light_weight: float = 0.5
    leak_weight: float = 20.0
    colour_knee: float = Field(default=0.004, gt=0)
    unchanged_share: float = 0.2
    min_sigma: float = 0.75
    rolled_share: float = Field(default=0.0, ge=0, le=1)
    counts_pasted: bool = True

    def build(self) -> "JointLoss":
        """Make the loss."""
        return JointLoss(self)


class JointLoss:
    """`JointLoss(config)(prediction, batch, sigma) -> LossTerms`."""

    def __init__(self, config: LossConfig) -> None:
        """Keep the weights."""
        self.config = config

    def __call__(
        self,
        prediction: JointPrediction,
        batch: Batch,
        sigma: Float[Tensor, " b"],
        counts: SampleCounts | None = None,
    ) -> LossTerms:
        """Compare a prediction with the truth; `counts` are those of `batch` unless it is one process's part of a step.

        The velocity's squared error is the image's divided by sigma^2; here the divisor is not let under
        `min_sigma`^2, since few steps never look at smaller noise levels but from one side.
        """
        counts = counts_of(batch) if counts is None else counts
        position_terms = prediction.distribution.log_prob_terms(batch.positions)
        _, rows, columns = prediction.distribution.cell_log_prob.shape
        uniform_offset = torch.log(position_terms.offset.new_tensor(rows * columns))
        squared = (prediction.image - batch.image).square() / self._divisor(sigma)
        colour, visible_alpha, effect = (self._masked_mean(squared, batch, part) for part in _PARTS)
        weights = self.config
        colour = weights.colour_knee * torch.log1p(colour / weights.colour_knee)
        return LossTerms(
            cell=-weights.placement_weight * position_terms.cell.mean(),
            offset=weights.placement_weight * (uniform_offset - position_terms.offset).mean(),
            log_height=-weights.placement_weight * position_terms.log_height.mean(),
            colour=weights.colour_weight * _mean_of(colour, batch.has_composite, counts.composite),
            visible_alpha=weights.mask_weight
            * weights.visible_weight
            * _mean_of(visible_alpha, batch.has_composite, counts.composite),
            effect=weights.mask_weight * _mean_of(effect, batch.has_composite, counts.composite),
            light=weights.light_weight * _light_error(prediction.light, batch, counts),
            leak=weights.leak_weight * _leak(prediction, batch, counts),
        )

    def _divisor(self, sigma: Float[Tensor, " b"]) -> Float[Tensor, "b 1 1 1"]:
        return sigma.clamp(min=self.config.min_sigma).square()[:, None, None, None]

    def _masked_mean(self, squared: Float[Tensor, "b 5 h w"], batch: Batch, part: slice) -> Float[Tensor, " b"]:
        """Each sample's mean over the changed region and over the rest, joined by `unchanged_share`."""
        is_changed = changed_region(batch, counts_pasted=self.config.counts_pasted)
        weight = batch.image_weight[:, part]
        changed = _weighted_mean(squared[:, part], weight * is_changed)
        unchanged = _weighted_mean(squared[:, part], weight * ~is_changed)
        share = self.config.unchanged_share
        return (1 - share) * changed + share * unchanged


def changed_region(batch: Batch, *, counts_pasted: bool = True) -> Tensor:
    """Where composite, background and, if it counts, pasted picture may differ; grown by two pixels, `b 1 h w` bool."""
    changed = (batch.image[:, 4:5] > -1 + _NOISE).float()
    if counts_pasted:
        changed = torch.maximum(changed, (batch.synthesis.pasted_alpha > _NOISE).float())
    return F.max_pool2d(changed, 5, stride=1, padding=2) > 0


def _light_error(light: Float[Tensor, "b 2 5 3"], batch: Batch, counts: SampleCounts) -> Float[Tensor, ""]:
    if not batch.light_weight.any():
        return light.new_zeros(())  # no gradient at all, not one of 0, or weight decay would wear what was learnt
    squared = (light - batch.light).square().flatten(1).mean(1)
    return _mean_of(squared, batch.light_weight, counts.light)


def _leak(prediction: JointPrediction, batch: Batch, counts: SampleCounts) -> Float[Tensor, ""]:
    """How much decoys change what is said of the cells they touch (docs/leak.md).

    A repair looks the same whether an object stood there or not, so a density that decoys do not change is not changed
    by the real hole either: there, no picture without it is known.
    """
    if prediction.without_decoys is None:
        return batch.positions.new_zeros(())
    has_decoys = batch.has_decoys > 0
    with_decoys, without = prediction.distribution.cell_log_prob[has_decoys], prediction.without_decoys.cell_log_prob
    change = (batch.placement.background - batch.without_decoys)[has_decoys].abs().amax(1, keepdim=True)
    is_touched = F.adaptive_max_pool2d((change > _NOISE).float(), with_decoys.shape[-2:])[:, 0] * with_decoys.isfinite()
    squared = torch.where(with_decoys.isfinite(), with_decoys - without, 0.0).square() * is_touched
    return (squared.flatten(1).sum(1) / is_touched.flatten(1).sum(1).clamp(min=1)).sum() / counts.decoys


_PARTS = (slice(0, 3), slice(3, 4), slice(4, 5))
_NOISE = 0.02


def _mean_of(values: Float[Tensor, " b"], weight: Float[Tensor, " b"], count: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """Mean over the samples that count; 0 if none does."""
    return (weight * values).sum() / count


def _weighted_mean(values: Float[Tensor, "b c h w"], weight: Float[Tensor, "b c h w"]) -> Float[Tensor, " b"]:
    return (values * weight).flatten(1).sum(1) / weight.flatten(1).sum(1).clamp(min=1)
