"""Counting arithmetic."""

from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count


def flop_counter() -> FlopCounterMode:
    """Count what PyTorch counts, and attention on processors, which it leaves out."""
    on_processors = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001 - its only name
    return FlopCounterMode(display=False, custom_mapping={on_processors: _attention_flop})


def _attention_flop(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return sdpa_flop_count(query, key, value)
