"""A note that was typed is there after a reload of the page, for its writer alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from claimclf.queue.storage.database import Database
from claimclf.services import queue
from tests.browser.dashboard import settle
from tests.browser.test_one_press import (
    HEADING,
    LOCAL,
    OPINION,
    address,
    database,
    decided,
    next_case,
    reviewing,
)

__all__ = ["address", "database", "decided", "reviewing"]  # fixtures of the same screen
pytestmark = pytest.mark.browser
IN_TAB = "Object.keys(sessionStorage).filter((key) => key.startsWith('claimclf-draft-')).length"


def note(page: Page) -> Locator:
    return page.get_by_label("Note", exact=True)


def reload(page: Page) -> None:
    page.reload()
    expect(page.locator(HEADING)).to_be_visible()
    settle(page)


def test_note_is_there_after_a_reload_while_it_was_typed_and_goes_with_the_decision(
    reviewing: Page, database: Database
) -> None:
    note(reviewing).click()
    reviewing.keyboard.type('half a <thought> & "more"')  # the field is not left
    reload(reviewing)
    expect(note(reviewing)).to_have_value('half a <thought> & "more"')
    before = reviewing.locator(HEADING).inner_text()
    settle(reviewing)
    reviewing.locator(OPINION).click()
    next_case(reviewing, before)
    expect(note(reviewing)).to_have_value("")
    made = queue.own_decisions(database, LOCAL)[0]
    assert made.note == 'half a <thought> & "more"'
    reviewing.wait_for_function(f"{IN_TAB} === 0")


def test_note_that_was_erased_does_not_come_back(reviewing: Page) -> None:
    note(reviewing).fill("a mistake")
    note(reviewing).fill("")
    reload(reviewing)
    expect(note(reviewing)).to_have_value("")


def test_note_of_one_case_is_not_put_into_that_of_another(
    reviewing: Page, decided: Callable[[], int]
) -> None:
    note(reviewing).fill("of the first")
    before = reviewing.locator(HEADING).inner_text()
    reviewing.locator(OPINION).click()
    next_case(reviewing, before)
    reload(reviewing)
    expect(note(reviewing)).to_have_value("")
    assert decided() == 1


def test_no_page_is_blank_where_a_link_is_clicked_while_a_note_is_typed(reviewing: Page) -> None:
    for other, back in (("Triage queue", "Review"), ("Lead's view", "Review")):
        note(reviewing).click()
        reviewing.keyboard.type("typed, and")
        reviewing.get_by_role("link", name=other).click()
        expect(reviewing.get_by_role("heading", name=other, exact=True)).to_be_visible()
        settle(reviewing)
        expect(reviewing.get_by_role("heading", name=other, exact=True)).to_be_visible()
        reviewing.get_by_role("link", name=back).click()
        expect(reviewing.locator(HEADING)).to_be_visible()
        settle(reviewing)
        expect(note(reviewing)).to_have_value("typed, and")
        note(reviewing).fill("")
