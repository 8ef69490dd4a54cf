"""What a browser may say over the websocket, to each kind of server, whoever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from claimclf.api.middleware.messages import ASKED_FOR, MOST_BYTES, SAID, CheckMessages
from tests.api.servers import Server, own_server, team_server

KINDS = [field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields]
ASKED = [
    field.name
    for field in BackMsg.DESCRIPTOR.fields_by_name["backend_operation_request"]
    .message_type.oneofs_by_name["payload"]
    .fields
]
BEAT = BackMsg(app_heartbeat=True).SerializeToString()
#: Not what any page sends, each with the code that the websocket is closed with.
NOTHING: list[tuple[bytes | str, int]] = [
    ("words", 1002),
    (b"\xff\xff\xff", 1002),
    (b"x" * (MOST_BYTES + 1), 1009),
]


def said(kind: str) -> BackMsg:
    """A message of a kind, with nothing in it."""
    message = BackMsg()
    if BackMsg.DESCRIPTOR.fields_by_name[kind].message_type is None:
        setattr(message, kind, True)
    else:
        getattr(message, kind).SetInParent()
    return message


def asked_for(payload: str) -> BackMsg:
    message = BackMsg()
    getattr(message.backend_operation_request, payload).SetInParent()
    return message


def passed_on(*frames: bytes | str, may_have_files: bool = True) -> tuple[list[Any], list[Any]]:
    """What reaches the pages of what a browser sends, and what goes back to it."""
    reached: list[Any] = []
    answered: list[Any] = []
    left = [
        {"type": "websocket.receive", "text" if isinstance(one, str) else "bytes": one}
        for one in frames
    ]

    async def receive() -> Any:
        return left.pop(0) if left else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Any) -> None:
        answered.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not reached or reached[-1]["type"] != "websocket.disconnect":
            reached.append(await receive())
        await send({"type": "websocket.send", "bytes": b"late"})

    checks = CheckMessages(app, may_have_files=lambda cookies: cookies == {"whose": "ours"})
    cookie = b"whose=ours" if may_have_files else b"whose=theirs"
    asyncio.run(checks({"type": "websocket", "headers": [(b"cookie", cookie)]}, receive, send))
    return reached, answered


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_pages_make_a_browser_say_reaches_them(kind: str) -> None:
    """Kinds that a later server knows are left out by themselves."""
    frame = (asked_for("deferred_file") if "operation" in kind else said(kind)).SerializeToString()
    reached, _ = passed_on(frame, BEAT)
    assert (frame in [message.get("bytes") for message in reached]) is (kind in SAID)
    assert reached[-2]["bytes"] == BEAT, "what comes after it is heard"
    assert set(KINDS) > SAID


@pytest.mark.parametrize("payload", ASKED)
def test_only_files_that_are_made_at_a_click_are_asked_for(payload: str) -> None:
    frame = asked_for(payload).SerializeToString()
    reached, _ = passed_on(frame)
    assert (len(reached) == 2) is (payload in ASKED_FOR)
    assert set(ASKED) > ASKED_FOR


def test_no_file_is_made_for_who_may_have_none() -> None:
    frame = asked_for("deferred_file").SerializeToString()
    reached, _ = passed_on(frame, BEAT, may_have_files=False)
    assert [message.get("bytes") for message in reached] == [BEAT, None]


def test_names_of_files_are_taken_only_from_who_may_have_files_and_few_at_once() -> None:
    few, many = said("file_urls_request"), said("file_urls_request")
    few.file_urls_request.file_names.append("videos.csv")
    many.file_urls_request.file_names.extend([""] * 101)
    frames = [message.SerializeToString() for message in (few, many)]
    reached, _ = passed_on(*frames)
    assert [message.get("bytes") for message in reached] == [frames[0], None]
    reached, _ = passed_on(*frames, may_have_files=False)
    assert [message.get("bytes") for message in reached] == [None]


#: Parts of what a browser says of where it is, with what it has from us.
FROM_US = {
    "fragment_id": "0123456789abcdef" * 2,
    "page_script_hash": "0123456789abcdef" * 2,
    "page_name": "Triage_queue",
    "query_string": "state=open&words=caf%C3%A9",
}
NOT_FROM_US = ["\x1b]0;x\x07", "a\nb", "\u2028", "x" * 100_001]


def test_filters_of_any_length_are_heard_as_a_browser_writes_them() -> None:
    """A thousand letters that are searched for are twelve thousand in the address."""
    message = said("rerun_script")
    message.rerun_script.query_string = f"words={1_000 * '%F0%9F%98%80'}"
    frame = message.SerializeToString()
    assert passed_on(frame)[0][0]["bytes"] == frame


@pytest.mark.parametrize("name", FROM_US)
def test_where_a_browser_is_it_says_in_our_words(name: str) -> None:
    """An error would have it written into the log."""
    for value, is_heard in [(FROM_US[name], True), *((value, False) for value in NOT_FROM_US)]:
        message = said("rerun_script")
        setattr(message.rerun_script, name, value)
        frame = message.SerializeToString()
        reached, _ = passed_on(frame, BEAT)
        assert [one.get("bytes") for one in reached] == [*[frame] * is_heard, BEAT, None]


def test_page_has_no_thousands_of_fields() -> None:
    """A message of somebody at the door would be kept as many times as large."""
    many, more = said("rerun_script"), said("rerun_script")
    for _ in range(2_001):
        many.rerun_script.widget_states.widgets.add().id = "0"
        more.rerun_script.cached_message_hashes.append("0")
    reached, _ = passed_on(many.SerializeToString(), more.SerializeToString(), BEAT)
    assert [one.get("bytes") for one in reached] == [BEAT, None]
    del many.rerun_script.widget_states.widgets[0]
    assert passed_on(many.SerializeToString())[0][0].get("bytes") == many.SerializeToString()


@pytest.mark.parametrize("kind", ["json_value", "json_trigger_value"])
@pytest.mark.parametrize(
    ("value", "is_heard"),
    [('{"rows": [1]}', True), ("{", False), ("", False), ("[" * 9_999, False)],
)
def test_widgets_that_hold_json_hold_json(kind: str, value: str, is_heard: bool) -> None:
    message = said("rerun_script")
    message.rerun_script.widget_states.widgets.append(WidgetState(id="x", **{kind: value}))
    frame = message.SerializeToString()
    reached, _ = passed_on(frame, BEAT)
    assert [one.get("bytes") for one in reached] == [*[frame] * is_heard, BEAT, None]


@pytest.mark.parametrize(("frame", "code"), NOTHING)
def test_what_is_no_message_ends_the_connection(frame: bytes | str, code: int) -> None:
    reached, answered = passed_on(BEAT, frame, BEAT)
    assert [message["type"] for message in reached] == [
        "websocket.receive",
        "websocket.disconnect",
    ]
    assert [message.get("code") for message in answered] == [code], "and nothing is sent after it"


# The same with real servers.


@pytest.fixture(scope="module", params=["own", "team, signed in", "team, a stranger"])
def tab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    """A server, and the cookies of a tab there."""
    if request.param == "own":
        with own_server() as server:
            yield server, server.cookies
        return
    with team_server(tmp_path_factory.mktemp("team")) as server:
        yield server, server.cookies if "signed" in request.param else ""


def opened(server: Server, cookies: str) -> ClientConnection:
    return connect(
        f"ws://{server.place}/_stcore/stream",
        additional_headers={"Cookie": cookies} if cookies else {},
        max_size=None,
        proxy=None,
    )


def answers(connection: ClientConnection) -> list[str]:
    """The kinds of what comes back up to the answer to a heartbeat, without a page's own."""
    connection.send(BEAT)
    kinds = []
    while not kinds or kinds[-1] != "heartbeat_ack":
        frame = connection.recv(timeout=60, decode=False)
        kinds.append(str(ForwardMsg.FromString(frame).WhichOneof("type")))
    return kinds


