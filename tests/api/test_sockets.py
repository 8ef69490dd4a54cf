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

#: A server that says, once somebody is connected, whether what it sends waits.
_SERVER = """
import os, socket, sys, threading, time
from pathlib import Path

def connections():
    for name in os.listdir("/dev/fd"):
        try:
            one = socket.socket(fileno=os.dup(int(name)))
            one.getpeername()
        except OSError:
            continue
        if one.family == socket.AF_INET:
            yield one

def report(place):
    while not (found := list(connections())):
        time.sleep(0.02)
    sends_at_once = [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in found]
    Path(place + ".new").write_text(str(sends_at_once))
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
            while not report.is_file():
                time.sleep(0.02)
    assert set(report.read_text("utf-8")) <= set("[1, ]")
