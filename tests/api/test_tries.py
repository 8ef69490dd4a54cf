"""Who reaches which route: each of the application's, by name of the host and by cookie.

A route that is added must be entered here, and is tried with the others from then on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from claimclf.paths import ROOT
from tests.api.servers import Answer, Server, own_server, signed_in, team_server
from tests.documents import tables

OPEN, PAGE, SIGNED_IN = "open", "page", "signed in"
#: Route -> for whom it is: anybody who finds the server, whoever may see the page that asks to
#: sign in, or people who have signed in. Without a login all but the first need the token.
FOR: dict[str, str] = {
    "/_stcore/health": OPEN,
    "/_stcore/host-config": PAGE,
    "/_stcore/stream": PAGE,
    "/_stcore/bidi-components/{path:path}": PAGE,
    "/component/{path:path}": PAGE,
    "/auth/login": PAGE,
    "/auth/logout": PAGE,
    "/oauth2callback": PAGE,
    "/": PAGE,  # the pages themselves and what they are drawn with
    "/_stcore/metrics": SIGNED_IN,
    "/media/{file_id:path}": SIGNED_IN,
    "/_stcore/upload_file/{session_id}/{file_id}": SIGNED_IN,
    "/_stcore/agent/interact": SIGNED_IN,
    "/_stcore/agent/openapi.json": SIGNED_IN,
    "/_stcore/agent/mcp": SIGNED_IN,
}
_ROUTES = """
import json
from claimclf.api.application import app
built = app._build_starlette_app()
print(json.dumps([[each.cls.__name__ for each in built.user_middleware], [
    [route.path or "/", sorted(getattr(route, "methods", None) or ["GET"])]
    for route in built.routes
]]))
"""
FOREIGN = "dashboard.example.com"


@cache
def application() -> tuple[list[str], dict[str, set[str]]]:
    """The middleware, outermost first, and the methods of each route, of what is served."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ROUTES],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    middleware, paths = json.loads(run.stdout.splitlines()[-1])
    methods: dict[str, set[str]] = {}
    for path, names in paths:
        methods.setdefault(path, set()).update(names)
    return middleware, methods


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    with own_server() as server:
        yield server


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with team_server(tmp_path_factory.mktemp("team")) as server:
        yield server


def test_every_route_is_in_the_table() -> None:
    assert set(application()[1]) == set(FOR)


def test_manual_says_for_whom_each_route_is() -> None:
    (written,) = tables("security.md")
    assert {row["route"].strip("`"): row["for"] for row in written} == FOR


def test_nothing_but_headers_comes_before_the_gate_and_uploads_are_limited_after_it() -> None:
    assert application()[0][:3] == ["SetHeaders", "Gate", "LimitUploads"]


def tried(server: Server, route: str, **how: Any) -> list[Answer]:
    """Ask for a route in each way that it has."""
    if route == "/_stcore/stream":
        return [server.open_websocket(**how)]
    if route == "/auth/logout" and how.get("cookies", "").startswith("_streamlit_user"):
        # A sign-in of its own, for this ends it.
        how = {**how, "cookies": signed_in(server.address, iat=int(time.time()) - 60)}
    path = re.sub(r"{[^}]*}", "x", route)
    return [server.ask(path, method, **how) for method in sorted(application()[1][route])]


def refused(server: Server, route: str, **how: Any) -> bool:
    """Say whether the gate refuses a route; all of its ways alike."""
    answers = {answer.is_refused for answer in tried(server, route, **how)}
    assert len(answers) == 1, (route, how)
    return answers.pop()


@pytest.mark.parametrize("route", FOR)
def test_without_a_login_only_who_has_the_token_reaches_a_route(own: Server, route: str) -> None:
    closed = FOR[route] != OPEN
    assert refused(own, route) is closed
    assert refused(own, route, cookies="claimclf-8501=" + "x" * 43) is closed
    assert refused(own, route, cookies="claimclf-8501=\xe9") is closed
    assert refused(own, route, cookies=signed_in(own.address)) is closed
    assert not refused(own, route, cookies=own.cookies)


