"""Answers that never reach the pages: short, plain, and kept by nobody."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

#: What a websocket that is refused before it opened is closed with: it broke a rule of ours.
_POLICY = 1008
_NOT_KEPT = {"Cache-Control": "no-store"}


async def refuse(scope: Scope, receive: Receive, send: Send, words: str, status: int = 403) -> None:
    """Answer a request with what is wrong and what to do, or close a websocket unopened.

    Parameters
    ----------
    scope, receive, send
        Of the request, as an ASGI application gets them.
    words : str
        For whoever asked; shown as plain text.
    status : int
        Of HTTP.
    """
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY, "reason": ""})
        return
    answer = PlainTextResponse(f"{words}\n", status, _NOT_KEPT)
    await answer(scope, receive, send)


def onward(path: str, query: str) -> Response:
    """Return a page that goes on to another one of this server.

    A browser sends a cookie that is only for this site along with what a page of the site asks
    for; after a redirect that began elsewhere, in a mail or a file, it would not.

    Parameters
    ----------
    path : str
        Where to; it stays on this server whatever it looks like.
    query : str
        As it stands behind the question mark, without it; empty for none.
    """
    place = "/" + quote(path.lstrip("/\\")) + (f"?{query}" if query else "")
    return HTMLResponse(
        '<!doctype html><meta charset="utf-8"><title>claimclf</title>'
        f'<meta http-equiv="refresh" content="0; url={escape(place)}">'
        f'<a href="{escape(place)}">Go on</a>\n',
        headers=_NOT_KEPT,
    )
