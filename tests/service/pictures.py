"""Small pictures that the service is asked with."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import situate

EXAMPLES = Path(situate.__file__).parent / "examples"
WIDTH, HEIGHT = 160, 120


def scene(name: str = "road", width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    with Image.open(EXAMPLES / "backgrounds" / f"{name}.jpg") as picture:
        return picture.convert("RGB").resize((width, height))


def cutout(name: str = "cone", side: int = 48) -> Image.Image:
    with Image.open(EXAMPLES / "foregrounds" / f"{name}.png") as picture:
        made = picture.convert("RGBA")
    made.thumbnail((side, side))
    return made


def file_of(picture: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    target = BytesIO()
    picture.save(target, kind, **how)
    return target.getvalue()


def mask(left: int, top: int, right: int, bottom: int) -> bytes:
    """A mask of the scene's size, white inside a rectangle."""
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[top:bottom, left:right] = 255
    return file_of(Image.fromarray(pixels))


def pixels_of(content: bytes) -> np.ndarray:
    with Image.open(BytesIO(content)) as picture:
        return np.asarray(picture)


BACKGROUND, FOREGROUND = file_of(scene(), "JPEG"), file_of(cutout())


def uploads(background: bytes = BACKGROUND, *foregrounds: bytes, **masks: bytes) -> list[tuple[str, Any]]:
    """Form files, as httpx takes them."""
    named = [("background", background), *[("foreground", one) for one in foregrounds or (FOREGROUND,)]]
    return [(name, (name, content)) for name, content in [*named, *masks.items()]]
