"""What a backup's rows may hold: single values, each of its column's kind."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from claimclf.queue.intake.reports.receiving import STATES
from claimclf.queue.settings.bounds import MOST, TIMES
from claimclf.schema import (
    REPORT_COUNT,
    REPORTED,
    CaseState,
    Decision,
    Lane,
    Look,
    ReasonCode,
)

#: Table -> column -> what its values are, where they are given: bool, int, float or str.
Kinds = Mapping[str, Mapping[str, type]]

_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_VALUE = rb"(?:" + _TEXT + rb"|-?[0-9][0-9.eE+-]*+|true|false|null)"
_TAKEN: Mapping[type, set[type]] = {bool: {bool, int}, int: {int}, float: {int, float}, str: {str}}
#: Words that the program looks up wherever it reads them.
_WORDS: dict[tuple[str, str], Collection[str]] = {
    **{(table, "state"): tuple(CaseState) for table in ("cases", "replaced", "tallies")},
    **{(table, "lane"): tuple(Lane) for table in ("cases", "decisions", "replaced", "tallies")},
    **{("shadow_scores", name): tuple(Lane) for name in ("lane", "used_lane")},
    **{(table, "decision"): tuple(Decision) for table in ("decisions", "second_looks")},
    **{(table, "reason_code"): tuple(ReasonCode) for table in ("decisions", "second_looks")},
    ("decisions", "state_before"): tuple(CaseState),
    ("second_looks", "kind"): tuple(Look),
    ("reports", "state"): STATES,
}
#: Numbers that are added up.
_MOST = {("cases", REPORT_COUNT): REPORTED[REPORT_COUNT].maximum or MOST, ("tallies", "n"): 10**12}
#: The next rows of a table are numbered on from its last one.
_MOST_ID = 10**15
#: Texts that the program reads as JSON objects.
_OBJECTS = {
    *(("audit", "details"), ("reports", "video"), ("requests", "answer")),
    *(("preferences", "chosen"), ("saved_views", "wanted")),
}
#: Characters of such a text: it may be lists in lists.
_MOST_OBJECT = 16 << 20


def check_line(line: bytes, table: str, n_columns: int) -> None:
    """Refuse a line that is not one row of single values, before it is read.

    Lists in lists of 60 MB are gigabytes once they are read.

    Raises
    ------
    ValueError
        It has too few or too many values, or one that is a list or an object.
    """
    if not _row(n_columns).fullmatch(line):
        raise ValueError(f"a row of {table} has too few or too many values, or lists in it")


@lru_cache
def _row(n_columns: int) -> re.Pattern[bytes]:
    others = rb"(?:\s*+,\s*+" + _VALUE + rb"){%d}" % (n_columns - 1)
    return re.compile(rb"\s*+\[\s*+" + _VALUE + others + rb"\s*+\]\s*+")


def check_values(
    table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], kinds: Kinds
) -> None:
    """Refuse values of another kind than their column's, or that no database holds.

    Raises
    ------
    ValueError
        The message names table and column.
    """
    for name, values in zip(columns, zip(*rows, strict=True), strict=True):
        given = [value for value in values if value is not None]
        most = _most(table, name, kinds[table][name])
        if not _are_of_kind(given, kinds[table][name], most):
            raise ValueError(f"{table} has a {name} that is no {kinds[table][name].__name__}")
        words = _WORDS.get((table, name))
        if words is not None and not set(given) <= set(words):
            raise ValueError(f"{table} has a {name} that is not known")
        if (table, name) in _OBJECTS and not all(map(_is_object, given)):
            raise ValueError(f"{table} has {name} that are no object")


def _most(table: str, name: str, kind: type) -> float:
    """Return the largest number of a column: times have dates, and ids and counts are added to."""
    if kind is int and (name == "at" or name.endswith("_at")):
        return TIMES.high
    if kind is int and name == "id":
        return _MOST_ID
    if kind is int:
        return _MOST.get((table, name), MOST)
    return 1 if kind is bool else sys.float_info.max


def _are_of_kind(values: Sequence[Any], kind: type, most: float) -> bool:
    if not {type(value) for value in values} <= _TAKEN[kind]:
        return False
    if kind is str:
        try:
            "".join(values).encode()
        except UnicodeEncodeError:  # half of a character
            return False
        return True
    least = 0 if kind is bool else -most
    return all(least <= value <= most and not math.isnan(value) for value in values)


def _is_object(text: str) -> bool:
    if len(text) > _MOST_OBJECT:
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
