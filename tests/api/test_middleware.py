"""What stands between the network and the pages."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from claimclf.api.middleware.base_url import InjectBaseUrl

SCRIPT = b'<script>window.__streamlit = { BACKEND_BASE_URL: location.origin + "%b" };</script>'
PAGE = [b"<html><he", b"ad><title>x</title></head>", b"</html>"]
BROWSER = [(b"accept", b"text/html,*/*"), (b"accept-encoding", b"gzip")]


def answered(
    chunks: list[bytes],
    headers: dict[str, str],
    method: str = "GET",
    status: int = 200,
    below: str = "",
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return what reaches the browser through the middleware, and the request behind it."""
    sent: list[dict[str, Any]] = []
    requests: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        requests.append(scope)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for number, chunk in enumerate(chunks, start=1):
            more = number < len(chunks)
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "headers": BROWSER}
    asyncio.run(InjectBaseUrl(app, below)(scope, None, send))  # type: ignore[arg-type]
    return sent, requests[0]


@pytest.mark.parametrize("below", ["", "/claimclf"])
def test_page_says_where_its_server_is_before_anything_else(below: str) -> None:
    length = str(sum(map(len, PAGE)))
    (start, body), request = answered(
        PAGE, {"content-type": "text/html; charset=utf-8", "content-length": length}, below=below
    )
    assert (
        body["body"]
        == b"<html><head>" + SCRIPT % below.encode() + b"<title>x</title></head></html>"
    )
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]
    assert request["headers"] == BROWSER[:1], "compressed, it could not be changed"


@pytest.mark.parametrize(
    ("headers", "method", "status"),
    [
        ({"content-type": "application/json"}, "GET", 200),
        ({"content-type": "text/html", "content-encoding": "gzip"}, "GET", 200),
        ({"content-type": "text/html"}, "GET", 404),
        ({"content-type": "text/html"}, "POST", 200),
    ],
)
def test_everything_else_goes_through_as_it_is(
    headers: dict[str, str], method: str, status: int
) -> None:
    sent, _ = answered(PAGE, headers, method, status)
    assert [message.get("body") for message in sent] == [None, *PAGE]