@pytest.mark.parametrize("route", FOR)
def test_with_a_login_files_uploads_and_figures_are_for_who_has_signed_in(
    team: Server, route: str
) -> None:
    closed = FOR[route] == SIGNED_IN
    assert refused(team, route) is closed
    for cookies in (
        "_streamlit_user=x",
        "claimclf-8501=a-token-of-the-tests-that-is-no-secret",
        signed_in(team.address, "another secret, which is as long as it"),
        signed_in(team.address, origin="http://127.0.0.1:1"),
        signed_in(team.address, is_logged_in=False),
        signed_in(team.address, email="eve@example.org"),  # who has no role
        signed_in(team.address, email_verified=False),
        signed_in(team.address, iat=0),  # idle for too long
    ):
        assert refused(team, route, cookies=cookies) is closed, cookies
    assert not refused(team, route, cookies=team.cookies)


@pytest.mark.parametrize("route", FOR)
@pytest.mark.parametrize("kind", ["own", "team"])
def test_foreign_names_and_pages_and_proxies_reach_nothing_whatever_they_bring(
    kind: str, route: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(kind)
    closed = FOR[route] != OPEN
    port = server.place.rpartition(":")[2]
    assert refused(server, route, cookies=server.cookies, host=f"{FOREIGN}:{port}") is closed
    if route == "/_stcore/stream":
        for origin in ("http://127.0.0.1:1", f"http://{FOREIGN}", "null"):
            assert refused(server, route, cookies=server.cookies, origin=origin)
        assert not refused(server, route, cookies=server.cookies, origin=server.address)
        return
    for header in ("X_Forwarded_For", "X_Forwarded_Host", "Forwarded", "Via", "X_Real_IP"):
        assert refused(server, route, cookies=server.cookies, **{header: "10.0.0.1"}) is closed
    for origin in ("http://127.0.0.1:1", "null", "https://streamlit.app"):
        assert refused(server, route, cookies=server.cookies, Origin=origin) is closed
    assert not refused(server, route, cookies=server.cookies, Origin=server.address)


def test_fonts_and_scripts_reach_the_page_that_asks_to_sign_in(team: Server) -> None:
    for path in ("/static/media/x.woff2", "/static/js/_stcore/metrics", "/review"):
        assert not team.ask(path).is_refused
    assert team.ask("/x/media/static/y").is_refused


@pytest.mark.parametrize("path", ["//media/x", "/x/media/y", "/_stcore//metrics", "/media%2Fx"])
def test_other_spellings_of_a_closed_route_reach_nothing(team: Server, path: str) -> None:
    assert team.ask(path).is_refused


@pytest.mark.parametrize("kind", ["own", "team"])
def test_every_answer_keeps_others_from_framing_guessing_and_being_told(
    kind: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(kind)
    for path, cookies in (
        ("/", server.cookies),
        ("/media/x", ""),
        ("/_stcore/health", ""),
        ("/static/none", server.cookies),
    ):
        headers = server.ask(path, cookies=cookies).headers
        assert headers["content-security-policy"] == "frame-ancestors 'none'"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


def test_no_origin_may_give_the_page_orders(own: Server) -> None:
    answer = own.ask("/_stcore/host-config", cookies=own.cookies)
    assert json.loads(answer.body)["allowedOrigins"] == []


def test_refusals_say_what_to_do(own: Server, team: Server) -> None:
    assert "Open the address that claimclf serve printed" in own.ask("/").body
    assert "sign in, and try again" in team.ask("/media/x").body
    assert "CLAIMCLF_HOSTS" in team.ask("/", host=FOREIGN).body
    assert "CLAIMCLF_PROXIES" in own.ask("/", Via="1.1 proxy").body
