"""Do the fused tokens matter? The synthesis loss with a sample's own tokens, and with those of another scene."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from situate.flow.path import draw_sigma, sample_path
from situate.nn.joint import JointPrediction, tokens_in_window
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.batch import Batch
from situate.seeds import seed_for

SynthesisLoss = Callable[[JointPrediction, Batch, Tensor], Tensor]
"""`loss(prediction, batch, sigma " b") -> scalar`; the caller gives the loss that the model was trained with."""


def synthesis_part(joint_loss: Callable[[JointPrediction, Batch, Tensor], Any]) -> SynthesisLoss:
    """The synthesis term of a joint loss (`RunConfig.loss.build()`)."""
    return lambda prediction, batch, sigma: joint_loss(prediction, batch, sigma).synthesis


def tokens_of_another_scene(groups: Sequence[str]) -> list[int]:
    """For each sample the next one (round the end) of another group; itself if there is only one group."""
    count = len(groups)
    return [
        next((other % count for other in range(own + 1, own + count) if groups[other % count] != groups[own]), own)
        for own in range(count)
    ]


@torch.inference_mode()
def synthesis_losses(
    pipeline: ComposePipeline,
    samples: Sequence[Batch],
    predictions: Sequence[PlacementPrediction],
    others: Sequence[int],
    loss: SynthesisLoss,
    *,
    seed: int,
) -> list[tuple[float, float]]:
    """Per sample, the loss with its own tokens and with another's; noise and sigma are the same for both.

    Args:
        pipeline: The model.
        samples: One validation sample each.
        predictions: Of the same samples.
        others: Whose tokens each sample gets the second time.
        loss: The synthesis loss.
        seed: Of noise and sigma.
    """
    losses = []
    for number, (sample, prediction, other) in enumerate(zip(samples, predictions, others, strict=True)):
        own, foreign = (
            _loss_with(pipeline, sample, prediction, tokens, loss, seed_for(seed, "fused", number))
            for tokens in (prediction.fused_tokens, predictions[other].fused_tokens)
        )
        losses.append((own, foreign))
    return losses


def _loss_with(
    pipeline: ComposePipeline,
    sample: Batch,
    prediction: PlacementPrediction,
    fused_tokens: Float[Tensor, "1 n d"],
    loss: SynthesisLoss,
    seed: int,
) -> float:
    generator = torch.Generator().manual_seed(seed)
    sigma = draw_sigma(1, generator)
    noise = torch.randn(sample.image.shape, generator=generator)
    x_sigma = sample_path(noise, sample.image, sigma).x_sigma
    on_device: Batch = sample.to(pipeline.device)  # type: ignore[assignment]
    tokens = tokens_in_window(fused_tokens.float(), on_device.synthesis.window_cxcywh)
    image = pipeline.synthesise(x_sigma.to(pipeline.device), sigma.to(pipeline.device), on_device.synthesis, tokens)
    predicted = JointPrediction(prediction.distribution, image.float(), prediction.light)
    return float(loss(predicted, on_device, sigma.to(pipeline.device)))
