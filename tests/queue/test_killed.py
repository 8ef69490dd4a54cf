"""A process that is killed leaves the database as it was, or with all of its work."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, func, inspect, select

from claimclf.queue.audit import verify
from claimclf.queue.database import Database
from claimclf.queue.tables import audit, batches, cases, decisions
from tests.queue.builders import BORIS, done, fill, take
from tests.queue.conftest import NewUrl

ROOT = Path(__file__).resolve().parents[2]


class Killer:
    """Has things done by processes that do not live to finish them."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.queue.killed"]
        self.program = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, url: str, work: str, point: str) -> None:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(f"{url} {work} {point}\n")
        self.program.stdin.flush()
        assert int(self.program.stdout.readline()) == signal.SIGKILL


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    killer = Killer()
    yield killer
    killer.program.communicate()


def sizes(database: Database) -> list[int]:
    tables: list[Table] = [batches, cases, decisions, audit]
    return [
        database.read(lambda c, table=table: c.scalar(select(func.count()).select_from(table)))
        for table in tables
    ]


@pytest.mark.parametrize("point", ["op.create_table", "op.create_index", "op.execute"])
def test_migration_starts_over(new_url: NewUrl, kill: Killer, point: str) -> None:
    url = new_url(tables=False)
    kill(url, "migrate", point)
    database = Database(url)
    assert inspect(database.engine).get_table_names() == []
    fill(database)
    database.close()


@pytest.mark.parametrize(
    "point",
    [
        "ingest.stage",
        "ingest._new_batch",
        "ingest._update_known",
        "ingest._insert_new",
        "ingest._rank_groups",
        "ingest.append",
    ],
)
def test_upload_is_not_there_and_can_be_repeated(new_url: NewUrl, kill: Killer, point: str) -> None:
    url = new_url()
    database = Database(url)
    fill(database, 5)
    done(database)
    before = sizes(database)
    kill(url, "ingest", point)
    assert sizes(database) == before
    again = fill(database, 20, "b", report_count=100)
    assert (again.n_new, again.n_known, again.n_reopened, again.is_repeated) == (15, 5, 1, False)
    assert verify(database).problems == []
    database.close()


@pytest.mark.parametrize(
    ("work", "point"),
    [
        ("decide", "decisions.insert"),
        ("decide", "decisions.append"),
        ("bulk", "bulk.closing"),
        ("bulk", "decisions.append"),
    ],
)
def test_decision_is_not_there_and_can_be_repeated(
    new_url: NewUrl, kill: Killer, work: str, point: str
) -> None:
    url = new_url()
    database = Database(url)
    fill(database, 5, statement_id="a")
    kill(url, work, point)
    assert sizes(database)[2] == 0
    assert verify(database).problems == []
    if work == "bulk":
        assert take(database, BORIS).case.video["video_id"] == "video-0000000"
    database.close()


@pytest.mark.parametrize(
    ("work", "expected"), [("decide", [1, 5, 1]), ("bulk", [1, 5, 5]), ("ingest", [2, 20, 0])]
)
def test_finished_work_stays(new_url: NewUrl, kill: Killer, work: str, expected: list[int]) -> None:
    url = new_url()
    database = Database(url)
    fill(database, 5, statement_id="a")
    kill(url, work, "")
    assert sizes(database)[:3] == expected
    assert verify(database).problems == []
    database.close()
