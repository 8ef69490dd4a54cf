"""What nobody foresaw, from the server's log to the screen: a number on both, and no words."""

from __future__ import annotations

import getpass
import os
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.paths import SERVER
from tests.browser.dashboard import free_port, served, settle
from tests.conftest import ROOT
from tests.house.test_logs import LINE

pytestmark = pytest.mark.browser

WRITTEN = "drones will deliver by 2025"
# The server as it is started, with two faults in it: where a page is drawn, and at a click.
_SERVER = f"""
import sys
from claimclf.services import queue

def fault(*_, **__):
    raise KeyError({WRITTEN!r})

queue.settings_history = queue.next_case = fault
from streamlit.web.cli import main
sys.argv = ["streamlit", "run", *sys.argv[1:]]
main()
"""


def number_on(page: Page) -> str:
    said = page.get_by_test_id("stAlert").filter(has_text="nobody foresaw")
    expect(said).to_have_count(1)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text(WRITTEN)).to_have_count(0)
    number = re.search(r"Found: error ([0-9a-f]{8})\.", said.inner_text())
    assert number is not None
    return number[1]


def unforeseen_in(log: Path) -> list[dict[str, str]]:
    matches = [LINE.fullmatch(line) for line in log.read_text("utf-8").splitlines()]
    lines = [match.groupdict() for match in matches if match]
    return [line for line in lines if line["level"] == "ERROR"]


def test_screen_and_log_have_the_number_of_an_error_and_nothing_that_a_user_wrote(
    page: Page, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "log"
    options = [f"--server.port={port}", "--server.headless=true"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}",
    }
    with log.open("wb") as stream:
        command = [sys.executable, "-c", _SERVER, str(SERVER), *options]
        with served(command, environment, port, stream) as address:
            page.goto(f"{address}/lead_view")
            settle(page)
            drawn = number_on(page)
            page.goto(f"{address}/review")
            settle(page)
            page.get_by_role("button", name="Start reviewing").click()
            clicked = number_on(page)
            page.goto("about:blank")  # before the server goes
    first, second = unforeseen_in(log)
    for number, line in ((drawn, first), (clicked, second)):
        start = f"Unforeseen error {number}: builtins.KeyError at <string>:"
        assert line["message"].startswith(start)
        assert line["person"] == getpass.getuser()
        assert line["request"] != "-"
    assert " < pages/lead_view.py:" in first["message"]
    assert " < claimclf/ui/" in second["message"]
    assert first["request"] != second["request"]
    text = log.read_text("utf-8")
    assert WRITTEN not in text
    assert "Traceback" not in text
