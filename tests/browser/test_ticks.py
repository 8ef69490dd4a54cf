"""A selection in the list belongs to the cases that were ticked, and is of use once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.queue.storage.database import Database
from claimclf.ui.queue_list.rows import ROW_HEIGHT
from tests.browser.dashboard import running_dashboard, settle
from tests.browser.test_one_press import n_decided
from tests.queue.builders import fill

pytestmark = pytest.mark.browser
N = 12


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}")
    fill(database, N)
    yield database
    database.close()


@pytest.fixture
def listing(page: Page, database: Database, tmp_path: Path) -> Iterator[Page]:
    """The list of all cases."""
    with running_dashboard(**{DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}"}) as address:
        page.goto(f"{address}/triage_queue?lanes=claims,uncertain,opinions")
        expect(page.get_by_text(f"1 to {N} of {N} cases")).to_be_visible(timeout=60_000)
        settle(page)
        yield page
        page.goto("about:blank")  # before the server goes


def tick(page: Page, row: int) -> None:
    """Click the box in front of a row: tables are drawn on a canvas."""
    page.get_by_test_id("stDataFrame").first.click(
        position={"x": 15, "y": 35 + ROW_HEIGHT * row + ROW_HEIGHT // 2}
    )


def test_double_click_on_the_button_decides_on_the_ticked_case_alone(
    listing: Page, database: Database
) -> None:
    tick(listing, 0)
    button = listing.get_by_role("button", name="Decide on 1 case", exact=True)
    expect(button).to_be_visible()
    settle(listing)
    listing.get_by_test_id("stForm").get_by_text("Opinion", exact=True).last.click()
    box = button.bounding_box()
    assert box is not None
    for _ in range(3):
        listing.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        listing.wait_for_timeout(150)
    expect(listing.get_by_text("1 case: opinion.")).to_be_visible()
    expect(listing.get_by_text("Choose rows to review one case")).to_be_visible()
    settle(listing)
    assert n_decided(database) == 1
    expect(button).to_have_count(0)
