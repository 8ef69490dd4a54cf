"""What a backup's rows may hold: single values, each of its column's kind."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

from claimclf.queue.settings.bounds import MOST
from claimclf.schema import CaseState, Decision, Lane, ReasonCode

#: Table -> column -> what its values are, where they are given: bool, int, float or str.
Kinds = Mapping[str, Mapping[str, type]]

_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_VALUE = rb"(?:" + _TEXT + rb"|-?[0-9][0-9.eE+-]*+|true|false|null)"
_TAKEN: Mapping[type, set[type]] = {bool: {bool, int}, int: {int}, float: {int, float}, str: {str}}
#: Words that the program looks up wherever it reads them.
_WORDS: dict[tuple[str, str], type[StrEnum]] = {
    ("cases", "state"): CaseState,
    ("cases", "lane"): Lane,
    ("decisions", "decision"): Decision,
    ("decisions", "reason_code"): ReasonCode,
}
#: Characters of the details of an entry of the log: they may be lists in lists.
_MOST_DETAILS = 16 << 20


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
        if not _are_of_kind(given, kinds[table][name]):
            raise ValueError(f"{table} has a {name} that is no {kinds[table][name].__name__}")
        words = _WORDS.get((table, name))
        if words is not None and not set(given) <= set(words):
            raise ValueError(f"{table} has a {name} that is not known")


def _are_of_kind(values: Sequence[Any], kind: type) -> bool:
    if not {type(value) for value in values} <= _TAKEN[kind]:
        return False
    if kind is str:
        try:
            "".join(values).encode()
        except UnicodeEncodeError:  # half of a character
            return False
        return True
    most = {bool: 1, int: MOST, float: sys.float_info.max}[kind]
    least = 0 if kind is bool else -most
    return all(least <= value <= most and not math.isnan(value) for value in values)


def check_details(entry: Mapping[str, Any]) -> None:
    """Refuse an entry of the log whose details are no JSON object.

    Raises
    ------
    ValueError, RecursionError
        They are something else.
    """
    details = entry["details"]
    if len(details) > _MOST_DETAILS or not isinstance(json.loads(details), dict):
        raise ValueError(f"the details of entry {entry['seq']} are no object")
