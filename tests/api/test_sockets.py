"""What a page is made of is sent when it is written, not when the browser has thanked for more."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from claimclf.api.sockets import send_at_once
from claimclf.configuration import DATABASE
from claimclf.paths import SERVER
from tests.browser.dashboard import cookie, free_port, served
from tests.conftest import ROOT

#: A server that says, once it is asked and somebody is connected, whether what it sends waits.
_SERVER = """
import os, socket, stat, sys, threading, time
from contextlib import suppress
from pathlib import Path

def sends_at_once():
    for number in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            with socket.socket(fileno=os.dup(number)) as one:
                one.getpeername()  # an error where nobody is connected
                if one.family == socket.AF_INET:
                    yield one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

def report(place):
    # Once it is asked: who came before the server was up is none of its connections.
    while not os.path.exists(place + ".asked") or not (found := list(sends_at_once())):
        time.sleep(0.02)
    Path(place + ".new").write_text(str(found))
    os.replace(place + ".new", place)

sys.argv = ["streamlit", "run", *sys.argv[1:]]
PLACE = os.environ["REPORT"]
from streamlit.web.cli import main
threading.Thread(target=report, args=[PLACE], daemon=True).start()
main()
"""


def _waits(connection: socket.socket) -> bool:
    return not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket as Streamlit opens it: of no named protocol."""
    with socket.socket(socket.AF_INET) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen()
        yield opened


def test_connections_of_what_listens_send_at_once_and_others_are_left_alone(
    listening: socket.socket,
) -> None:
    with socket.socket(socket.AF_INET) as other:
        send_at_once()
        assert _waits(other)
    with socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert not _waits(connection)


def test_no_file_of_the_process_stays_open_by_looking(listening: socket.socket) -> None:
    before = sorted(os.listdir("/dev/fd"))
    send_at_once()
    assert sorted(os.listdir("/dev/fd")) == before


def test_server_of_the_pages_sends_at_once(tmp_path: Path) -> None:
    port, report = free_port(), tmp_path / "report.txt"
    options = ["--server.port", str(port), "--server.headless", "true"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "REPORT": str(report),
        DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}",
    }
    command = [sys.executable, "-c", _SERVER, str(SERVER), *options]
    with served(command, environment, port) as address:
        place = address.replace("http:", "ws:") + "/_stcore/stream"
        with connect(place, additional_headers={"Cookie": cookie()}, proxy=None):
            report.with_name("report.txt.asked").touch()
            deadline = time.monotonic() + 60
            while not report.is_file() and time.monotonic() < deadline:
                time.sleep(0.02)
    assert set(report.read_text("utf-8")) <= set("[1, ]")
