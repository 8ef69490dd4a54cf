"""What each page costs the server, beside an empty Streamlit page, in a queue of a million.

The time is that of a run in the server, around the run itself: a click of a person whose page
is there, caches warm. The references run beside it in servers of their own, each turn one run
of every page, so that a busy moment meets all alike:

- an empty page as Streamlit serves it;
- the same with this project's settings, which leave out the garbage collection after each run;
- a page that does nothing but let a person in and draw the navigation.

A page is served when the server that `make run` starts answers with it. The first paint is
measured in a browser, from the start of `claimclf serve` to the page's heading and to its end;
bytes are all that came over the network but Streamlit's own files.
"""

from __future__ import annotations

import argparse
import base64
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks.busy import fill
from benchmarks.course import find_course_dataset
from benchmarks.report import Result
from benchmarks.sessions import session
from benchmarks.timed import TimedServer, timed_server
from claimclf.paths import ROOT, SERVER
from tests.browser.dashboard import (
    PAGES,
    TOKEN,
    browser,
    free_port,
    new_context,
    running_dashboard,
    settle,
    wait_until_served,
)

CASES, DECISIONS, REPEATS, STARTS = 1_000_000, 10_000, 30, 3
#: Times an empty page's time; bytes of a whole page; seconds from `make run` to a served page.
RATIO, MOST_BYTES, START_SECONDS = 3.0, 500_000, 2.0
#: Seconds after which the server has imported ahead what it does.
_AHEAD = 10.0
EMPTY, LEAN, GUARD = "an empty page", "an empty page, these settings", "the navigation alone"
_GUARD = 'from claimclf.ui.frame.opening import open_page\nopen_page("pages/{name}.py")\n'


def main() -> int:
    """Print every figure; return 1 where a promise breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queue", help="a filled queue's database, to be used as it is")
    figures = results(queue=parser.parse_args().queue)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


def results(
    n_cases: int = CASES,
    n_decisions: int = DECISIONS,
    repeats: int = REPEATS,
    starts: int = STARTS,
    queue: str | None = None,
) -> list[Result]:
    """Measure every page.

    Parameters
    ----------
    n_cases, n_decisions : int
        Of the queue, unless one is given.
    repeats, starts : int
        Runs of each page, and of a server that is started anew; 0 leaves the browser out.
    queue : str or None
        Address of a queue to use as it is.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = queue or f"sqlite:///{folder / 'queue.db'}"
        if queue is None:
            fill(url, n_cases, n_decisions)
        environment = {"CLAIMCLF_DATABASE_URL": url}
        dataset = find_course_dataset()
        if dataset:
            environment["CLAIMCLF_DATASET"] = str(dataset)
        figures = [*_reruns(folder, repeats, environment)]
        if starts:
            figures += [_served(starts, environment), *_first_paints(starts, environment)]
        return figures


def _reruns(folder: Path, repeats: int, environment: dict[str, str]) -> Iterator[Result]:
    times, sent = _measured(folder, repeats, environment)
    reference = statistics.median(times[EMPTY])
    for name in (EMPTY, LEAN, GUARD):
        yield _milliseconds(name, times[name])
    for page in PAGES:
        seconds = times[page]
        ratio, spread = statistics.median(seconds) / reference, _ends(seconds, reference)
        yield _milliseconds(_title(page), seconds)
        yield Result(f"{_title(page)}, rerun", ratio, "times", EMPTY, RATIO, spread)
        for name in (LEAN, GUARD):
            beside = statistics.median(times[name])
            ends = _ends(seconds, beside)
            yield Result(
                f"{_title(page)}, beside {name}",
                statistics.median(seconds) / beside,
                "times",
                name,
                spread=ends,
            )
        yield Result(f"{_title(page)}, sent", sent[page] / 1000, "kB", limit=MOST_BYTES / 1000)


def _milliseconds(name: str, seconds: list[float]) -> Result:
    value = 1000 * statistics.median(seconds)
    return Result(f"{name}, time", value, "ms", spread=_ends(seconds, 0.001))


def _ends(values: list[float], unit: float) -> tuple[float, float]:
    return min(values) / unit, max(values) / unit


def _title(page: str) -> str:
    return page or "start"


