"""Measure the review console: from a key to the next case on the screen, in a real browser.

Run it on a quiet machine with ``make bench-console``; filling the larger queue takes a minute.
The same keys are pressed in a queue of 10,000 cases, so that what the size costs is a ratio.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.queue import LEAD, videos
from benchmarks.report import Result
from claimclf.configuration import models_folder
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.storage.database import Database
from claimclf.services.loading import load_model
from tests.browser.dashboard import browser, new_context, running_dashboard, settle

SIZES = (10_000, 1_000_000)
KEYS, WARM_UP = 60, 5
#: Milliseconds at p95.
LIMIT = 400.0

# The browser itself waits for another case's heading to be drawn, so that no trip to this program
# is part of the time.
_PRESS = """(key) => new Promise((done, failed) => {
  const heading = () => document.querySelector('.st-key-case h3')?.innerText;
  const before = heading(), start = performance.now();
  const watch = new MutationObserver(() => {
    if (heading() && heading() !== before) {
      watch.disconnect();
      requestAnimationFrame(() => done(performance.now() - start));
    }
  });
  watch.observe(document.body, {subtree: true, childList: true, characterData: true});
  const press = {key, code: `Digit${key}`, keyCode: key.charCodeAt(0), bubbles: true};
  document.body.dispatchEvent(new KeyboardEvent('keydown', press));
  document.body.dispatchEvent(new KeyboardEvent('keyup', press));
  setTimeout(() => { watch.disconnect(); failed(new Error('no next case')); }, 20000);
})"""


def main() -> int:
    """Print every figure; return 1 where the promise breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keys", type=int, default=KEYS)
    chosen = parser.parse_args()
    figures = results(chosen.sizes, chosen.keys)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


def results(
    sizes: Sequence[int] = SIZES, keys: int = KEYS, opened: Browser | None = None
) -> list[Result]:
    """Press keys in queues of each size, the smallest first."""
    with nullcontext(opened) if opened else browser() as opened:
        times = {size: _times(size, keys, opened) for size in sizes}
    return list(_figures(times, sizes[0], sizes[-1]))


def _figures(times: dict[int, list[float]], first: int, last: int) -> Iterator[Result]:
    for size, spent in times.items():
        ends = (min(spent), max(spent))
        what = f"{size:,} open cases: key to next case"
        yield Result(f"{what}, median", float(np.median(spent)), "ms", spread=ends)
        limit = LIMIT if size == last else None
        yield Result(f"{what}, p95", _p95(spent), "ms", limit=limit)
    growth = float(np.median(times[last]) / np.median(times[first]))
    yield Result("key to next case, growth", growth, reference=f"{first:,} open cases")


def _p95(times: list[float]) -> float:
    return float(np.quantile(times, 0.95))


def _times(size: int, n_keys: int, opened: Browser) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'queue.db')}"
        database = Database(url)
        # For the queue the model in use has scored the cases, so that the page explains scores.
        model = load_model(models_folder())
        scored_by = (model.name, model.manifest.version)
        ingest(database, LEAD, videos(size), Upload("bench.csv", "0" * 64, *scored_by))
        database.close()
        with (
            running_dashboard(copied=False, CLAIMCLF_DATABASE_URL=url) as address,
            new_context(opened, viewport={"width": 1280, "height": 900}) as context,
        ):
            page = context.new_page()
            page.goto(f"{address}/review")
            settle(page)
            page.keyboard.press("n")
            page.wait_for_selector(".st-key-case")
            return [_press(page) for _ in range(WARM_UP + n_keys)][WARM_UP:]


def _press(page: Page) -> float:
    settle(page)
    page.wait_for_timeout(100)  # a person reads before deciding
    spent: float = page.evaluate(_PRESS, "3")
    return spent


if __name__ == "__main__":
    sys.exit(main())
