"""What a browser may say over the websocket: little, and only what our pages make it say.

The websocket is open to whoever may see the page that asks to sign in. Streamlit would keep
megabytes for each of them, empty everybody's caches for one of them, and write pages into the log
of a message that is none.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

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
#: Of these a browser that nobody signed in with asks nothing.
_OF_FILES = frozenset({"backend_operation_request", "file_urls_request"})
#: Files that are chosen at once, and fields of a page, of which it has some hundreds.
_MOST_FILES, _MOST_FIELDS = 100, 2_000
#: Where in the dashboard a browser is: what Streamlit names pages and their parts by, and
#: letters of each text. It writes some of it into the log.
_NAME, _NAMES = re.compile(r"[0-9a-f]{0,64}"), ("fragment_id", "page_script_hash")
_LONGEST = {"page_name": 200, "query_string": 100_000}
_JSON = ("json_value", "json_trigger_value")
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
        if said.WhichOneof("type") not in _OF_FILES:
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
    match kind:
        case "backend_operation_request":
            return said.backend_operation_request.WhichOneof("payload") in ASKED_FOR
        case "file_urls_request":
            return len(said.file_urls_request.file_names) <= _MOST_FILES
        case "rerun_script":
            return _is_of_browser(said.rerun_script)
    return kind in SAID


def _is_of_browser(asked: Any) -> bool:
    """Return whether texts are such as a browser has from us, where an error would quote them."""
    if max(len(asked.widget_states.widgets), len(asked.cached_message_hashes)) > _MOST_FIELDS:
        return False
    texts = [getattr(asked, name) for name in _LONGEST]
    return (
        all(_NAME.fullmatch(getattr(asked, name)) for name in _NAMES)
        and all(_NAME.fullmatch(name) for name in asked.cached_message_hashes)
        and all(len(text) <= most for text, most in zip(texts, _LONGEST.values(), strict=True))
        and all(text.isprintable() for text in texts)
        and all(_holds_json(widget) for widget in asked.widget_states.widgets)
    )


def _holds_json(widget: Any) -> bool:
    """Return whether a widget's value is JSON where it says so: it would be read as such."""
    kind = widget.WhichOneof("value")
    if kind not in _JSON:
        return True
    try:
        json.loads(getattr(widget, kind))
    except (ValueError, RecursionError):
        return False
    return True
