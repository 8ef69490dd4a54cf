"""One page is drawn, or one module imported ahead, at a time, until all has been imported.

Modules of large libraries import each other in circles. Where two threads begin at two places of
such a circle, each waits for the other's module, and Python ends the wait by handing one of them
a module that is only half there: its page fails with "partially initialized module".
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

#: Seconds without a message to any browser after which nobody waits for a page.
_QUIET = 0.2
#: Seconds after which one who takes longer, as an upload may, is no longer waited for.
_LONGEST = 15.0


class Turns:
    """Whose turn it is; one of a kind for each server."""

    def __init__(self, longest: float = _LONGEST) -> None:
        self.is_over = False
        self._longest = longest
        self._whose: object = None
        self._n_waiting = 0
        self._is_free = asyncio.Event()
        self._last_message: float | None = None

    async def take(self, who: object) -> None:
        """Wait for a turn, and have it until it is given back; who has it already goes on."""
        if self.has(who):
            return
        self._n_waiting += 1
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._longest):
                    while self._whose is not None:
                        await self._is_free.wait()
        finally:
            self._n_waiting -= 1
        self._whose = who
        self._is_free.clear()

    def has(self, who: object) -> bool:
        """Say whether it is somebody's turn."""
        return self._whose is who

    def give_back(self, who: object) -> None:
        """End one's turn; nothing happens where it is somebody else's by now."""
        if self.has(who):
            self._whose = None
            self._is_free.set()

    def note_message(self) -> None:
        """Note that a message went to a browser: pages are drawn by messages."""
        self._last_message = time.monotonic()

    async def wait_for_quiet(self) -> None:
        """Wait until a page was drawn, nothing was sent since for a while, and nobody waits."""
        while not self._is_quiet():
            await asyncio.sleep(_QUIET / 10)

    def _is_quiet(self) -> bool:
        if self._last_message is None or self._n_waiting:
            return False
        return time.monotonic() - self._last_message >= _QUIET


class TakeTurns:
    """Hold back what asks for a page to be drawn until it has its turn."""

    def __init__(self, app: ASGIApp, turns: Turns) -> None:
        self._app = app
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        turns = self._turns
        if scope["type"] != "websocket" or turns.is_over:
            await self._app(scope, receive, send)
            return
        browser = object()

        async def receive_in_turn() -> Message:
            message = await receive()
            if not turns.is_over and _asks_for_page(message):
                await turns.take(browser)
            return message

        async def send_and_note(message: Message) -> None:
            await send(message)
            turns.note_message()
            if turns.has(browser) and _ends_page(message):
                turns.give_back(browser)

        try:
            await self._app(scope, receive_in_turn, send_and_note)
        finally:
            turns.give_back(browser)


def _asks_for_page(message: Message) -> bool:
    content = message.get("bytes")
    return bool(content) and BackMsg.FromString(content).WhichOneof("type") == "rerun_script"


def _ends_page(message: Message) -> bool:
    content = message.get("bytes")
    if not content:
        return False
    drawn = ForwardMsg.FromString(content)
    # One that ended early is drawn once more at once.
    is_early: bool = drawn.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
    return drawn.WhichOneof("type") == "script_finished" and not is_early
