"""What this machine reaches now on plain matrix products and convolutions, in GFLOP/s."""

import time
from collections.abc import Callable

import torch

from situate.pipeline.device import fast_autocast

MATRIX_SIDE = 1024
CHANNELS, PICTURE_SIDE, BATCH, KERNEL = 96, 32, 16, 3
REPEATS = 8


@torch.inference_mode()
def matmul_gflops() -> float:
    """Product of two square matrices, in the precision that the package uses on this CPU."""
    left, right = torch.rand(MATRIX_SIDE, MATRIX_SIDE), torch.rand(MATRIX_SIDE, MATRIX_SIDE)
    return 2 * MATRIX_SIDE**3 / median_s(lambda: left @ right) / 1e9


@torch.inference_mode()
def conv_gflops() -> float:
    """A 3 x 3 convolution of the size that the networks use."""
    layer = torch.nn.Conv2d(CHANNELS, CHANNELS, KERNEL, padding=1)
    pictures = torch.rand(BATCH, CHANNELS, PICTURE_SIDE, PICTURE_SIDE).to(memory_format=torch.channels_last)
    flop = 2 * BATCH * PICTURE_SIDE**2 * CHANNELS**2 * KERNEL**2
    return flop / median_s(lambda: layer(pictures)) / 1e9


def median_s(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds of `work`, after one call that does not count."""
    with fast_autocast(torch.device("cpu")):
        work()
        times = []
        for _ in range(repeats):
            start_s = time.perf_counter()
            work()
            times.append(time.perf_counter() - start_s)
    return sorted(times)[len(times) // 2]


def describe_machine() -> str:
    """One line for the head of a benchmark."""
    threads = torch.get_num_threads()
    return f"machine: {threads} threads, matmul {matmul_gflops():.0f} GFLOP/s, convolution {conv_gflops():.0f} GFLOP/s"
