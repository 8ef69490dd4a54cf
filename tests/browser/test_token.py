"""Without a login: the address that was printed opens the dashboard in a real browser, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.dashboard import TOKEN, settle

pytestmark = pytest.mark.browser


def test_printed_address_opens_the_dashboard_for_this_browser_from_then_on(
    opened: Browser, demo_address: str, tmp_path: Path
) -> None:
    stranger = opened.new_context()  # which has shown nothing
    page = stranger.new_page()
    answer = page.goto(f"{demo_address}/triage_queue")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("Open the address that claimclf serve printed")).to_be_visible()

    # From a file, as `serve` opens a browser: a place that is no site of ours.
    file = tmp_path / "open.html"
    address = f"{demo_address}/triage_queue?token={TOKEN}"
    file.write_text(f'<meta http-equiv="refresh" content="0; url={address}">', "utf-8")
    page.goto(file.as_uri())
    settle(page)
    assert page.url == f"{demo_address}/triage_queue", "the token is out of the address"
    expect(page.locator("h1")).to_have_text("Triage queue")
    assert page.evaluate("document.cookie").count("claimclf") == 0, "no script has it"

    page.goto(demo_address)
    settle(page)
    expect(page.locator("h1")).to_have_text("claimclf")
    stranger.close()


def test_no_other_page_shows_the_dashboard_in_a_frame(
    opened: Browser, demo_address: str, tmp_path: Path
) -> None:
    context = opened.new_context()
    page = context.new_page()
    page.goto(f"{demo_address}/?token={TOKEN}")
    settle(page)
    file = tmp_path / "frame.html"
    file.write_text(f'<iframe src="{demo_address}/"></iframe>', "utf-8")
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    page.goto(file.as_uri())
    page.wait_for_timeout(1_000)
    assert any("frame-ancestors" in text or "X-Frame-Options" in text for text in refused)
    context.close()
