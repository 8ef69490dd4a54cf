"""Know whether pages are being drawn."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Seconds without a message to any browser after which nobody waits for a page.
_QUIET = 1.0


class Traffic:
    """When the last message went to a browser: pages are drawn by messages."""

    def __init__(self) -> None:
        self._last: float | None = None

    def note(self) -> None:
        """Note that a message went to a browser."""
        self._last = time.monotonic()

    def wait_for_quiet(self) -> None:
        """Wait until a page was drawn, and nothing has been sent since for a while."""
        while self._last is None or time.monotonic() - self._last < _QUIET:
            time.sleep(_QUIET / 10)


class NoteMessages:
    """Note each message over a websocket, which is how pages are drawn."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return

        async def note(message: Message) -> None:
            await send(message)
            self._traffic.note()

        await self._app(scope, receive, note)
