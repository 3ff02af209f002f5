"""What a service does for its clients, by calls in this process: files in, files out."""

import time
from collections.abc import Sequence
from pathlib import Path

from load import Asked, digest

from situate.imageio.read import decode_picture
from situate.pipeline.composer import Composer
from situate.pipeline.runtime import Runtime, kept_composer
from situate.service.answers import composite_png


def composed(model: Path | None, batch: int | None, asked: Sequence[Asked], seconds: float) -> dict[int, str]:
    """Decode, compose and encode; return the digests of the PNG files by seed.

    Args:
        model: Model folder; None for the shipped weights. It is loaded once in a process.
        batch: Pictures that the networks see at once; None calls the composer for each.
        asked: What for.
        seconds: No more is begun after so many.
    """
    composer, until_s = kept_composer(model, Runtime()), time.perf_counter() + seconds
    composer.pipeline.batch_shape = batch
    size, digests = batch or 1, {}
    for start in range(0, len(asked), size):
        if time.perf_counter() >= until_s:
            break
        digests |= _together(composer, asked[start : start + size])
    return digests


def _together(composer: Composer, asked: Sequence[Asked]) -> dict[int, str]:
    backgrounds = [decode_picture(one.background, name="background") for one in asked]
    foregrounds = [decode_picture(one.foreground, name="foreground") for one in asked]
    seeds = [one.seed for one in asked]
    made = composer.compose_batch(backgrounds, foregrounds, seeds=seeds, batch_size=len(asked))
    return {seed: digest(composite_png(best)) for seed, (best,) in zip(seeds, made, strict=True)}
