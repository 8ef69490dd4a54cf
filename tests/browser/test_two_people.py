"""Two moderators at once: never the same case, and nothing is lost when one of them is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from claimclf.configuration import DATABASE
from claimclf.people import Person
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database, now
from claimclf.ui.counts import SECONDS
from claimclf.units import MINUTE
from tests.browser.dashboard import new_context, running_dashboard, settle
from tests.browser.provider import running_provider
from tests.browser.test_login import SECRET, SECRETS
from tests.queue.builders import fill, take
from tests.queue.conftest import NewUrl, Server, migrated, new_url, server

__all__ = ["Server", "migrated", "new_url", "server"]  # fixtures of the queue's tests
pytestmark = pytest.mark.browser

N = 12
USERS = {
    name: {"email": f"{name}@example.org", "email_verified": True, "groups": ["moderator"]}
    for name in ("anna", "boris")
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with running_provider(USERS) as address:
        yield address


@contextmanager
def dashboard_on(url: str, provider: str, folder: Path) -> Iterator[str]:
    file = folder / "secrets.toml"
    file.write_text(SECRETS.format(secret=SECRET, provider=provider))
    environment = {"STREAMLIT_SECRETS_FILES": str(file), DATABASE.variable: url}
    with running_dashboard(**environment) as address:
        yield address


@contextmanager
def person_at(opened: Browser, address: str, name: str) -> Iterator[Page]:
    """A browser of somebody's own, who has signed in and is on the page *Review*."""
    context = new_context(opened, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url(f"{address}/")
    settle(page)
    page.get_by_role("link", name="Review").click()
    expect(page.get_by_role("button", name="Start reviewing")).to_be_visible(timeout=60_000)
    settle(page)
    yield page
    context.close()


def start(page: Page) -> None:
    """Take a first case, by the button: one browser gives keys to one of its windows at a time."""
    page.get_by_role("button", name="Start reviewing").click()
    expect(page.locator(".st-key-case h3")).to_be_visible()
    settle(page)


def case(page: Page) -> str:
    heading = page.locator(".st-key-case h3")
    expect(heading).to_be_visible()
    return heading.inner_text()


def press(page: Page, key: str) -> str:
    settle(page)  # what others do may just be drawn, and a case that has just come takes no press
    before = case(page)
    page.bring_to_front()  # one browser gives keys to one of its windows at a time
    page.keyboard.press(key)
    expect(page.locator(".st-key-case h3")).not_to_have_text(before)
    settle(page)
    return case(page)


def n_open(page: Page, n: int) -> None:
    """See how many cases wait without doing anything for it."""
    expect(page.get_by_text(f"{n} open cases in the shared queue")).to_be_visible()


def test_screens_look_every_five_seconds_or_more_often() -> None:
    assert SECONDS <= 5


def test_two_moderators_never_hold_the_same_case_and_see_each_others_work(
    opened: Browser, new_url: NewUrl, provider: str, tmp_path: Path
) -> None:
    url = new_url()
    database = Database(url)
    fill(database, N)
    with (
        dashboard_on(url, provider, tmp_path) as address,
        person_at(opened, address, "anna") as anna,
        person_at(opened, address, "boris") as boris,
    ):
        for page in (anna, boris):
            start(page)
        seen = {case(anna), case(boris)}
        assert len(seen) == 2
        theirs = case(boris).lower()
        expect(anna.get_by_text(f"boris@example.org at {theirs}")).to_be_visible()
        for left, page in ((11, anna), (10, boris), (9, anna), (8, boris)):
            seen.add(press(page, "3"))
            n_open(anna, left)
            n_open(boris, left)
        assert len(seen) == 6
        assert case(anna) != case(boris)

        # One loses the network in the middle of a case, and finds it again.
        before = case(anna)
        anna.context.set_offline(True)
        assert press(boris, "3") != before
        anna.context.set_offline(False)
        anna.reload()
        assert case(anna) == before
        settle(anna)
        press(anna, "2")
        n_open(boris, 6)

        # One closes the tab: when the leases have run out, the case comes to somebody else.
        lost, theirs = case(anna), case(boris)
        anna.close()
        later = Database(url, lambda: now() + 11 * MINUTE)
        after = {f"Case {take(later, Person(name)).case.id:,}" for name in ("carla", "dora")}
        later.close()
        assert after == {lost, theirs}
        boris.goto("about:blank")
    assert verify(database).problems == []
    database.close()
