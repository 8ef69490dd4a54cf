"""The gate by itself: the token's way from an address into a cookie, names, proxies."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest

from claimclf.api import admission as admissions
from claimclf.api.middleware.gate import Admission, Gate
from claimclf.configuration import HOSTS, PROXIES, SECRETS_FILES, TOKEN
from claimclf.errors import ServerError
from claimclf.services.serving import is_local
from tests.api.servers import SECRETS

TOKEN_OF_OWN = "k" * 43
OWN = Admission(TOKEN_OF_OWN, is_local)
PASSED = 299


def asked(
    admission: Admission = OWN,
    path: str = "/",
    query: str = "",
    *,
    client: str = "127.0.0.1",
    method: str = "GET",
    version: str = "1.1",
    **headers: str,
) -> tuple[int, dict[str, str], str]:
    """Return status, headers and text of the answer; the status says whether the gate let in."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": PASSED, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    named = {"host": "127.0.0.1:8501", **headers}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "http_version": version,
        "query_string": query.encode(),
        "client": (client, 1),
        "server": ("127.0.0.1", 8501),
        "headers": [
            (name.replace("_", "-").encode(), value.encode("latin-1"))
            for name, value in named.items()
        ],
    }
    asyncio.run(Gate(app, admission)(scope, None, send))  # type: ignore[arg-type]
    answer = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answer, sent[1]["body"].decode()


def test_address_with_the_token_gives_a_cookie_that_no_script_and_no_other_site_has() -> None:
    status, headers, body = asked(query=f"token={TOKEN_OF_OWN}", path="/review")
    assert status == 200
    cookie = headers["set-cookie"]
    assert cookie.startswith(f"claimclf-8501={TOKEN_OF_OWN};")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert headers["cache-control"] == "no-store"
    assert 'content="0; url=/review"' in body, "the token goes out of the address"
    assert asked(cookie=cookie.partition(";")[0])[0] == PASSED


def test_other_parts_of_the_address_stay() -> None:
    _, _, body = asked(query=f"models=a%26b&token={TOKEN_OF_OWN}&view=%22x", path="/comparison")
    assert "url=/comparison?models=a%26b&amp;view=%22x" in body


@pytest.mark.parametrize("path", ["//other.example/x", "/\\other.example/x", "\\\\other.example/x"])
def test_nobody_is_sent_to_another_server(path: str) -> None:
    _, _, body = asked(query=f"token={TOKEN_OF_OWN}", path=path)
    assert 'url=/other.example/x"' in body


@pytest.mark.parametrize("query", ["", "token=", "token=x", f"token={TOKEN_OF_OWN}x", "token=%ff"])
def test_wrong_tokens_give_nothing(query: str) -> None:
    status, headers, _ = asked(query=query)
    assert status == 403
    assert "set-cookie" not in headers


def test_only_opening_an_address_gives_the_cookie() -> None:
    assert asked(query=f"token={TOKEN_OF_OWN}", method="POST")[0] == 403


def test_token_gives_nothing_where_people_sign_in() -> None:
    team = Admission("", is_local)
    assert asked(team, query="token=") == (PASSED, {}, "")
    assert asked(team, "/media/x", query="token=")[0] == 403
    assert asked(team, "/media/x", cookie="claimclf-8501=")[0] == 403


@pytest.mark.parametrize(
    "host",
    [
        *("", "example.org", "127.0.0.1.example.org", "[", "a@127.0.0.1", "127.0.0.1/x"),
        *("127.0.0.1:8501.example.org", "127.0.0.1:", "127.0.0.1:port", "127.0.0.1\\x", "[::1"),
    ],
)
def test_without_a_login_the_server_is_called_by_this_machines_names_only(host: str) -> None:
    assert asked(host=host, cookie=f"claimclf-8501={TOKEN_OF_OWN}")[0] == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:8501", "LocalHost", "[::1]", "[::1]:8501"]
)
def test_names_of_this_machine_are_understood_with_and_without_a_port(host: str) -> None:
    assert asked(host=host, cookie=f"claimclf-8501={TOKEN_OF_OWN}")[0] == PASSED


