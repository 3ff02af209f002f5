"""Option values that several commands read: boxes."""

from situate.errors import InputError


def parsed_box(text: str | None) -> tuple[float, float, float, float] | None:
    """Read `x,y,w,h` in pixels.

    Raises:
        InputError: If it is not four numbers.
    """
    if text is None:
        return None
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"box {text!r} is not four numbers; give left,top,width,height in pixels: 40,60,120,80"
        ) from error
    return (x, y, w, h)
