"""A process that is killed leaves the database as it was, or with all of its work."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Table, TableClause, func, insert, inspect, select, update

from claimclf.paths import ROOT
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.review.decisions import undo
from claimclf.queue.review.leases import next_case
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage import migrations, word_table
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import continue_numbering
from claimclf.queue.storage.tables import audit, audit_head, batches, cases, decisions, metadata
from tests.queue.builders import ANNA, BORIS, LEAD, SKIP, Clock, done, fill, take
from tests.queue.conftest import NewUrl
from tests.queue.killed import N_CHUNKS, N_DECIDED

#: Names of tables, and of the columns of each.
Columns = dict[str, list[str]]
Rows = dict[str, list[tuple[Any, ...]]]
#: Changes on the way from the first tables to those of today: at least those of version 0002.
FEWEST_CHANGES = 4
#: Tables that an upload leaves something in.
OF_AN_UPLOAD = (
    *("cases", "replaced", "batches", "audit", "audit_head", "sightings", "tallies"),
    *("statement_totals", "author_totals"),
)


class Killer:
    """Has things done by processes that do not live to finish them."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.queue.killed"]
        self.program = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, url: str, work: str, point: str, call: int = 1) -> None:
        assert self.gets_there(url, work, point, call), f"no call {call} of {point}"

    def gets_there(self, url: str, work: str, point: str, call: int) -> bool:
        """Return whether the work came to where it was to die; if not, it is done."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(f"{url} {work} {call} {point}\n")
        self.program.stdin.flush()
        ended = int(self.program.stdout.readline())
        assert ended in (signal.SIGKILL, 0)
        return ended == signal.SIGKILL


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


@pytest.mark.parametrize(
    ("point", "call"),
    [("op.create_table", 1), ("op.create_table", 6), ("op.create_index", 9), ("op.execute", 2)],
)
def test_migration_starts_over(new_url: NewUrl, kill: Killer, point: str, call: int) -> None:
    url = new_url(tables=False)
    kill(url, "migrate", point, call)
    database = Database(url)
    assert inspect(database.engine).get_table_names() == []
    fill(database)
    database.close()


@pytest.fixture
def first_tables(
    new_url: NewUrl, tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Columns]:
    """The address of a queue of version 0001 with something in it, and what its tables hold."""
    url, upgrade = new_url(tables=False), command.upgrade

    def first(config: Config, _: str) -> None:
        upgrade(config, "0001")

    shutil.copy(migrated, tmp_path / "today.db")
    with closing(Database(url)) as old, closing(Database(f"sqlite:///{tmp_path}/today.db")) as new:
        with monkeypatch.context() as patch:
            patch.setattr(command, "upgrade", first)
            patch.setattr(word_table, "make_words_anew", lambda connection: None)
            old.prepare()
        inspector = inspect(old.engine)
        names = [name for name in inspector.get_table_names() if name != "alembic_version"]
        columns = {
            name: [str(cell["name"]) for cell in inspector.get_columns(name)] for name in names
        }
        something_of_all(new)
        rows = contents(new, columns)
        old.write(lambda connection: put(connection, columns, rows))
    return url, columns


def something_of_all(database: Database) -> None:
    database.now = Clock()
    # Without texts, of which a log of that time names none with a decision.
    fill(database, 6, video_transcription_text=None)
    change_settings(database, LEAD, "more", sample_rate=0.1)
    undo(database, ANNA, done(database).id)
    done(database, BORIS)
    done(database, verdict=SKIP)
    take(database)


def put(connection: Connection, columns: Columns, rows: Rows) -> None:
    """Write rows to new tables that may lack columns of today."""
    for today in metadata.sorted_tables:
        if today.name in columns:
            table = of_that_time(today.name, columns)
            fresh = update(table) if today is audit_head else insert(table)
            for row in rows[today.name]:
                connection.execute(fresh.values(dict(zip(table.c.keys(), row, strict=True))))
            continue_numbering(connection, today)


def of_that_time(name: str, columns: Columns) -> TableClause:
    """Return a table with the columns that it had, of the types that they have today."""
    types = {column.name: column.type for column in metadata.tables[name].columns}
    return sqlalchemy.table(name, *(sqlalchemy.column(n, types.get(n)) for n in columns[name]))


def contents(database: Database, columns: Columns) -> Rows:
    """Return all rows of tables, whatever their version."""
    table_rows: Rows = {}
    with database.engine.connect() as connection:
        for name in columns:
            table = of_that_time(name, columns)
            rows = connection.execute(select(table).order_by(next(iter(table.c))))
            table_rows[name] = [tuple(row) for row in rows]
    return table_rows


def test_upload_that_is_taken_back_is_gone_or_there_as_a_whole(
    new_url: NewUrl, kill: Killer
) -> None:
    url = new_url()
    database = Database(url, Clock())
    fill(database, 6)
    before_it = everything(database, "cases")
    fill(database, 12, "b", report_count=100, video_transcription_text="other words")
    there = everything(database, *OF_AN_UPLOAD)
    for call in itertools.count(1):
        was_killed = kill.gets_there(url, "take-back", "statement", call)
        if not was_killed or everything(database, *OF_AN_UPLOAD) != there:
            break
        assert verify(database).problems == []
    assert call > FEWEST_CHANGES
    gone = everything(database, *OF_AN_UPLOAD)
    assert (len(gone["cases"]), gone["replaced"]) == (6, [])
    assert [row["taken_back_by"] for row in gone["batches"]] == [None, LEAD.name]
    assert gone["audit"][:-1] == there["audit"]
    assert gone["audit"][-1]["action"] == "take-back"
    restored = [{**row, "version": 1} for row in gone["cases"]]
    assert restored == before_it["cases"]
    assert [row.case.id for row in page(database, Filters(text="thing")).rows] == [*range(1, 7)]
    assert page(database, Filters(text="other")).rows == []
    assert verify(database).problems == []
    database.close()


def everything(database: Database, *names: str) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of tables, in one order."""

    def look(connection: Connection) -> dict[str, list[dict[str, Any]]]:
        tables = [metadata.tables[name] for name in names]
        rows = {t.name: connection.execute(select(t).order_by(*t.primary_key)) for t in tables}
        return {name: [dict(row) for row in own.mappings()] for name, own in rows.items()}

    return database.read(look)


