"""The lead's view opens with what is now and what can be done about it; figures follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.queue.storage.database import Database
from tests.browser.dashboard import running_dashboard, settle
from tests.browser.test_review_on_one_screen import LAPTOP, box
from tests.queue.builders import BORIS, ESCALATE, done, fill, take

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a queue in which three cases are escalated and one is in hands."""
    url = f"sqlite:///{tmp_path_factory.mktemp('lead') / 'queue.db'}"
    database = Database(url)
    fill(database, 40)
    for _ in range(3):
        done(database, verdict=ESCALATE)
    done(database)
    take(database, BORIS)
    database.close()
    with running_dashboard(**{DATABASE.variable: url}) as address:
        yield address


def test_what_a_lead_can_do_now_is_on_the_first_screen_and_charts_stand_in_pairs(
    page: Page, address: str
) -> None:
    size: Any = LAPTOP
    page.set_viewport_size(size)
    page.goto(f"{address}/lead_view")
    settle(page)
    for name in ("Take", "Give", "Take over", "Reassign"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_visible()
        assert box(button)["y"] + box(button)["height"] <= LAPTOP["height"], name
    cut = page.get_by_test_id("stMetric").filter(has_text="Today, of the cut")
    expect(cut).to_contain_text("1, no cut")
    order = [
        box(page.get_by_role("heading", name=name, exact=True))["y"]
        for name in ("Now", "Flow", "People", "Settings")
    ]
    assert order == sorted(order)
    pictures = page.get_by_test_id("stPlotlyChart")
    expect(pictures).to_have_count(3)
    flow, backlog, waits = (box(pictures.nth(n)) for n in range(3))
    assert flow["y"] == pytest.approx(backlog["y"], abs=2)
    assert backlog["x"] > flow["x"] + flow["width"] - 2
    assert max(one["height"] for one in (flow, backlog, waits)) <= 210
