"""How long placing takes: five ranked places in one 1920 x 1080 picture, warm, stage by stage."""

from collections.abc import Callable
from pathlib import Path

from cyclopts import run
from pictures import ball_pixels, scene_pixels
from rate import describe_machine, median_s

from situate.geometry.canvas import Letterbox
from situate.pipeline.composer import Composer
from situate.pipeline.inputs import cutout_from, scene_from
from situate.pipeline.order import foreground_u8
from situate.recipes import recipe_named

NUM_PLACES = 5


def main(model: Path | None = None, *, recipe: str | None = None, repeats: int = 20, seed: int = 0) -> None:
    """Time placing.

    Args:
        model: Model folder; the shipped weights by default.
        recipe: Time an untrained network of this recipe instead; its density is spread wide, which takes longest.
        repeats: Calls of each stage; the median is printed.
        seed: Of the synthetic picture.
    """
    composer = Composer.from_pretrained(model, device="cpu")
    pipeline = composer.pipeline
    if recipe is not None:
        pipeline.placement = recipe_named(recipe).model.build().placement.eval()
    scene, cutout = scene_from(scene_pixels(seed)), cutout_from(ball_pixels())
    letterbox = Letterbox(scene.width_px, scene.height_px)
    inputs, prediction = pipeline.predict(scene.rgb_u8, foreground_u8(cutout))
    lattice = pipeline.lattice(inputs, prediction, letterbox)
    stages: dict[str, Callable[[], object]] = {
        "canvases and network": lambda: pipeline.predict(scene.rgb_u8, foreground_u8(cutout)),
        "lattice": lambda: pipeline.lattice(inputs, prediction, letterbox),
        f"{NUM_PLACES} places with their probabilities": lambda: pipeline.ranked(lattice, NUM_PLACES),
        "all": lambda: pipeline.ranked(
            pipeline.lattice(*pipeline.predict(scene.rgb_u8, foreground_u8(cutout)), letterbox), NUM_PLACES
        ),
    }
    times = {name: median_s(work, repeats) for name, work in stages.items()}
    print(describe_machine())
    print(f"warm, median of {repeats}")
    for name, seconds in times.items():
        print(f"  {name:<42}{1000 * seconds:8.0f} ms")


if __name__ == "__main__":
    run(main)
