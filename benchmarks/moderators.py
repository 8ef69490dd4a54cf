"""Sixteen moderators at work for five minutes: how long a decision takes, and what it leaves.

A real server, with people who have signed in, on PostgreSQL or SQLite. Each moderator is a
websocket client that speaks Streamlit's own protocol: it opens the page Review, takes a case,
presses a decision, gets the next case, and looks at the counts every few seconds as its screen
would. Sixteen browsers would need more than the two cores that the server is measured on; what
the server does for a browser is all there. A decision's time is from the press to the last
message of the screen with the next case. Everything is on 127.0.0.1 and ends by itself.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from streamlit.web.server.starlette.starlette_app_utils import (
    create_signed_value,
    generate_xsrf_token_string,
)

from benchmarks.busy import MODERATORS, fill
from benchmarks.queue import DATABASES
from benchmarks.report import Result
from benchmarks.sessions import Drawn, Session, session
from benchmarks.timed import TimedServer, timed_server
from claimclf.paths import SERVER
from claimclf.people import Person
from claimclf.queue.queries.tallying import counts
from claimclf.schema import CaseState, Decision
from claimclf.ui.wording import DECISIONS

SECONDS, CASES = 300.0, 100_000
#: Mean seconds that a person looks at a case: quick ones, for a busy server.
THINKING = 4.0
P95_MILLISECONDS, GROWTH = 500.0, 1.05
#: Share of the time at each end over which memory is compared; the start is warm-up.
_END = 0.2
_PRESSED = (Decision.WITHIN_RULES, Decision.OPINION, Decision.SKIP)
_START = "Start reviewing"
_SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1/oauth2callback"
cookie_secret = "{secret}"
client_id = "benchmark"
client_secret = "benchmark"
server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"

[claimclf.roles]
moderator = {names}
"""


@dataclass
class Work:
    """What moderators did.

    Parameters
    ----------
    seconds : list of float
        Of each press of a decision.
    errors : list of str
        What went wrong.
    n_decided : int
        Cases that were closed.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    n_decided: int = 0


def main() -> int:
    """Print every figure; return 1 where a promise breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--database", choices=DATABASES, default="PostgreSQL")
    chosen = parser.parse_args()
    figures = results(chosen.seconds, database=chosen.database)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


def results(
    seconds: float = SECONDS,
    people: tuple[Person, ...] = MODERATORS,
    n_cases: int = CASES,
    thinking: float = THINKING,
    database: str = "PostgreSQL",
) -> list[Result]:
    """Let people work, and measure.

    Parameters
    ----------
    seconds : float
        For how long.
    people : tuple of Person
        Moderators.
    n_cases : int
        Open cases.
    thinking : float
        Mean seconds between two presses of a person.
    database : str
        A key of `DATABASES`.
    """
    with tempfile.TemporaryDirectory() as name, DATABASES[database]() as made:
        url = made.url.render_as_string(hide_password=False)
        fill(url, n_cases)
        with served_to(Path(name), url, people) as (server, secret):
            done, memory = work(server, secret, people, seconds, thinking)
        closed = sum(tally.n for tally in counts(made) if tally.state is CaseState.DECIDED)
    return list(_figures(done, memory, closed, seconds, len(people), database))


def _figures(
    work: Work, memory: list[float], closed: int, seconds: float, n_people: int, database: str
) -> Iterator[Result]:
    presses = 1000 * np.array(work.seconds)
    who = f"{n_people} moderators, {database}"
    first, last = _memory_ends(memory)
    spread = (float(presses.min()), float(presses.max()))
    yield Result(f"{who}: a decision, median", float(np.median(presses)), "ms", spread=spread)
    p95 = float(np.quantile(presses, 0.95))
    yield Result(f"{who}: a decision, p95", p95, "ms", limit=P95_MILLISECONDS)
    yield Result(f"{who}: decisions", 60 * len(presses) / seconds, "a minute")
    yield Result(f"{who}: errors", len(work.errors), "errors", limit=0)
    lost = int(abs(closed - work.n_decided))
    yield Result(f"{who}: cases closed but not by a press, or the reverse", lost, "cases", limit=0)
    yield Result(f"{who}: memory of the server", last, "MB", spread=(min(memory), max(memory)))
    yield Result(
        f"{who}: growth of memory", last / first, reference="its first minutes", limit=GROWTH
    )
    for error in sorted(set(work.errors))[:5]:
        print(f"error: {error}")


def _memory_ends(memory: list[float]) -> tuple[float, float]:
    """Return the median of a stretch after the warm-up, and that of the last one."""
    length = max(round(_END * len(memory)), 1)
    warm = memory[length:] or memory
    return statistics.median(warm[:length]), statistics.median(memory[-length:])


