"""How long composing takes: one 1920 x 1080 JPEG, cold and warm, stage by stage."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from cyclopts import run
from rate import describe_machine, median_s, scene_pixels

from situate.geometry.canvas import Letterbox
from situate.imageio.read import read_picture
from situate.imageio.write import write_picture
from situate.pipeline.compose import foreground_u8
from situate.pipeline.options import DEFAULT_STEPS
from situate.pipeline.composer import Composer
from situate.records.picture import Picture


def main(model: Path | None = None, *, repeats: int = 10, steps: int = DEFAULT_STEPS, seed: int = 0) -> None:
    """Time composing.

    Args:
        model: Model folder; the shipped weights by default.
        repeats: Calls of each stage; the median is printed.
        steps: Steps of the synthesis.
        seed: Of the synthetic pictures.
    """
    with tempfile.TemporaryDirectory() as folder:
        background, foreground = Path(folder, "background.jpg"), Path(folder, "foreground.png")
        write_picture(Picture(scene_pixels(seed)), background)
        write_picture(Picture(ball_pixels()), foreground)
        start_s = time.perf_counter()
        composer = Composer.from_pretrained(model, device="cpu")
        cold = {"load the model": time.perf_counter() - start_s}
        start_s = time.perf_counter()
        composer(background, foreground, num_steps=steps)
        cold["first call"] = time.perf_counter() - start_s
        warm = warm_times(composer, background, foreground, repeats, steps)
    print(describe_machine())
    for title, times in (("cold", cold), (f"warm, median of {repeats}", warm)):
        print(title)
        for name, seconds in times.items():
            print(f"  {name:<42}{1000 * seconds:8.0f} ms")


def warm_times(composer: Composer, background: Path, foreground: Path, repeats: int, steps: int) -> dict[str, float]:
    """Median seconds of each stage and of the whole."""
    pipeline = composer.pipeline
    scene, cutout = read_picture(background), read_picture(foreground)
    inputs, prediction = pipeline.predict(scene.rgb_u8, foreground_u8(cutout))
    letterbox = Letterbox(scene.width_px, scene.height_px)
    places = pipeline.ranked(pipeline.lattice(inputs, prediction, letterbox), 1)
    (composite,) = composer(scene, cutout, num_steps=steps)
    jpeg, png = background.with_name("composite.jpg"), background.with_name("composite.png")

    def synthesise() -> object:
        return pipeline(scene, cutout, places, prediction, seed=0, num_steps=steps, model_fingerprint="")

    def file_to_file() -> None:
        write_picture(composer(background, foreground, num_steps=steps)[0].picture, jpeg)

    stages: dict[str, Callable[[], object]] = {
        "decode the JPEG": lambda: read_picture(background),
        "placement network": lambda: pipeline.predict(scene.rgb_u8, foreground_u8(cutout)),
        "best place from the density": lambda: pipeline.ranked(pipeline.lattice(inputs, prediction, letterbox), 1),
        f"synthesis, {steps} steps, and lift to full size": synthesise,
        "all in memory": lambda: composer(scene, cutout, num_steps=steps),
        "encode as JPEG": lambda: write_picture(composite.picture, jpeg),
        "encode as PNG": lambda: write_picture(composite.picture, png),
        "file to file, JPEG to JPEG": file_to_file,
    }
    return {name: median_s(work, repeats) for name, work in stages.items()}


def ball_pixels(side_px: int = 400) -> np.ndarray:
    """A shaded ball with transparency round it."""
    y, x = (np.mgrid[:side_px, :side_px] + 0.5) / side_px * 2 - 1
    radius = np.hypot(x, y)
    shade = np.clip(220 - 120 * (x + y), 0, 255)
    alpha = np.clip((1 - radius) * side_px / 2, 0, 1) * 255
    return np.dstack([shade, shade * 0.5, shade * 0.2, alpha]).astype(np.uint8)


if __name__ == "__main__":
    run(main)
