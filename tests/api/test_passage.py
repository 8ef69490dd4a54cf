"""The door beside the pages is a process of its own, which comes and goes with them."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from claimclf.api.door import passage
from claimclf.api.door.limits import Limits
from claimclf.configuration import API, DATABASE
from claimclf.queue.storage.database import Database
from claimclf.services.tokens import Scope, make_token
from tests.api.doors import ADMIN
from tests.browser.dashboard import free_port, wait_until_served

_SECONDS = 30


class Pages:
    """A server of pages with a door, and a token for everything."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, token: str) -> None:
        self.process = process
        self._port = port
        self._bearer = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        """Send a request; a body that is no bytes goes in chunks of unknown number."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with closing(connection):
            connection.request(method, path, body, {**self._bearer, **headers})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def begin(self, path: str, length: str, *, is_known: bool) -> socket.socket:
        """Send the head of a request, and nothing of its body."""
        begun = socket.create_connection(("127.0.0.1", self._port), 60)
        shown = [f"Authorization: {self._bearer['Authorization']}"] if is_known else []
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", length, *shown, "", ""]
        begun.sendall("\r\n".join(lines).encode())
        return begun

    def report(self, name: str) -> int:
        body = {"id": name, "video_id": "v", "at": "2026-11-01T00:00:00Z"}
        return self.ask("POST", "/api/v1/reports", json.dumps(body).encode())[0]

    def door(self) -> psutil.Process:
        """The process behind it."""
        (door,) = psutil.Process(self.process.pid).children()
        return door


@contextmanager
def pages_with_door(folder: Path) -> Iterator[Pages]:
    url = f"sqlite:///{folder / 'queue.db'}"
    database = Database(url)
    token = make_token(database, ADMIN, "all", list(Scope))
    database.close()
    port = free_port()
    command = [str(Path(sys.executable).with_name("claimclf")), "serve", "--port", str(port)]
    settings = {API.variable: "on", DATABASE.variable: url, "TMPDIR": str(folder)}
    process = subprocess.Popen(
        command, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_served(f"http://127.0.0.1:{port}", process)
        yield Pages(process, port, token)
    finally:
        process.terminate()
        process.wait(_SECONDS)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages_with_door(tmp_path_factory.mktemp("pages")) as served:
        yield served


def test_names_and_queries_are_passed_on_as_they_were_sent(pages: Pages) -> None:
    assert pages.report("a/b c?d=ü") == 202
    assert pages.ask("DELETE", "/api/v1/reports/a%2Fb%20c%3Fd%3D%C3%BC")[0] == 200
    assert pages.ask("DELETE", "/api/v1/reports/another")[0] == 404
    assert pages.ask("GET", "/api/v1/decisions?limit=7")[0] == 200
    assert pages.ask("GET", "/api/v1/decisions?limit=many")[0] == 422


def test_body_in_chunks_is_taken_and_one_that_is_too_large_refused(pages: Pages) -> None:
    record = json.dumps({"id": "c", "video_id": "v", "at": "2026-11-01T00:00:00Z"}).encode()
    assert pages.ask("POST", "/api/v1/reports", iter([record[:9], record[9:]]))[0] == 202
    large = b" " * (Limits().body + 1)
    for body in (large, iter([large])):
        status, said = pages.ask("POST", "/api/v1/reports", body)
        assert (status, json.loads(said)["error"]["code"]) == (413, "too-large")


@pytest.mark.parametrize(
    ("path", "is_known", "status"),
    [("/api/v1/reports", False, 401), ("/api/v1/nothing", True, 404), ("/api/a%0ab", False, 401)],
)
@pytest.mark.parametrize("length", ["Content-Length: 9000", "Transfer-Encoding: chunked"])
def test_request_is_refused_before_its_body_is_there(
    pages: Pages, path: str, is_known: bool, status: int, length: str
) -> None:
    with pages.begin(path, length, is_known=is_known) as stalled:
        assert f" {status} " in stalled.makefile().readline()


def test_process_that_dies_while_a_body_is_on_its_way_is_told(pages: Pages) -> None:
    with pages.begin("/api/v1/reports", "Content-Length: 9000", is_known=True) as stalled:
        stalled.sendall(b"{")
        assert pages.report("meanwhile") == 202
        pages.door().kill()
        assert " 503 " in stalled.makefile().readline()
    assert pages.report("and after") == 202


def test_body_that_comes_no_further_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage, "_STALLED", 0.01)

    async def ask(folder: str) -> list[MutableMapping[str, Any]]:
        sent: list[MutableMapping[str, Any]] = []
        way = passage.Passage()
        way._place = f"{folder}/door"

        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async def receive() -> MutableMapping[str, Any]:
            return await asyncio.get_running_loop().create_future()

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        headers = [(b"host", b"here"), (b"content-length", b"9")]
        scope = {"type": "http", "method": "POST", "raw_path": b"/api/", "query_string": b""}
        async with await asyncio.start_unix_server(say_nothing, way._place):
            await way({**scope, "headers": headers}, receive, send)
        return sent

    with tempfile.TemporaryDirectory() as folder:
        assert asyncio.run(ask(folder))[0]["status"] == 408


def test_same_request_again_gets_the_same_answer(pages: Pages) -> None:
    body = json.dumps({"id": "k", "video_id": "v", "at": "2026-11-01T00:00:00Z"}).encode()
    key = {"Idempotency-Key": "once"}
    first = pages.ask("POST", "/api/v1/reports", body, **key)
    assert pages.ask("POST", "/api/v1/reports", body, **key) == first
    assert pages.ask("POST", "/api/v1/reports", body.replace(b'"k"', b'"l"'), **key)[0] == 409


def test_process_that_is_killed_is_started_again_and_requests_wait_for_it(pages: Pages) -> None:
    assert pages.report("before") == 202
    killed = pages.door()
    killed.kill()
    killed.wait(_SECONDS)
    assert pages.report("after") == 202
    assert pages.door().pid != killed.pid
    assert json.loads(pages.ask("GET", "/api/v1/health")[1])["database"] == "ok"


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_process_ends_when_the_pages_do_however_that_is(tmp_path: Path, end: str) -> None:
    folder = tmp_path / ("long" * 25)  # a socket's path is short
    folder.mkdir()
    with pages_with_door(folder) as pages:
        assert pages.report("a") == 202
        door, place = pages.door(), Path(pages.door().cmdline()[-1])
        assert place.parent.stat().st_mode & 0o777 == 0o700
        with pages.begin("/api/v1/reports", "Content-Length: 9", is_known=False) as stalled:
            assert " 401 " in stalled.makefile().readline()
            getattr(pages.process, end)()
            door.wait(_SECONDS)
    assert not place.parent.exists()