def _measured(
    folder: Path, repeats: int, environment: dict[str, str]
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Return each page's times, and the bytes of its first drawing, by page or reference."""
    reference = _reference(folder)
    with ExitStack() as stack:
        start = stack.enter_context
        plain = start(timed_server(reference, folder / "plain.log", reference.parent))
        lean = start(timed_server(reference, folder / "lean.log"))
        own = start(timed_server(SERVER, folder / "own.log", **environment))
        servers: dict[str, tuple[TimedServer, str]] = {
            EMPTY: (plain, ""),
            LEAN: (lean, ""),
            GUARD: (lean, "review"),
            **{page: (own, page) for page in PAGES},
        }
        tabs = {
            name: start(session(server.address, page)) for name, (server, page) in servers.items()
        }
        sent = {name: _first(tab) for name, tab in tabs.items()}
        if repeats > 1:
            time.sleep(_AHEAD)
        times: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(repeats):
            for name, tab in tabs.items():
                tab.run()
                times[name].append(servers[name][0].last())
        return times, sent


def _first(tab: Any) -> int:
    drawn = tab.run()
    if drawn.errors:
        raise RuntimeError(f"A page failed: {drawn.errors}")
    return int(drawn.n_bytes)


def _reference(folder: Path) -> Path:
    """Write an app of an empty page, beside pages that draw the navigation alone."""
    app = folder / "reference" / "app.py"
    (app.parent / "pages").mkdir(parents=True)
    app.write_text("import streamlit\n", "utf-8")
    for page in PAGES[1:]:
        file = app.parent / "pages" / f"{page}.py"
        file.write_text(_GUARD.format(name=page), "utf-8")
    return app


def _served(starts: int, environment: Mapping[str, str]) -> Result:
    seconds = [_seconds_to_serve(environment) for _ in range(starts)]
    median = statistics.median(seconds)
    name = "from make run to a served page"
    return Result(name, median, "s", limit=START_SECONDS, spread=_ends(seconds, 1))


def _seconds_to_serve(environment: Mapping[str, str]) -> float:
    port = free_port()
    command = ["make", "run", f"PORT={port}"]
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "CLAIMCLF_TOKEN": TOKEN, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # make writes there that it was ended
        start_new_session=True,
    )
    try:
        wait_until_served(f"http://127.0.0.1:{port}", process, "/")
        return time.perf_counter() - started
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _first_paints(starts: int, environment: dict[str, str]) -> Iterator[Result]:
    with browser() as opened:
        for page in PAGES:
            painted = [_first_paint(opened, page, environment) for _ in range(starts)]
            heading, whole, n_bytes = (list(values) for values in zip(*painted, strict=True))
            for what, values in (("heading", heading), ("end", whole)):
                yield Result(
                    f"{_title(page)}, from the server's start to the page's {what}",
                    statistics.median(values),
                    "s",
                    spread=_ends(values, 1),
                )
            yield Result(
                f"{_title(page)}, over the network",
                max(n_bytes) / 1000,
                "kB",
                limit=MOST_BYTES / 1000,
            )


def _first_paint(opened: Browser, page: str, environment: dict[str, str]) -> tuple[float, ...]:
    tab = new_context(opened).new_page()
    received = _count_bytes(tab)
    started = time.perf_counter()
    with running_dashboard(copied=False, **environment) as address:
        tab.goto(f"{address}/{page}", wait_until="commit")
        tab.wait_for_selector("h1", timeout=60_000)
        heading = time.perf_counter() - started
        settle(tab)
        whole = time.perf_counter() - started
        tab.wait_for_timeout(500)
        tab.close()
    return heading, whole, sum(received)


def _count_bytes(tab: Any) -> list[int]:
    """Note what the tab receives, but Streamlit's own files."""
    received: list[int] = []
    watch = tab.context.new_cdp_session(tab)
    watch.send("Network.enable")

    def frame(event: dict[str, Any]) -> None:
        payload = event["response"]["payloadData"]
        binary = event["response"]["opcode"] == 2
        received.append(len(base64.b64decode(payload)) if binary else len(payload))

    own: set[str] = set()

    def response(event: dict[str, Any]) -> None:
        if "/static/" not in event["response"]["url"]:
            own.add(event["requestId"])

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in own:
            received.append(int(event["encodedDataLength"]))

    watch.on("Network.webSocketFrameReceived", frame)
    watch.on("Network.responseReceived", response)
    watch.on("Network.loadingFinished", finished)
    return received


if __name__ == "__main__":
    os.environ.pop("CLAIMCLF_MODELS", None)
    sys.exit(main())
