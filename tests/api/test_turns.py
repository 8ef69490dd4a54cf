"""One page is drawn, or one module imported ahead, at a time, until all has been imported."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from claimclf.api.middleware.turns import TakeTurns, Turns

END = ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)
EARLY = ForwardMsg(script_finished=ForwardMsg.FINISHED_EARLY_FOR_RERUN)
ASK = BackMsg()
ASK.rerun_script.query_string = ""
BEAT = BackMsg(app_heartbeat=True)


class Browser:
    """One connection through the middleware; what the server was asked for is in `asked`."""

    def __init__(self, turns: Turns) -> None:
        self.asked: list[BackMsg] = []
        self._to_server: asyncio.Queue[Any] = asyncio.Queue()
        self._to_browser: asyncio.Queue[Any] = asyncio.Queue()
        middleware = TakeTurns(self._app, turns)
        scope = {"type": "websocket"}
        self.served = asyncio.create_task(middleware(scope, self._to_server.get, _sink))

    async def _app(self, _scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        async def answer() -> None:
            while True:
                drawn = await self._to_browser.get()
                await send({"type": "websocket.send", "bytes": drawn.SerializeToString()})

        answering = asyncio.create_task(answer())
        while (message := await receive())["type"] != "websocket.disconnect":
            self.asked.append(BackMsg.FromString(message["bytes"]))
        answering.cancel()

    async def ask(self, message: BackMsg = ASK) -> None:
        await self._to_server.put(
            {"type": "websocket.receive", "bytes": message.SerializeToString()}
        )
        await _all_done()

    async def draw(self, message: ForwardMsg) -> None:
        await self._to_browser.put(message)
        await _all_done()

    async def leave(self) -> None:
        await self._to_server.put({"type": "websocket.disconnect"})
        await _all_done()


async def _sink(_message: Any) -> None:
    """Take what goes to a browser."""


async def _import_next(turns: Turns) -> None:
    """Go on from one module to the next, as the imports made ahead do."""
    turns.give_back("module")
    await turns.wait_for_quiet()
    await turns.take("next")


async def _all_done() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def in_loop(scenario: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        for outcome in await asyncio.gather(*others, return_exceptions=True):
            assert isinstance(outcome, asyncio.CancelledError), outcome

    asyncio.run(run())


def test_second_browser_is_served_when_the_page_of_the_first_is_drawn() -> None:
    async def scenario() -> None:
        turns = Turns()
        one, other = Browser(turns), Browser(turns)
        await one.ask()
        await other.ask()
        assert (len(one.asked), len(other.asked)) == (1, 0)
        await one.ask()  # a click on a page that is still being drawn
        await one.draw(EARLY)
        assert (len(one.asked), len(other.asked)) == (2, 0)
        await one.draw(END)
        assert len(other.asked) == 1

    in_loop(scenario)


def test_page_waits_for_the_module_that_is_being_imported() -> None:
    async def scenario() -> None:
        turns = Turns()
        await turns.take("module")
        browser = Browser(turns)
        await browser.ask(BEAT)
        assert len(browser.asked) == 1, "which draws nothing"
        await browser.ask()
        assert len(browser.asked) == 1
        turns.give_back("module")
        await _all_done()
        assert len(browser.asked) == 2

    in_loop(scenario)


def test_page_that_waits_comes_before_the_next_module() -> None:
    async def scenario() -> None:
        turns = Turns()
        await turns.take("module")
        turns.note_message()
        await asyncio.sleep(0.3)  # so long that it is quiet
        browser = Browser(turns)
        await browser.ask()
        importing = asyncio.create_task(_import_next(turns))
        await asyncio.sleep(0.1)
        assert (len(browser.asked), turns.has("next")) == (1, False)
        await browser.draw(END)
        await importing
        assert turns.has("next")

    in_loop(scenario)


def test_browser_that_leaves_gives_its_turn_back() -> None:
    async def scenario() -> None:
        turns = Turns()
        one, other = Browser(turns), Browser(turns)
        await one.ask()
        await other.ask()
        await one.leave()
        assert len(other.asked) == 1

    in_loop(scenario)


def test_who_takes_long_is_waited_for_no_longer() -> None:
    async def scenario() -> None:
        turns = Turns(longest=0)
        one, other = Browser(turns), Browser(turns)
        await one.ask()
        await other.ask()
        await asyncio.sleep(0.01)
        assert len(other.asked) == 1
        await one.draw(END)  # whose turn is over already
        await other.draw(END)
        third = Browser(turns)
        await third.ask()
        assert len(third.asked) == 1

    in_loop(scenario)


def test_nobody_waits_once_all_is_imported() -> None:
    async def scenario() -> None:
        turns = Turns()
        waiting, drawing = Browser(turns), Browser(turns)
        await drawing.ask()
        await waiting.ask()
        turns.is_over = True
        third = Browser(turns)
        await third.ask()
        assert len(third.asked) == 1
        await drawing.draw(END)
        assert len(waiting.asked) == 1

    in_loop(scenario)


@pytest.mark.parametrize("kind", ["http", "lifespan"])
def test_what_draws_no_page_passes(kind: str) -> None:
    passed: list[str] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        passed.append(scope["type"])

    async def scenario() -> None:
        turns = Turns()
        await turns.take("module")
        await TakeTurns(app, turns)({"type": kind}, _nothing, _sink)

    asyncio.run(scenario())
    assert passed == [kind]


async def _nothing() -> Any:
    raise AssertionError("nothing is asked for")
