"""`POST /v1/compose` and `POST /v1/place`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from situate.client.answers import Composition, FoundPlaces
from situate.client.options import MAX_FOREGROUNDS, ComposeOptions, PlaceOptions
from situate.service.answers import JSON, PNG, composite_png, composites_json, heatmap_png, media_type, places_json
from situate.service.asked import options_from
from situate.service.failures import described
from situate.service.reading import Uploads

if TYPE_CHECKING:
    from situate.service.studio import Studio

Result = TypeVar("Result")
LOOK_EVERY_S = 0.2
CLIENT_HAS_GONE = 499
PICTURE: dict[str, Any] = {"content": {PNG: {"schema": {"type": "string", "format": "binary"}}}}
FAILURES = described(400, 401, 403, 406, 413, 415, 422, 429, 503, 504)

Background = Annotated[UploadFile, File(description="The picture: JPEG, PNG, WebP, BMP or TIFF.")]
Foregrounds = Annotated[
    list[UploadFile],
    File(min_length=1, max_length=MAX_FOREGROUNDS, description="The object, with transparency; several in turn."),
]
Foreground = Annotated[UploadFile, File(description="The object, with transparency.")]
Mask = Annotated[UploadFile | None, File(description="Picture of the background's size, white where it holds.")]


def options_form(kind: type[BaseModel], example: str) -> Any:
    """Describe a form field that holds options as JSON."""
    about = {"contentMediaType": JSON, "contentSchema": kind.model_json_schema()}
    return Form(description="JSON, see contentSchema.", examples=[example], json_schema_extra=about)


ComposeText = Annotated[str, options_form(ComposeOptions, '{"seed": 1, "max_size": "40%"}')]
PlaceText = Annotated[str, options_form(PlaceOptions, '{"top_k": 3}')]


def compose_routes(studio: "Callable[[], Studio]") -> APIRouter:
    """Return both; `studio` gives what does the work, as soon as the model is loaded."""
    router = APIRouter(prefix="/v1", tags=["pictures"])

    @router.post("/compose", response_class=Response, responses={200: PICTURE | {"model": Composition}} | FAILURES)
    async def compose(
        request: Request,
        background: Background,
        foreground: Foregrounds,
        options: ComposeText = "{}",
        allow: Mask = None,
        avoid: Mask = None,
    ) -> Response:
        """Put an object into a picture where it belongs. The answer is PNG, or by `Accept` JSON with all there is."""
        kind = _media_type(request, PNG)
        asked, ready = options_from(ComposeOptions, options), studio()
        uploads = await _read(background, foreground, allow, avoid)
        made = await unless_gone(request, ready.compose(uploads, asked))
        if kind == PNG:
            return Response(await ready.apart(partial(composite_png, made[0])), media_type=PNG)
        return Response(await ready.apart(partial(composites_json, made)), media_type=JSON)

    @router.post("/place", response_class=Response, responses={200: PICTURE | {"model": FoundPlaces}} | FAILURES)
    async def place(
        request: Request,
        background: Background,
        foreground: Foreground,
        options: PlaceText = "{}",
        allow: Mask = None,
        avoid: Mask = None,
    ) -> Response:
        """Say where an object belongs. The answer is JSON, or by `Accept` a PNG file with the heat map."""
        kind = _media_type(request, JSON)
        asked, ready = options_from(PlaceOptions, options), studio()
        uploads = await _read(background, [foreground], allow, avoid)
        found = await unless_gone(request, ready.place(uploads, asked))
        if kind == JSON:
            return JSONResponse(places_json(found, ready.worker.composer.model_fingerprint))
        return Response(await ready.apart(partial(heatmap_png, found)), media_type=PNG)

    return router


async def unless_gone(request: Request, work: Awaitable[Result]) -> Result:
    """Wait for `work`, and give it up when the client has gone: its place is another's."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=LOOK_EVERY_S))[0]:
            if await request.is_disconnected():
                raise HTTPException(CLIENT_HAS_GONE, "the client has gone")
    except BaseException:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        raise
    return task.result()


def _media_type(request: Request, default: str) -> str:
    found = media_type(request.headers.get("accept"), default)
    if found is None:
        raise HTTPException(406, f"the answer is {PNG} or {JSON}, but Accept names neither; ask for one of them")
    return found


async def _read(
    background: UploadFile, foregrounds: list[UploadFile], allow: UploadFile | None, avoid: UploadFile | None
) -> Uploads:
    masks = [None if mask is None else await mask.read() for mask in (allow, avoid)]
    return Uploads(await background.read(), [await one.read() for one in foregrounds], *masks)
