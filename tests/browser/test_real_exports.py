"""A moderator drops a file as a platform or a tool gave it, sees what it is, and queues it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE, MAPPINGS
from tests.browser.dashboard import running_dashboard, settle
from tests.browser.test_accessibility import NOTHING, found_in_each_scheme
from tests.browser.test_review_on_one_screen import LAPTOP, box
from tests.conftest import shared_file

pytestmark = pytest.mark.browser


def test_moderator_drops_an_export_of_zeeschuimer_sees_what_is_read_and_queues_it(
    page: Page, tmp_path: Path
) -> None:
    own = {
        DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}",
        MAPPINGS.variable: str(tmp_path / "mappings"),
    }
    with running_dashboard(**own) as address:
        page.goto(f"{address}/triage_queue")
        settle(page)
        page.locator("input[type=file]").first.set_input_files(
            shared_file("formats/zeeschuimer_tiktok.ndjson")
        )
        what = page.get_by_text("This is a Zeeschuimer export of TikTok, 21 lines, 20 videos.")
        expect(what).to_be_visible()
        settle(page)
        expect(page.get_by_text("Not read:")).to_be_visible()
        assert_three_steps_are_on_one_screen(page)
        page.get_by_role("button", name="Add these 20 videos to the shared queue").click()
        expect(page.get_by_text("Batch 1: 20 new cases.")).to_be_visible()
        page.goto("about:blank")  # before the server goes


def assert_three_steps_are_on_one_screen(page: Page) -> None:
    """See the steps on a laptop, what is read on a phone, and nothing that shuts people out."""
    size: Any = LAPTOP
    page.set_viewport_size(size)
    ends = [box(page.locator(f".st-key-step-{n} h3"))["y"] for n in (1, 2, 3)]
    assert ends == sorted(ends)
    button = box(page.get_by_role("button", name="Add these 20 videos to the shared queue"))
    assert button["y"] + button["height"] <= LAPTOP["height"]
    assert found_in_each_scheme(page) == NOTHING
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".st-key-narrow-preview")).to_be_visible()
    sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(sideways)
