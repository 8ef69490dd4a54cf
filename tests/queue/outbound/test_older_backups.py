"""Backups of the versions that came before: what the first release wrote, and what led to it."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from claimclf.errors import DamagedError, StorageError
from claimclf.people import Person, Role
from claimclf.queue.outbound.backup import restoring, updating
from claimclf.queue.outbound.backup.manifest import TABLES
from claimclf.queue.outbound.backup.restoring import restore
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.storage import database as storage
from claimclf.queue.storage import migrations
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.scratch import table_columns
from claimclf.queue.storage.tables import IS_OPEN, audit, batches, cases, metadata, tallies
from claimclf.schema import TRANSCRIPT
from tests.queue.builders import Clock, done, fill
from tests.queue.conftest import NewUrl
from tests.queue.killed import after
from tests.queue.outbound.backups import as_of, edit_manifest, edit_rows, members_of, repack

ADMIN = Person("ada", Role.ADMIN)
RELEASE = Path(__file__).parents[2] / "stored" / "release-0.1" / "backup.zip"
#: What the first release wrote is of the last of these.
VERSIONS = ("0001", "0002", "0003", "0004")
OLDEST = VERSIONS[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A backup of the oldest version."""
    as_of(OLDEST, RELEASE, tmp_path / "older.backup")
    return tmp_path / "older.backup"


def saved_rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows in a backup by table."""
    members = members_of(file)
    manifest = json.loads(members["manifest.json"])
    return {
        name: [
            dict(zip(member["columns"], json.loads(row), strict=True))
            for row in members[f"{name}.jsonl"].splitlines()
        ]
        for name, member in manifest["members"].items()
    }


def stored_rows(database: Database, columns: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Return a queue's rows of some columns, without what the restore itself adds to the log."""
    rows = {}
    for table in TABLES:
        if table.name in columns:
            query = select(*(table.c[name] for name in columns[table.name]))
            query = query.where(audit.c.action != "restore") if table is audit else query
            ordered = query.order_by(*table.primary_key)
            rows[table.name] = database.read(
                lambda c, q=ordered: list(map(dict, c.execute(q).mappings()))
            )  # type: ignore[misc]
    return rows


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_an_older_version_held_comes_back(
    database: Database, tmp_path: Path, version: str
) -> None:
    file = tmp_path / "older.backup"
    as_of(version, RELEASE, file)
    saved = saved_rows(file)
    taken = restore(database, ADMIN, file)
    assert (taken.version, taken.format) == (version, 1)
    assert taken.n_rows == sum(map(len, saved.values()))
    columns = {name: list(rows[0]) for name, rows in saved.items()}
    assert stored_rows(database, columns) == saved
    assert verify(database).problems == []
    assert database.read(migrations.version) == migrations.HEAD


def test_what_an_older_version_had_not_yet_is_worked_out(database: Database, file: Path) -> None:
    restore(database, ADMIN, file)
    opened_at = select(cases.c.waits_since, batches.c.at).join(
        batches, batches.c.id == cases.c.opened_batch_id
    )
    assert all(since == at for since, at in database.read(lambda c: c.execute(opened_at).all()))
    counted = select(cases.c.state, func.count()).group_by(cases.c.state)
    tallied = select(tallies.c.state, func.sum(tallies.c.n)).group_by(tallies.c.state)
    numbers = database.read(
        lambda c: [sorted(map(tuple, c.execute(q))) for q in (counted, tallied)]
    )
    assert numbers[0] == numbers[1] != []


def test_restored_older_queue_goes_on(database: Database, file: Path) -> None:
    restore(database, ADMIN, file)
    batch = fill(database, 20)
    assert (batch.n_new, batch.n_known) == (20, 0)
    done(database, Person("boris"))
    assert verify(database).problems == []
    transcript = database.read(lambda c: c.scalar(select(cases.c[TRANSCRIPT]).where(IS_OPEN)))
    listed = page(database, Filters(text=str(transcript)))
    assert transcript in [row.case.video[TRANSCRIPT] for row in listed.rows]
    catalogue = "name FROM sqlite_master" if database.is_sqlite else "indexname FROM pg_indexes"
    indexes = database.read(lambda c: set(c.scalars(text(f"SELECT {catalogue}"))))
    assert {index.name for table in metadata.sorted_tables for index in table.indexes} <= indexes


