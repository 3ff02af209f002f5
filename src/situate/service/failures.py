"""Errors become answers: a status, and JSON that says what is wrong and what helps; never a traceback."""

import logging
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from situate.client.answers import Failed
from situate.errors import ConfigError, DataError, InputError, SituateError
from situate.service.refusals import BusyError, FormatError, MissingError, UnavailableError

RETRY_AFTER_S = 5
_logger = logging.getLogger(__name__)
_NAMES = {
    400: "bad_request",
    401: "no_token",
    403: "other_site",
    404: "not_found",
    405: "wrong_method",
    406: "not_acceptable",
    413: "too_large",
    415: "unknown_format",
    422: "unusable",
    429: "busy",
    500: "failed",
    503: "unavailable",
    504: "too_late",
}


def failure(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Say what went wrong."""
    return JSONResponse({"error": {"type": _NAMES.get(status, "failed"), "message": message}}, status, headers)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe answers that are errors, for OpenAPI."""
    return {status: {"description": _NAMES[status].replace("_", " "), "model": Failed} for status in statuses}


def answer_failures(app: FastAPI) -> None:
    """Let an application answer every error this way."""

    @app.exception_handler(SituateError)
    async def _known(request: Request, error: SituateError) -> JSONResponse:
        if isinstance(error, BusyError):
            return failure(429, str(error), {"Retry-After": str(error.retry_after_s)})
        if isinstance(error, UnavailableError):
            return failure(503, str(error), {"Retry-After": str(RETRY_AFTER_S)})
        if isinstance(error, MissingError):
            return failure(404, str(error))
        if isinstance(error, InputError | DataError | ConfigError):
            return failure(415 if isinstance(error, FormatError) else 422, str(error))
        return await _unknown(request, error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = [f"{one['loc'][-1]}: {one['msg']}" for one in error.errors()]
        return failure(422, "the request cannot be used: " + "; ".join(problems))

    @app.exception_handler(StarletteHTTPException)
    async def _plain(_: Request, error: HTTPException) -> JSONResponse:
        return failure(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def _unknown(request: Request, error: Exception) -> JSONResponse:
        _logger.error("%s %s has failed", request.method, request.url.path, exc_info=error)
        message = "something went wrong here; it is in the log of the service"
        # Starlette raises it again behind this answer, whereupon uvicorn closes the connection.
        return failure(500, message, {"Connection": "close"})
