"""Every page is for everybody: axe finds nothing serious, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.queue.storage.database import Database
from claimclf.ui.frame.pages import PAGES
from tests.browser.dashboard import running_dashboard, settle, start_reviewing
from tests.queue.builders import ESCALATE, done, fill

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PLACES = ["" if file == "app.py" else Path(file).stem for file in PAGES]
SERIOUS = {"serious", "critical"}
#: Colour scheme -> the theme's background in it.
SCHEMES: dict[Any, str] = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}
NOTHING: dict[str, list[Any]] = {scheme: [] for scheme in SCHEMES}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a queue in which something has happened."""
    url = f"sqlite:///{tmp_path_factory.mktemp('axe') / 'queue.db'}"
    database = Database(url)
    fill(database, 60, author_id="someone", lane=["claims", "uncertain", "opinions"] * 20)
    done(database)
    done(database, verdict=ESCALATE)
    database.close()
    with running_dashboard(**{DATABASE.variable: url}) as address:
        yield address


def found_in_each_scheme(page: Page) -> dict[str, list[dict[str, Any]]]:
    """Return what axe holds against the page, the serious alone, in light and in dark."""
    page.evaluate(AXE.read_text("utf-8"))
    barriers = {}
    for scheme, background in SCHEMES.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
        settle(page)
        barriers[scheme] = found_now(page)
    return barriers


def found_now(page: Page) -> list[dict[str, Any]]:
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        {"rule": one["id"], "help": one["help"], "where": [n["html"][:200] for n in one["nodes"]]}
        for one in violations
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("place", PLACES)
def test_page_has_no_serious_barrier(page: Page, address: str, place: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{address}/{place}")
    settle(page)
    assert found_in_each_scheme(page) == NOTHING


def test_open_cases_that_are_looked_at_have_no_serious_barrier(page: Page, address: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{address}/dataset")
    settle(page)
    page.get_by_role("radio", name="Shared queue").click()
    expect(page.get_by_text("58 open cases")).to_be_visible()
    settle(page)
    assert found_in_each_scheme(page) == NOTHING


def test_cards_of_a_small_screen_have_no_serious_barrier(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{address}/triage_queue")
    expect(page.locator(".st-key-cards button").first).to_be_visible()
    settle(page)
    assert found_in_each_scheme(page) == NOTHING


def test_case_under_review_has_no_serious_barrier(page: Page, address: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    start_reviewing(page, address)
    page.keyboard.press("?")
    expect(page.get_by_role("cell", name="take the next case")).to_be_visible()
    settle(page)
    assert found_in_each_scheme(page) == NOTHING
    page.keyboard.press("?")
    settle(page)


def test_every_control_of_the_console_is_reached_by_tab_and_seen(page: Page, address: str) -> None:
    start_reviewing(page, address)
    page.add_style_tag(content="* { transition: none !important; }")
    n_controls = page.locator(".st-key-case button:visible, .st-key-case input:visible").count()
    assert n_controls >= 7
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const e = document.activeElement;
                if (!e.closest('.st-key-case') || !e.matches('button, input')) { return null; }
                const style = getComputedStyle(e);
                const ringed = [e, e.parentElement, e.parentElement.parentElement].some((one) => {
                    const s = getComputedStyle(one);
                    const framed = s.borderTopColor === 'rgb(0, 96, 156)';  // the theme's own
                    return framed || s.boxShadow !== 'none' || s.outlineStyle !== 'none';
                });
                const box = e.getBoundingClientRect();
                return [`${box.x},${box.y + window.scrollY},${e.innerText}`, ringed];
            }"""
        )
        if focused:
            name, ringed = focused
            assert ringed, name
            reached.add(name)
    assert len(reached) >= n_controls
