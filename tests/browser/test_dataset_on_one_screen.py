"""The dataset page opens with pictures; what misleads stands below, a line each."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard import settle
from tests.browser.test_review_on_one_screen import LAPTOP, box

pytestmark = pytest.mark.browser


def test_classes_and_lengths_are_drawn_beside_each_other_on_the_first_screen(
    page: Page, demo_address: str
) -> None:
    size: Any = LAPTOP
    page.set_viewport_size(size)
    page.goto(f"{demo_address}/dataset")
    settle(page)
    charts = page.get_by_test_id("stPlotlyChart")
    expect(charts.nth(1)).to_be_visible()
    balance, lengths = box(charts.nth(0)), box(charts.nth(1))
    assert balance["y"] == pytest.approx(lengths["y"], abs=2)
    assert lengths["x"] > balance["x"] + balance["width"] - 2
    for picture in (balance, lengths):
        assert picture["y"] + picture["height"] <= LAPTOP["height"]
    line = page.get_by_text("5,000 rows")
    expect(line).to_contain_text("complete")
    assert box(line)["height"] < 2 * 24
    finding = page.get_by_text("All 5,000 complete rows")
    expect(finding.first).to_be_visible()


def test_means_and_shares_stand_where_nothing_covers_them(page: Page, demo_address: str) -> None:
    page.goto(f"{demo_address}/dataset")
    settle(page)
    charts = page.get_by_test_id("stPlotlyChart")
    lengths = charts.nth(1)
    expect(lengths.get_by_text("mean opinion")).to_be_visible()
    area = box(lengths.locator(".xy .gridlayer, .bglayer .bg, .nsewdrag").last)
    legend = box(lengths.locator(".legend"))
    notes = [box(lengths.get_by_text(f"mean {label}")) for label in ("opinion", "claim")]
    for note in notes:
        assert note["y"] + note["height"] <= area["y"] + 2
        assert note["y"] >= legend["y"] + legend["height"] - 4
    assert notes[0]["x"] + notes[0]["width"] <= notes[1]["x"]
    bars = charts.nth(0).locator(".barlayer .point")
    expect(bars).to_have_count(2)
    for bar in bars.all():
        assert (
            box(bar.locator("text"))["x"]
            >= box(bar.locator("path"))["x"] + box(bar.locator("path"))["width"]
        )
