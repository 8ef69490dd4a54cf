"""Sixteen moderators beside a platform that sends reports: what one costs the other.

One server serves the pages and takes reports. Moderators work as in `benchmarks.moderators`, in
turn without reports and beside as many a second as is asked for; what came of the reports is
counted afterwards. All of it, senders and moderators included, is on this machine's cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.busy import MODERATORS, fill
from benchmarks.moderators import THINKING, Work, served_to, work
from benchmarks.queue import DATABASES
from benchmarks.report import TIMES, Result
from claimclf.people import Person, local_user
from claimclf.services.intake_stress import Answered, Load, account, send_all, wait_until_stored
from claimclf.services.tokens import Scope, make_token

SECONDS, TURNS, CASES, PER_SECOND = 60.0, 2, 100_000, 1_000.0
SENDERS, BATCH, VIDEOS = 4, 100, 200
#: Milliseconds of an answer, and how much longer a decision may take beside reports.
ANSWER, SHARE = 50.0, 1.3
#: Seconds that senders are busy with before and after the moderators' time.
_AROUND = 10.0
#: Seconds of work before any that counts.
_WARM = 20.0


def main() -> int:
    """Print every figure; return 1 where a promise breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--per-second", type=float, default=PER_SECOND)
    parser.add_argument("--database", choices=DATABASES, action="append")
    chosen = parser.parse_args()
    figures = [
        figure
        for database in chosen.database or DATABASES
        for figure in measured(database, chosen.seconds, chosen.turns, chosen.per_second)
    ]
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


def results() -> list[Result]:
    """Measure both databases."""
    return [figure for database in DATABASES for figure in measured(database)]


def measured(
    database: str,
    seconds: float = SECONDS,
    turns: int = TURNS,
    per_second: float = PER_SECOND,
    people: tuple[Person, ...] = MODERATORS,
    n_cases: int = CASES,
    thinking: float = THINKING,
) -> list[Result]:
    """Let people work without reports and beside them, in turn.

    Parameters
    ----------
    database : str
        A key of `DATABASES`.
    seconds : float
        Of each turn.
    turns : int
        Of each kind.
    per_second : float
        Reports.
    people : tuple of Person
        Moderators.
    n_cases : int
        Open cases at the beginning.
    thinking : float
        Mean seconds between two presses of a person.
    """
    alone, beside = Work(), Work()
    answered: list[Answered] = []
    n = VIDEOS * round(per_second * (seconds + 2 * _AROUND) / VIDEOS)
    load = Load(n, SENDERS, BATCH, VIDEOS, per_second)
    with tempfile.TemporaryDirectory() as folder, DATABASES[database]() as made:
        url = made.url.render_as_string(hide_password=False)
        fill(url, n_cases)
        with served_to(Path(folder), url, people, CLAIMCLF_API="on") as (server, secret):
            place = urlsplit(server.address)
            work(server, secret, people, _WARM, thinking)  # what a server does once is not counted
            for _ in range(turns):
                _add(alone, work(server, secret, people, seconds, thinking, 1)[0])
                name = f"turn-{time.time_ns()}"
                token = make_token(made, local_user(), name, [Scope.REPORT], name)
                address = (str(place.hostname), int(place.port or 0))
                with _sending(address, token, load) as sent:
                    _add(beside, work(server, secret, people, seconds, thinking, 1)[0])
                answered += sent.result()
                wait_until_stored(url)
        # Another sender each turn, so that all count.
        dropped, doubled = account(url, replace(load, reports=turns * n))
    who = f"{len(people)} moderators, {database}"
    return [
        *_presses(who, alone, beside),
        *_answers(f"{per_second:,.0f} reports a second, {database}", answered),
        Result(f"{who}: reports that no case counts, or twice", dropped + doubled, "", limit=0),
    ]


@contextmanager
def _sending(address: tuple[str, int], token: str, load: Load) -> Iterator[Future[list[Answered]]]:
    """Send reports from before the block begins until after it ends."""
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(send_all, address, token, load)
        time.sleep(_AROUND / 2)  # senders have started
        yield sent


def _add(to: Work, some: Work) -> None:
    to.seconds += some.seconds
    to.errors += some.errors
    to.n_decided += some.n_decided


def _presses(who: str, alone: Work, beside: Work) -> Iterator[Result]:
    for share, limit in ((0.5, None), (0.95, SHARE)):
        first, second = (float(np.quantile(one.seconds, share)) for one in (alone, beside))
        name = "median" if share == 0.5 else "p95"
        yield Result(f"{who}: a decision without reports, {name}", 1000 * first, "ms")
        yield Result(f"{who}: a decision beside reports, {name}", 1000 * second, "ms")
        ratio = Result(
            f"{who}: {name} beside reports", second / first, TIMES, "without them", limit
        )
        yield ratio
    errors = len(alone.errors) + len(beside.errors)
    yield Result(f"{who}: errors", errors, "errors", limit=0)
    for error in sorted({*alone.errors, *beside.errors})[:5]:
        print(f"error: {error}")


def _answers(what: str, answered: list[Answered]) -> Iterator[Result]:
    waits = 1000 * np.array([one.at - one.due for one in answered])
    yield Result(f"{what}: an answer, median", float(np.median(waits)), "ms")
    yield Result(f"{what}: an answer, p95", float(np.quantile(waits, 0.95)), "ms", limit=ANSWER)


if __name__ == "__main__":
    sys.exit(main())
