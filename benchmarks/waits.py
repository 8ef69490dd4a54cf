"""What people wait for, beside another build: python -m benchmarks.waits FOLDER.

FOLDER is a checkout of another build. In a real browser that was never there: from the start of
a server to the first case on the screen; from dropping a file of 10,000 videos, the first one
that a server gets, to its ranked table; and from a decision to the next case. Each wait is told
apart into its parts: the start of the server (over for the other two), the runs of pages on it,
and the rest, which is the network's and the browser's. Both builds are measured in turn.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.side_by_side import serve_build
from benchmarks.timed import TimedServer
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.writing import to_csv_bytes
from claimclf.paths import ROOT
from tests.browser.dashboard import browser, new_context

ROUNDS, CASES, ROWS, DECIDED = 5, 2_000, 10_000, 10
#: How many times the other build's time this one may take.
RATIO = 0.7
_MINUTE_MS = 60_000.0
#: Seconds in which a person finds the key, and which are no waiting.
_LOOKS = 1.0
_DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
#: Seconds in which a person chooses a file.
_CHOOSES = 3.0


@dataclass(frozen=True)
class Wait:
    """What somebody waited, in milliseconds.

    Parameters
    ----------
    whole : float
        From beginning to end.
    start : float
        Of it, until the server was up.
    runs : float
        Of it, the runs of pages on the server.
    """

    whole: float
    start: float
    runs: float

    @property
    def rest(self) -> float:
        """What is the network's and the browser's."""
        return max(self.whole - self.start - self.runs, 0.0)


def main(arguments: list[str] | None = None) -> int:
    """Print both builds' waits; return 1 where this one's are longer than the ratio allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path, metavar="FOLDER", help="checkout of the other build")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES)
    chosen = parser.parse_args(arguments)
    builds = chosen.before.resolve(), ROOT
    is_longer = False
    print(f"{'':<34}{'whole':>9}{'start':>9}{'runs':>9}{'rest':>9}  ms, medians")
    for what, measure in WAITS.items():
        both = _in_turn(builds, chosen.rounds, chosen.cases, measure)
        before, now = (_print(f"{what}, {name}", w) for name, w in zip(_NAMES, both, strict=True))
        ratio = now / before
        is_longer |= ratio > RATIO
        print(f"{what}: {ratio:.3f} of the other build", flush=True)
    return int(is_longer)


_NAMES = ("before", "now")


def _print(what: str, waits: list[Wait]) -> float:
    """Print the median of each part; return that of the whole."""
    parts = ("whole", "start", "runs", "rest")
    medians = [statistics.median(getattr(wait, part) for wait in waits) for part in parts]
    print(f"{what:<34}" + "".join(f"{one:>9.0f}" for one in medians))
    return medians[0]


def _in_turn(
    builds: tuple[Path, Path], rounds: int, n_cases: int, measure: Measure
) -> tuple[list[Wait], list[Wait]]:
    both: tuple[list[Wait], list[Wait]] = ([], [])
    with browser() as opened:
        for number in range(rounds):
            for place in (0, 1) if number % 2 else (1, 0):
                both[place].extend(measure(builds[place], n_cases, opened))
    return both


Measure = Callable[[Path, int, Browser], list[Wait]]


@contextmanager
def _tab(build: Path, n_cases: int, opened: Browser) -> Iterator[tuple[Page, TimedServer, float]]:
    """Start a server of a build, and open a browser that was never there; yields when it began."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_build(Path(folder), build, n_cases) as (server, began),
        new_context(opened, viewport={"width": 1280, "height": 900}) as context,
    ):
        page = context.new_page()
        page.set_default_timeout(_MINUTE_MS)
        yield page, server, began


def _first_case(build: Path, n_cases: int, opened: Browser) -> list[Wait]:
    with _tab(build, n_cases, opened) as (page, server, began):
        start = time.perf_counter() - began
        begin(page, server.address)
        whole = time.perf_counter() - began - _LOOKS
        return [_wait(whole, start, _runs(server, page)[:2])]


def _first_upload(build: Path, n_cases: int, opened: Browser) -> list[Wait]:
    with (
        tempfile.TemporaryDirectory() as folder,
        _tab(build, n_cases, opened) as (page, server, _),
    ):
        file = Path(folder) / "reported.csv"
        file.write_bytes(to_csv_bytes(demo_videos(ROWS)))
        page.goto(f"{server.address}/triage_queue")
        page.get_by_role("radio", name="Upload").click()
        page.wait_for_selector("input[type=file]", state="attached")
        page.wait_for_timeout(1_000 * _CHOOSES)
        n_runs = len(server.seconds())
        began = time.perf_counter()
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name=f"{ROWS:,} videos to the shared queue").wait_for()
        page.wait_for_selector(_DONE, state="attached")
        whole = time.perf_counter() - began
        return [_wait(whole, 0.0, _runs(server, page)[n_runs:])]


def _decisions(build: Path, n_cases: int, opened: Browser) -> list[Wait]:
    with _tab(build, n_cases, opened) as (page, server, _):
        begin(page, server.address)
        waits = []
        for _ in range(DECIDED):
            n_runs = len(_runs(server, page))
            whole = next_case(page) / 1_000
            waits.append(_wait(whole, 0.0, _runs(server, page)[n_runs : n_runs + 1]))
        return waits


def begin(page: Page, address: str) -> None:
    """Take a first case by its key, after a second in which one finds it."""
    page.goto(f"{address}/review")
    page.get_by_role("button", name="Start reviewing").wait_for()
    page.wait_for_timeout(1_000 * _LOOKS)
    page.keyboard.press("n")
    page.wait_for_selector(".st-key-case h3")


# From a click, as the page hears of it, until another case's heading is drawn.
_WATCH = """() => {
  window.nextCase = new Promise((done) => {
    const heading = () => document.querySelector('.st-key-case h3')?.innerText;
    const before = heading();
    let pressed = 0;
    const note = () => { pressed = performance.now(); };
    addEventListener('click', note, {capture: true, once: true});
    const watch = new MutationObserver(() => {
      if (!pressed || !heading() || heading() === before) { return; }
      watch.disconnect();
      requestAnimationFrame(() => done(performance.now() - pressed));
    });
    watch.observe(document.body, {subtree: true, childList: true, characterData: true});
  });
}"""


def next_case(page: Page) -> float:
    """Press a decision; return the milliseconds until the next case is on the screen."""
    page.evaluate(_WATCH)
    page.get_by_role("button", name=re.compile("^Opinion")).click()
    spent: float = page.evaluate("window.nextCase")
    return spent


def _runs(server: TimedServer, page: Page) -> list[float]:
    """Return the seconds of all runs so far, once nothing was run for half a second."""
    while True:
        seconds = server.seconds()
        page.wait_for_timeout(500)
        if len(server.seconds()) == len(seconds):
            return seconds


def _wait(whole: float, start: float, runs: list[float]) -> Wait:
    return Wait(1_000 * whole, 1_000 * start, 1_000 * sum(runs))


#: What somebody waits for -> how it is measured.
WAITS: dict[str, Measure] = {
    "server started to first case": _first_case,
    "first file to ranked table": _first_upload,
    "decision to next case": _decisions,
}

if __name__ == "__main__":
    sys.exit(main())