def test_old_tables_that_are_killed_on_their_way_to_those_of_today_keep_all(
    first_tables: tuple[str, Columns], kill: Killer
) -> None:
    url, columns = first_tables
    database = Database(url)
    before, tables = contents(database, columns), inspect(database.engine).get_table_names()
    assert all(before.values()), "every table should have held something"
    for call in itertools.count(1):
        if not kill.gets_there(url, "migrate", "statement", call):
            break
        with database.engine.connect() as connection:
            assert migrations.version(connection) == "0001"
        assert contents(database, columns) == before
        assert inspect(database.engine).get_table_names() == tables
    assert call > FEWEST_CHANGES
    assert database.read(migrations.version) == migrations.HEAD
    assert contents(database, columns) == before
    database.close()


def test_old_tables_that_were_killed_are_those_of_today_at_the_next_start(
    first_tables: tuple[str, Columns], kill: Killer
) -> None:
    url, columns = first_tables
    kill(url, "migrate", "storage.migrations.upgrade")
    database = Database(url, Clock())
    before = contents(database, columns)
    assert verify(database).problems == []
    assert database.read(migrations.version) == migrations.HEAD
    assert contents(database, columns) == before
    done(database, LEAD)
    assert fill(database, 8, "b").n_known == 6
    assert verify(database).problems == []
    database.close()


@pytest.mark.parametrize(
    ("point", "call"),
    [
        *(("intake.staging.load", call + 1) for call in range(N_CHUNKS)),
        ("intake.ingest.stage", 1),
        ("intake.ingest.new_batch", 1),
        ("intake.storing._update_known", 1),
        ("intake.storing._insert_new", 1),
        ("intake.ingest.rank_groups", 1),
        ("intake.ingest.append", 1),
    ],
)
def test_upload_is_not_there_and_can_be_repeated(
    new_url: NewUrl, kill: Killer, point: str, call: int
) -> None:
    url = new_url()
    database = Database(url)
    fill(database, 5)
    done(database)
    before = sizes(database)
    kill(url, "ingest", point, call)
    assert sizes(database) == before
    again = fill(database, 20, "b", report_count=100)
    assert (again.n_new, again.n_known, again.n_reopened, again.is_repeated) == (15, 5, 1, False)
    assert verify(database).problems == []
    database.close()


