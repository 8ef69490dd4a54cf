"""Fields of many JSON objects as columns of text, every digit as it was written.

Of a known export only the fields that are named are read at all, into structures made for
them; what does not fit these is read like an unknown file, by Python's own values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from claimclf.dataset.formats import path_of, walked

#: Takes what an unknown file holds beyond the columns that its beginning shows.
OTHER_FIELDS = "other_fields"
_ANY = msgspec.json.Decoder()
_STAR = "*"


def decoded(line: bytes) -> Any:
    """Read one JSON value, as Python writes it too (NaN, halves of characters).

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        return _ANY.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return json.loads(line.decode("utf-8"))


def cell(value: Any) -> str:
    """Write a JSON value as a table's cell: digits as they are, none as nothing."""
    if isinstance(value, str):
        return _whole(value)
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return _whole(json.dumps(value, ensure_ascii=False, default=str))


def _whole(text: str) -> str:
    """Put question marks for halves of characters, which no file can hold."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-8", "replace").decode()


def text_array(values: Sequence[Any]) -> pa.LargeStringArray:
    """Write values as cells, all at once where they are of one kind."""
    kinds = set(map(type, values)) - {type(None)}
    try:
        if kinds <= {str}:
            return pa.array(values, pa.large_string()).fill_null("")
        if kinds == {int}:
            return pa.array(values, pa.int64()).cast(pa.large_string()).fill_null("")
    except (OverflowError, UnicodeEncodeError, pa.ArrowInvalid):
        pass  # digits beyond 64 bits, halves of characters
    return pa.array(list(map(cell, values)), pa.large_string())


@dataclass(frozen=True)
class _Node:
    """A key of the fields that are read, and what is below it.

    Parameters
    ----------
    kind : type or None
        The structure of an object with the keys below; None where the value is taken whole.
    keys : tuple of str
        The keys below.
    below : tuple of _Node
        What each of them leads to.
    """

    kind: Any
    keys: tuple[str, ...]
    below: tuple[_Node, ...]

    def of(self, value: Any) -> Any:
        """Put what is read of a Python value into the structure."""
        if self.kind is None or value is None:
            return value
        if not isinstance(value, dict):
            return None
        return self.kind(
            *(node.of(value.get(key)) for key, node in zip(self.keys, self.below, strict=True))
        )


def _tree(paths: Sequence[tuple[str, ...]], name: str = "Line") -> _Node:
    """Make structures for paths; from a star on, values are taken whole."""
    paths = [path for path in paths if path]
    if not paths or any(path[0] == _STAR for path in paths):
        return _Node(None, (), ())
    keys = tuple(dict.fromkeys(path[0] for path in paths))
    below = tuple(
        _tree([path[1:] for path in paths if path[0] == key], f"{name}{place}")
        for place, key in enumerate(keys)
    )
    fields = [
        (f"f{place}", Any if node.kind is None else node.kind | None, None)
        for place, node in enumerate(below)
    ]
    names = {f"f{place}": key for place, key in enumerate(keys)}
    return _Node(msgspec.defstruct(name, fields, rename=names), keys, below)


class Shape:
    """Reads the named fields of lines of JSON.

    Parameters
    ----------
    fields : tuple of str
        In the order of the columns.
    """

    def __init__(self, fields: tuple[str, ...]) -> None:
        self._paths = [path_of(field) for field in fields]
        self._tree = _tree(self._paths)
        self._decoder = msgspec.json.Decoder(self._tree.kind)

    def read(self, content: bytes) -> tuple[list[pa.LargeStringArray], dict[int, str]]:
        """Return a column of cells for each field, and why some rows cannot be read."""
        try:
            records = self._decoder.decode_lines(content)
            broken: dict[int, str] = {}
        except (msgspec.MsgspecError, UnicodeDecodeError):
            records, broken = self._read_each(content)
        met: dict[tuple[str, ...], list[Any]] = {(): records}
        return [text_array(self._values(path, met)) for path in self._paths], broken

    def _read_each(self, content: bytes) -> tuple[list[Any], dict[int, str]]:
        records: list[Any] = []
        broken: dict[int, str] = {}
        for line in held_lines(content):
            try:
                records.append(self._decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                value, problem = record_of(line)
                if problem:
                    broken[len(records)] = problem
                records.append(self._tree.of(value))
        return records, broken

    def _values(self, path: tuple[str, ...], met: dict[tuple[str, ...], list[Any]]) -> list[Any]:
        """Return what stands at a path of each record; what is above it is found once."""
        node, values = self._tree, met[()]
        for place, key in enumerate(path):
            if node.kind is None:
                return [_first(walked(value, path[place:])) for value in values]
            number = node.keys.index(key)
            node, above = node.below[number], path[: place + 1]
            if above not in met:
                met[above] = _attributes(values, f"f{number}")
            values = met[above]
        return values


def _attributes(values: list[Any], name: str) -> list[Any]:
    try:
        return list(map(attrgetter(name), values))
    except AttributeError:  # some have nothing there
        return [None if value is None else getattr(value, name) for value in values]


def record_of(line: bytes) -> tuple[dict[str, Any] | None, str]:
    """Read a line as an object; None and what is wrong where it is none."""
    try:
        value = decoded(line)
    except (ValueError, RecursionError) as error:
        return None, f"it is not JSON ({str(error).splitlines()[0]})"
    if not isinstance(value, dict):
        return None, "it holds no JSON object"
    return value, ""


def _first(values: list[Any]) -> Any:
    return next((value for value in values if value not in (None, "")), None)


@cache
def shape_of(fields: tuple[str, ...]) -> Shape:
    """Return what reads the named fields."""
    return Shape(fields)


def held_lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines that hold something."""
    return (line for line in content.split(b"\n") if line.strip())


def flat(record: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of an object, those of objects in it under joined names."""
    for key, value in record.items():
        name = f"{above}{_whole(key)}"
        if isinstance(value, dict) and value:
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def read_flat(
    content: bytes, columns: tuple[str, ...]
) -> tuple[list[pa.LargeStringArray], dict[int, str]]:
    """Read all fields of lines of an unknown kind; what is no column stands in the last one."""
    places = {name: place for place, name in enumerate(columns)}
    rows: list[list[Any]] = []
    broken: dict[int, str] = {}
    for line in held_lines(content):
        record, problem = record_of(line)
        if problem:
            broken[len(rows)] = problem
        rows.append(_row(record or {}, places))
    table = np.empty((len(rows), len(columns)), dtype=object)
    for number, row in enumerate(rows):
        table[number] = row
    return [text_array(table[:, place].tolist()) for place in range(len(columns))], broken


def _row(record: dict[str, Any], places: dict[str, int]) -> list[Any]:
    row: list[Any] = [None] * len(places)
    others = {}
    for name, value in flat(record):
        if name in places:
            row[places[name]] = value
        else:
            others[name] = value
    if others and OTHER_FIELDS in places:
        row[places[OTHER_FIELDS]] = others
    return row
