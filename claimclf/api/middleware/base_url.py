"""Tell the browser where its server is."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = b"<head>"
# Without it the browser looks for the server below each page of a deep link first, and its
# console fills with what is not found there.
_SCRIPT = Path(__file__).with_suffix(".js").read_bytes().strip()


class InjectBaseUrl:
    """Tell the browser, within each page, at which path of its address the server is.

    Parameters
    ----------
    below : str
        The path, beginning with `/`; empty for the root.
    """

    def __init__(self, app: ASGIApp, below: str = "") -> None:
        self._app = app
        self._script = _SCRIPT.replace(b'""', json.dumps(below).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def inject(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message  # its length is known when all of it is there
            elif start is None:
                await send(message)
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body"):
                    body = body.replace(_HEAD, _HEAD + b"<script>" + self._script + b"</script>", 1)
                    MutableHeaders(scope=start)["content-length"] = str(len(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        await self._app(_uncompressed(scope), receive, inject)


def _uncompressed(scope: Scope) -> Scope:
    """Ask for what a browser opens as a page without compression, which hides its words."""
    headers = Headers(scope=scope)
    if "text/html" not in headers.get("accept", ""):
        return scope
    others = [(name, value) for name, value in headers.raw if name != b"accept-encoding"]
    return {**scope, "headers": others}


def _is_page(message: Message) -> bool:
    headers = MutableHeaders(scope=message)
    html = headers.get("content-type", "").startswith("text/html")
    return html and message["status"] == 200 and "content-encoding" not in headers
