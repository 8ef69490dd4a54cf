"""Parquet files whose accounts of themselves are written anew, field by field.

Kinds and numbers of fields are those of Thrift's compact form and of Parquet's own definition.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

INT, LONG, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
#: Fields of a file, a row group, a column and what is said of it.
ROW_GROUPS, COLUMNS, META_DATA, N_VALUES, SIZE, DATA_PAGE, DICTIONARY_PAGE = 4, 1, 3, 5, 7, 9, 11


@dataclass
class Field:
    """A field of a structure: of a structure its fields, of a list kind and items."""

    number: int
    kind: int
    value: Any


Fields = list[Field]


def varint(number: int) -> bytes:
    content = b""
    while number > 0x7F:
        content, number = content + bytes([number & 0x7F | 0x80]), number >> 7
    return content + bytes([number])


def signed(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


class _Reading:
    def __init__(self, content: bytes) -> None:
        self.stream = io.BytesIO(content)

    def varint(self) -> int:
        number = shift = 0
        while True:
            (byte,) = self.stream.read(1)
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def signed(self) -> int:
        number = self.varint()
        return (number >> 1) ^ -(number & 1)

    def value(self, kind: int) -> Any:
        if kind in (1, 2):
            return None
        if kind in (4, INT, LONG):
            return self.signed()
        if kind == BINARY:
            return self.stream.read(self.varint())
        if kind == LIST:
            (byte,) = self.stream.read(1)
            length = self.varint() if byte >> 4 == 0x0F else byte >> 4
            inner = byte & 0x0F
            return inner, [self.value(inner) for _ in range(length)]
        assert kind == STRUCT
        return self.fields()

    def fields(self) -> Fields:
        number, fields = 0, []
        while byte := self.stream.read(1)[0]:
            number = number + (byte >> 4) if byte >> 4 else self.signed()
            fields.append(Field(number, byte & 0x0F, self.value(byte & 0x0F)))
        return fields


def _written(kind: int, value: Any) -> bytes:
    if kind in (1, 2):
        return b""
    if kind in (4, INT, LONG):
        return signed(value)
    if kind == BINARY:
        return varint(len(value)) + value
    if kind == LIST:
        inner, items = value
        return (
            bytes([0xF0 | inner]) + varint(len(items)) + b"".join(_written(inner, i) for i in items)
        )
    return written(value)


def written(fields: Fields) -> bytes:
    """Write a structure, each field with its number in full."""
    parts = [bytes([f.kind]) + signed(f.number) + _written(f.kind, f.value) for f in fields]
    return b"".join(parts) + b"\x00"


def field(fields: Fields, number: int) -> Field:
    return next(one for one in fields if one.number == number)


def _pages(content: bytes, start: int, size: int) -> list[tuple[Fields, bytes]]:
    pages, reading = [], _Reading(content)
    reading.stream.seek(start)
    while reading.stream.tell() < start + size:
        head = reading.fields()
        pages.append((head, reading.stream.read(field(head, 3).value)))
    return pages


def rewritten(
    column: pa.Array,
    heads: Callable[[list[Fields]], object] = lambda _: None,
    footer: Callable[[Fields, Fields, Fields, Fields], object] = lambda *_: None,
    **options: object,
) -> bytes:
    """Write a file of one column whose accounts were changed before they were written.

    `heads` gets those of its pages; `footer` what is said of the file, of its row group, of its
    column, and of that column's pages, in which places and sizes are those of the new file.
    """
    sink = io.BytesIO()
    options = {"write_statistics": False, "store_schema": False} | options
    pq.write_table(pa.table({"text": column}), sink, **options)
    content = sink.getvalue()
    end = len(content) - 8
    file = _Reading(content[end - int.from_bytes(content[end : end + 4], "little") : end]).fields()
    (group,) = field(file, ROW_GROUPS).value[1]
    (chunk,) = field(group, COLUMNS).value[1]
    said = field(chunk, META_DATA).value
    start = min(one.value for one in said if one.number in (DATA_PAGE, DICTIONARY_PAGE))
    pages = _pages(content, start, field(said, SIZE).value)
    heads([head for head, _ in pages])
    new = [written(head) + body for head, body in pages]
    has_dictionary = any(one.number == DICTIONARY_PAGE for one in said)
    field(said, DATA_PAGE).value = 4 + (len(new[0]) if has_dictionary else 0)
    field(said, SIZE).value = len(b"".join(new))
    footer(file, group, chunk, said)
    account = written(file)
    return b"PAR1" + b"".join(new) + account + len(account).to_bytes(4, "little") + b"PAR1"
