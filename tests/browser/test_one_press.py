"""One press decides one case that was on the screen: held keys, slipped clicks, late presses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from claimclf.configuration import DATABASE
from claimclf.people import local_user
from claimclf.queue.storage.database import Database
from claimclf.schema import CaseState
from claimclf.services import queue
from tests.browser.dashboard import new_context, running_dashboard, settle
from tests.queue.builders import fill

pytestmark = pytest.mark.browser
#: Whom a server without a login takes everybody for.
LOCAL = local_user()
N = 100
HEADING = ".st-key-case h3"
OPINION = '[class*="st-key-decide-opinion"] button'
SKIP = '[class*="st-key-decide-skip"]'
RUNNING = '[data-testid="stApp"][data-test-script-state="running"]'
#: Milliseconds within which two clicks are one, less what the page takes to hear of one.
ONE_CLICK = 440
#: What is drawn every few seconds is drawn all the time: so some of it comes right behind a case.
HURRY = """const plain = window.setInterval;
window.setInterval = (work, wait, ...rest) => plain(work, wait >= 1000 ? 250 : wait, ...rest);"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('queue') / 'queue.db'}")
    fill(database, N)
    yield database
    database.close()


@pytest.fixture(scope="module")
def address(database: Database) -> Iterator[str]:
    with running_dashboard(**{DATABASE.variable: str(database.url)}) as address:
        yield address


@pytest.fixture
def decided(database: Database) -> Callable[[], int]:
    """How many cases have been decided since the test began; nobody holds one then."""
    queue.end_holds(database, LOCAL)
    before = n_decided(database)
    return lambda: n_decided(database) - before


@pytest.fixture
def reviewing(page: Page, address: str, decided: Callable[[], int]) -> Page:
    """The review screen with the next case on it."""
    begin(page, address)
    return page


def begin(page: Page, address: str) -> None:
    page.goto(f"{address}/review")
    expect(page.get_by_role("button", name="Start reviewing")).to_be_visible(timeout=60_000)
    settle(page)
    page.keyboard.press("n")
    expect(page.locator(HEADING)).to_be_visible()
    settle(page)


def n_decided(database: Database) -> int:
    counts = queue.counts(database, LOCAL)
    return sum(tally.n for tally in counts if tally.state is CaseState.DECIDED)


def next_case(page: Page, before: str) -> None:
    expect(page.locator(HEADING)).not_to_have_text(before)
    settle(page)


def test_held_key_decides_one_case(reviewing: Page, decided: Callable[[], int]) -> None:
    before = reviewing.locator(HEADING).inner_text()
    for _ in range(40):  # each but the first is a repetition, as a held key sends them
        reviewing.keyboard.down("3")
        reviewing.wait_for_timeout(30)
    reviewing.keyboard.up("3")
    next_case(reviewing, before)
    assert decided() == 1
    assert reviewing.get_by_text("Someone else decided").count() == 0


@pytest.mark.parametrize("apart", [60, 150, 250, 400])
def test_second_click_of_a_slipped_hand_decides_nothing(
    reviewing: Page, decided: Callable[[], int], apart: int
) -> None:
    for _ in range(5):
        before, n = reviewing.locator(HEADING).inner_text(), decided()
        gap = click_twice(reviewing, apart)
        next_case(reviewing, before)
        if gap < ONE_CLICK:
            break  # else the machine was busy in between, and these were two clicks
    assert decided() - n == 1


def click_twice(page: Page, apart: int) -> float:
    """Click on one place twice; return how far apart the page heard of it, in milliseconds."""
    box = page.locator(OPINION).bounding_box()
    assert box is not None
    where = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate(
        """() => {
            const listens = Boolean(window.clicks);
            window.clicks = [];
            if (listens) { return; }
            const note = () => window.clicks.push(performance.now());
            document.documentElement.addEventListener('pointerdown', note, true);
        }"""
    )
    page.mouse.click(*where)
    page.wait_for_timeout(apart)
    page.mouse.click(*where)
    gap: float = page.evaluate("window.clicks[1] - window.clicks[0]")
    return gap


def test_double_click_decides_one_case(reviewing: Page, decided: Callable[[], int]) -> None:
    before = reviewing.locator(HEADING).inner_text()
    reviewing.locator(OPINION).dblclick()
    next_case(reviewing, before)
    assert decided() == 1


def test_keys_typed_faster_than_a_case_can_be_read_decide_one(
    reviewing: Page, decided: Callable[[], int]
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    for key in "3232":
        reviewing.keyboard.press(key)
    next_case(reviewing, before)
    assert decided() == 1


def test_press_after_the_next_case_was_read_decides_it(
    reviewing: Page, decided: Callable[[], int]
) -> None:
    for _ in range(3):
        before = reviewing.locator(HEADING).inner_text()
        reviewing.keyboard.press("3")
        next_case(reviewing, before)
    assert decided() == 3


def test_press_counts_although_the_screen_was_drawn_again_right_before_it(
    reviewing: Page, decided: Callable[[], int]
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    reviewing.evaluate(
        """() => document.querySelectorAll('[class*="st-key-decide-"]').forEach(
            (place) => place.classList.add('drawn-again'))"""
    )
    reviewing.keyboard.press("3")
    next_case(reviewing, before)
    assert decided() == 1


def test_second_key_while_the_server_is_busy_decides_no_case_that_was_not_seen(
    reviewing: Page, database: Database, decided: Callable[[], int]
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    busy = database.engine.raw_connection()
    busy.cursor().execute("BEGIN IMMEDIATE")  # nobody else writes until it is over
    reviewing.keyboard.press("3")
    expect(reviewing.locator(RUNNING)).to_be_visible()
    for _ in range(2):
        reviewing.wait_for_timeout(600)  # longer than a slip of the hand
        reviewing.keyboard.press("2")
    busy.rollback()
    busy.close()
    next_case(reviewing, before)
    reviewing.wait_for_timeout(1_000)  # for what the second key did, were it to do something
    settle(reviewing)
    assert decided() == 1
    assert reviewing.get_by_text("What you typed is kept").count() == 0


def test_digit_typed_with_shift_as_on_a_french_keyboard_decides_one_case_at_the_most(
    reviewing: Page, decided: Callable[[], int]
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
    assert decided() <= 2  # one each: those that were on the screen
    assert reviewing.get_by_text("cases:").count() == 0


def test_double_tap_decides_one_case(
    opened: Browser, address: str, decided: Callable[[], int]
) -> None:
    touched = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with new_context(opened, **touched) as context:
        page = context.new_page()
        begin(page, address)
        before = page.locator(HEADING).inner_text()
        page.locator(OPINION).scroll_into_view_if_needed()
        box = page.locator(OPINION).bounding_box()
        assert box is not None
        for _ in range(2):
            page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.wait_for_timeout(120)
        next_case(page, before)
        assert decided() == 1


def test_buttons_of_the_case_before_are_gone_whatever_is_drawn_right_behind(
    opened: Browser, address: str, decided: Callable[[], int]
) -> None:
    with new_context(opened, viewport={"width": 1280, "height": 900}) as context:
        context.add_init_script(HURRY)
        page = context.new_page()
        begin(page, address)
        for _ in range(10):
            before = page.locator(HEADING).inner_text()
            page.keyboard.press("3")
            next_case(page, before)
            page.wait_for_timeout(300)  # for what is drawn right behind
            expect(page.locator(SKIP)).to_have_count(1, timeout=2_000)
        assert decided() == 10
