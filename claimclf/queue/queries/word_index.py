"""The words of transcripts in the database: an FTS5 table on SQLite, an index on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Select,
    and_,
    case,
    cast,
    column,
    false,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.words import has_words
from claimclf.queue.storage.dialects import add_function
from claimclf.queue.storage.tables import cases
from claimclf.schema import TRANSCRIPT

# The words as the index has them.
_WORDS = (
    f"to_tsvector('simple', regexp_replace(coalesce({TRANSCRIPT}, ''), "
    r"'[!-/:-@[-`{-~\ufe0e\ufe0f]+', ' ', 'g'))"
)


def known_words(connection: Connection, words: list[str]) -> list[str]:
    """Return words as the database has them in its index: PostgreSQL makes two of some."""
    if connection.dialect.name == "sqlite" or not words:
        return words
    in_index = func.tsvector_to_array(func.to_tsvector("simple", " ".join(words)))
    return list(connection.scalar(select(in_index)) or [])


def with_all_words(connection: Connection, words: list[str]) -> Select[Any]:
    """Return a query for the cases that have all words, by the index of words."""
    if connection.dialect.name == "sqlite":
        hits = column("cases_words").op("MATCH")(" ".join(f'"{word}"*' for word in words))
        return select(column("rowid")).select_from(table("cases_words")).where(hits)
    query = select(column("case_id", BigInteger)).select_from(table("cases_words"))
    return query.where(_matches(words, "words"))


def holds_words(connection: Connection, words: list[str]) -> list[ColumnElement[bool]]:
    """Return whether a case has all words, read from its transcript; nothing without words."""
    if not words:
        return []
    if connection.dialect.name == "sqlite":
        add_function(connection, "has_words", _has_words)
        return [func.has_words(cases.c[TRANSCRIPT], " ".join(words), type_=Boolean)]
    # CASE runs the quick comparison first, and hides the words from the planner: it would use
    # the index even for frequent words, and take a search for many words to be selective.
    parts = [cases.c[TRANSCRIPT].icontains(word, autoescape=True) for word in words]
    return [case((and_(*parts), _matches(words, _WORDS)), else_=false())]


def _has_words(transcript: str | None, words: str) -> bool:
    return has_words(transcript, words.split(" "))


def _matches(words: list[str], indexed: str) -> ColumnElement[bool]:
    query = cast(" & ".join(f"'{word}':*" for word in words), TSQUERY)
    return literal_column(indexed).op("@@", return_type=Boolean())(query)


@contextmanager
def keep_words_indexed(connection: Connection) -> Iterator[None]:
    """Index the words of cases that are inserted within the block, many at once.

    Triggers follow each row that is changed; for each of a million new rows they would take too
    long. PostgreSQL puts new words on a list, which every search reads until it is sorted in:
    that is half the work for a long list.
    """
    on_sqlite = connection.dialect.name == "sqlite"
    last = connection.scalar(select(func.max(cases.c.id))) or 0
    yield
    if on_sqlite:
        words: ColumnElement[Any] = cases.c[TRANSCRIPT]
        columns = ["rowid", TRANSCRIPT]
    else:
        connection.execute(text("SET LOCAL gin_pending_list_limit = '64MB'"))
        words, columns = literal_column(_WORDS), ["case_id", "words"]
    index = table("cases_words", *(column(name) for name in columns))
    new = select(cases.c.id, words).where(cases.c.id > last)
    connection.execute(insert(index).from_select(columns, new))
    if not on_sqlite:
        connection.execute(select(func.gin_clean_pending_list("ix_cases_words")))
        connection.execute(text("SET LOCAL gin_pending_list_limit TO DEFAULT"))
