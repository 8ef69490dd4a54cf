from __future__ import annotations

import re
import threading
import warnings
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from claimclf.errors import StorageDamagedError, StorageError
from claimclf.queue.storage import migrations
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import metadata
from tests.queue.conftest import NewUrl

#: What the words are found by is no table of rows, and on PostgreSQL an index of it alone.
WORDS = re.compile(r"(cases_words(_(data|idx|docsize|config|content))?|ix_cases_words)")


def is_known(_: object, name: str | None, *__: object) -> bool:
    return WORDS.fullmatch(name or "") is None


def test_tables_are_those_that_the_code_knows(database: Database) -> None:
    database.prepare()
    with database.engine.connect() as connection, warnings.catch_warnings(action="ignore"):
        context = MigrationContext.configure(connection, opts={"include_object": is_known})
        assert compare_metadata(context, metadata) == []


def test_indexes_on_expressions_are_those_that_the_code_knows(database: Database) -> None:
    # Alembic cannot compare these on SQLite.
    names = {index.name for table in metadata.sorted_tables for index in table.indexes}
    catalogue = "sqlite_master" if database.is_sqlite else "pg_indexes"
    column = "name" if database.is_sqlite else "indexname"
    in_database = database.read(lambda c: set(c.scalars(text(f"SELECT {column} FROM {catalogue}"))))  # noqa: S608
    assert names <= in_database


def test_newest_version_is_the_one_that_the_code_works_with() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_tables_are_made_on_first_use(new_url: NewUrl) -> None:
    database = Database(new_url(tables=False))
    assert database.read(migrations.version) == migrations.HEAD
    database.close()


def test_many_first_users_make_the_tables_once(new_url: NewUrl) -> None:
    url = new_url(tables=False)
    failures: list[BaseException] = []

    def use() -> None:
        database = Database(url)
        try:
            database.prepare()
        except BaseException as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "change", ["DELETE FROM alembic_version", "UPDATE alembic_version SET version_num = 'x'"]
)
def test_database_that_has_lost_its_version_is_refused(database: Database, change: str) -> None:
    database.write(lambda c: c.execute(text(change)))
    same = Database(database.url.render_as_string(hide_password=False))
    with pytest.raises(StorageDamagedError, match="version of the queue's tables is lost"):
        same.prepare()
    same.close()


def test_database_of_a_newer_version_is_refused(database: Database) -> None:
    database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    newer = Database(database.url.render_as_string(hide_password=False))
    with pytest.raises(StorageError, match="made by a newer claimclf"):
        newer.prepare()
    newer.close()


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_text("this is a text of some length, and not a database" * 100)
    with pytest.raises(StorageDamagedError, match="is no database"):
        Database(f"sqlite:///{tmp_path / 'queue.db'}").prepare()


def test_database_that_is_gone_is_named_without_its_password() -> None:
    database = Database("postgresql://someone:secret@127.0.0.1:1/queue")
    with pytest.raises(StorageError, match="cannot be reached") as raised:
        database.prepare()
    assert "secret" not in str(raised.value)


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be reached"):
        Database(f"sqlite:///{tmp_path / 'file' / 'queue.db'}").prepare()


def test_failed_work_changes_nothing(database: Database) -> None:
    def fail(connection: object) -> None:
        connection.execute(text("DELETE FROM audit_head"))  # type: ignore[attr-defined]
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        database.write(fail)
    assert database.read(lambda c: c.scalar(text("SELECT count(*) FROM audit_head"))) == 1


def test_tables_of_a_killed_migration_are_not_there(new_url: NewUrl) -> None:
    database = Database(new_url(tables=False))

    def half(connection: object) -> None:
        migrations.upgrade(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.engine.connect() as connection:
        database.attempt(connection, half, writes=True)
    database.close()
    engine = create_engine(database.engine.url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    database.prepare()
    database.close()


def to(new_url: NewUrl, version: str) -> Database:
    """Return a database with the tables of a version."""
    database = Database(new_url(tables=False))
    with database.engine.connect() as connection:
        database.attempt(connection, lambda c: migrations.upgrade(c, version), writes=True)
    return database


@pytest.mark.parametrize("version", migrations.versions())
@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_log_can_only_be_added_to_after_each_migration(
    new_url: NewUrl, version: str, statement: str
) -> None:
    database = to(new_url, version)
    names = "seq, at, actor, role, action, details, previous_hash, hash"
    entry = f"INSERT INTO audit ({names}) VALUES (1, 1, 'a', 'lead', 'x', '{{}}', '0', '1')"  # noqa: S608
    with database.engine.connect() as connection:
        database.attempt(connection, lambda c: c.execute(text(entry)), writes=True)
        with pytest.raises(DBAPIError, match="can only be added to"):
            database.attempt(connection, lambda c: c.execute(text(statement)), writes=True)
    database.close()


@pytest.mark.parametrize("version", migrations.versions()[:-1])
def test_no_trigger_is_lost_on_the_way_to_todays_tables(new_url: NewUrl, version: str) -> None:
    database = to(new_url, version)
    before = triggers(database)
    database.prepare()
    assert triggers(database) >= before
    database.close()


def triggers(database: Database) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if database.is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with database.engine.connect() as connection:
        return set(connection.scalars(text(query)))
