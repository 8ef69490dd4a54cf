"""One press decides one case that was on the screen: held keys, slipped clicks, late presses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from claimclf.configuration import DATABASE
from claimclf.people import Person, Role
from claimclf.queue.storage.database import Database
from claimclf.schema import CaseState
from claimclf.services import queue
from tests.browser.dashboard import new_context, running_dashboard, settle
from tests.queue.builders import fill

pytestmark = pytest.mark.browser
SOMEBODY = Person("somebody", Role.ADMIN)
N = 12
HEADING = ".st-key-case h3"
OPINION = '[class*="st-key-decide-opinion"] button'
SKIP = '[class*="st-key-decide-skip"]'
#: What is drawn every few seconds is drawn all the time: so some of it comes right behind a case.
HURRY = """const plain = window.setInterval;
window.setInterval = (work, wait, ...rest) => plain(work, wait >= 1000 ? 250 : wait, ...rest);"""


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
        begin(page, address)
        yield page
        page.goto("about:blank")  # before the server goes


def begin(page: Page, address: str) -> None:
    page.goto(f"{address}/review")
    expect(page.get_by_role("button", name="Start reviewing")).to_be_visible(timeout=60_000)
    settle(page)
    page.keyboard.press("n")
    expect(page.locator(HEADING)).to_be_visible()
    settle(page)


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


def test_second_key_while_the_server_is_busy_decides_no_case_that_was_not_seen(
    reviewing: Page, database: Database
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    busy = database.engine.raw_connection()
    busy.cursor().execute("BEGIN IMMEDIATE")  # nobody else writes until it is over
    reviewing.keyboard.press("3")
    for _ in range(2):
        reviewing.wait_for_timeout(600)  # longer than a slip of the hand
        reviewing.keyboard.press("2")
    busy.rollback()
    busy.close()
    next_case(reviewing, before)
    reviewing.wait_for_timeout(1_000)  # for what the second key did, were it to do something
    settle(reviewing)
    assert n_decided(database) == 1
    assert reviewing.get_by_text("What you typed is kept").count() == 0


def test_digit_typed_with_shift_as_on_a_french_keyboard_decides_one_case_at_the_most(
    reviewing: Page, database: Database
) -> None:
    for digit in "23":
        reviewing.evaluate(
            """(digit) => document.body.dispatchEvent(new KeyboardEvent('keydown', {
                key: digit, code: `Digit${digit}`, keyCode: digit.charCodeAt(0),
                shiftKey: true, bubbles: true}))""",
            digit,
        )
        reviewing.wait_for_timeout(1_000)
    settle(reviewing)
    assert n_decided(database) <= 2  # one each: those that were on the screen
    assert reviewing.get_by_text("cases:").count() == 0


def test_double_tap_decides_one_case(opened: Browser, database: Database, tmp_path: Path) -> None:
    context = new_context(opened, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    with running_dashboard(**{DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}"}) as address:
        begin(page, address)
        before = page.locator(HEADING).inner_text()
        page.locator(OPINION).scroll_into_view_if_needed()
        box = page.locator(OPINION).bounding_box()
        assert box is not None
        for _ in range(2):
            page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.wait_for_timeout(120)
        next_case(page, before)
        assert n_decided(database) == 1
        context.close()  # before the server goes


def test_buttons_of_the_case_before_are_gone_whatever_is_drawn_right_behind(
    opened: Browser, database: Database, tmp_path: Path
) -> None:
    context = new_context(opened, viewport={"width": 1280, "height": 900})
    context.add_init_script(HURRY)
    page = context.new_page()
    with running_dashboard(**{DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}"}) as address:
        begin(page, address)
        for _ in range(N - 2):
            before = page.locator(HEADING).inner_text()
            page.keyboard.press("3")
            next_case(page, before)
            page.wait_for_timeout(300)  # for what is drawn right behind
            expect(page.locator(SKIP)).to_have_count(1, timeout=2_000)
        context.close()  # before the server goes
