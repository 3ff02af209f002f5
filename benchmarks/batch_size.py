"""Pictures a second in memory against the number that go through the networks together, on any device."""

import time
from pathlib import Path

import torch
from compose import network_gflop
from cyclopts import run
from pictures import ball_pixels, scene_pixels
from rate import matmul_gflops, median_s
from tables import Table, publish

from situate.pipeline.composer import Composer
from situate.pipeline.device import device_named, has_fast_bf16
from situate.records.picture import Picture

SIDE_PX, MIN_PICTURES = 512, 32
DEVICE_MATRIX_SIDE = 8192


def main(
    model: Path | None = None,
    *,
    sizes: list[int] | None = None,
    device: str = "auto",
    json: Path | None = None,
) -> None:
    """Time composing in memory, without files.

    Args:
        model: Model folder; the shipped weights by default.
        sizes: Of the batches; by default 1, 2, 4, 8 and 16, and up to 128 on a GPU.
        device: Of the networks.
        json: Keep the figures here.
    """
    where = device_named(device)
    default = [1, 2, 4, 8, 16] if where.type == "cpu" else [1, 2, 4, 8, 16, 32, 64, 128]
    composer, rate = Composer.from_pretrained(model, device=device), device_gflops(where)
    gflop, rows = sum(network_gflop(model).values()), []
    for size in sizes or default:
        seconds = seconds_each(composer, size)
        rows.append([str(size), 1 / seconds, gflop / seconds, 100 * gflop / seconds / rate])
    notes = (
        f"{SIDE_PX} x {SIDE_PX}, in memory, on {where}; {gflop:.1f} GFLOP for each. The rate is that of a large matrix "
        f"product there, {rate:,.0f} GFLOP/s.",
        "Ranking places and lifting to full size are done one by one, on the CPU, and count.",
    )
    columns = ("pictures at once", "pictures a second", "GFLOP/s of the networks", "share of the device's rate, %")
    publish([Table("Batch sizes", columns, rows, notes)], json)


def seconds_each(composer: Composer, size: int) -> float:
    """Seconds for a picture, once everything is warm."""
    scenes = [Picture(scene_pixels(number, SIDE_PX, SIDE_PX)) for number in range(size)]
    cutouts = [Picture(ball_pixels(200))] * size
    rounds = max(MIN_PICTURES // size, 1)
    list(composer.compose_batch(scenes, cutouts, batch_size=size))
    start_s = time.perf_counter()
    for _ in range(rounds):
        list(composer.compose_batch(scenes, cutouts, batch_size=size))
    return (time.perf_counter() - start_s) / rounds / size


@torch.inference_mode()
def device_gflops(device: torch.device) -> float:
    """10^9 operations a second of a large matrix product, in the precision that composing uses there."""
    dtype = torch.bfloat16 if has_fast_bf16(device) else torch.float32
    if device.type == "cpu":
        return matmul_gflops(dtype)
    left, right = (torch.rand(DEVICE_MATRIX_SIDE, DEVICE_MATRIX_SIDE, device=device).to(dtype) for _ in range(2))

    def multiply() -> None:
        (left @ right)[0, 0].item()  # waits until it is done

    return 2 * DEVICE_MATRIX_SIDE**3 / median_s(multiply) / 1e9


if __name__ == "__main__":
    run(main)
