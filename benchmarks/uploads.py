"""What others notice while an upload comes in: python -m benchmarks.uploads.

Part of ``make bench-queue``. People take and decide in this process, with and without another
process that stores rows of 5 kB; a small upload goes into a full queue and into an empty one.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.processes import claimclf
from benchmarks.queue import DATABASES, LEAD, timed, videos
from benchmarks.report import TIMES, Result
from claimclf.dataset.statements import statement_keys
from claimclf.people import Person
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.queries.listing import page
from claimclf.queue.review.decisions import Verdict, decide
from claimclf.queue.review.leases import next_case
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.database import Database
from claimclf.schema import AUTHOR_ID, STATEMENT_ID, TRANSCRIPT, VIDEO_ID, Decision

#: Open cases, rows that come in, and rows of the file whose memory is measured.
OPEN, ROWS, FILE_ROWS = 200_000, 100_000, 200_000
LETTERS, FEW, REPEATS = 5_000, 1_000, 200
#: Times, milliseconds at p95, milliseconds, times, milliseconds, MB.
RATIO, P95, LONGEST, GROWTH, LOOK, MEMORY = 1.5, 250.0, 1_000.0, 1.3, 50.0, 1_500.0
_VERDICT = Verdict(Decision.OPINION)
_WHAT = ("next case", "decide", "look")
Spent = dict[str, list[float]]


def main() -> int:
    """Print every figure; return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=OPEN)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--file-rows", type=int, default=FILE_ROWS)
    parser.add_argument("--into", help="store --rows rows there, and measure nothing")
    chosen = parser.parse_args()
    if chosen.into:
        store(Database(chosen.into), wide(chosen.rows, "b"), "b")
        return 0
    figures = results(chosen.open, chosen.rows, chosen.file_rows)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


def results(n_open: int = OPEN, n_rows: int = ROWS, n_file: int = FILE_ROWS) -> list[Result]:
    """Measure both databases, and the memory of a file's way into SQLite."""
    results = [
        result
        for name, made in DATABASES.items()
        for result in (*_meanwhile(name, made, n_open, n_rows), *_growth(name, made, n_open))
    ]
    return [*results, _memory(n_file)]


def wide(n: int, name: str, letters: int = LETTERS) -> pd.DataFrame:
    """Return n ranked videos with long transcripts; of statements and authors of their own."""
    table, random = videos(n), np.random.default_rng(1)
    alphabet = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(random.choice(alphabet, random.integers(3, 10))) for _ in range(20_000)]
    frequent = np.minimum(random.zipf(1.3, (2_000, letters // 30)), len(words)) - 1
    parts = [" ".join(words[word] for word in row)[: letters // 5] for row in frequent]
    said = [
        f"{' '.join(parts[part] for part in row)} {text} {name}"
        for row, text in zip(random.integers(0, len(parts), (n, 5)), table[TRANSCRIPT], strict=True)
    ]
    own = {column: name + table[column] for column in (VIDEO_ID, AUTHOR_ID, STATEMENT_ID)}
    return table.assign(**own, **{TRANSCRIPT: said})


def store(database: Database, table: pd.DataFrame, name: str) -> float:
    """Store an upload; return the seconds that it took."""
    upload = Upload(f"{name}.csv", (name * 64)[:64], "bench", "1")
    started = time.perf_counter()
    ingest(database, LEAD, table, upload, keys_of=statement_keys)
    return time.perf_counter() - started


def _meanwhile(name: str, made: Callable[[], Any], n_open: int, n_rows: int) -> Iterator[Result]:
    """Have people at work without an upload, and during one."""
    with made() as database:
        store(database, videos(n_open), "a")
        change_settings(database, LEAD, "half of all", capacity=0.5)
        looks = [_seconds(partial(page, database)) for _ in range(20)]
        quiet = _at_work(database, lambda n: n < REPEATS)
        # What an upload costs others because it takes a core is no matter of the queue.
        with made() as other:
            other.prepare()
            elsewhere = _beside_upload(database, other, n_rows)
        busy = _beside_upload(database, database, n_rows)
    during = f"{name}: while {n_rows:,} rows of 5 kB come in"
    for what in ("next case", "decide"):
        p95 = {state: _p95(spent[what]) for state, spent in (("quiet", quiet), ("busy", busy))}
        ratio = RATIO if name == "PostgreSQL" else None
        yield Result(f"{during}: {what}, p95", p95["busy"] / p95["quiet"], TIMES, "without", ratio)
        beside = p95["busy"] / _p95(elsewhere[what])
        there = "the same upload into another database"
        yield Result(f"{during}: {what}, p95, beyond what its core costs", beside, TIMES, there)
        limits = (P95, LONGEST) if name == "SQLite" else (None, None)
        yield Result(f"{during}: {what}, p95 in ms", p95["busy"], "ms", "", limits[0])
        yield Result(f"{during}: {what}, longest", 1_000 * max(busy[what]), "ms", "", limits[1])
    yield Result(f"{during}: a look, p95", _p95(busy["look"]), "ms", "", LOOK)
    yield Result(f"{name}: a look before anybody took a case", _p95(looks), "ms", "", LOOK)


def _beside_upload(database: Database, into: Database, n_rows: int) -> Spent:
    """Have people at work while another process stores an upload, there or elsewhere."""
    url = into.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "benchmarks.uploads", "--into", url, "--rows", str(n_rows)]
    with subprocess.Popen(command) as process:
        spent = _at_work(database, lambda _: process.poll() is None)
    if process.returncode:
        raise RuntimeError(f"the upload ended with {process.returncode}")
    return spent


def _at_work(database: Database, goes_on: Callable[[int], bool]) -> Spent:
    """Take, look and decide, with a moment between one case and the next."""
    spent: Spent = {what: [] for what in _WHAT}
    person = Person("somebody")
    while goes_on(len(spent["decide"])):
        lease = timed(spent["next case"], partial(next_case, database, person))
        timed(spent["look"], partial(page, database))
        held = (lease.case.id, lease.token, lease.case.version)
        timed(spent["decide"], partial(decide, database, person, *held, _VERDICT))
        time.sleep(0.02)
    return spent


def _growth(name: str, made: Callable[[], Any], n_open: int) -> Iterator[Result]:
    """Store few rows in a full queue and in empty ones; all of the same kind."""
    tables = {letter: wide(FEW, letter) for letter in "abcde"}
    empty = []
    for letter, table in tables.items():
        with made() as database:
            database.prepare()
            empty.append(store(database, table, letter))
    with made() as database:
        store(database, videos(n_open), "f")
        full = [store(database, table, letter) for letter, table in tables.items()]
    what = f"{name}: {FEW:,} rows of 5 kB into {n_open:,} cases"
    ratio = statistics.median(full) / statistics.median(empty)
    yield Result(what, ratio, TIMES, "into an empty queue", GROWTH)


def _memory(n: int) -> Result:
    """Put a file of wide rows into a queue by the command line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "wide.csv")
        scored = ["lane", "prediction", "claim_probability", "reason", STATEMENT_ID, "place"]
        wide(n, "m").drop(columns=scored).to_csv(file, index=False)
        url = f"sqlite:///{folder}/queue.db"
        spent = claimclf("ingest", file, "--model", "content-random-forest", "--database", url)
    what = f"most memory of ingest for {n:,} rows of 5 kB, SQLite"
    return Result(what, spent.megabytes, "MB", "", MEMORY)


def _seconds(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _p95(seconds: list[float]) -> float:
    return 1_000 * float(np.quantile(seconds, 0.95))


if __name__ == "__main__":
    sys.exit(main())
