"""Searches in the words of transcripts, as `claimclf.queue.storage.word_table` indexes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Select,
    cast,
    column,
    func,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.storage.dialects import add_function
from claimclf.queue.storage.tables import cases
from claimclf.queue.storage.word_table import index_changed, index_from, many_words
from claimclf.queue.storage.words import has_words
from claimclf.schema import TRANSCRIPT


def with_all_words(connection: Connection, words: list[str]) -> Select[Any]:
    """Return a query for the cases that have all words, by the index of words."""
    if connection.dialect.name == "sqlite":
        hits = column("cases_words").op("MATCH")(" ".join(f'"{word}"*' for word in words))
        return select(column("rowid")).select_from(table("cases_words")).where(hits)
    query = select(column("case_id", BigInteger)).select_from(table("cases_words"))
    return query.where(_matches(words))


def holds_words(connection: Connection, words: list[str]) -> list[ColumnElement[bool]]:
    """Return whether a case has all words, case by case; nothing without words."""
    if not words:
        return []
    if connection.dialect.name == "sqlite":
        add_function(connection, "has_words", _has_words)
        return [func.has_words(cases.c[TRANSCRIPT], " ".join(words), type_=Boolean)]
    # A value of its own for each case hides the words from the planner: it would use their index
    # even for frequent words, and take a search for many words to be selective.
    number = column("case_id", BigInteger)
    own = select(_matches(words)).select_from(table("cases_words", number))
    return [own.where(number == cases.c.id).scalar_subquery()]


def _has_words(transcript: str | None, words: str) -> bool:
    return has_words(transcript, words.split(" "))


def _matches(words: list[str]) -> ColumnElement[bool]:
    query = cast(" & ".join(f"'{word}':*" for word in words), TSQUERY)
    return column("words").op("@@", return_type=Boolean())(query)


@contextmanager
def keep_words_indexed(connection: Connection) -> Iterator[None]:
    """Index the words of cases that are inserted or changed within the block, many at once.

    Triggers follow each row that is changed; for each of a million new rows they would take too
    long.
    """
    last = connection.scalar(select(func.max(cases.c.id))) or 0
    yield
    with many_words(connection):
        index_from(connection, last)
        index_changed(connection)
