"""What is said of a page that was left arrives with the page that came, or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg

from claimclf.api.middleware.messages import CheckMessages

#: Pages and their parts, named as Streamlit names them.
REVIEW, QUEUE, CONSOLE, LIST = (16 * name for name in ("0a", "0b", "1a", "1b"))


def asked(page: str, part: str = "", *, by_itself: bool = False, note: str = "") -> BackMsg:
    """A browser asks for a page, or a part of it, with what was typed."""
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = part
    message.rerun_script.is_auto_rerun = by_itself
    message.rerun_script.query_string = f"of={page}"
    if note:
        typed = message.rerun_script.widget_states.widgets.add()
        typed.id, typed.string_value = "note", note
    return message


def passed_on(*messages: BackMsg) -> list[BackMsg]:
    """What reaches the pages of what one browser says."""
    left: list[Any] = [
        *({"type": "websocket.receive", "bytes": one.SerializeToString()} for one in messages),
        {"type": "websocket.disconnect", "code": 1000},
    ]
    reached = []

    async def receive() -> Any:
        return left.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    async def pages(_scope: Any, receive: Any, _send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            reached.append(BackMsg.FromString(message["bytes"]))

    asyncio.run(CheckMessages(pages)({"type": "websocket"}, receive, send))
    assert left == []
    return reached


def test_what_was_typed_right_before_a_link_arrives_with_the_page_of_the_link() -> None:
    *_, last = passed_on(asked(REVIEW), asked(QUEUE), asked(REVIEW, CONSOLE, note="typed"))
    assert last == asked(QUEUE, note="typed")


def test_part_of_a_left_page_that_would_be_drawn_by_itself_is_left_out() -> None:
    messages = [asked(REVIEW), asked(QUEUE)]
    assert passed_on(*messages, asked(REVIEW, CONSOLE, by_itself=True)) == messages


def test_parts_of_the_page_that_is_there_are_passed_on_as_they_are() -> None:
    messages = [
        asked(REVIEW),
        asked(REVIEW, CONSOLE, note="typed"),
        asked(QUEUE),
        asked(QUEUE, LIST, by_itself=True),
        asked(QUEUE, LIST),
        BackMsg(app_heartbeat=True),
    ]
    assert passed_on(*messages) == messages


def test_page_to_which_the_server_sends_back_is_none_that_was_left() -> None:
    """A click on the queue's page may bring *Review* back without a link."""
    messages = [
        asked(REVIEW),
        asked(QUEUE),
        asked(QUEUE, LIST, note="the case that was chosen"),
        asked(REVIEW, CONSOLE, by_itself=True),
        asked(REVIEW, CONSOLE, note="typed"),
    ]
    assert passed_on(*messages) == messages


def test_first_page_that_is_asked_for_by_name_has_been_left_by_nobody() -> None:
    messages = [
        asked(""),
        asked("", CONSOLE),
        asked(REVIEW, CONSOLE),
        asked(REVIEW, CONSOLE, by_itself=True),
    ]
    assert passed_on(*messages) == messages
