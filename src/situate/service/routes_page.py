"""The way to the page: `/` leads there, and waits until it is there."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount

from situate.pages.page import heading, page, paragraph

PAGE_PATH = "/page"


def page_routes() -> APIRouter:
    """Return it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home(request: Request) -> Response:
        """Lead to the page."""
        is_there = any(isinstance(route, Mount) and route.path == PAGE_PATH for route in request.app.routes)
        if is_there:
            return RedirectResponse(f"{PAGE_PATH}/")
        waiting = page("Situate", [heading("Situate", 1), paragraph("The model is being loaded; one moment, please.")])
        return HTMLResponse(waiting, 503, {"Refresh": "1"})

    @router.get("/favicon.ico")
    async def favicon() -> Response:
        """Spare browsers, which ask for it unasked, an error."""
        return Response(status_code=204)

    return router
