"""Where the server listens, and what the log tells of its start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from claimclf import __version__
from claimclf.cli import main
from claimclf.configuration import LOG_LEVEL, SECRETS_FILES, TOKEN, has_login
from claimclf.paths import ROOT
from claimclf.services import serving
from claimclf.services.serving import is_local
from tests.browser.dashboard import free_port, served
from tests.conftest import Logged

EVERYWHERE = "0.0.0.0"  # noqa: S104
_COMMAND = "from claimclf.cli import main; main()"


@pytest.fixture(autouse=True)
def _environment_stays() -> Iterator[None]:
    """A start leaves words for the program that takes this one's place, which it does not here."""
    with patch.dict(os.environ):
        yield


@pytest.mark.parametrize(
    ("has_login", "entry"), [(True, "people sign in"), (False, "without a login")]
)
def test_start_is_logged_with_version_and_address_and_who_may_come_in(
    logged: Logged, monkeypatch: pytest.MonkeyPatch, has_login: bool, entry: str
) -> None:
    monkeypatch.setattr(serving, "has_login", lambda: has_login)
    monkeypatch.setattr(serving, "require_login_packages", lambda: None)
    monkeypatch.setattr(os, "execv", lambda *_: None)
    monkeypatch.chdir(ROOT)
    port = free_port()
    serving.serve(port)
    message = f"Server starts: claimclf {__version__} at 127.0.0.1, port {port}, {entry}"
    assert logged.lines == [("INFO", message)]


def test_start_that_is_refused_is_not_logged(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "has_login", lambda: False)
    with pytest.raises(serving.ServerError):
        serving.serve(free_port(), EVERYWHERE)
    assert logged.lines == []


