from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser import dashboard
from tests.conftest import missing

# What is slow is a matter for benchmarks: here a page may take its time.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def opened() -> Iterator[Browser]:
    if dashboard.CHROMIUM is None:
        missing("Chromium", "run `make browser`, which installs Debian's package")
    with dashboard.browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def demo_address() -> Iterator[str]:
    """A server without a dataset, as on a fresh clone."""
    with dashboard.running_dashboard() as address:
        yield address


@pytest.fixture(scope="session")
def course_address(course_dataset: Path) -> Iterator[str]:
    with dashboard.running_dashboard(CLAIMCLF_DATASET=str(course_dataset)) as address:
        yield address


@pytest.fixture(scope="session")
def context(opened: Browser) -> Iterator[BrowserContext]:
    """A browser that has fetched Streamlit's scripts before: they are the largest of a page."""
    context = dashboard.new_context(opened, viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of a person who was never here, with no console error and no other host asked.

    Either fails the test.
    """
    page = context.new_page()
    forget(page)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("request", lambda request: errors.append(request.url) if _leaves(request) else None)
    yield page
    page.close()
    assert not errors


def forget(page: Page) -> None:
    """Remove all that pages have stored in this browser; fetched scripts stay."""
    everywhere = {"origin": "*", "storageTypes": "all"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", everywhere)
    page.context.clear_cookies()
    dashboard.show_token(page.context)


_LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:", "about:")


def _leaves(request: Request) -> bool:
    return not request.url.startswith(_LOCAL)
