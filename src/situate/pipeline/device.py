"""Which device computes, and in which precision."""

from contextlib import AbstractContextManager, nullcontext

import torch

from situate.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")


def device_named(name: str) -> torch.device:
    """Resolve `auto`, `cpu`, `cuda` or `mps`.

    Raises:
        InputError: If the device is unknown or not there.
    """
    if name not in DEVICES and not name.startswith("cuda:"):
        raise InputError(f"device {name!r} is unknown; use one of {', '.join(DEVICES)}")
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    is_there = {"cpu": True, "mps": torch.backends.mps.is_available()}.get(name, torch.cuda.is_available())
    if not is_there:
        raise InputError(f"device {name!r} is not available on this machine; use --device cpu")
    return torch.device(name)


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32: GPUs, and CPUs with its instructions."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and "avx512_bf16" in cpu_flags()


def fast_autocast(device: torch.device) -> AbstractContextManager:
    """bfloat16 autocast where it is faster, else nothing."""
    if not has_fast_bf16(device):
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def cpu_flags() -> frozenset[str]:
    """Instruction sets that matter here and that this CPU has."""
    checks = {
        "avx2": "_is_avx2_supported",
        "avx512": "_is_avx512_supported",
        "avx512_vnni": "_is_vnni_supported",
        "avx512_bf16": "_is_avx512_bf16_supported",
        "amx": "_is_amx_tile_supported",
    }
    return frozenset(flag for flag, name in checks.items() if getattr(torch.cpu, name, lambda: False)())