@contextmanager
def served_to(
    folder: Path, url: str, people: tuple[Person, ...], **settings: str
) -> Iterator[tuple[TimedServer, str]]:
    """Run a server that people sign in to; yields it and what signs their cookies."""
    secret = secrets.token_hex(32)
    file = folder / "secrets.toml"
    names = json.dumps([person.name for person in people])
    file.write_text(_SECRETS.format(secret=secret, names=names), "utf-8")
    environment = {"STREAMLIT_SECRETS_FILES": str(file), "CLAIMCLF_DATABASE_URL": url, **settings}
    with timed_server(SERVER, folder / "runs.log", **environment) as server:
        yield server, secret


class Shift:
    """A time of work that begins when everybody has a first case, which loads what is slow.

    Parameters
    ----------
    seconds : float
        How long it is.
    n_people : int
        Who must be there, the watch on memory included.
    """

    def __init__(self, seconds: float, n_people: int) -> None:
        self._seconds = seconds
        self._all_there = threading.Barrier(n_people)
        self._end = 0.0

    def begin(self) -> None:
        """Wait for the others."""
        self._all_there.wait(timeout=120)
        self._end = time.monotonic() + self._seconds

    def give_up(self) -> None:
        """Let the others go, who would wait for ever."""
        self._all_there.abort()

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return max(self._end - time.monotonic(), 0.0)


def work(
    server: TimedServer,
    secret: str,
    people: tuple[Person, ...],
    seconds: float,
    thinking: float,
    n_uncounted: int = 0,
) -> tuple[Work, list[float]]:
    """Let everybody work at the same time; return what they did, and the server's memory.

    Parameters
    ----------
    n_uncounted : int
        So many first presses of each tab are not timed: they draw what stays on the screen then.
    """
    memory: list[float] = []
    done, shift = Work(), Shift(seconds, len(people) + 1)
    with ThreadPoolExecutor(len(people) + 1) as pool:
        watch = pool.submit(_watch, server.process.pid, shift, memory)
        for one in pool.map(lambda p: _moderate(server, secret, p, shift, thinking), people):
            done.seconds += one.seconds[n_uncounted:]
            done.errors += one.errors
            done.n_decided += one.n_decided
        with suppress(threading.BrokenBarrierError):  # why stands among the errors
            watch.result()
    return done, memory


def _watch(pid: int, shift: Shift, memory: list[float]) -> None:
    """Note the server's own memory (MB) every second."""
    process = psutil.Process(pid)
    shift.begin()
    while shift.left:
        memory.append(process.memory_info().rss / 1e6)
        time.sleep(min(shift.left, 1.0))


def _moderate(
    server: TimedServer, secret: str, person: Person, shift: Shift, thinking: float
) -> Work:
    """Review one case after the other, as one person at one tab."""
    work = Work()
    cookies, token = _signed_in(secret, person, server.address)
    headers = {"Origin": server.address, "Cookie": cookies}
    try:
        with session(server.address, "review", headers, token) as tab:
            screen = tab.run()
            if _START in screen.buttons:  # else a case is held since the last time
                screen = tab.press(*screen.buttons[_START])
            shift.begin()
            _decide(tab, screen, work, shift, thinking)
    except Exception as error:
        shift.give_up()
        work.errors.append(f"{type(error).__name__}: {error}")
    return work


def _decide(tab: Session, screen: Drawn, work: Work, shift: Shift, thinking: float) -> None:
    """Decide on the case on the screen, and on those that follow."""
    chance = random.Random()  # noqa: S311
    while shift.left:
        rest = chance.expovariate(1 / thinking) if thinking else 0.0
        for look in tab.rest(min(rest, shift.left)):
            work.errors += look.errors
        if not shift.left:  # else everybody would press in the instant in which it ends
            break
        decision = chance.choice(_PRESSED)
        if DECISIONS[decision] not in screen.buttons:
            raise RuntimeError(f"no case to decide on: {screen.errors or screen.texts}")
        screen = tab.press(*screen.buttons[DECISIONS[decision]])
        work.errors += screen.errors
        work.seconds.append(screen.seconds)
        work.n_decided += decision is not Decision.SKIP


def _signed_in(secret: str, person: Person, address: str) -> tuple[str, str]:
    """Return the cookies that the login would have set, and Streamlit's token."""
    claims = {
        "origin": address,
        "is_logged_in": True,
        "iss": address,
        "sub": person.name,
        "email": person.name,
        "email_verified": True,
        "iat": int(time.time()),
    }
    user = create_signed_value(secret, "_streamlit_user", json.dumps(claims)).decode()
    token = generate_xsrf_token_string()
    return f"_streamlit_user={user}; _streamlit_xsrf={token}", token


if __name__ == "__main__":
    sys.exit(main())
