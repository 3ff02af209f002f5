"""Files between page and process: uploads are read by their bytes, results lie in the page's own folder."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from situate.imageio.read import decode_picture
from situate.records.picture import Picture
from situate.service.reading import picture_of


def picture_input(label: str, *, height: int, elem_id: str) -> gr.Image:
    """Take a picture whose file is handed on as it is: formats, depth, rotation and limits are ours to check."""
    taken = gr.Image(
        label=label,
        height=height,
        elem_id=elem_id,
        type="filepath",
        image_mode=None,
        format="png",
        sources=["upload", "clipboard"],
        buttons=["fullscreen"],
    )
    # Not by a class of its own: Gradio would write an interface file for that beside this one.
    taken.preprocess = _handed_on
    return taken


def _handed_on(payload: Any) -> str | None:
    return None if payload is None else payload.path


def content_of(path: str) -> bytes:
    """Read what was uploaded; the page has made sure that it is its own file."""
    return Path(path).read_bytes()


def uploaded_picture(path: str, name: str, max_pixels: int) -> Picture:
    """Decode what was uploaded.

    Raises:
        FormatError: If it is no picture that can be read.
        ImageError: If it is damaged or too large.
    """
    return picture_of(content_of(path), name, max_pixels)


def result_file(content: bytes, name: str, folder: str) -> str:
    """Keep a result where the page may give it out; what is old there is removed."""
    return save_bytes_to_cache(content, name, folder)


def decoded(content: bytes) -> Picture:
    """Decode a result of this process."""
    return decode_picture(content, name="result")
