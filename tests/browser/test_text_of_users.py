"""What users wrote is text on every screen: nothing of it can be followed with a click."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.queue.storage.database import Database
from tests.browser.dashboard import running_dashboard
from tests.browser.test_one_press import HEADING, begin
from tests.queue.builders import fill

pytestmark = pytest.mark.browser


def test_address_in_an_authors_name_or_a_videos_id_is_no_link(page: Page, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    database = Database(url)
    author, video = "www.evil.example/a", "https://evil.example/b"
    fill(database, 1, video_id=video, author_id=f"{author} me@evil.example")
    database.close()
    with running_dashboard(**{DATABASE.variable: url}) as address:
        begin(page, address)
        expect(page.locator(HEADING)).to_be_visible()
        expect(page.get_by_text(f"Author {author} me@evil.example")).to_be_visible()
        expect(page.get_by_text(f"Video {video}")).to_be_visible()
        expect(page.locator('a[href*="evil"]')).to_have_count(0)
        page.goto("about:blank")