def test_nobody_empties_caches_or_writes_files_by_a_message(tab: tuple[Server, str]) -> None:
    with opened(*tab) as connection:
        for kind in set(KINDS) - SAID:
            connection.send(said(kind).SerializeToString())
        for payload in set(ASKED) - ASKED_FOR:
            connection.send(asked_for(payload).SerializeToString())
        assert answers(connection) == ["heartbeat_ack"]


@pytest.mark.parametrize(("frame", "code"), NOTHING)
def test_server_closes_where_it_is_sent_nothing_of_a_page(
    frame: bytes | str, code: int, tab: tuple[Server, str]
) -> None:
    with opened(*tab) as connection:
        connection.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_nobody_has_the_server_hold_megabytes_of_widgets(tab: tuple[Server, str]) -> None:
    message = said("rerun_script")
    widget = WidgetState(id="x", string_value="x" * MOST_BYTES)
    message.rerun_script.widget_states.widgets.append(widget)
    with opened(*tab) as connection:
        connection.send(message.SerializeToString())
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=60)


def test_only_who_is_let_in_is_answered_of_a_file(tab: tuple[Server, str]) -> None:
    server, cookies = tab
    asked = asked_for("deferred_file")
    asked.backend_operation_request.request_id = "which"
    asked.backend_operation_request.deferred_file.file_id = "of nobody"
    with opened(server, cookies) as connection:
        connection.send(asked.SerializeToString())
        if not cookies:
            with pytest.raises(TimeoutError):  # where it is heard, the answer comes at once
                connection.recv(timeout=1)
            return
        frame = connection.recv(timeout=60, decode=False)
    assert ForwardMsg.FromString(frame).WhichOneof("type") == "backend_operation_response"
