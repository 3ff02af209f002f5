"""How the service is: `/healthz`, `/readyz`, `/metrics` and `/v1/model`."""

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from situate import __version__
from situate.client.answers import Limits, Model
from situate.service.failures import described
from situate.service.metrics import Metrics
from situate.service.opening import Opening
from situate.service.settings import ServiceSettings

if TYPE_CHECKING:
    from situate.service.studio import Studio


def status_routes(opening: Opening, settings: ServiceSettings, metrics: Metrics) -> APIRouter:
    """Return all of them."""
    router = APIRouter(tags=["status"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process runs."""
        return {"status": "alive"}

    @router.get("/readyz", responses={503: {"description": "Not yet, or no longer."}})
    async def readyz() -> JSONResponse:
        """Say whether requests are answered."""
        if opening.is_ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "loading or stopping"}, 503, {"Retry-After": "1"})

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def read_metrics() -> Response:
        """Counters for Prometheus."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/v1/model", responses=described(401, 403, 503))
    async def model() -> Model:
        """Name the model and the limits of the service."""
        studio = opening.studio()
        return await studio.apart(partial(model_of, studio, settings))

    return router


def model_of(studio: "Studio", settings: ServiceSettings) -> Model:
    """Describe the model that composes."""
    from situate.pipeline.load import describe_pipeline
    from situate.pipeline.runtime import folder_of

    pipeline = studio.worker.composer.pipeline
    known = describe_pipeline(pipeline, folder_of(settings.model))
    limits = {one.name: getattr(settings, one.name) for one in fields(settings) if one.name in Limits.model_fields}
    return Model(
        version=__version__,
        backend=settings.runtime.backend,
        device=str(pipeline.device),
        limits=Limits(**limits),
        **{name: known[name] for name in ("name", "fingerprint", "conditioning", "num_parameters", "card")},
    )
