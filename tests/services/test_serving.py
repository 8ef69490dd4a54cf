"""What the log tells of the server's start."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from claimclf import __version__
from claimclf.configuration import LOG_LEVEL
from claimclf.paths import ROOT
from claimclf.services import serving
from tests.browser.dashboard import free_port, served
from tests.conftest import Logged

_COMMAND = "from claimclf.cli import main; main()"


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
        serving.serve(free_port(), "0.0.0.0")  # noqa: S104
    assert logged.lines == []


def test_served_dashboard_logs_its_start_unless_told_otherwise(tmp_path: Path) -> None:
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
