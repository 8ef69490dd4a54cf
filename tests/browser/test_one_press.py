"""One press decides one case that was on the screen: held keys, slipped clicks, late presses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.people import Person, Role
from claimclf.queue.storage.database import Database
from claimclf.schema import CaseState
from claimclf.services import queue
from tests.browser.dashboard import running_dashboard, settle
from tests.queue.builders import fill

pytestmark = pytest.mark.browser
SOMEBODY = Person("somebody", Role.ADMIN)
N = 12
HEADING = ".st-key-case h3"
OPINION = '[class*="st-key-decide-opinion"] button'


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}")
    fill(database, N)
    yield database
    database.close()


@pytest.fixture
def reviewing(page: Page, database: Database, tmp_path: Path) -> Iterator[Page]:
    """The review screen with the first case on it."""
    with running_dashboard(**{DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}"}) as address:
        page.goto(f"{address}/review")
        expect(page.get_by_role("button", name="Start reviewing")).to_be_visible(timeout=60_000)
        settle(page)
        page.keyboard.press("n")
        expect(page.locator(HEADING)).to_be_visible()
        settle(page)
        yield page
        page.goto("about:blank")  # before the server goes


def n_decided(database: Database) -> int:
    counts = queue.counts(database, SOMEBODY)
    return sum(tally.n for tally in counts if tally.state is CaseState.DECIDED)


def next_case(page: Page, before: str) -> None:
    expect(page.locator(HEADING)).not_to_have_text(before)
    settle(page)


def test_held_key_decides_one_case(reviewing: Page, database: Database) -> None:
    before = reviewing.locator(HEADING).inner_text()
    for _ in range(40):  # each but the first is a repetition, as a held key sends them
        reviewing.keyboard.down("3")
        reviewing.wait_for_timeout(30)
    reviewing.keyboard.up("3")
    next_case(reviewing, before)
    assert n_decided(database) == 1
    assert reviewing.get_by_text("Someone else decided").count() == 0


@pytest.mark.parametrize("apart", [60, 150, 250, 400])
def test_second_click_of_a_slipped_hand_decides_nothing(
    reviewing: Page, database: Database, apart: int
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    box = reviewing.locator(OPINION).bounding_box()
    assert box is not None
    where = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reviewing.mouse.click(*where)
    reviewing.wait_for_timeout(apart)
    reviewing.mouse.click(*where)
    next_case(reviewing, before)
    assert n_decided(database) == 1


def test_double_click_decides_one_case(reviewing: Page, database: Database) -> None:
    before = reviewing.locator(HEADING).inner_text()
    reviewing.locator(OPINION).dblclick()
    next_case(reviewing, before)
    assert n_decided(database) == 1


def test_keys_typed_faster_than_a_case_can_be_read_decide_one(
    reviewing: Page, database: Database
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    for key in "3232":
        reviewing.keyboard.press(key)
    next_case(reviewing, before)
    assert n_decided(database) == 1


def test_press_after_the_next_case_was_read_decides_it(reviewing: Page, database: Database) -> None:
    for _ in range(3):
        before = reviewing.locator(HEADING).inner_text()
        reviewing.keyboard.press("3")
        next_case(reviewing, before)
    assert n_decided(database) == 3
