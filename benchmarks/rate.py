"""What this machine reaches now: arithmetic, memory, and decoding and encoding of pictures.

Benchmarks of time print these beside their own figures: a time alone says nothing of another machine.
"""

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from json import dumps
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from cyclopts import run
from pictures import scene_pixels

from situate.pipeline.device import has_fast_bf16

MATRIX_SIDE = 1024
CHANNELS, PICTURE_SIDE, BATCH, KERNEL = 96, 32, 16, 3
"""Of a convolution as the networks have it."""
COPY_BYTES = 256 * 2**20
WIDTH_PX, HEIGHT_PX = 1920, 1080
REPEATS = 8
CODECS = {
    ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
    ".png": [
        *(cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
        *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_PAETH),
    ],
}


@dataclass(frozen=True)
class MachineRate:
    """Medians of this moment; other work on the machine lowers them.

    Attributes:
        num_threads: Threads of a tensor operation.
        matmul_fp32_gflops: Product of two square matrices, 10^9 operations a second.
        matmul_bf16_gflops: The same in bfloat16.
        conv_fp32_gflops: A 3 x 3 convolution, 10^9 operations a second.
        conv_bf16_gflops: The same in bfloat16.
        copy_gb_s: Bytes copied in memory, 10^9 a second.
        jpeg_decode_mp_s: Megapixels a second from bytes to pixels, 1920 x 1080, by OpenCV alone.
        jpeg_encode_mp_s: From pixels to bytes.
        png_decode_mp_s: Likewise.
        png_encode_mp_s: Likewise.
    """

    num_threads: int
    matmul_fp32_gflops: float
    matmul_bf16_gflops: float
    conv_fp32_gflops: float
    conv_bf16_gflops: float
    copy_gb_s: float
    jpeg_decode_mp_s: float
    jpeg_encode_mp_s: float
    png_decode_mp_s: float
    png_encode_mp_s: float

    @property
    def network_gflops(self) -> float:
        """Mean of matrix product and convolution in the precision that the package uses on this CPU."""
        if has_fast_bf16(torch.device("cpu")):
            return (self.matmul_bf16_gflops + self.conv_bf16_gflops) / 2
        return (self.matmul_fp32_gflops + self.conv_fp32_gflops) / 2

    def as_dict(self) -> dict[str, Any]:
        """The processor and the figures by name, with four digits."""
        numbers = {name: float(f"{value:.4g}") for name, value in asdict(self).items()}
        return {"processor": processor_name(), **numbers, "num_threads": self.num_threads}


def main(*, json: Path | None = None) -> None:
    """Measure this machine and print it.

    Args:
        json: Keep the figures here.
    """
    figures = measured_rate().as_dict()
    for name, value in figures.items():
        print(f"{name:<20} {value}")
    if json is not None:
        json.write_text(dumps({"machine": figures, "tables": []}, indent=2) + "\n")


@cache
def measured_rate() -> MachineRate:
    """Measure everything, once a process; takes some seconds."""
    encode_s, decode_s = picture_seconds()
    megapixels = WIDTH_PX * HEIGHT_PX / 1e6
    return MachineRate(
        num_threads=torch.get_num_threads(),
        matmul_fp32_gflops=matmul_gflops(torch.float32),
        matmul_bf16_gflops=matmul_gflops(torch.bfloat16),
        conv_fp32_gflops=conv_gflops(torch.float32),
        conv_bf16_gflops=conv_gflops(torch.bfloat16),
        copy_gb_s=copy_gb_s(),
        jpeg_decode_mp_s=megapixels / decode_s[".jpg"],
        jpeg_encode_mp_s=megapixels / encode_s[".jpg"],
        png_decode_mp_s=megapixels / decode_s[".png"],
        png_encode_mp_s=megapixels / encode_s[".png"],
    )


def describe_machine() -> str:
    """One line for the head of a benchmark."""
    rate = measured_rate()
    return (
        f"machine: {processor_name()}, {rate.num_threads} threads, matmul {rate.matmul_fp32_gflops:.0f} GFLOP/s in "
        f"fp32 and {rate.matmul_bf16_gflops:.0f} in bf16, convolution {rate.conv_fp32_gflops:.0f} and "
        f"{rate.conv_bf16_gflops:.0f}, copy {rate.copy_gb_s:.1f} GB/s"
    )


def processor_name() -> str:
    """As the system calls it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@torch.inference_mode()
def matmul_gflops(dtype: torch.dtype) -> float:
    """Product of two square matrices."""
    left, right = (torch.rand(MATRIX_SIDE, MATRIX_SIDE).to(dtype) for _ in range(2))
    return 2 * MATRIX_SIDE**3 / median_s(lambda: left @ right) / 1e9


@torch.inference_mode()
def conv_gflops(dtype: torch.dtype) -> float:
    """A 3 x 3 convolution of the size that the networks use."""
    layer = torch.nn.Conv2d(CHANNELS, CHANNELS, KERNEL, padding=1).to(dtype)
    pictures = torch.rand(BATCH, CHANNELS, PICTURE_SIDE, PICTURE_SIDE).to(dtype, memory_format=torch.channels_last)
    flop = 2 * BATCH * PICTURE_SIDE**2 * CHANNELS**2 * KERNEL**2
    return flop / median_s(lambda: layer(pictures)) / 1e9


def copy_gb_s() -> float:
    """Copies of a block of memory that no cache holds."""
    source, target = np.ones(COPY_BYTES, np.uint8), np.empty(COPY_BYTES, np.uint8)
    return COPY_BYTES / median_s(lambda: np.copyto(target, source)) / 1e9


def picture_seconds() -> tuple[dict[str, float], dict[str, float]]:
    """Seconds that OpenCV alone takes to encode and to decode, in memory, by suffix; settings as composing has them."""
    picture, encode_s, decode_s = scene_pixels(0, WIDTH_PX, HEIGHT_PX), {}, {}
    for suffix, options in CODECS.items():
        content = cv2.imencode(suffix, picture, options)[1]
        encode_s[suffix] = median_s(lambda suffix=suffix, options=options: cv2.imencode(suffix, picture, options))
        decode_s[suffix] = median_s(lambda content=content: cv2.imdecode(content, cv2.IMREAD_COLOR))
    return encode_s, decode_s


def median_s(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds of `work`, after one call that does not count."""
    work()
    times = []
    for _ in range(repeats):
        start_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - start_s)
    return sorted(times)[len(times) // 2]


if __name__ == "__main__":
    run(main)
