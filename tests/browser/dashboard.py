"""A real dashboard server and a real browser, for tests and for pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.nursery import Copied, nursery

# The headless shell is the same Chromium without what it has a screen for.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
PAGES = ("", "review", "triage_queue", "lead_view", "dataset", "model_comparison", "learning")
# Flags: as root there is no sandbox, and without a network nothing should be looked up.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_READY_SECONDS = 60
Server = subprocess.Popen[bytes] | Copied
#: What every server of the tests is opened with, so that browsers can have its cookie beforehand.
TOKEN = "a-token-of-the-tests-that-is-no-secret"  # noqa: S105
COOKIE = "claimclf-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_dashboard(
    port: int | None = None, *, copied: bool = True, **environment: str
) -> Iterator[str]:
    """Run `claimclf serve` on a port, or a free one; yields its address and ends it afterwards.

    It is a copy of a process that has imported everything, unless a test is about the first
    moments of a server.
    """
    port = port or free_port()
    unset = {"CLAIMCLF_DATASET", "CLAIMCLF_MODELS"}
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    environment = {**inherited, **environment}
    if copied:
        server = nursery().serve(port, {"CLAIMCLF_TOKEN": TOKEN, **environment})
        with _until_the_end(server, port, environment.get("CLAIMCLF_BELOW", "")) as address:
            yield address
        return
    command = [str(Path(sys.executable).with_name("claimclf")), "serve", "--port", str(port)]
    with served(command, environment, port) as address:
        yield address


@contextmanager
def served(
    command: list[str], environment: dict[str, str], port: int, log: IO[bytes] | None = None
) -> Iterator[str]:
    """Run a server until the block ends; yields its address. What it says goes to `log`."""
    environment = {"CLAIMCLF_TOKEN": TOKEN, **environment}
    server = subprocess.Popen(
        command, env=environment, stdout=log or subprocess.DEVNULL, stderr=log
    )
    with _until_the_end(server, port, environment.get("CLAIMCLF_BELOW", "")) as address:
        yield address


@contextmanager
def _until_the_end(server: Server, port: int, below: str = "") -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(address, server, f"{below}/_stcore/health")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_until_served(address: str, server: Server, path: str = "/_stcore/health") -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            asked = urllib.request.Request(f"{address}{path}", headers={"Cookie": cookie()})
            with urllib.request.urlopen(asked, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server did not answer")


def cookie() -> str:
    """Return what a browser sends that has opened a server of the tests with its token."""
    return f"{COOKIE}={TOKEN}"


def show_token(context: BrowserContext) -> None:
    """Give a browser what it would have got by opening a server's address with the token."""
    context.add_cookies(
        [{"name": COOKIE, "value": TOKEN, "url": "http://127.0.0.1", "sameSite": "Strict"}]
    )


def new_context(opened: Browser, **options: Any) -> BrowserContext:
    """Return what to a server is another browser, of the person who may open it."""
    context = opened.new_context(**options)
    show_token(context)
    return context


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield opened
        finally:
            opened.close()


def trusting_browser(like: Browser) -> Browser:
    """Open a browser that takes any certificate.

    `ignore_https_errors` of a context is no help on a busy machine: there each connection is
    refused first and tried anew, and Chromium gives up after some tries (ERR_TOO_MANY_RETRIES).
    """
    flags = [*_FLAGS, "--ignore-certificate-errors"]
    return like.browser_type.launch(executable_path=CHROMIUM, args=flags)


def settle(page: Page) -> None:
    """Wait until the page has been drawn and nothing runs on the server any more."""
    page.wait_for_selector("h1", timeout=60_000)
    page.evaluate("() => { window.quietFrames = 0; }")
    page.wait_for_function(_IS_QUIET, timeout=60_000)


#: Looked at in each frame: that a script has ended may be known before what it drew is there.
_IS_QUIET = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    // The heading of a case may come before its buttons, which take no press at first.
    const heading = document.querySelector('.st-key-case h3');
    const decides = document.querySelector('[class*="st-key-decide-"]');
    const number = heading && heading.textContent.replace(/\\D/g, '');
    const isQuiet = !(decides && number && !decides.className.includes(`-${number}-`))
        && app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]')
        // A case that has just come takes no press yet.
        && document.body.dataset.taken !== 'no';
    window.quietFrames = isQuiet ? (window.quietFrames || 0) + 1 : 0;
    return window.quietFrames >= 4;
}"""


def start_reviewing(page: Page, address: str) -> None:
    """Open the review screen and take a case by its button, unless one is held already."""
    page.goto(f"{address}/review")
    start = page.get_by_role("button", name="Start reviewing")
    case = page.locator(".st-key-case h3")
    expect(start.or_(case).first).to_be_visible()
    settle(page)
    if start.is_visible():
        start.click()
    expect(case).to_be_visible()
    settle(page)
