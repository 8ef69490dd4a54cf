"""Reports by HTTP: what is answered, to whom, and what is there afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from claimclf.api.door import opening
from claimclf.api.door.answering import Room
from claimclf.api.door.bodies import RefusedError, records_of
from claimclf.api.door.entrance import Entrance
from claimclf.api.door.limits import Limits, Rate
from claimclf.api.door.openapi import document
from claimclf.api.door.passage import Passage
from claimclf.api.door.routes import WAYS
from claimclf.queue.outbound.window import Cursor
from claimclf.queue.review.decisions import Verdict, undo
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import reports
from claimclf.schema import Decision, ReasonCode
from claimclf.services import intake_stress
from claimclf.services.intake_stress import Load, account, send_all, wait_until_stored
from claimclf.services.tokens import Scope, make_token, revoke_token
from tests.api.doors import ADMIN, Door, open_door, tokens_for
from tests.conftest import ROOT
from tests.effort import examples
from tests.queue.builders import ANNA, UNREACHABLE, done
from tests.queue.conftest import NewUrl, migrated, new_url, server

__all__ = ["migrated", "new_url", "server"]  # fixtures
AT = "2026-11-29T08:30:00Z"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    with open_door(f"sqlite:///{folder / 'queue.db'}") as door:
        yield door


def report(name: str, of: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "video_id": of, "at": AT, **more}


def stored(door: Door) -> None:
    assert wait_until_stored(door.url) < 60


def test_object_array_and_lines_are_taken_and_become_cases(door: Door) -> None:
    one = door.ask("POST", "/api/v1/reports", report("a1", "va"))
    assert (one.status, one.json["accepted"]) == (202, 1)
    some = door.ask("POST", "/api/v1/reports", [report("a2", "va"), report("a3", "vb")])
    assert (some.status, some.json["accepted"]) == (202, 2)
    lines = f'{json.dumps(report("a4", "vb"))}\n\n{{"broken\n{json.dumps(report("a5", "vb"))}\n'
    told = door.ask("POST", "/api/v1/reports", lines.encode(), Content_Type=NDJSON)
    assert told.status == 202
    assert [line["status"] for line in told.json["reports"]] == ["accepted", "rejected", "accepted"]
    stored(door)
    for video, n in (("va", 2), ("vb", 3)):
        case = door.ask("GET", f"/api/v1/cases/{video}", scope=Scope.READ)
        assert (case.json["report_count"], case.json["state"]) == (n, "open")
        assert case.json["decision"] is None


def test_request_is_answered_as_at_first_under_its_key(door: Door) -> None:
    body = [report("k1", "vk"), {"id": "k2"}]
    first = door.ask("POST", "/api/v1/reports", body, Idempotency_Key="key-1")
    again = door.ask("POST", "/api/v1/reports", body, Idempotency_Key="key-1")
    assert (first.status, again.status, again.json) == (202, 202, first.json)
    other = door.ask("POST", "/api/v1/reports", [report("k3", "vk")], Idempotency_Key="key-1")
    assert (other.status, other.json["error"]["code"]) == (409, "conflict")


def test_nothing_but_faulty_reports_is_422_with_all_errors_and_places(door: Door) -> None:
    said = door.ask("POST", "/api/v1/reports", [{"id": "f1", "at": "then", "x": 1}])
    assert said.status == 422
    (line,) = said.json["reports"]
    places = [error["place"] for error in line["errors"]]
    assert places == ["/x", "/video_id", "/at"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "not-json"),
        (b"\xff\xfe", 400, "not-json"),
        (b'{"id": NaN}', 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"),
        (b"[]", 422, "empty"),
        (b"[" + b"1," * 1_000 + b"1]", 413, "too-many"),
        (b" " * (4 * 2**20 + 1), 413, "too-large"),
    ],
)
def test_body_that_cannot_be_used_is_refused(
    door: Door, body: bytes, status: int, code: str
) -> None:
    said = door.ask("POST", "/api/v1/reports", body)
    assert (said.status, said.json["error"]["code"]) == (status, code)
    assert "retry-after" not in said.headers  # sent again it is the same


def test_half_characters_are_rejected_and_what_is_whole_is_answered(door: Door) -> None:
    both = [report("half-1", "vh"), {**report("half-2", "vh"), "\ud800": 1}]
    said = door.ask("POST", "/api/v1/reports", json.dumps(both).encode())
    assert (said.status, said.json["accepted"], said.json["rejected"]) == (202, 1, 1)
    said = door.ask("PATCH", "/api/v1/reports/half-1", json.dumps({"\ud800": 1}).encode())
    assert said.status == 422


def test_body_without_a_length_is_limited_too(door: Door) -> None:
    parts = (b" " * 2**16 for _ in range(100))
    said = door.ask("POST", "/api/v1/reports", parts)
    assert (said.status, said.json["error"]["code"]) == (413, "too-large")


def test_withdrawn_amended_and_set_aside_reports_change_the_count(door: Door) -> None:
    many = [report(f"w{n}", "vw", reporter="bad" if n < 2 else "good") for n in range(5)]
    door.ask("POST", "/api/v1/reports", many)
    stored(door)
    assert door.ask("DELETE", "/api/v1/reports/w4").status == 200
    assert door.ask("DELETE", "/api/v1/reports/none").status == 404
    door.ask("POST", "/api/v1/reports", [report("a/b", "v/w/x")])
    assert door.ask("DELETE", "/api/v1/reports/a%2Fb").json == {"id": "a/b", "status": "withdrawn"}
    assert door.ask("PATCH", "/api/v1/reports/w3", {"reason": "spam"}).status == 202
    wrong = door.ask("PATCH", "/api/v1/reports/w3", {"id": "other"})
    assert (wrong.status, wrong.json["errors"][0]["place"]) == (422, "/id")
    aside = door.ask(
        "POST", "/api/v1/reporters/set-aside", {"reporter": "bad", "reason": "a campaign"}
    )
    assert aside.json == {"set_aside": 2}
    assert door.ask("POST", "/api/v1/reporters/set-aside", {"reporter": "bad"}).status == 422
    stored(door)
    case = door.ask("GET", "/api/v1/cases/vw", scope=Scope.READ)
    assert case.json["report_count"] == 2


def test_decisions_are_told_from_a_cursor_on(tmp_path: Path) -> None:
    with open_door(f"sqlite:///{tmp_path / 'queue.db'}") as door:
        door.ask("POST", "/api/v1/reports", [report(f"d{n}", f"v{n}") for n in range(4)])
        stored(door)
        first = done(door.database, ANNA, Verdict(Decision.BREAKS_RULES, ReasonCode.FRAUD))
        told = door.ask("GET", "/api/v1/decisions", scope=Scope.READ).json
        assert [event["type"] for event in told["events"]] == ["case.decided"]
        case = door.ask("GET", f"/api/v1/cases/{told['events'][0]['video_id']}", scope=Scope.READ)
        ground = case.json["decision"]["statement_of_reasons"]["decision_ground"]
        assert (case.json["state"], ground) == ("decided", "fraud")
        undo(door.database, ANNA, first.id)
        for _ in range(3):
            done(door.database)
        seen, cursor, more = [], told["cursor"], True
        while more:
            path = f"/api/v1/decisions?since={cursor}&limit=2"
            told = door.ask("GET", path, scope=Scope.READ).json
            seen += [event["type"] for event in told["events"]]
            cursor, more = told["cursor"], told["more"]
        assert seen == ["case.decision_undone"] + ["case.decided"] * 3
        for query in (
            "since=1-000000000000",
            "since=now",
            "limit=0",
            "limit=x",
            "limit=501",
            "limit=%C2%B2",
            "limit=" + "9" * 5_000,
        ):
            said = door.ask("GET", f"/api/v1/decisions?{query}", scope=Scope.READ)
            assert said.status == 422, query
        assert str(Cursor(0, "0" * 12)) == "0-000000000000"
        assert verify(door.database).problems == []


def test_health_and_metrics_tell_what_waits(door: Door) -> None:
    door.ask("POST", "/api/v1/reports", [report("m1", "vm"), {"id": "m2"}])
    stored(door)
    health = door.ask("GET", "/api/v1/health").json
    assert (health["status"], health["database"]) == ("ok", "ok")
    assert health["waiting"] == {"reports": 0, "oldest_seconds": 0.0}
    assert health["unscored"] == 0
    assert health["model"]
    said = door.ask("GET", "/metrics", scope=Scope.METRICS)
    assert said.headers["content-type"].startswith("text/plain; version=0.0.4")
    values = dict(re.findall(r"^(claimclf_\S+) (\S+)$", said.body, re.MULTILINE))
    assert values["claimclf_reports_waiting"] == "0"
    assert int(values['claimclf_reports_total{outcome="accepted"}']) >= 1
    assert int(values['claimclf_reports_total{outcome="rejected"}']) >= 1
    for line in said.body.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) .+|claimclf_\w+(\{.*\})? [0-9.]+", line), line


def test_openapi_document_has_every_route_and_nothing_else(door: Door) -> None:
    told = door.ask("GET", "/api/v1/openapi.json").json
    assert told == document()
    named = {(method.upper(), path) for path, ways in told["paths"].items() for method in ways}
    assert named == {(way.method, way.path) for way in WAYS}
    for way in WAYS:
        operation = told["paths"][way.path][way.method.lower()]
        places = re.findall(r"\{(\w+)\}", way.path)
        given = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        assert given == places
        path = re.sub(r"\{\w+\}", "none", way.path)
        scope = way.scope or Scope.READ
        status = door.ask(way.method, path, b"{}" if way.method != "GET" else None, scope=scope)
        assert str(status.status) in operation["responses"], (way, status)


def test_without_a_token_there_is_no_way_in(door: Door) -> None:
    paths = [
        *(re.sub(r"\{\w+\}", "va", way.path) for way in WAYS),
        *("/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/reports", "/api/v1/reports/"),
        *("/metrics", "/api/v1/../v1/health", "/api//v1/health", "/api/v1/health?token=x"),
    ]
    cookie = f"claimclf-{door.place[1]}={'-' * 64}"  # that of a page, which opens all pages
    for method in METHODS:
        for path in paths:
            for headers in (
                {},
                {"Cookie": cookie},
                {"Authorization": "Bearer "},
                {"Authorization": "Bearer claimclf_wrong"},
                {"Authorization": f"Basic {door.tokens[Scope.READ]}"},
                {"Authorization": door.tokens[Scope.READ]},
                {"X_Api_Key": door.tokens[Scope.READ]},
            ):
                said = door.ask(method, path, scope=None, **headers)
                assert said.status == 401, (method, path, headers, said)
                assert "video" not in said.body


def test_token_opens_only_what_it_is_for(door: Door) -> None:
    for way in WAYS:
        path = re.sub(r"\{\w+\}", "none", way.path)
        for scope in Scope:
            said = door.ask(way.method, path, b"{}", scope=scope)
            is_open = way.scope in (None, scope)
            assert (said.status == 403) != is_open, (way, scope, said)


def test_revoked_and_ended_tokens_let_nobody_in(door: Door) -> None:
    for name in ("to-revoke", "to-end"):
        end = door.database.now() + 1_500_000 if name == "to-end" else None
        shown = make_token(door.database, ADMIN, name, ["report"], "shop", end)
        assert door.ask("GET", "/api/v1/health", token=shown).status == 200
        if end is None:
            revoke_token(door.database, ADMIN, name)
        else:
            while door.database.now() < end:
                time.sleep(0.05)
        assert door.ask("GET", "/api/v1/health", token=shown).status == 401


def test_other_ways_and_methods_are_named_to_whom_has_a_token(door: Door) -> None:
    said = door.ask("PUT", "/api/v1/reports")
    assert (said.status, said.headers["allow"]) == (405, "POST")
    assert door.ask("GET", "/api/v1/nothing").status == 404


def test_door_below_a_path_is_nowhere_else(tmp_path: Path) -> None:
    door = opening.open_door(f"sqlite:///{tmp_path / 'queue.db'}", below="/claimclf")
    passage = Passage("/claimclf")
    assert passage.has("/claimclf/api/v1/reports")
    elsewhere = ("/api/v1/reports", "/claimclf", "/claimclfx/api/v1/reports")
    assert not any(map(passage.has, elsewhere))
    for routes in (door.routes, passage.routes):
        paths = {str(getattr(route, "path", "")) for route in routes}
        assert paths
        assert all(path.startswith("/claimclf/") for path in paths)


def test_page_of_another_site_and_other_names_are_refused(door: Door) -> None:
    assert door.ask("GET", "/api/v1/health", Origin="https://evil.example").status == 403
    assert door.ask("GET", "/api/v1/health", Host="evil.example").status == 403
    assert door.ask("GET", "/api/v1/health", X_Forwarded_For="1.2.3.4").status == 403


def test_token_is_never_kept_as_it_is(door: Door) -> None:
    file = Path(str(door.database.url.database))
    content = b"".join(one.read_bytes() for one in file.parent.glob("queue.db*"))
    for token in door.tokens.values():
        assert token.encode() not in content


def test_too_many_requests_are_told_when_to_come_again() -> None:
    now = [0.0]
    rate = Rate(Limits(per_second=0.5, burst=3), lambda: now[0])
    assert [rate.seconds_to_wait("a") for _ in range(4)] == [0, 0, 0, 2]
    assert rate.seconds_to_wait("b") == 0  # another token's
    now[0] = 1.0
    assert rate.seconds_to_wait("a") == 1
    now[0] = 2.0
    assert [rate.seconds_to_wait("a"), rate.seconds_to_wait("a")] == [0, 2]


def answered(entrance: Entrance, token: str) -> tuple[int, dict[bytes, bytes]]:
    """Ask for the health of a server that is not one of its own; return status and headers."""
    headers = [(b"authorization", f"Bearer {token}".encode())]
    path = {"path": "/api/v1/health", "query_string": b"", "headers": headers}
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(entrance({"type": "http", "method": "GET", **path}, receive, send))
    return said[0]["status"], dict(said[0]["headers"])


def test_too_many_requests_are_429_and_say_when_to_come_again(
    migrated: Path, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path)}")
    entrance = Entrance(Room(database), Limits(per_second=0.1, burst=1))
    token = tokens_for(database)[Scope.REPORT]
    assert answered(entrance, token)[0] == 200
    status, headers = answered(entrance, token)
    assert status == 429
    assert 1 <= int(headers[b"retry-after"]) <= 10
    database.close()


@pytest.mark.parametrize("url", UNREACHABLE)
def test_database_that_cannot_be_reached_is_503_and_says_when_to_come_again(url: str) -> None:
    status, headers = answered(Entrance(Room(Database(url))), "claimclf_any")
    assert status == 503
    assert int(headers[b"retry-after"]) > 0


def test_records_of_a_body_are_bounded() -> None:
    with pytest.raises(RefusedError, match="3 reports in this request; 2 are taken"):
        records_of(b"1\n2\n3\n", NDJSON, 2)


def test_database_that_is_away_is_503_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with open_door(f"sqlite:///{folder / 'queue.db'}") as door:
        door.ask("POST", "/api/v1/reports", report("x1", "vx"))
        stored(door)
        folder.rename(tmp_path / "away")
        said = door.ask("POST", "/api/v1/reports", report("x2", "vx"))
        is_taken = said.status == 202
        if not is_taken:
            assert said.status == 503
            assert int(said.headers["retry-after"]) > 0
            assert "/" not in said.json["error"]["message"]
        (tmp_path / "away").rename(folder)
        while door.ask("POST", "/api/v1/reports", report("x3", "vx")).status != 202:
            time.sleep(0.1)
        stored(door)
        case = door.ask("GET", "/api/v1/cases/vx", scope=Scope.READ)
        assert case.json["report_count"] == 2 + is_taken


def test_reports_of_eight_processes_with_repeats_kills_and_restarts_are_counted_exactly(
    new_url: NewUrl,
) -> None:
    n, url = examples(20_000), new_url()
    database = Database(url)
    token = tokens_for(database)[Scope.REPORT]
    load = Load(n, 8, 100, 300)
    port = intake_stress._free_port()
    problems: list[BaseException] = []

    def send() -> None:
        try:
            send_all(("127.0.0.1", port), token, load, patience=120)
        except BaseException as error:
            problems.append(error)

    sender = threading.Thread(target=send)
    process = intake_stress.start_server(url, port)
    sender.start()
    taken = 0
    for kill in range(1, 4):
        while sender.is_alive() and taken < kill * n // 5:
            taken = database.read(lambda c: c.scalar(select(func.count()).select_from(reports)))
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process = intake_stress.start_server(url, port)
    sender.join()
    assert problems == []
    wait_until_stored(url)
    process.terminate()
    process.wait(30)
    assert database.read(lambda c: c.scalar(select(func.count()).select_from(reports))) == n
    assert account(url, load) == (0, 0)
    assert verify(database).problems == []
    database.close()


def test_lines_of_the_manual_do_what_it_says(door: Door) -> None:
    manual = (ROOT / "docs" / "api.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(curl.*?)```", manual, re.DOTALL)
    assert len(blocks) >= 6
    named = {way.path.partition("{")[0] for way in WAYS}
    assert all(any(path in block for block in blocks) for path in named - {"/api/v1/openapi.json"})
    environment = {
        **os.environ,
        "ADDRESS": f"http://127.0.0.1:{door.place[1]}",
        "TOKEN": make_token(door.database, ADMIN, "manual", list(Scope), "manual"),
    }
    for block in blocks:
        line = block.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
        ran = subprocess.run(
            ["sh", "-c", line], env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, (block, ran.stdout, ran.stderr)
        stored(door)
