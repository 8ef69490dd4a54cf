"""The quickest way to the cases that fulfil filters, words of the transcript among them.

`claimclf.queue.storage.words` says what a search means. An FTS5 table indexes the words
on SQLite, a table of its own on PostgreSQL.

Neither database's planner knows that a word is rare, or that few cases have waited for a week.
So cases that fulfil such a condition are looked up first, up to a limit. If there are few, they
are read and sorted; if there are many, reading cases by rank soon meets the first ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.conditions import conditions_of, narrow_conditions
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.ordering import KEYS, sorted_by
from claimclf.queue.queries.word_index import holds_words, with_all_words
from claimclf.queue.storage.dialects import among
from claimclf.queue.storage.tables import IS_HELD, cases
from claimclf.queue.storage.words import begins, names_like, plain, words_of
from claimclf.schema import TRANSCRIPT, Ranking

#: Up to so many cases, reading and sorting them all is as fast as reading cases by rank.
FEW = 5_000
# A word's index lists all its cases at once: frequent ones are looked for in the transcripts.
_FREQUENT, _SAMPLE, _SAMPLED_FROM = 0.05, 400, 20_000


@dataclass(frozen=True)
class Search:
    """How to find the cases that fulfil filters.

    Parameters
    ----------
    conditions : list
        What a case must fulfil, in a query sorted by `order`.
    order : tuple
        The rank.
    loose : list
        The same conditions, in a query of any other order.
    some : list of int
        Cases that fulfil a part of the conditions, by number: all such cases or some of them.
    rest : list
        What else these must fulfil.
    has_all : bool
        Whether there is no such case beyond `some`.
    """

    conditions: list[ColumnElement[bool]]
    order: tuple[ColumnElement[Any], ...]
    loose: list[ColumnElement[bool]]
    some: list[int]
    rest: list[ColumnElement[bool]]
    has_all: bool


def search(
    connection: Connection, filters: Filters, ranking: Ranking, now: int, counted: int = 0
) -> Search:
    """Return the quickest way to the cases that fulfil filters.

    Parameters
    ----------
    filters : Filters
        A text without any word, such as punctuation alone, filters nothing; so do more than
        `MOST_WORDS` words, and more than `MOST_LETTERS` letters of one.
    now : int
        Microseconds since 1970, UTC.
    counted : int
        How many cases to count at most where no condition has an index of its own.
    """
    filters = _with_known_holder(connection, filters)
    words = words_of(filters.text)
    frequent = _frequent(connection, words)
    rare = [word for word in words if word not in frequent]
    but_words = conditions_of(filters, now, None)
    loose = [*but_words, *holds_words(connection, words)]
    parts = [
        _first(connection, select(cases.c.id).where(condition), FEW, loose)
        for condition in narrow_conditions(filters, now)
    ]
    if rare:
        rest = [*but_words, *holds_words(connection, frequent)]
        parts.insert(0, _first(connection, with_all_words(connection, rare), FEW, rest))
    if counted and not parts:
        # By rank, for SQLite to take the index that holds what is filtered by.
        query = select(cases.c.id).where(*conditions_of(filters, now))
        query = query.order_by(*KEYS[Ranking.REPORTS])
        parts = [_first(connection, query, counted, holds_words(connection, words))]
    few = [part for part in parts if part.is_whole]
    if not few:
        by_rank = [*conditions_of(filters, now, ranking), *holds_words(connection, words)]
        part = parts[0] if parts else _Part([], loose, False)
        return Search(by_rank, KEYS[ranking], loose, part.ids, part.rest, False)
    some = sorted(set.intersection(*(set(part.ids) for part in few)))
    rest = few[0].rest
    loose = [among(connection, cases.c.id, some), *rest]
    return Search(loose, sorted_by(ranking), loose, some, rest, True)


def _with_known_holder(connection: Connection, filters: Filters) -> Filters:
    """Return filters that name the holder as they sign in: a link may be typed in any case."""
    if filters.holder is None:
        return filters
    holders = connection.scalars(select(cases.c.lease_holder).where(IS_HELD).distinct()).all()
    alike = names_like(filters.holder, holders)
    return filters if filters.holder in alike or not alike else replace(filters, holder=alike[0])


@dataclass(frozen=True)
class _Part:
    """Cases that fulfil a part of the conditions, what else they must, and if they are all."""

    ids: list[int]
    rest: list[ColumnElement[bool]]
    is_whole: bool


def _first(
    connection: Connection, query: Select[Any], most: int, rest: list[ColumnElement[bool]]
) -> _Part:
    """Return what a query finds, one more than `most` at most."""
    ids = list(connection.scalars(query.limit(most + 1)))
    return _Part(ids, rest, len(ids) <= most)


def _frequent(connection: Connection, words: list[str]) -> list[str]:
    """Return the words that many transcripts have, judged by some of them."""
    last = connection.scalar(select(func.max(cases.c.id))) or 0 if words else 0
    if last < _SAMPLED_FROM:
        return []
    some = among(connection, cases.c.id, range(1, last + 1, max(last // _SAMPLE, 1)))
    sample = connection.scalars(select(cases.c[TRANSCRIPT]).where(some))
    wholes = [plain(transcript or "") for transcript in sample]
    most = _FREQUENT * len(wholes)
    return [word for word in words if sum(begins(word, whole) for whole in wholes) > most]