def test_progress_reaches_the_end(database: Database, file: Path) -> None:
    steps: list[tuple[int, int]] = []
    restore(database, ADMIN, file, lambda n, total: steps.append((n, total)))
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1]


ALTERED: dict[str, Callable[[dict[str, bytes]], object]] = {
    r"its tables are": lambda m: drop(m, "decisions"),
    r"checksum of cases.jsonl does not match": lambda m: m.update(
        {"cases.jsonl": m["cases.jsonl"].replace(b"someone", b"anybody")}
    ),
    r"its tables are audit, .*sqlite_master": lambda m: add(m, "sqlite_master", ["name"]),
    r"its tables are audit": lambda m: rename_column(m, "settings", "reason", "reason) --"),
    r"was altered.*FOREIGN KEY": lambda m: edit_rows(m, "decisions", "[1, 1,", "[1, 999,"),
    r"Decision 2 was altered": lambda m: edit_rows(m, "decisions", '"kim.', '"tim.'),
}


def drop(members: dict[str, bytes], table: str) -> None:
    manifest = json.loads(members["manifest.json"])
    del manifest["members"][table]
    edit_manifest(members, members=manifest["members"])


def add(members: dict[str, bytes], table: str, columns: list[str]) -> None:
    manifest = json.loads(members["manifest.json"])
    member = {"columns": columns, "n_rows": 0, "sha256": ""}
    edit_manifest(members, members=manifest["members"] | {table: member})


def rename_column(members: dict[str, bytes], table: str, old: str, new: str) -> None:
    manifest = json.loads(members["manifest.json"])
    columns = manifest["members"][table]["columns"]
    columns[columns.index(old)] = new
    edit_manifest(members, members=manifest["members"])


@pytest.mark.parametrize("problem", ALTERED)
def test_older_backup_that_was_altered_changes_nothing(
    database: Database, file: Path, problem: str
) -> None:
    unaltered = shutil.copy(file, file.with_name("unaltered"))
    repack(file, ALTERED[problem])
    with pytest.raises(DamagedError, match=problem):
        restore(database, ADMIN, file)
    assert_empty(database)
    restore(database, ADMIN, Path(unaltered))


def assert_empty(database: Database) -> None:
    columns = {table.name: list(table.columns.keys()) for table in TABLES}
    assert not any(stored_rows(database, columns).values())
    assert verify(database).n_entries == 0


def test_no_room_to_bring_it_up_to_date_is_named(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DBAPIError("INSERT", None, OperationalError("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(updating, "load", full)
        problem = "cannot be brought up to date. Found: .* is full, in the folder for temporary"
        with pytest.raises(StorageError, match=problem):
            restore(database, ADMIN, file)
    assert_empty(database)
    restore(database, ADMIN, file)


def restore_and_die(url: str, file: str, place: str) -> None:
    module = {"updating": updating, "restoring": restoring}[place]
    setattr(module, "load", after(module.load, call=3))  # noqa: B010
    storage._CACHE_KIB = 16  # so that the rest is on the disk
    restore(Database(url, Clock()), ADMIN, Path(file))
    os._exit(1)


@pytest.mark.parametrize("place", ["updating", "restoring"])
def test_killed_restore_of_an_older_backup_changes_nothing(
    new_url: NewUrl, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(folder))
    url = new_url()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=restore_and_die, args=(url, str(file), place))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert list(folder.iterdir()) == []
    database = Database(url, Clock())
    assert_empty(database)
    restore(database, ADMIN, file)
    database.close()


def test_every_version_is_known() -> None:
    assert migrations.versions()[: len(VERSIONS)] == list(VERSIONS)
    assert migrations.versions()[-1] == migrations.HEAD
    head = table_columns(migrations.HEAD)
    for table in TABLES:
        assert head[table.name] == {c.name: c.type.python_type for c in table.columns}
