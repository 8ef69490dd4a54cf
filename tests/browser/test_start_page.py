"""The start page says what waits, and its first button brings the first case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.people import local_user
from claimclf.queue.storage.database import Database
from claimclf.services import queue
from tests.browser.dashboard import running_dashboard, settle
from tests.browser.test_review_on_one_screen import LAPTOP, box
from tests.queue.builders import ESCALATE, LEAD, done, fill

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Six claims, six uncertain ones and a decision; one of the claims waits for a lead."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('queue') / 'queue.db'}")
    fill(database, 14, lane=["claims", "uncertain"] * 7)
    done(database, verdict=ESCALATE)
    done(database)
    queue.change_settings(database, LEAD, "two people today", {"capacity": 5})
    yield database
    database.close()


@pytest.fixture
def start(page: Page, database: Database) -> Iterator[Page]:
    size: Any = LAPTOP
    page.set_viewport_size(size)
    queue.end_holds(database, local_user())
    with running_dashboard(**{DATABASE.variable: str(database.url)}) as address:
        page.goto(address)
        settle(page)
        expect(page.get_by_text("decided today")).to_be_visible()
        yield page
        page.goto("about:blank")  # before the server goes


def test_start_page_says_what_waits_and_how_far_the_day_is(start: Page) -> None:
    figures = start.locator(".st-key-waiting")
    tiles = {
        tile.get_by_test_id("stMetricLabel").inner_text(): tile.get_by_test_id(
            "stMetricValue"
        ).inner_text()
        for tile in figures.get_by_test_id("stMetric").all()
    }
    assert tiles == {"Claims": "6", "Uncertain": "6", "Opinions": "0", "Escalated": "1"}
    expect(start.get_by_text("Under stress, at worst")).to_be_visible()
    line = figures.get_by_text("decided today")
    expect(line).to_have_text("1 of 5 decided today, 4 to today's cut · you hold no case")
    for name in ("Start reviewing", "Upload"):
        seen = box(figures.get_by_role("button", name=name))
        assert seen["y"] + seen["height"] <= LAPTOP["height"]


def test_first_button_brings_the_first_case_at_once(start: Page, database: Database) -> None:
    start.get_by_role("button", name="Start reviewing").click()
    expect(start.locator(".st-key-case h3")).to_be_visible()
    settle(start)
    lease = queue.held_case(database, local_user())
    assert lease is not None
    expect(start.locator(".st-key-case h3")).to_have_text(f"Case {lease.case.id}")


def test_second_button_leads_to_an_upload_although_cases_wait(start: Page) -> None:
    start.get_by_role("button", name="Upload").click()
    expect(start.get_by_text("Upload reported videos")).to_be_visible()
    settle(start)