@pytest.mark.parametrize(
    ("point", "call", "n_cases"),
    [
        *(("arriving._write", 1, 5), ("arriving._write", N_CHUNKS, 5)),
        *(("arriving.new_batch", 1, 5), ("arriving._accept", 1, 5)),
        *(("arriving._find", 1, 5), ("arriving._store_step", 1, 5), ("arriving.append", 2, 5)),
        *(("arriving._store_step", 2, 5), ("arriving._store_step", 3, 10)),
        *(("arriving._adapted", N_CHUNKS, 20), ("arriving._close", 1, 20)),
    ],
)
def test_large_upload_is_not_there_or_goes_on(
    new_url: NewUrl, kill: Killer, point: str, call: int, n_cases: int
) -> None:
    database = Database(new_url())
    fill(database, 5)
    done(database)
    kill(database.url.render_as_string(hide_password=False), "arrive", f"intake.{point}", call)
    assert sizes(database)[1:3] == [n_cases, 1]
    assert verify(database).problems == []
    again = fill(database, 20, "b", report_count=100)
    assert (again.n_new, again.n_known, again.n_reopened, again.is_repeated) == (15, 5, 1, False)
    entries = select(audit.c.action).where(audit.c.batch_id == again.id)
    actions = database.read(lambda c: c.scalars(entries).all())
    assert sorted(set(actions) - {"arrive"}) == ["ingest", "reported-again"]
    assert sizes(database)[:3] == [2, 20, 1]
    assert verify(database).problems == []
    database.close()


def test_large_upload_that_was_killed_after_its_last_step_is_there(
    new_url: NewUrl, kill: Killer
) -> None:
    database = Database(new_url())
    fill(database, 5)
    kill(database.url.render_as_string(hide_password=False), "arrive", "intake.arriving.settle")
    assert sizes(database)[:2] == [2, 20]
    assert fill(database, 20, "b", report_count=100).is_repeated
    assert verify(database).problems == []
    database.close()


@pytest.mark.parametrize("call", range(1, N_DECIDED + 1))
@pytest.mark.parametrize("point", ["review.decisions.insert", "review.decisions.append"])
def test_decision_is_not_there_and_can_be_repeated(
    new_url: NewUrl, kill: Killer, point: str, call: int
) -> None:
    url = new_url()
    database = Database(url)
    fill(database, 5)
    kill(url, "decide", point, call)
    assert sizes(database)[2] == call - 1
    assert verify(database).problems == []
    assert take(database).case.video["video_id"] == f"video-{call - 1:07d}"
    for _ in range(5 - sizes(database)[2]):
        done(database)
    assert next_case(database, ANNA) is None
    assert sizes(database)[2] == 5
    assert verify(database).problems == []
    database.close()


@pytest.mark.parametrize("point", ["review.bulk.closing", "review.decisions.append"])
def test_bulk_is_not_there_and_its_cases_are_open(
    new_url: NewUrl, kill: Killer, point: str
) -> None:
    url = new_url()
    database = Database(url)
    fill(database, 5, statement_id="a")
    kill(url, "bulk", point)
    assert sizes(database)[2] == 0
    assert verify(database).problems == []
    assert take(database, BORIS).case.video["video_id"] == "video-0000000"
    database.close()


@pytest.mark.parametrize(
    ("work", "expected"),
    [("decide", [1, 5, N_DECIDED]), ("bulk", [1, 5, 5]), ("ingest", [2, 20, 0])],
)
def test_finished_work_stays(new_url: NewUrl, kill: Killer, work: str, expected: list[int]) -> None:
    url = new_url()
    database = Database(url)
    fill(database, 5, statement_id="a")
    kill(url, work, "")
    assert sizes(database)[:3] == expected
    assert verify(database).problems == []
    database.close()
