"""The queue shows the queue: ten cases on a first screen, filters that a click takes away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.queue.storage.database import Database
from claimclf.ui.queue_list.rows import ROW_HEIGHT
from tests.browser.dashboard import running_dashboard, settle
from tests.browser.test_review_on_one_screen import LAPTOP, box
from tests.queue.builders import ESCALATE, done, fill

pytestmark = pytest.mark.browser
N = 64
HEAD, REPORTS = 38, 130


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('queue') / 'queue.db'}"
    database = Database(url)
    fill(database, N, lane=["claims", "uncertain"] * (N // 2))
    done(database, verdict=ESCALATE)
    database.close()
    with running_dashboard(**{DATABASE.variable: url}) as address:
        yield address


def listing(page: Page, address: str, query: str = "", width: int = LAPTOP["width"]) -> None:
    page.set_viewport_size({"width": width, "height": LAPTOP["height"]})
    page.goto(f"{address}/triage_queue{query}")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    settle(page)


def test_ten_cases_are_on_the_first_screen_of_a_laptop(page: Page, address: str) -> None:
    listing(page, address)
    table = box(page.get_by_test_id("stDataFrame"))
    assert table["height"] >= HEAD + 10 * ROW_HEIGHT
    assert table["y"] + HEAD + 10 * ROW_HEIGHT <= LAPTOP["height"]
    expect(page.get_by_text(f"1 to 50 of {N - 1} cases")).to_be_visible()


def test_what_waits_is_said_in_one_line(page: Page, address: str) -> None:
    listing(page, address)
    line = page.locator(".st-key-queue-head [data-testid=stMarkdown]")
    for words in ("31 claims", "32 uncertain", "0 opinions", "1 escalated"):
        expect(line).to_contain_text(words)
    assert box(line)["height"] < 2 * 24


def test_filter_is_a_chip_that_a_click_takes_away_from_list_and_address(
    page: Page, address: str
) -> None:
    listing(page, address, "?min_reports=600&text=thing&lanes=claims,uncertain")
    chips = page.locator('.st-key-chips [class*="st-key-chip-"]')
    expect(chips).to_have_count(2)
    page.get_by_role("button", name="at least 600 reports").click()
    expect(chips).to_have_count(1)
    settle(page)
    assert "min_reports" not in page.url
    assert "text=thing" in page.url
    page.get_by_role("button", name="words: thing").click()
    expect(chips).to_have_count(0)
    settle(page)
    assert "text" not in page.url
    expect(page.get_by_text(f"1 to 50 of {N - 1} cases")).to_be_visible()


def tick(page: Page, row: int) -> None:
    """Click the box in front of a row: tables are drawn on a canvas."""
    where: Any = {"x": 15, "y": HEAD + ROW_HEIGHT * row + ROW_HEIGHT // 2}
    page.get_by_test_id("stDataFrame").first.click(position=where)


@pytest.mark.parametrize(("width", "is_beside"), [(1280, False), (1600, True), (1920, True)])
def test_ticked_case_stands_beside_the_list_on_wide_screens(
    page: Page, address: str, width: int, is_beside: bool
) -> None:
    listing(page, address, width=width)
    tick(page, 0)
    button = page.get_by_role("button", name="Review case 2")
    expect(button).to_be_visible()
    settle(page)
    table, case = box(page.get_by_test_id("stDataFrame")), box(page.locator(".st-key-list-case"))
    assert (case["x"] >= table["x"] + table["width"]) == is_beside
    assert (case["y"] >= table["y"] + table["height"]) == (not is_beside)
    if is_beside:
        decides = box(page.get_by_role("button", name="Decide on 1 case"))
        assert decides["y"] + decides["height"] <= LAPTOP["height"]
    sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(sideways)


def test_arrow_keys_go_from_case_to_case_beside_the_list_and_decisions_count_there(
    page: Page, address: str
) -> None:
    listing(page, address, width=1920)
    beside = page.locator(".st-key-list-case")
    page.keyboard.press("ArrowDown")
    expect(beside.get_by_role("button", name="Review case 2")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(beside.get_by_role("button", name="Review case 3")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(beside.get_by_role("button", name="Review case 2")).to_be_visible()
    expect(beside.get_by_role("button", name="Previous case")).to_be_disabled()
    tick(page, 0)
    tick(page, 11 - 1 - 1)  # the last row in sight
    for number in (11, 12, 13):
        expect(beside.get_by_role("button", name=f"Review case {number}")).to_be_visible()
        page.keyboard.press("ArrowDown")
    scrolled = "document.querySelector('.st-key-list-table .dvn-scroller').scrollTop"
    assert page.evaluate(scrolled) > 0
    beside.get_by_text("Opinion", exact=True).click()
    page.keyboard.press("ArrowDown")  # moves what is chosen in the form, not the case
    expect(beside.get_by_role("button", name="Review case 14")).to_be_visible()
    beside.get_by_text("Opinion", exact=True).click()
    beside.get_by_role("button", name="Decide on 1 case").click()
    expect(page.get_by_text("1 case: opinion.")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(beside.get_by_role("button", name="Review case 15")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()


def press_header(page: Page, x: int, then: str) -> None:
    """Press the name of a column, which tables draw on a canvas, and wait for what it says then."""
    page.get_by_test_id("stDataFrame").first.click(position={"x": x, "y": HEAD // 2})
    expect(page.locator("canvas th", has_text=then)).to_be_attached()


def test_header_sorts_the_page_and_arrow_keys_and_ticks_go_with_what_is_seen(
    page: Page, address: str
) -> None:
    listing(page, address, width=1920)
    beside = page.locator(".st-key-list-case")
    tick(page, 0)
    expect(beside.get_by_role("button", name="Review case 2")).to_be_visible()
    press_header(page, REPORTS, "Reports ↑")  # of the fifty on the page the least reported first
    expect(beside.get_by_role("button", name="Next case")).to_be_disabled()
    expect(beside.get_by_role("button", name="Review case 2")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(beside.get_by_role("button", name="Review case 3")).to_be_visible()
    press_header(page, REPORTS, "Reports ↓")
    expect(beside.get_by_role("button", name="Review case 3")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(beside.get_by_role("button", name="Review case 2")).to_be_visible()
    expect(beside.get_by_role("button", name="Previous case")).to_be_disabled()


def test_arrow_keys_scroll_where_the_case_stands_below_the_list(page: Page, address: str) -> None:
    listing(page, address)
    page.keyboard.press("ArrowDown")
    settle(page)
    expect(page.get_by_role("button", name="Next case")).to_be_hidden()
    expect(page.get_by_role("button", name="Review case")).to_have_count(0)


def test_small_screen_shows_cards_with_words_of_the_cases_and_a_press_brings_one(
    page: Page, address: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    settle(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Triage queue").click()
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()  # the menu has closed
    card = page.locator(".st-key-cards button").nth(1)
    expect(card).to_contain_text("someone said that thing")
    settle(page)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    seen = box(card)
    assert seen["y"] + seen["height"] <= 844
    assert seen["x"] + seen["width"] <= 390
    page.get_by_text("Cards", exact=True).click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    settle(page)
    expect(card).to_have_count(0)  # who asked for the table keeps it
    page.get_by_text("Cards", exact=True).click()
    words = card.inner_text()
    card.click()
    expect(page.locator(".st-key-case h3")).to_be_visible()
    said = words.partition("someone said")[2]
    expect(page.locator(".st-key-transcript")).to_contain_text(said.strip())
    page.get_by_role("button", name="Stop, give it back").click()


def test_one_step_back_leads_to_the_page_before(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    page.get_by_role("link", name="Triage queue").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    settle(page)
    page.go_back()
    expect(page.get_by_text("What waits")).to_be_visible()
