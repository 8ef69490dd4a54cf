"""The words of transcripts, and the quickest way to the cases that somebody wants to see.

A transcript fulfils a search where each typed word is the beginning of one of its words, in
any case. A word is a run of letters, digits and marks upon them; all else stands between
words. On SQLite an FTS5 table knows the words, on PostgreSQL an index on an expression.

Neither planner can tell a rare word from a frequent one, nor that few cases have waited for
a week. So the cases that fulfil such a condition are counted so far as they are few: few are
read and sorted, among many the first ones by rank are soon met.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
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

from claimclf.queue.queries.ordering import KEYS, Filters, sorted_by
from claimclf.queue.storage.dialects import add_function, among
from claimclf.queue.storage.tables import cases
from claimclf.schema import TRANSCRIPT, Ranking

#: So many cases are few: read and sorted as fast as the first ones are met among more.
FEW = 5_000
#: Different words of a search that count, and letters of each: no transcript needs more.
MOST_WORDS, MOST_LETTERS = 32, 64

# A word's index lists all its cases at once: frequent ones are looked for in the transcripts.
_FREQUENT, _SAMPLE, _SAMPLED_FROM = 0.05, 400, 20_000
_MARKS = frozenset({"Mn", "Mc", "Co"})
# They tell a symbol how to look, and are no part of a word.
_SELECTORS = "\ufe0e\ufe0f"
_WORDS = (
    f"to_tsvector('simple', regexp_replace(coalesce({TRANSCRIPT}, ''), "
    r"'[!-/:-@[-`{-~\ufe0e\ufe0f]+', ' ', 'g'))"
)


# Words ---------------------------------------------------------------------------------------


def words_of(typed: str) -> list[str]:
    """Return the words that were typed, in one case; none where there is only punctuation."""
    between = "".join(char if _in_word(char) else " " for char in typed)
    words = (word for word in _folded(between).split() if any(map(str.isalnum, word)))
    return list(dict.fromkeys(word[:MOST_LETTERS] for word in words))[:MOST_WORDS]


def has_words(transcript: str | None, words: Sequence[str]) -> bool:
    """Return whether each of `words` is the beginning of one of a transcript's words."""
    whole = _folded(transcript or "")
    return all(_begins(word, whole) for word in words)


def _begins(word: str, whole: str) -> bool:
    place = whole.find(word)
    while place > 0 and _in_word(whole[place - 1]):
        place = whole.find(word, place + 1)
    return place >= 0


@lru_cache(maxsize=4096)
def _in_word(char: str) -> bool:
    marks = unicodedata.category(char) in _MARKS and char not in _SELECTORS
    return char.isalnum() or marks


class _Folding(dict[int, int]):
    """Each character in the one case in which words are compared; one stays one."""

    def __missing__(self, code: int) -> int:
        folded = chr(code).casefold()
        self[code] = ord(folded) if len(folded) == 1 else code
        return self[code]


_FOLDING = _Folding()


def _folded(whole: str) -> str:
    return whole.lower() if whole.isascii() else whole.translate(_FOLDING)


