"""What the page offers for an object without transparency: to cut it out, with a box and a brush to help."""

from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

import gradio as gr
import numpy as np

from situate.data.cutout import cut_out_framed
from situate.data.grabcut import grabcut_mask
from situate.data.matting import CLOSED_FORM, GUIDED
from situate.errors import AlphaError
from situate.imageio.encode import encode_picture
from situate.imageio.foreground import prepare_foreground
from situate.imageio.write import JPEG_QUALITY
from situate.records.picture import Picture
from situate.service.page.board import Tool, board, board_value, drawn_box, drawn_masks
from situate.service.page.files import decoded, result_file, uploaded_picture
from situate.service.page.told import telling
from situate.service.studio import Studio

_TOOLS = (
    Tool("box", "Box", "Drag a box round the object, with some background outside."),
    Tool("object", "Object", "Paint over what belongs to the object and was missed.", "#16a34a"),
    Tool("other", "Not the object", "Paint over what does not belong to it.", "#dc2626"),
)
_NOTICE = (
    "**This picture has no transparency**, so it is not clear what of it is the object. Cut it out here: drag a box "
    "round the object, then press *Cut it out*; paint over what went wrong, and press again. Or drop a cut-out (PNG "
    "or WebP with transparency) instead."
)


def cutout_panel(studio: Studio, foreground: gr.Image, folder: str) -> None:
    """Put the panel below the object; it shows itself when it is needed."""
    mattings = [("quick", GUIDED)] + ([("fine, for hair and fur", CLOSED_FORM)] if find_spec("pymatting") else [])
    acts = _CutoutActs(studio, folder)
    with gr.Group(visible=False, elem_id="cutout") as panel:
        gr.Markdown(_NOTICE, padding=True)
        drawn = board("Help to cut the object out", _TOOLS, clicks=False)
        matting = gr.Radio(mattings, value=GUIDED, label="Edges", visible=len(mattings) > 1)
        button = gr.Button("Cut it out", variant="primary")
        preview = gr.Image(
            label="Cut-out",
            type="filepath",
            format="png",
            image_mode=None,
            interactive=False,
            height=180,
            buttons=["download", "fullscreen"],
        )
        use = gr.Button("Use this cut-out", interactive=False)
    quiet: dict[str, Any] = {"api_visibility": "private"}
    foreground.change(acts.look, inputs=[foreground], outputs=[panel, drawn, preview], show_progress="hidden", **quiet)
    button.click(acts.cut, inputs=[foreground, drawn, matting], outputs=[preview, use], **quiet)
    use.click(acts.use, inputs=[preview], outputs=[foreground], **quiet)


class _CutoutActs:
    def __init__(self, studio: Studio, folder: str) -> None:
        self._studio, self._folder = studio, folder
        self.look, self.cut = telling(self._look), telling(self._cut)

    def use(self, path: str | None) -> Any:
        """Take the cut-out as the object."""
        return gr.skip() if path is None else path

    async def _look(self, path: str | None) -> tuple[Any, Any, None]:
        """Show the panel if the object has no transparency."""
        if path is None:
            return gr.Group(visible=False), None, None
        picture = await self._read(path)
        try:
            await self._studio.apart(partial(prepare_foreground, picture))
        except AlphaError:
            return gr.Group(visible=True), await self._studio.apart(partial(board_value, picture)), None
        return gr.Group(visible=False), None, None

    async def _cut(self, path: str | None, drawn: Mapping[str, Any] | None, matting: str) -> tuple[str, Any]:
        if path is None:
            raise AlphaError("there is no object; drop a picture of one")
        picture = await self._read(path)
        content = await self._studio.apart(partial(_cut_out, picture, drawn, matting))
        return result_file(content, "cutout.png", self._folder), gr.Button(interactive=True)

    async def _read(self, path: str) -> Picture:
        return await self._studio.apart(partial(uploaded_picture, path, "object", self._studio.settings.max_pixels))


def _cut_out(picture: Picture, drawn: Mapping[str, Any] | None, matting: str) -> bytes:
    marked = {
        name: decoded(mask).pixels[..., 0] > 0
        for name, mask in drawn_masks(drawn, ("object", "other"), picture).items()
    }
    strokes: dict[str, Any] = {"is_object": marked.get("object"), "is_other": marked.get("other")}
    mask = grabcut_mask(picture.rgb_u8, box_xywh_px=_whole_box(drawn, picture), **strokes)
    if not np.any(mask):
        raise AlphaError("no object was found there; drag a tighter box round it, or paint over some of it")
    return encode_picture(cut_out_framed(picture, mask, matting=matting), ".png", None, JPEG_QUALITY)


def _whole_box(drawn: Mapping[str, Any] | None, picture: Picture) -> tuple[int, int, int, int] | None:
    """The box that was drawn, in whole pixels of the picture."""
    box = drawn_box(drawn)
    if box is None:
        return None
    left, top = max(0, round(box[0])), max(0, round(box[1]))
    right, bottom = min(picture.width_px, round(box[0] + box[2])), min(picture.height_px, round(box[1] + box[3]))
    return left, top, right - left, bottom - top
