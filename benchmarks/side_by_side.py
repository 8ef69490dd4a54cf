"""Two builds at once: python -m benchmarks.side_by_side FOLDER.

FOLDER is a checkout of another build. Both serve a queue of their own that is filled alike, and
are asked in turn, so that whatever else the machine does falls on both. A page's time is that of
asking for it over the websocket until its last message, and of fetching the start page; from key
to next case is a press of a decision until the next case is sent. What the browser does is the
same for both and left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.sessions import Drawn, Session, session
from benchmarks.timed import TimedServer, timed_server
from claimclf.paths import ROOT, SERVER
from claimclf.schema import Decision
from claimclf.ui.wording import DECISIONS
from tests.browser.dashboard import PAGES, cookie

ROUNDS, CASES, DECIDED = 30, 2_000, 40
#: How many times the other build's time this one may take.
RATIO = 1.05
_START = "Start reviewing"
_FILL = "import sys; from benchmarks.busy import fill; fill(sys.argv[1], int(sys.argv[2]))"
#: Where a build's server is: since there is a room for HTTP, and before.
_SERVERS = (SERVER.relative_to(ROOT), Path("claimclf", "ui", "server.py"))


def main(arguments: list[str] | None = None) -> int:
    """Print both builds' times; return 1 where this one takes more than the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path, metavar="FOLDER", help="checkout of the other build")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES)
    chosen = parser.parse_args(arguments)
    is_slower = False
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        both = []
        for name, build in (("before", chosen.before), ("now", ROOT)):
            served = serve_build(folder / name, build.resolve(), chosen.cases)
            both.append(stack.enter_context(served)[0].address)
        for what, *times in _times(stack, both, chosen.rounds):
            before, now = (statistics.median(seconds) * 1_000 for seconds in times)
            is_slower |= now > RATIO * before
            print(f"{what:<24}{before:>9.2f} ms{now:>9.2f} ms{now / before:>7.3f}", flush=True)
    return int(is_slower)


@contextmanager
def serve_build(folder: Path, build: Path, n_cases: int) -> Iterator[tuple[TimedServer, float]]:
    """Serve a build with a queue of its own; yields the server, and when it was started."""
    folder.mkdir(exist_ok=True)
    url = f"sqlite:///{folder / 'queue.db'}"
    environment = {"PYTHONPATH": str(build), "CLAIMCLF_DATABASE_URL": url}
    own = build / ".venv" / "bin" / "python"  # another build may need other packages
    python = own if own.is_file() else Path(sys.executable)
    # By its own code: a queue of a newer version is refused by an older build.
    subprocess.run(
        [python, "-c", _FILL, url, str(n_cases)],
        cwd=build,
        env={**os.environ, **environment},
        check=True,
    )
    script = next(filter(Path.is_file, (build / place for place in _SERVERS)))
    started = time.perf_counter()
    with timed_server(script, folder / "runs.log", build, python, **environment) as server:
        yield server, started


def _times(
    stack: ExitStack, both: list[str], rounds: int
) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield what was measured, and the seconds of both builds."""
    yield "start page, fetched", *_in_turn([lambda at=at: _fetched(at) for at in both], rounds)  # type: ignore[misc]
    for page in PAGES:
        tabs = [stack.enter_context(session(address, page)) for address in both]
        yield (
            page or "start",
            *_in_turn([lambda tab=tab: tab.run().seconds for tab in tabs], rounds),
        )  # type: ignore[misc]
    tabs = [stack.enter_context(session(address, "review")) for address in both]
    reviews = [_Review(tab) for tab in tabs]
    yield "key to next case", *_in_turn([review.decide for review in reviews], rounds)


def _in_turn(measures: list[Callable[[], float]], rounds: int) -> tuple[list[float], list[float]]:
    """Measure both builds one after the other, a first time for nothing."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for place in (0, 1) if number % 2 else (1, 0):
            spent = measures[place]()
            if number:
                seconds[place].append(spent)
    return seconds


def _fetched(address: str) -> float:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    started = time.perf_counter()
    connection.request("GET", "/", headers={"Cookie": cookie()})
    connection.getresponse().read()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


class _Review:
    """One moderator's tab, with a case on it."""

    def __init__(self, tab: Session) -> None:
        self._tab = tab
        self._screen: Drawn = tab.press(*tab.run().buttons[_START])

    def decide(self) -> float:
        """Press a decision and wait for the next case; return the seconds."""
        self._screen = self._tab.press(*self._screen.buttons[DECISIONS[Decision.OPINION]])
        if self._screen.errors:
            raise RuntimeError(f"no next case: {self._screen.errors}")
        return self._screen.seconds


if __name__ == "__main__":
    sys.exit(main())
