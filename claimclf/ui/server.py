"""What Streamlit serves: the pages, told where their server is, with imports made in between."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.starlette import App

from claimclf.paths import APP

_HEAD = b"<head>"
# Without it the browser looks for the server below each page of a deep link first, and its
# console fills with what is not found there.
_WHERE = b"<head><script>window.__streamlit = {BACKEND_BASE_URL: location.origin};</script>"
#: What pages and the first case on the screen need and takes seconds to import.
_HEAVY = (
    "pandas",
    "claimclf.ui.console",
    "claimclf.ui.case_list",
    "claimclf.ui.transcript",
    "claimclf.modeling.explaining.highlighting",
    "skops.io",
    "claimclf.ui.upload_view",
)
#: Seconds without a message to any browser after which nobody waits for a page.
_QUIET = 1.0


class InjectBaseUrl:
    """Tell the browser, within each page, that the server is at the root of its address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def tell(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message  # its length is known when all of it is there
            elif start is None:
                await send(message)
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body"):
                    body = body.replace(_HEAD, _WHERE, 1)
                    MutableHeaders(scope=start)["content-length"] = str(len(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        await self._app(_uncompressed(scope), receive, tell)


def _uncompressed(scope: Scope) -> Scope:
    """Ask for what a browser opens as a page without compression, which hides its words."""
    asked = Headers(scope=scope)
    if "text/html" not in asked.get("accept", ""):
        return scope
    kept = [(name, value) for name, value in asked.raw if name != b"accept-encoding"]
    return {**scope, "headers": kept}


def _is_page(message: Message) -> bool:
    headers = MutableHeaders(scope=message)
    html = headers.get("content-type", "").startswith("text/html")
    return html and message["status"] == 200 and "content-encoding" not in headers


class Quiet:
    """Know when no page is being drawn: none was asked for, or it is there.

    Imports run in the interpreter beside the pages and slow them down, so they wait for it.
    """

    def __init__(self) -> None:
        self._last: float | None = None

    def told(self) -> None:
        """Note that a message went to a browser."""
        self._last = time.monotonic()

    def wait(self) -> None:
        """Wait until a page was drawn, and nothing has been sent since for a while."""
        while self._last is None or time.monotonic() - self._last < _QUIET:
            time.sleep(_QUIET / 10)


class NotesMessages:
    """Note each message over a websocket, which is how pages are drawn."""

    def __init__(self, app: ASGIApp, quiet: Quiet) -> None:
        self._app = app
        self._quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            await send(message)
            self._quiet.told()

        await self._app(scope, receive, noted)


_quiet = Quiet()


@asynccontextmanager
async def _warmed(_app: App) -> AsyncIterator[None]:
    """Import what is slow to import once the first visitor has the first page."""
    threading.Thread(target=_import_heavy, daemon=True).start()
    yield


def _import_heavy() -> None:
    for module in _HEAVY:
        _quiet.wait()
        import_module(module)
    _quiet.wait()
    gc.collect()
    gc.freeze()  # what was imported stays: later collections need not look through it


app = App(
    str(APP),
    lifespan=_warmed,
    middleware=[Middleware(InjectBaseUrl), Middleware(NotesMessages, quiet=_quiet)],
)