# Searching -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """How to find what somebody wants to see.

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
    connection: Connection, wanted: Filters, ranking: Ranking, now: int, counted: int = 0
) -> Search:
    """Return the quickest way to the cases that are wanted.

    Parameters
    ----------
    wanted : Filters
        A text without any word, such as punctuation alone, filters nothing; so do more than
        `MOST_WORDS` words, and more than `MOST_LETTERS` letters of one.
    now : int
        Microseconds since 1970, UTC.
    counted : int
        So many cases become known at most where no condition has an index of its own.
    """
    words = _known(connection, words_of(wanted.text))
    frequent = _frequent(connection, words)
    rare = [word for word in words if word not in frequent]
    anyhow = wanted.conditions(now, None)
    loose = [*anyhow, *_holds(connection, words)]
    found = [
        _first(connection, select(cases.c.id).where(condition), FEW, loose)
        for condition in wanted.narrow(now)
    ]
    if rare:
        rest = [*anyhow, *_holds(connection, frequent)]
        found.insert(0, _first(connection, _indexed(connection, rare), FEW, rest))
    if counted and not found:
        # By rank, for SQLite to take the index that holds what is asked for.
        query = select(cases.c.id).where(*wanted.conditions(now)).order_by(*KEYS[Ranking.REPORTS])
        found = [_first(connection, query, counted, _holds(connection, words))]
    few = [part for part in found if part.is_whole]
    if not few:
        by_rank = [*wanted.conditions(now, ranking), *_holds(connection, words)]
        part = found[0] if found else _Part([], loose, False)
        return Search(by_rank, KEYS[ranking], loose, part.ids, part.rest, False)
    some = sorted(set.intersection(*(set(part.ids) for part in few)))
    rest = few[0].rest
    loose = [among(connection, cases.c.id, some), *rest]
    return Search(loose, sorted_by(ranking), loose, some, rest, True)


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
    wholes = [_folded(transcript or "") for transcript in sample]
    most = _FREQUENT * len(wholes)
    return [word for word in words if sum(_begins(word, whole) for whole in wholes) > most]


def _known(connection: Connection, words: list[str]) -> list[str]:
    """Return words as the database writes them: PostgreSQL makes two of some."""
    if connection.dialect.name == "sqlite" or not words:
        return words
    written = func.tsvector_to_array(func.to_tsvector("simple", " ".join(words)))
    return list(connection.scalar(select(written)) or [])


def _indexed(connection: Connection, words: list[str]) -> Select[Any]:
    """Return a query for the cases that have all words, by the index of words."""
    if connection.dialect.name == "sqlite":
        hits = column("cases_words").op("MATCH")(" ".join(f'"{word}"*' for word in words))
        return select(column("rowid")).select_from(table("cases_words")).where(hits)
    return select(cases.c.id).where(_matches(words))


def _holds(connection: Connection, words: list[str]) -> list[ColumnElement[bool]]:
    """Return whether a case has all words, read from its transcript; nothing without words."""
    if not words:
        return []
    if connection.dialect.name == "sqlite":
        add_function(connection, "has_words", _has_words)
        return [func.has_words(cases.c[TRANSCRIPT], " ".join(words), type_=Boolean)]
    # A case distinction says what is quick to say first, and lets the planner neither use the
    # index, where frequent words are as many as cases, nor take many words for a rare thing.
    parts = [cases.c[TRANSCRIPT].icontains(word, autoescape=True) for word in words]
    return [case((and_(*parts), _matches(words)), else_=false())]


def _has_words(transcript: str | None, words: str) -> bool:
    return has_words(transcript, words.split(" "))


def _matches(words: list[str]) -> ColumnElement[bool]:
    wanted = cast(" & ".join(f"'{word}':*" for word in words), TSQUERY)
    return literal_column(_WORDS).op("@@", return_type=Boolean())(wanted)


# Keeping up ----------------------------------------------------------------------------------


@contextmanager
def with_words(connection: Connection) -> Iterator[None]:
    """Have the words of cases found that are inserted meanwhile, many at once.

    On SQLite a trigger follows what is changed; for each of a million new rows it would take
    too long. PostgreSQL puts new words on a list, which every search reads until it is sorted
    in: that is half the work for a long list.
    """
    on_sqlite = connection.dialect.name == "sqlite"
    last = connection.scalar(select(func.max(cases.c.id))) or 0
    if not on_sqlite:
        connection.execute(text("SET LOCAL gin_pending_list_limit = '64MB'"))
    yield
    if on_sqlite:
        new = select(cases.c.id, cases.c[TRANSCRIPT]).where(cases.c.id > last)
        words = table("cases_words", column("rowid"), column(TRANSCRIPT))
        connection.execute(insert(words).from_select(["rowid", TRANSCRIPT], new))
    else:
        connection.execute(select(func.gin_clean_pending_list("ix_cases_words")))
        connection.execute(text("SET LOCAL gin_pending_list_limit TO DEFAULT"))
