"""What a browser may say over the websocket: little, and only what our pages make it say.

The websocket is open to whoever may see the page that asks to sign in. Streamlit would keep
megabytes for each of them, empty everybody's caches for one of them, and write pages into the log
of a message that is none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from claimclf.api.middleware.left_pages import Way

#: What all widgets of a page hold together is some kilobytes.
MOST_BYTES = 2**20
#: Kinds of messages of the pages; all others are for who develops one.
SAID = frozenset(
    {
        "rerun_script",
        "stop_script",
        "app_heartbeat",
        "file_urls_request",
        "backend_operation_request",
    }
)
#: What the server may be asked for outside of any page: files that are made at a click.
ASKED_FOR = frozenset({"deferred_file"})
#: Codes that a websocket is closed with: no protocol of ours, and too large.
_NO_MESSAGE, _TOO_LARGE = 1002, 1009

_logger = logging.getLogger(__name__)


class CheckMessages:
    """Pass on what pages make a browser say, leave out the rest, and close where it is nothing.

    Parameters
    ----------
    app : callable
        What is behind it.
    most_bytes : int
        Of one message.
    may_have_files : callable
        Says whether cookies are of somebody who may have files made; whoever knows a file's id
        may ask for it, and the page that asks to sign in is open to all.
    """

    def __init__(
        self,
        app: ASGIApp,
        most_bytes: int = MOST_BYTES,
        may_have_files: Callable[[Mapping[str, str]], bool] = lambda _: True,
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._may_have_files = may_have_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        is_closed = False
        way = Way()

        async def checked() -> Message:
            nonlocal is_closed
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                code, said = self._judged(message)
                if code:
                    is_closed = True
                    _logger.warning("A websocket was closed: its message is none, code %d", code)
                    with suppress(RuntimeError):  # the browser has left
                        await send({"type": "websocket.close", "code": code, "reason": ""})
                    return {"type": "websocket.disconnect", "code": code}
                if said is not None and not await self._is_allowed(scope, said):
                    continue
                if said is not None and (said := way.follow(said)) is not None:
                    return {**message, "bytes": said.SerializeToString()}

        async def send_while_open(message: Message) -> None:
            if not is_closed:
                await send(message)

        await self._app(scope, checked, send_while_open)

    async def _is_allowed(self, scope: Scope, said: BackMsg) -> bool:
        if said.WhichOneof("type") != "backend_operation_request":
            return True
        return await run_in_threadpool(self._may_have_files, HTTPConnection(scope).cookies)

    def _judged(self, message: Message) -> tuple[int, BackMsg | None]:
        """Return the code to close with, 0 for none, and what is said if it is of a page."""
        content = message.get("bytes")
        if content is None:
            return _NO_MESSAGE, None
        if len(content) > self._most_bytes:
            return _TOO_LARGE, None
        try:
            said = BackMsg.FromString(content)
        except DecodeError:
            return _NO_MESSAGE, None
        return 0, said if _is_of_page(said) else None


def _is_of_page(said: BackMsg) -> bool:
    kind = said.WhichOneof("type")
    if kind == "backend_operation_request":
        return said.backend_operation_request.WhichOneof("payload") in ASKED_FOR
    return kind in SAID
