"""What every request passes first: who asks, how much it sends, how long it takes; and headers that browsers heed."""

import asyncio
import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from situate.service.failures import failure
from situate.service.settings import ServiceSettings

COOKIE = "situate_token"
OPEN_PATHS = ("/healthz", "/readyz")
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Gradio needs inline scripts; nothing may come from, or go to, another machine.
    "Content-Security-Policy": (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'self'"
    ),
}
_MEGA = 1_000_000
_RETRY_AFTER_S = 1
_LONGEST_NAME = 253
_GOODBYE = {"Connection": "close"}
"""Who was refused may still be sending; nobody listens to that."""


class Guard:
    """Lets requests through to an application, or not."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        """Guard `app`."""
        self._app, self._settings = app, settings
        # As many as may wait, as are computed, and as are decoded or encoded meanwhile.
        self._max_open = settings.max_waiting + 2 * settings.batch_shape
        self._num_open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            # There are no web sockets here, and the rest is the server's own.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = _with_headers(send, is_api=_is_api(scope))
        if self._settings.token and (page := self._shown_token(scope)) is not None:
            await page(scope, receive, send)
        elif (refusal := self._refusal(scope, headers)) is not None:
            status, message, extra = refusal
            await failure(status, message, extra | _GOODBYE)(scope, receive, send)
        else:
            brings = scope["method"] == "POST"
            self._num_open += brings
            try:
                await self._in_time(scope, receive, send)
            finally:
                self._num_open -= brings

    async def _in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the API until the deadline to begin its answer, and whoever uploads to the page to be done with it."""
        limit = asyncio.timeout(self._settings.deadline_s)
        has_begun = False

        def end_limit() -> None:
            if not limit.expired():
                limit.reschedule(None)

        async def heard() -> Message:
            message = await receive()
            if not _is_api(scope) and not message.get("more_body", False):
                end_limit()
            return message

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            end_limit()
            await send(message)

        try:
            async with limit:
                await _Counted(self._app, self._settings.max_body_bytes)(scope, heard, noted)
        except TimeoutError:
            if not has_begun:
                message = f"not done within {self._settings.deadline_s:g} s, which is the limit; send less, or later"
                await failure(504, message, _GOODBYE)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, dict[str, str]] | None:
        """Say why a request is not let through."""
        names, name = self._settings.host_names, _host_name(headers.get("host", ""))
        if names is not None and name not in names:
            remedy = "ask it under one of them, or start it with --allow-host NAME"
            return 403, f"it was asked for as {name[:_LONGEST_NAME]!r}, and answers to {', '.join(names)}; {remedy}", {}
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != headers.get("host", ""):
            return 403, "the request comes from a page of another site; open the page of this service", {}
        token = self._settings.token
        if token and scope["path"] not in OPEN_PATHS and not _is_token(headers, token):
            remedy = "send Authorization: Bearer TOKEN, or open the page once with ?token=TOKEN"
            return 401, f"a token is needed, and none or another was sent; {remedy}", {"WWW-Authenticate": "Bearer"}
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._settings.max_body_bytes:
            return 413, _too_large(self._settings.max_body_bytes), {}
        if scope["method"] == "POST" and self._num_open >= self._max_open:
            message = f"{self._num_open} requests are open already, which is the limit; try again in {_RETRY_AFTER_S} s"
            return 429, message, {"Retry-After": str(_RETRY_AFTER_S)}
        return None

    def _shown_token(self, scope: Scope) -> RedirectResponse | None:
        """Return where somebody goes on who has opened the page with the right `?token=`: there, with a cookie."""
        shown = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[-1]
        token = self._settings.token
        if scope["method"] != "GET" or scope["path"] != "/" or not token or not _same(shown, token):
            return None
        page = RedirectResponse("/", 303)
        # A proxy on this machine says by `X-Forwarded-Proto` that it was asked by https.
        page.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=scope["scheme"] == "https")
        return page


class _Counted:
    """Counts what a request sends, and answers 413 in the application's place once it is too much."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app, self._max = app, max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        num_bytes, has_answered = 0, False

        async def counted() -> Message:
            nonlocal num_bytes
            message = await receive()
            num_bytes += len(message.get("body", b""))
            # As if the client had gone: whoever reads the body stops.
            return {"type": "http.disconnect"} if num_bytes > self._max else message

        async def answered(message: Message) -> None:
            nonlocal has_answered
            if num_bytes <= self._max or has_answered:
                await send(message)
                has_answered = True

        try:
            await self._app(scope, counted, answered)
        except ClientDisconnect:
            if num_bytes <= self._max:
                raise
        if num_bytes > self._max and not has_answered:
            await failure(413, _too_large(self._max), _GOODBYE)(scope, receive, send)


def _with_headers(send: Send, *, is_api: bool) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if is_api:
                headers.setdefault("Cache-Control", "no-store")
            del headers["Access-Control-Allow-Origin"]
        await send(message)

    return with_headers


def _is_api(scope: Scope) -> bool:
    return scope["path"].startswith("/v1/")


def _is_token(headers: Headers, token: str) -> bool:
    kind, _, sent = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and _same(sent.strip(), token):
        return True
    # Not `http.cookies`, which gives up at the first cookie that another service has set in its own way.
    return _same(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""), token)


def _same(sent: str, token: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), token.encode())


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _too_large(limit: int) -> str:
    return f"the request is larger than {limit / _MEGA:g} MB, which is the limit; send smaller pictures"
