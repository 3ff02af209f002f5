"""The sample sheet of a training run: what the model makes of a few validation samples, at window size."""

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from situate.flow.path import velocity_of
from situate.flow.sampling import generate
from situate.nn.joint import tokens_in_window
from situate.records.batch import Batch
from situate.seeds import seed_for
from situate.training.state import TrainState
from situate.training.step import averaged_weights, fast_attention

NUM_STEPS = 4
CELL_PX = 96
SHEET_SEED = 0


@torch.inference_mode()
def sample_sheet(state: TrainState, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
    """One row a sample: background with heat map, pasted, generated, truth, visible alpha and effect beside theirs."""
    model = state.bare_model
    device = state.accelerator.device
    batch = batch.to(device)  # type: ignore[assignment]
    with averaged_weights(state), state.accelerator.autocast(), fast_attention(device):
        model.eval()
        prediction = model.placement(batch.placement)
        window_tokens = tokens_in_window(prediction.fused_tokens, batch.synthesis.window_cxcywh)

        def velocity_field(x_sigma: Tensor, sigma: Tensor) -> Tensor:
            sigma = sigma.to(device)
            return velocity_of(x_sigma, model.synthesis(x_sigma, sigma, batch.synthesis, window_tokens), sigma)

        generator = torch.Generator().manual_seed(seed_for(SHEET_SEED, "sheet"))
        noise = torch.randn(batch.image.shape, generator=generator).to(device)
        generated = generate(velocity_field, noise, NUM_STEPS)
    columns = [
        _with_heatmap(batch.placement.background, prediction.distribution.heatmap),
        _tiles(batch.synthesis.pasted),
        _tiles(generated[:, :3]),
        _tiles(batch.image[:, :3]),
        *(_tiles(masks[:, channel : channel + 1]) for channel in (3, 4) for masks in (generated, batch.image)),
    ]
    return np.concatenate([np.concatenate(column, axis=0) for column in columns], axis=1)


def _with_heatmap(
    backgrounds: Float[Tensor, "b 3 h w"], heatmaps: Float[Tensor, "b gh gw"]
) -> list[UInt8[np.ndarray, "s s 3"]]:
    scaled = heatmaps / heatmaps.amax(dim=(1, 2), keepdim=True)
    return [
        (0.5 * tile + 0.5 * np.dstack([hot, np.zeros_like(hot), 255 - hot])).astype(np.uint8)
        for tile, hot in zip(_tiles(backgrounds), (_tile(heat[None] * 2 - 1)[..., 0] for heat in scaled), strict=True)
    ]


def _tiles(pictures: Float[Tensor, "b c h w"]) -> list[UInt8[np.ndarray, "s s 3"]]:
    return [_tile(picture) for picture in pictures]


def _tile(picture: Float[Tensor, "c h w"]) -> UInt8[np.ndarray, "s s 3"]:
    values = ((picture.float().cpu().clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    colours = np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values
    return cv2.resize(np.ascontiguousarray(colours), (CELL_PX, CELL_PX), interpolation=cv2.INTER_NEAREST)
