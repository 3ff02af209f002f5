"""Option values that several commands read: boxes."""

import math

from situate.errors import InputError


def parsed_box(text: str) -> tuple[float, float, float, float]:
    """Read `x,y,width,height` in pixels; spaces are allowed.

    Raises:
        InputError: If it is not four finite numbers.
    """
    try:
        x, y, width, height = (_finite(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"box {text!r} is not four numbers; pass left,top,width,height in pixels, for example 40,60,120,80"
        ) from error
    return (x, y, width, height)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not finite")
    return number
