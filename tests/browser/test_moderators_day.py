"""A moderator's first ten minutes, an analyst's and a restart: by keyboard, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from claimclf.configuration import DATABASE
from claimclf.people import Person, Role
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.schema import CaseState, Decision
from claimclf.services import queue
from tests.browser.dashboard import free_port, new_context, running_dashboard, settle
from tests.builders import reported_csv

pytestmark = pytest.mark.browser

N = 60
SOMEBODY = Person("somebody", Role.ADMIN)
#: Every two videos say the same.
WORDS = [chr(ord("a") + n % 26) * (3 + n // 26) for n in range(N // 2)]
TEXTS = [
    f"someone read online that the tower {WORDS[n // 2]} is older than bridge {WORDS[n // 2]}"
    for n in range(N)
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'queue.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "reported.csv"
    file.write_bytes(reported_csv(N, video_transcription_text=TEXTS, report_count=range(N, 0, -1)))
    return file


def case(page: Page) -> Locator:
    return page.locator(".st-key-case h3")


def press(page: Page, key: str) -> None:
    """Press a key that brings another case, and wait for it."""
    before = case(page).inner_text()
    page.keyboard.press(key)
    expect(case(page)).not_to_have_text(before)
    ready(page)


def ready(page: Page) -> None:
    """Wait until the case on the screen can be decided: a key without its button does nothing."""
    expect(page.locator('[class*="st-key-decide-skip"] button')).to_be_enabled()
    settle(page)


def fill(page: Page, address: str, csv: Path) -> None:
    """Upload a file and add its videos to the shared queue."""
    page.goto(f"{address}/triage_queue")
    settle(page)
    page.locator("input[type=file]").set_input_files(csv)
    expect(page.get_by_text("reported.csv, scored by")).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_role("button", name=f"Add these {N} videos").click()
    expect(page.get_by_text(f"Batch 1: {N} new cases")).to_be_visible()


def decided(database: Database) -> int:
    counts = queue.counts(database, SOMEBODY)
    return sum(tally.n for tally in counts if tally.state is CaseState.DECIDED)


def test_first_ten_minutes_of_a_moderator(
    page: Page, url: str, database: Database, csv: Path, tmp_path: Path
) -> None:
    with running_dashboard(**{DATABASE.variable: url}) as address:
        fill(page, address, csv)
        page.get_by_role("button", name="Start reviewing").click()
        expect(case(page)).to_be_visible()
        ready(page)
        sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(sideways)
        for key in "23" * 9:
            press(page, key)
        assert decided(database) == 18
        # Breaks the rules: the second key says which. The note is written by keyboard as well.
        page.keyboard.press("m")
        page.keyboard.type("seen 123 times")
        page.keyboard.press("Escape")
        settle(page)
        page.keyboard.press("1")
        expect(page.get_by_text("Which rule is broken?")).to_be_visible()
        settle(page)
        press(page, "5")
        press(page, "3")
        assert decided(database) == 20
        last = case(page).inner_text()
        press(page, "u")  # the case is back
        assert decided(database) == 19
        press(page, "2")
        assert decided(database) == 20
        # In the place of one; its other video is decided already or not: at least one case.
        expect(case(page)).to_have_text(last)
        press(page, "4")  # escalate
        press(page, "5")  # skip
        decide_on_both(page)
        assert decided(database) == 22
        page.keyboard.press("?")
        expect(page.get_by_role("cell", name="take the next case")).to_be_visible()
        settle(page)
        page.keyboard.press("s")
        expect(page.get_by_role("button", name="Take the next case")).to_be_visible()
        saved = export(page, tmp_path)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        page.goto("about:blank")  # before the server goes
    made = saved["decision"].value_counts()
    assert made[Decision.ESCALATE] == made[Decision.SKIP] == made[Decision.BREAKS_RULES] == 1
    assert list(saved.loc[saved["decision"] == Decision.BREAKS_RULES, "note"]) == ["seen 123 times"]
    assert int(saved["undone"].sum()) == 1
    assert verify(database).problems == []


def decide_on_both(page: Page) -> None:
    """Look at the two videos of a statement, then decide on them."""
    before = case(page).inner_text()
    page.get_by_role("button", name=re.compile("Look at all 2")).click()
    expect(page.get_by_text("2 cases to be decided on together.")).to_be_visible()
    settle(page)
    page.locator('[data-testid="stForm"]').get_by_text("Opinion", exact=True).click()
    page.get_by_role("button", name="Decide on 2 cases").click()
    expect(case(page)).not_to_have_text(before)
    ready(page)


def export(page: Page, folder: Path) -> pd.DataFrame:
    """Export the decisions on the page."""
    page.get_by_role("link", name="Triage queue").click()
    expect(page.get_by_text("escalated")).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Download decisions")).click()
    download.value.save_as(folder / "decisions.csv")
    settle(page)
    return pd.read_csv(folder / "decisions.csv", keep_default_na=False)


def test_case_in_hand_and_decisions_survive_a_restart_of_the_server(
    page: Page, url: str, database: Database, csv: Path
) -> None:
    port = free_port()
    with running_dashboard(port, **{DATABASE.variable: url}) as address:
        fill(page, address, csv)
        page.goto(f"{address}/review")
        expect(page.get_by_role("button", name="Start reviewing")).to_be_visible()
        settle(page)
        page.keyboard.press("n")
        ready(page)
        press(page, "3")
        before = case(page).inner_text()
        page.goto("about:blank")
    with running_dashboard(port, **{DATABASE.variable: url}) as address:
        page.goto(f"{address}/review")
        expect(case(page)).to_have_text(before)
        ready(page)
        press(page, "3")
        assert decided(database) == 2
        lose_the_case_while_typing(page, database)
        page.goto("about:blank")


def test_upload_that_a_restart_lost_is_said_to_be_lost(
    opened: Browser, url: str, csv: Path
) -> None:
    port = free_port()
    # A browser of its own: that a server is gone for a while is an error on its console.
    context = new_context(opened, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    with running_dashboard(port, **{DATABASE.variable: url}) as address:
        page.goto(f"{address}/triage_queue")
        settle(page)
        page.locator("input[type=file]").set_input_files(csv)
        expect(page.get_by_text("reported.csv, scored by")).to_be_visible()
        settle(page)
    with running_dashboard(port, **{DATABASE.variable: url}):
        expect(page.get_by_text("Connecting")).to_have_count(0)
        page.get_by_role("button", name=re.compile("opinions")).click()  # as somebody who goes on
        expect(page.get_by_text("The upload was lost")).to_be_visible()
        expect(page.get_by_text("Synthetic demo data")).to_have_count(0)
        context.close()


def lose_the_case_while_typing(page: Page, database: Database) -> None:
    """Have a lead take the case over: the screen says so, and keeps the note."""
    page.keyboard.press("m")
    page.keyboard.type("half a thought")
    page.keyboard.press("Escape")
    settle(page)
    (held,) = queue.held_cases(database, SOMEBODY)
    queue.take_over(database, Person("lea", Role.LEAD), held.case_id)
    page.keyboard.press("3")
    expect(page.get_by_text("What you typed is kept.")).to_be_visible()
    expect(page.get_by_label("Note", exact=True)).to_have_value("half a thought")
    settle(page)
    assert decided(database) == 2
