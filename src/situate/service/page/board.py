"""A picture on the page that people draw on: a box by dragging or by keys, regions with a brush."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import cv2
import gradio as gr
import numpy as np

from situate.errors import InputError
from situate.imageio.encode import encode_grey_png, encode_picture
from situate.imageio.read import decode_picture
from situate.imageio.write import JPEG_QUALITY
from situate.records.picture import Picture

PREVIEW_PX = 1024
_MASK_PIXELS = 2_000_000
_PREFIX = "data:image/png;base64,"
_KEYS = "The picture. Arrow keys move the box, plus and minus change its size, Enter uses it."


@dataclass(frozen=True)
class Tool:
    """What can be drawn.

    Attributes:
        name: `box`, or that of a region.
        label: On its button.
        hint: What to do with it.
        colour: Of a region.
    """

    name: str
    label: str
    hint: str
    colour: str = ""


def board(name: str, tools: Sequence[Tool], *, clicks: bool) -> gr.HTML:
    """Make a board without a picture; `submit` is triggered by a box that was drawn.

    Args:
        name: For those who do not see it.
        tools: What can be drawn.
        clicks: Whether a click draws a box whose foot is there.
    """
    files = resources.files("situate.service.page")
    script, style = (files.joinpath(file).read_text(encoding="utf-8") for file in ("board.js", "board.css"))
    return gr.HTML(
        value=None,
        html_template='<div class="board"></div>',
        js_on_load=script,
        apply_default_css=False,
        tools=[asdict(tool) for tool in tools],
        style=style,
        name=name,
        keys=_KEYS,
        clicks=clicks,
        elem_classes="situate-board",
    )


def board_value(picture: Picture, size_wh: tuple[float, float] | None = None) -> dict[str, Any]:
    """Show a picture, with nothing drawn on it; a click draws a box of `size_wh`, in pixels."""
    scale = min(1.0, PREVIEW_PX / max(picture.width_px, picture.height_px))
    pixels = picture.rgb_u8
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    preview = base64.b64encode(encode_picture(Picture(pixels), ".jpg", None, JPEG_QUALITY)).decode("ascii")
    return {
        "picture": f"data:image/jpeg;base64,{preview}",
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "box": None,
        "size": None if size_wh is None else list(size_wh),
        "masks": {},
    }


def drawn_masks(value: Mapping[str, Any] | None, names: Sequence[str], picture: Picture) -> dict[str, bytes]:
    """Return those of the regions `names` that were drawn, as PNG files of the picture's size.

    Raises:
        InputError: If one is no picture.
    """
    masks = (value or {}).get("masks")
    drawn = masks if isinstance(masks, dict) else {}
    return {name: _mask_png(str(drawn[name]), picture) for name in names if drawn.get(name)}


def drawn_box(value: Mapping[str, Any] | None) -> tuple[float, float, float, float] | None:
    """Return the box that was drawn: left, top, width, height in pixels."""
    box = (value or {}).get("box")
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(side, int | float) for side in box):
        return None
    left, top, width, height = map(float, box)
    return left, top, width, height


def _mask_png(text: str, picture: Picture) -> bytes:
    try:
        content = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        raise InputError("the region that was drawn cannot be read; draw it again") from None
    drawn = decode_picture(content, name="region", max_pixels=_MASK_PIXELS)
    alpha = drawn.pixels[..., -1]
    size_wh = picture.width_px, picture.height_px
    mask = cv2.resize((alpha > drawn.max_value // 2).astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST)
    return encode_grey_png(mask * np.uint8(255))
