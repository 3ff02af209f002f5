"""What the compose tab does: reads what is on it, asks the studio as the API does, and shows the answer."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from situate.client.options import ComposeOptions, PlaceOptions
from situate.errors import InputError
from situate.pipeline.demands import parsed_box
from situate.pipeline.places import RankedPlaces
from situate.service.asked import options_from
from situate.service.page.board import board_value, drawn_box, drawn_masks
from situate.service.page.command import command_line, python_code
from situate.service.page.files import content_of, uploaded_picture
from situate.service.page.show import Shown, shown, size_of_best
from situate.service.page.told import telling
from situate.service.reading import Uploads
from situate.service.studio import Studio

NUM_PLACES = 5
_REGIONS = ("allow", "avoid")
_FIELDS = ("seed", "steps", "min_size", "max_size", "strength", "match", "may_overlap")


class ComposeActs:
    """The actions; nothing of a visitor is kept here."""

    def __init__(self, studio: Studio, folder: str) -> None:
        """Act by a studio; `folder` holds the page's files."""
        self._studio, self._folder = studio, folder
        self.compose = telling(self._compose)
        self.look_at_background = telling(self._look_at_background)

    def choose(self, boxes: Sequence[Sequence[float]], chosen: gr.SelectData) -> str:
        """Return the box of the place that was chosen from the strip; none for the best, which the model chooses."""
        rank = int(chosen.index if isinstance(chosen.index, int) else chosen.index[0])
        return "" if rank == 0 or rank >= len(boxes) else box_text(boxes[rank])

    def take_box(self, drawn: Mapping[str, Any]) -> str:
        """Return the box that was drawn."""
        box = drawn_box(drawn)
        return "" if box is None else box_text(box)

    async def _look_at_background(self, path: str | None) -> tuple[dict[str, Any] | None, str]:
        """Show another background on the board."""
        if path is None:
            return None, ""
        read = partial(uploaded_picture, path, "background", self._studio.settings.max_pixels)
        return await self._studio.apart(lambda: board_value(read())), ""

    async def _compose(
        self,
        request: gr.Request,
        background: str | None,
        foreground: str | None,
        more: Sequence[str] | None,
        drawn: Mapping[str, Any] | None,
        box: str,
        *values: Any,
    ) -> list[Any]:
        """Compose what is on the page."""
        if background is None or foreground is None:
            missing = "background" if background is None else "object"
            raise InputError(f"there is no {missing} yet; drop a picture there, or pick an example")
        paths = [foreground, *(more or [])]
        options = _options(box, dict(zip(_FIELDS, values, strict=True)), several=len(paths) > 1)
        async with asyncio.timeout(self._studio.settings.deadline_s):
            return await self._answer(paths, background, drawn, options, _address(request))

    async def _answer(
        self, paths: Sequence[str], background: str, drawn: Mapping[str, Any] | None, options: ComposeOptions, url: str
    ) -> list[Any]:
        apart, settings = self._studio.apart, self._studio.settings
        scene = await apart(partial(uploaded_picture, background, "background", settings.max_pixels))
        # A box by hand goes before regions.
        allowed = () if options.box is not None else _REGIONS
        regions = await apart(partial(drawn_masks, drawn, allowed, scene))
        uploads = await apart(lambda: Uploads(content_of(background), [content_of(path) for path in paths], **regions))
        composite = (await self._studio.compose(uploads, options))[0]
        found = await self._ranked(uploads, options) if len(paths) == 1 else None
        seen = await apart(partial(shown, scene, composite, found, regions, self._folder))
        names = [Path(path).name for path in (background, *paths)]
        boxes = [list(placed.box_xywh_px) for placed in composite.objects]
        code = [
            command_line(names, options, list(regions)),
            python_code(names, options, list(regions), url, has_token=settings.token is not None),
        ]
        return [*_result(seen), *code, seen.boxes, _marked(drawn, boxes[-1], seen.boxes)]

    async def _ranked(self, uploads: Uploads, options: ComposeOptions) -> RankedPlaces:
        sizes = options.model_dump(include={"min_size", "max_size"})
        return await self._studio.place(uploads, PlaceOptions(top_k=NUM_PLACES, **sizes))


def box_text(box: Sequence[float]) -> str:
    """As the field for the box has it."""
    return ",".join(f"{side:g}" for side in box)


def _options(box: str, values: dict[str, Any], *, several: bool) -> ComposeOptions:
    asked = {name: value for name, value in values.items() if value not in (None, "")}
    if not several:
        asked.pop("may_overlap", None)
    if box.strip():
        asked["box"] = parsed_box(box)
        asked = {name: value for name, value in asked.items() if name not in ("min_size", "max_size")}
    defaults = ComposeOptions()
    changed = {name: value for name, value in asked.items() if value != getattr(defaults, name)}
    return options_from(ComposeOptions, json.dumps(changed))


def _result(seen: Shown) -> list[Any]:
    download = gr.DownloadButton(value=seen.after, interactive=True)
    return [(seen.before, seen.after), seen.heatmap, seen.places, download, seen.files]


def _address(request: gr.Request) -> str:
    """Where the visitor has found the service; through a proxy, too."""
    return f"{request.url.scheme}://{request.headers['host']}"


def _marked(drawn: Mapping[str, Any] | None, box: Sequence[float], ranked: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Show on the board where the object stands now."""
    size = size_of_best(ranked)
    return {**(drawn or {}), "box": [round(side, 2) for side in box], "size": None if size is None else list(size)}
