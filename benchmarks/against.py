"""What a composite of 512 x 512 costs, beside copy-paste, Poisson blending and a network of Stable Diffusion's size.

The large network has random weights: only its time and its memory are measured, what it draws is noise.
"""

import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from apart import apart
from cyclopts import run
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from pictures import ball_pixels, scene_pixels
from rate import median_s
from tables import Table, publish

from situate.evaluation.baselines import poisson
from situate.geometry.paste import paste
from situate.imageio.read import read_picture
from situate.imageio.write import write_picture
from situate.pipeline.device import device_named, fast_autocast, has_fast_bf16
from situate.pipeline.export import export_model
from situate.pipeline.runtime import Backend, Runtime, composer_of
from situate.records.picture import Picture

SIDE_PX, LATENT_SIDE, DIFFUSION_STEPS = 512, 64, 20
NUM_WORDS, TEXT_WIDTH = 77, 768
BOX_CXCYWH = (0.5, 0.6, 0.25, 0.25)


def main(model: Path | None = None, *, repeats: int = 10, device: str = "auto", json: Path | None = None) -> None:
    """Time one composite from file to file by several ways, each in a process of its own.

    Args:
        model: Model folder; the shipped weights by default.
        repeats: Calls of the fast ways; the median is printed. The large network makes one
            picture of one step first, then one that counts.
        device: Of the networks.
        json: Keep the figures here.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_picture(Picture(scene_pixels(0, SIDE_PX, SIDE_PX)), folder / "scene.jpg")
        write_picture(Picture(ball_pixels(200)), folder / "object.png")
        found = {
            "copy-paste": apart(blend_s, folder, paste, repeats),
            "Poisson (OpenCV)": apart(blend_s, folder, poisson, repeats),
            "ours": apart(ours_s, folder, model, "torch", device, repeats),
        }
        if find_spec("openvino") and device_named(device).type == "cpu":
            export_model(model, folder / "exported")
            found["ours, openvino"] = apart(ours_s, folder, folder / "exported", "openvino", "cpu", repeats)
        found["inpainting network of Stable Diffusion's size"] = apart(diffusion_s, folder, device)
    publish([table_of(found, device_named(device))], json)


def table_of(found: dict[str, tuple[float, float]], device: torch.device) -> Table:
    """Seconds and memory, and how much of those of the large network."""
    last_s, last_mib = list(found.values())[-1]
    rows = [[name, seconds, last_s / seconds, mib, last_mib / mib] for name, (seconds, mib) in found.items()]
    notes = (
        f"Warm, from a JPEG of {SIDE_PX} x {SIDE_PX} and a PNG to a JPEG, on {device}; memory is the most that a "
        "process has held, with Python and PyTorch in it (on a GPU: without the GPU's own).",
        "The large network: UNet (860 M parameters) and VAE as in Stable Diffusion 1.5 for inpainting, random weights, "
        f"{DIFFUSION_STEPS} steps, without guidance (which doubles its time) and without its text encoder; it also has "
        "to be told the place.",
    )
    columns = ("way", "seconds", "times faster than the last", "memory, MiB", "times smaller than the last")
    return Table("One composite by other ways", columns, rows, notes)


def blend_s(folder: Path, blend: Callable[..., np.ndarray], repeats: int) -> float:
    """Seconds of a blend at a given place."""

    def once() -> None:
        scene, cutout = read_picture(folder / "scene.jpg"), read_picture(folder / "object.png")
        write_picture(scene.with_pixels(blend(scene.rgb_u8, cutout.pixels, BOX_CXCYWH)), folder / "made.jpg")

    return median_s(once, repeats)


def ours_s(folder: Path, model: Path | None, backend: Backend, device: str, repeats: int) -> float:
    """Seconds of composing; nobody says where."""
    composer = composer_of(model, Runtime(device, backend))

    def once() -> None:
        (composite,) = composer(folder / "scene.jpg", folder / "object.png")
        write_picture(composite.picture, folder / "made.jpg")

    return median_s(once, repeats)


@torch.inference_mode()
def diffusion_s(folder: Path, device_name: str) -> float:
    """Seconds of one picture by a latent diffusion network for inpainting."""
    device = device_named(device_name)
    dtype = torch.bfloat16 if has_fast_bf16(device) else torch.float32
    torch.set_default_dtype(dtype)  # made in it, so that memory never holds more
    unet, vae = (network.to(device).eval() for network in large_networks())
    scheduler = DDIMScheduler()
    words = torch.randn(1, NUM_WORDS, TEXT_WIDTH, device=device, dtype=dtype)

    def picture(num_steps: int) -> None:
        scene, cutout = read_picture(folder / "scene.jpg"), read_picture(folder / "object.png")
        pasted = torch.from_numpy(paste(scene.rgb_u8, cutout.pixels, BOX_CXCYWH)).permute(2, 0, 1)[None]
        masked = vae.encode((pasted / 127.5 - 1).to(device, dtype)).latent_dist.mean
        latent, mask = torch.randn_like(masked), torch.ones_like(masked[:, :1])
        scheduler.set_timesteps(num_steps)
        for timestep in scheduler.timesteps:
            seen = torch.cat([latent, mask, masked], dim=1)
            noise = unet(seen, timestep, encoder_hidden_states=words).sample
            latent = scheduler.step(noise, timestep, latent).prev_sample
        made = ((vae.decode(latent).sample.float() + 1) * 127.5).clamp(0, 255).round().byte()[0].permute(1, 2, 0)
        write_picture(scene.with_pixels(np.ascontiguousarray(made.cpu().numpy())), folder / "made.jpg")

    try:
        with fast_autocast(device):
            picture(1)
            start_s = time.perf_counter()
            picture(DIFFUSION_STEPS)
            return time.perf_counter() - start_s
    finally:
        torch.set_default_dtype(torch.float32)


def large_networks() -> tuple[torch.nn.Module, torch.nn.Module]:
    """The UNet and the VAE, with random weights."""
    unet = UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=9,
        out_channels=4,
        block_out_channels=(320, 640, 1280, 1280),
        layers_per_block=2,
        attention_head_dim=8,
        cross_attention_dim=TEXT_WIDTH,
    )
    vae = AutoencoderKL(
        sample_size=SIDE_PX,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    return unet, vae


if __name__ == "__main__":
    run(main)