def test_secrets_that_others_can_read_are_warned_of(
    logged: Logged,
    started: list[dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("[claimclf]\n")
    monkeypatch.setenv(SECRETS_FILES.variable, str(file))
    for mode, n_warnings in ((0o600, 0), (0o640, 1), (0o604, 2)):
        file.chmod(mode)
        serving.serve(free_port())
        warnings = [message for level, message in logged.lines if level == "WARNING"]
        assert len(warnings) == n_warnings, "one more where others can read it"
        assert all(f"chmod 600 {file}" in message for message in warnings)
    assert len(started) == 3


def test_served_dashboard_says_where_it_is_and_logs_its_start_unless_told_otherwise(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop(LOG_LEVEL.variable, None)
    for options, n_lines in (([], 1), (["--log-level", "warning"], 0)):
        port = free_port()
        command = [sys.executable, "-c", _COMMAND, *options, "serve", "--port", str(port)]
        with log.open("wb") as stream, served(command, environment, port, stream):
            pass
        text = log.read_text("utf-8")
        assert text.count(f"at 127.0.0.1, port {port}, without a login") == n_lines
        assert text.count(f"claimclf is at http://127.0.0.1:{port}/?token=") == 1


# Who may open it.


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The environment of each server that was started."""
    started: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execv", lambda *_: started.append(dict(os.environ)))
    monkeypatch.setattr(serving, "has_login", lambda: False)
    monkeypatch.chdir(ROOT)
    for name in (TOKEN.variable, serving.IS_AT, serving.OPENS, "FORWARDED_ALLOW_IPS"):
        monkeypatch.setenv(name, "")
    return started


def test_address_with_a_new_token_is_handed_to_the_server_at_each_start(
    started: list[dict[str, str]],
) -> None:
    tokens = []
    for _ in range(2):
        os.environ[TOKEN.variable] = ""
        port = free_port()
        serving.serve(port)
        token = started[-1][TOKEN.variable]
        assert started[-1][serving.IS_AT] == f"http://127.0.0.1:{port}/?token={token}"
        tokens.append(token)
    assert len(set(tokens)) == 2
    assert all(len(token) >= 43 for token in tokens), "256 bits in letters"
    assert started[-1]["FORWARDED_ALLOW_IPS"] == "", "nobody says whose connection it is"


def test_token_that_is_set_counts_and_one_that_can_be_guessed_stops_the_start(
    started: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN.variable, "k" * 32)
    serving.serve(free_port())
    assert started[0][TOKEN.variable] == "k" * 32
    for weak in ("k" * 31, "k" * 40 + "&", "\xe9" * 40):
        monkeypatch.setenv(TOKEN.variable, weak)
        with pytest.raises(serving.ServerError, match="keeps others out") as error:
            serving.serve(free_port())
        assert weak not in str(error.value)
    assert len(started) == 1


@pytest.mark.parametrize("login", [False, True])
def test_token_is_in_no_command_and_a_login_has_none(
    started: list[dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    login: bool,
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: commands.append(command))
    monkeypatch.setattr(serving, "has_login", lambda: login)
    monkeypatch.setattr(serving, "require_login_packages", lambda: None)
    serving.serve(free_port(), opens=True)
    assert "token" not in " ".join(commands[0])
    assert ("?token=" in os.environ[serving.IS_AT]) is not login
    assert bool(os.environ[TOKEN.variable]) is not login
    assert ("?token=" in os.environ[serving.OPENS]) is not login


@pytest.mark.parametrize(
    ("screen", "person", "options", "opens"),
    [
        (":0", True, [], True),
        ("", True, [], False),
        (":0", False, [], False),
        (":0", True, ["--no-browser"], False),
        ("", False, ["--browser"], True),
    ],
)
def test_browser_opens_where_somebody_sits_before_a_screen_or_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, screen: str, person: bool, options: list[str], opens: bool
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(serving, "serve", lambda *_, opens: asked.append(opens))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("claimclf.cli.serving.is_terminal", lambda: person)
    assert CliRunner().invoke(main, ["serve", *options]).exit_code == 0
    assert asked == [opens]


# Where the server listens.


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]"])
def test_this_machines_own_addresses(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize(
    "address",
    ["", EVERYWHERE, "::", "192.168.0.7", "example.org", "localhost.evil.org", "unix://s"],
)
def test_addresses_that_others_reach(address: str) -> None:
    assert not is_local(address)


@pytest.fixture
def secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "secrets.toml"
    monkeypatch.setenv(SECRETS_FILES.variable, str(file))
    return file


@pytest.mark.parametrize("address", [EVERYWHERE, "::", "", "192.168.0.7"])
def test_serving_others_without_a_login_is_refused(secrets_file: Path, address: str) -> None:
    secrets_file.write_text('[claimclf]\nrole_claim = "roles"\n')
    done = CliRunner().invoke(main, ["serve", "--address", address])
    assert done.exit_code == 6
    assert "Without a login the dashboard is for this machine only" in done.output
    assert "docs/login.md" in done.output


def test_serving_others_with_a_login_starts_the_server_there(
    secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_file.write_text('[auth]\nclient_id = "claimclf"\n')
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: started.append(command))
    monkeypatch.setattr(serving, "_check_port", lambda address, port: None)
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(main, ["serve", "--address", EVERYWHERE])
    assert done.exit_code == 0, done.output
    assert started[0][-3:] == [
        "--server.address=0.0.0.0",
        "--server.port=8501",
        "--server.baseUrlPath=",
    ]


@pytest.mark.usefixtures("secrets_file")
def test_servers_log_level_is_the_one_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[str | None] = []
    monkeypatch.setenv(LOG_LEVEL.variable, "error")
    monkeypatch.setattr(os, "execv", lambda *_: levels.append(os.environ.get(LOG_LEVEL.variable)))
    monkeypatch.setattr(serving, "_check_port", lambda address, port: None)
    monkeypatch.chdir(ROOT)
    for options in ([], ["--log-level", "debug"]):
        assert CliRunner().invoke(main, [*options, "serve"]).exit_code == 0
    assert levels == ["error", "debug"]


def test_login_without_its_packages_is_refused_at_start(
    secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_file.write_text('[auth]\nclient_id = "claimclf"\n')
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["serve"])
    assert done.exit_code == 6
    assert "Run: sh scripts/install.sh login" in done.output


@pytest.mark.parametrize("content", [b"[auth\n", b"\xff\xfe"])
def test_secrets_that_cannot_be_read_are_refused_at_start(
    secrets_file: Path, content: bytes
) -> None:
    secrets_file.write_bytes(content)
    done = CliRunner().invoke(main, ["serve"])
    assert done.exit_code == 6
    assert "The Streamlit secrets cannot be read." in done.output


def test_login_is_found_in_any_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.toml").write_text("[other]\n")
    (tmp_path / "two.toml").write_text("[auth]\n")
    files = [tmp_path / name for name in ("none.toml", "one.toml", "two.toml")]
    monkeypatch.setenv(SECRETS_FILES.variable, " ".join(map(str, files)))
    assert has_login()
    monkeypatch.setenv(SECRETS_FILES.variable, " ".join(map(str, files[:2])))
    assert not has_login()
