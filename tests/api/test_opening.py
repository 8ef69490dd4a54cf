"""The dashboard opens in its user's browser, and nobody else learns its address by that."""

from __future__ import annotations

import stat
import webbrowser
from pathlib import Path

import pytest

from claimclf.api.opening import opened, say

ADDRESS = "http://127.0.0.1:8501/?token=abc"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was started with."""
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    return shown


def test_browser_gets_a_file_of_this_user_alone_that_goes_on_to_the_address(
    tmp_path: Path, shown: list[str]
) -> None:
    with opened(ADDRESS, tmp_path / "data"):
        (file,) = (tmp_path / "data").iterdir()
        assert shown == [file.as_uri()]
        assert ADDRESS in file.read_text("utf-8")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()


def test_address_is_said_where_there_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    say("")
    say(ADDRESS)
    assert capsys.readouterr().out == f"claimclf is at {ADDRESS}\n"


def test_nothing_is_opened_without_an_address(tmp_path: Path, shown: list[str]) -> None:
    with opened("", tmp_path):
        assert list(tmp_path.iterdir()) == []
    assert shown == []


def test_server_goes_on_where_the_file_cannot_be_made(tmp_path: Path, shown: list[str]) -> None:
    place = tmp_path / "data"
    place.write_text("a file")
    with opened(ADDRESS, place):
        assert shown == []
