"""The words of transcripts in the database: an FTS5 table on SQLite, a table on PostgreSQL.

It holds nothing that is not in the cases, and is made anew where a program of other rules made
it (`claimclf.queue.storage.words.RULES`), whatever the version of the other tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, func, select, text

from claimclf.queue.storage.dialects import driver_errors
from claimclf.queue.storage.tables import cases
from claimclf.queue.storage.words import RULES, indexed_words

#: What SQLite's triggers call; each connection to a queue knows it.
FUNCTION = "claimclf_words"
_TEXT = "video_transcription_text"
#: Cases whose transcripts are read at once.
_ROWS = 2_000
_FORGET = f"""INSERT INTO cases_words (cases_words, rowid, {_TEXT})
    VALUES ('delete', OLD.id, {FUNCTION}(OLD.{_TEXT}));"""  # noqa: S608
_SQLITE = (
    "DROP TRIGGER cases_words_change",
    "DROP TRIGGER cases_words_delete",
    f"""CREATE TRIGGER cases_words_change AFTER UPDATE OF {_TEXT} ON cases
        WHEN OLD.{_TEXT} IS NOT NEW.{_TEXT}
        BEGIN {_FORGET} INSERT INTO cases_words (rowid, {_TEXT})
            VALUES (NEW.id, {FUNCTION}(NEW.{_TEXT})); END""",  # noqa: S608
    f"CREATE TRIGGER cases_words_delete AFTER DELETE ON cases BEGIN {_FORGET} END",
    "INSERT INTO cases_words (cases_words) VALUES ('delete-all')",
    f"INSERT INTO cases_words (rowid, {_TEXT}) SELECT id, {FUNCTION}({_TEXT}) FROM cases",  # noqa: S608
    f"PRAGMA user_version = {RULES}",
)
# A changed transcript leaves a row without words, which `index_changed` fills: no function of
# PostgreSQL's own makes words without asking its locale.
_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION cases_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM cases_words WHERE case_id = OLD.id;
        IF TG_OP = 'UPDATE' THEN
            INSERT INTO cases_words VALUES (NEW.id, '');
        END IF;
        RETURN NULL; END $$""",
    "DROP INDEX ix_cases_words",
    "DROP INDEX IF EXISTS ix_cases_words_behind",
    "DELETE FROM cases_words",
    "CREATE INDEX ix_cases_words_behind ON cases_words (case_id) WHERE words = ''",
)
_POSTGRESQL_INDEX = "CREATE INDEX ix_cases_words ON cases_words USING gin (words)"
_MARK = "words by the rules of claimclf, "


def add_words_function(driver_connection: Any) -> None:
    """Let an SQLite connection's triggers make words."""
    driver_connection.create_function(FUNCTION, 1, indexed_words, deterministic=True)


def rules_of(connection: Connection) -> int:
    """Return by which rules the words in the database were made; 0 for those of older programs."""
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)
    comment = select(func.obj_description(func.to_regclass("cases_words"), "pg_class"))
    mark = connection.scalar(comment) or ""
    return int(mark.removeprefix(_MARK)) if mark.startswith(_MARK) else 0


def make_words_anew(connection: Connection) -> None:
    """Index the words of all cases by today's rules, within the connection's transaction."""
    if rules_of(connection) == RULES:
        return
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE:
            connection.exec_driver_sql(statement)
        return
    for statement in _POSTGRESQL:
        connection.exec_driver_sql(statement)
    index_from(connection, 0)
    connection.exec_driver_sql(_POSTGRESQL_INDEX)
    connection.exec_driver_sql(f"COMMENT ON TABLE cases_words IS '{_MARK}{RULES}'")


def index_from(connection: Connection, last: int) -> None:
    """Index the words of cases beyond a number, which have no words yet."""
    if connection.dialect.name == "sqlite":
        new = f"SELECT id, {FUNCTION}({_TEXT}) FROM cases WHERE id > :last"  # noqa: S608
        index = f"INSERT INTO cases_words (rowid, {_TEXT}) {new}"
        connection.execute(text(index), {"last": last})
        return
    query = select(cases.c.id, cases.c[_TEXT]).order_by(cases.c.id).limit(_ROWS)
    while rows := connection.execute(query.where(cases.c.id > last)).all():
        _copy(connection, ((row.id, row[1]) for row in rows))
        last = rows[-1].id


def index_changed(connection: Connection) -> None:
    """Index the words of cases whose transcripts have changed; on SQLite triggers did."""
    if connection.dialect.name == "sqlite":
        return
    behind = text("DELETE FROM cases_words WHERE words = '' RETURNING case_id")
    ids = sorted(connection.scalars(behind))
    for start in range(0, len(ids), _ROWS):
        these = cases.c.id.in_(ids[start : start + _ROWS])
        rows = connection.execute(select(cases.c.id, cases.c[_TEXT]).where(these))
        _copy(connection, ((row.id, row[1]) for row in rows.all()))


@contextmanager
def many_words(connection: Connection) -> Iterator[None]:
    """Have PostgreSQL put new words on a list, which every search reads until it is sorted in.

    That is half the work for a long list.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.execute(text("SET LOCAL gin_pending_list_limit = '64MB'"))
    yield
    connection.execute(select(func.gin_clean_pending_list("ix_cases_words")))
    connection.execute(text("SET LOCAL gin_pending_list_limit TO DEFAULT"))


def _copy(connection: Connection, rows: Iterable[tuple[int, str | None]]) -> None:
    """Write rows of words, each word in quotes; none for a text without words."""
    cursor = connection.connection.cursor()
    with (
        driver_errors(connection),
        cursor.copy("COPY cases_words (case_id, words) FROM STDIN") as copy,
    ):
        for number, transcript in rows:
            if words := indexed_words(transcript):
                copy.write_row((number, "'" + words.replace(" ", "' '") + "'"))
