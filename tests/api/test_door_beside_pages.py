"""The door beside the pages: neither opens the other, and it is not there until it is turned on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimclf.configuration import API, DATABASE
from claimclf.queue.storage.database import Database
from claimclf.services.tokens import Scope, make_token
from tests.api.doors import ADMIN
from tests.api.servers import SECRETS, Server, signed_in
from tests.browser.dashboard import TOKEN, cookie, running_dashboard

PATHS = (
    "/api/a%0ab",
    "/api/v1/health",
    "/api/v1/reports",
    "/api/v1/cases/v",
    "/api/v1/decisions",
    "/metrics",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def queue_in(folder: Path) -> tuple[str, str]:
    """Return the address of a queue and a token for everything there."""
    url = f"sqlite:///{folder / 'queue.db'}"
    database = Database(url)
    token = make_token(database, ADMIN, "all", list(Scope))
    database.close()
    return url, token


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    url, token = queue_in(tmp_path_factory.mktemp("own"))
    with running_dashboard(**{API.variable: "on", DATABASE.variable: url}) as address:
        yield Server(address, cookie()), token


def test_page_cookie_opens_nothing_behind_the_door(own: tuple[Server, str]) -> None:
    server, _ = own
    assert server.ask("/", cookies=server.cookies).status == 200
    for path in PATHS:
        for method in METHODS:
            for asked in (path, f"{path}?token={TOKEN}"):
                said = server.ask(asked, method, cookies=server.cookies)
                assert said.status == 401, (method, asked)
                assert "set-cookie" not in said.headers


def test_token_opens_the_door_and_no_page(own: tuple[Server, str]) -> None:
    server, token = own
    bearer = {"Authorization": f"Bearer {token}"}
    health = server.ask("/api/v1/health", **bearer)
    assert (health.status, json.loads(health.body)["database"]) == (200, "ok")
    assert "x-frame-options" in health.headers
    for path in ("/", "/review", "/_stcore/host-config", f"/?token={token}"):
        assert server.ask(path, **bearer).is_refused, path
    assert server.open_websocket(cookies=f"claimclf-x={token}").status == 403


def test_it_is_not_there_until_it_is_turned_on(tmp_path: Path) -> None:
    url, token = queue_in(tmp_path)
    with running_dashboard(**{DATABASE.variable: url}) as address:
        server = Server(address, cookie())
        for path in PATHS:
            shown = {"Authorization": f"Bearer {token}"}
            assert server.ask(path, **shown).is_refused
            said = server.ask(path, cookies=server.cookies, **shown)
            assert "waiting" not in said.body
            assert "claimclf_" not in said.body


def test_signing_in_opens_nothing_behind_the_door(tmp_path: Path) -> None:
    url, token = queue_in(tmp_path)
    file = tmp_path / "secrets.toml"
    file.write_text(SECRETS, "utf-8")
    settings = {API.variable: "on", DATABASE.variable: url, "STREAMLIT_SECRETS_FILES": str(file)}
    with running_dashboard(**settings) as address:
        server = Server(address, signed_in(address))
        for path in PATHS:
            assert server.ask(path).status == 401
            assert server.ask(path, cookies=server.cookies).status == 401
        assert server.ask("/api/v1/health", Authorization=f"Bearer {token}").status == 200