@pytest.mark.parametrize("below", ["", "/claimclf", "/tools/static", "/static", "/media"])
def test_what_is_for_people_who_signed_in_is_closed_wherever_everything_is_served(
    below: str,
) -> None:
    team = Admission("", is_local, below=below)
    closed = ("/media/x", "/_stcore/metrics", "/_stcore/upload_file/a/b", "/review/media/x")
    assert {asked(team, below + path)[0] for path in closed} == {403}
    opened = ("/", "/review", "/_stcore/stream", "/_stcore/health", "/static/js/index.js")
    assert {asked(team, below + path)[0] for path in opened} == {PASSED}


def test_requests_through_a_proxy_come_in_from_the_one_that_is_configured() -> None:
    cookie = f"claimclf-8501={TOKEN_OF_OWN}"
    behind = Admission(TOKEN_OF_OWN, is_local, (ip_network("172.16.0.0/12"),))
    through = {"x_forwarded_for": "203.0.113.5", "cookie": cookie}
    assert asked(OWN, client="172.18.0.1", **through)[0] == 403
    assert asked(behind, client="172.18.0.1", **through)[0] == PASSED
    assert asked(behind, client="127.0.0.1", **through)[0] == 403
    assert asked(behind, client="no address", **through)[0] == 403


@pytest.mark.parametrize(
    "header",
    [
        *("forwarded", "via", "x-forwarded-for", "X_Forwarded_For", "x-forwarded", "x-real_ip"),
        *("cf-connecting-ip", "true-client-ip", "x-client-ip", "x-original-host", "x-rewrite-url"),
        *("x-envoy-external-address", "x-cluster-client-ip", "fly-client-ip"),
    ],
)
def test_whatever_a_proxy_adds_shows_that_there_is_one(header: str) -> None:
    cookie = f"claimclf-8501={TOKEN_OF_OWN}"
    named = {header.lower(): "203.0.113.5"}
    assert asked(cookie=cookie, **named)[0] == 403
    behind = Admission(TOKEN_OF_OWN, is_local, (ip_network("127.0.0.1"),))
    assert asked(behind, cookie=cookie, **named)[0] == PASSED


def test_proxy_that_nobody_set_up_speaks_an_old_http() -> None:
    """It adds nothing, and calls this server by its own name."""
    cookie = f"claimclf-8501={TOKEN_OF_OWN}"
    assert asked(cookie=cookie, version="1.0")[0] == 403
    assert asked(cookie=cookie, version="1.0", path="/_stcore/health")[0] == PASSED


# What is set up


@pytest.fixture
def team(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Admission:
    file = tmp_path / "secrets.toml"
    file.write_text(SECRETS.replace("127.0.0.1:{port}", "Triage.example.org"))
    monkeypatch.setenv(SECRETS_FILES.variable, str(file))
    monkeypatch.setenv(HOSTS.variable, "triage.local  Other.example.org")
    monkeypatch.setenv(PROXIES.variable, "10.0.0.5 172.16.0.0/12")
    return admissions.admission()


def test_with_a_login_names_are_that_of_the_login_and_those_that_are_set(team: Admission) -> None:
    assert team.token == ""
    names = ("triage.example.org", "triage.local", "other.example.org")
    assert all(map(team.may_call, names))
    assert not any(map(team.may_call, ("127.0.0.1", "localhost", "", "example.org")))
    assert team.address == "http://Triage.example.org"
    assert team.proxies == (ip_network("10.0.0.5"), ip_network("172.16.0.0/12"))


def test_proxies_that_are_no_addresses_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROXIES.variable, "proxy.example.org")
    monkeypatch.setenv(TOKEN.variable, TOKEN_OF_OWN)
    with pytest.raises(ServerError, match="address of a proxy"):
        admissions.admission()


def test_without_a_login_names_that_are_set_do_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv(SECRETS_FILES.variable, str(tmp_path / "none.toml"))
    monkeypatch.setenv(HOSTS.variable, "triage.example.org")
    monkeypatch.setenv(TOKEN.variable, TOKEN_OF_OWN)
    own = admissions.admission()
    assert own.token == TOKEN_OF_OWN
    assert not own.may_call("triage.example.org")
