"""How much a Parquet file's pages unpack to, counted before any is unpacked.

A file says it at its end, and may say anything there. Each page says it once more, before its
content, and is unpacked into as much memory as it says: so pages are what is counted. Their
heads are in Thrift's compact form, of which a few numbers are needed and the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow.parquet as pq

#: Bytes of a value in a column that is not text, by the name of its physical type.
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}
#: Bytes beside each value: its number among the texts, and where lists begin and end.
_NUMBER, _LEVELS = 4, 4
#: Bytes that are looked at for a page's head, at first and at most.
_HEAD, _LARGEST_HEAD = 2**10, 2**24
#: Fields of a page's head: its size when unpacked and packed, and what makes it a dictionary page.
_UNPACKED, _PACKED, _DICTIONARY = 2, 3, 7
#: Fields of kinds of pages that have values; the first of each counts them.
_WITH_VALUES = (5, 8)
_STOP, _TRUE, _FALSE = 0, 1, 2
_BYTE, _SHORT, _INT, _LONG, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(3, 13)
_DEEPEST = 16


@dataclass(frozen=True)
class Unpacked:
    """What a row group has in memory when it is read, long texts that come again counted once.

    Parameters
    ----------
    n_bytes : int
        Of all its columns.
    nested_bytes : int
        Of its lists, structures and maps.
    largest_page : int
        Bytes of its largest page.
    """

    n_bytes: int
    nested_bytes: int
    largest_page: int


@dataclass(frozen=True)
class _Page:
    unpacked: int
    packed: int
    values: int
    is_dictionary: bool
    head: int


def unpacked_groups(parquet: pq.ParquetFile, stream: BinaryIO) -> Iterator[Unpacked]:
    """Yield what each row group has in memory when it is read.

    Parameters
    ----------
    stream : BinaryIO
        The file once more.

    Raises
    ------
    OSError
        The head of a page is damaged.
    """
    for number in range(parquet.metadata.num_row_groups):
        group = parquet.metadata.row_group(number)
        n_bytes = nested = largest = 0
        for place in range(group.num_columns):
            column = parquet.metadata.schema.column(place)
            pages = list(_pages(stream, group.column(place)))
            largest = max([largest, *(page.unpacked for page in pages)])
            held = _held(column, pages)
            n_bytes += held
            if _is_nested(column):
                nested += held
        yield Unpacked(n_bytes, nested, largest)


def _is_nested(column: pq.ColumnSchema) -> bool:
    return "." in column.path


def _held(column: pq.ColumnSchema, pages: list[_Page]) -> int:
    """Return the bytes of a column; a text that is there once is held once."""
    values = sum(page.values for page in pages)
    beside = (_LEVELS if _is_nested(column) else 0) * values
    if column.physical_type in _WIDTHS:
        return _WIDTHS[column.physical_type] * values + beside
    if column.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return int(column.length) * values + beside
    unpacked = sum(page.unpacked for page in pages)
    if "DECIMAL" in str(column.logical_type).upper():  # written out before it is a number
        texts = sum(page.unpacked for page in pages if page.is_dictionary)
        return unpacked + texts * values + beside
    return unpacked + _NUMBER * values + beside


def _pages(stream: BinaryIO, chunk: pq.ColumnChunkMetaData) -> Iterator[_Page]:
    place = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < (chunk.dictionary_page_offset or 0) < place:
        place = chunk.dictionary_page_offset
    if not chunk.num_values:
        return  # of which nothing is read
    if place < 0 or chunk.total_compressed_size < 0:
        raise OSError("a column begins before the file")
    end = place + chunk.total_compressed_size
    while place < end:
        page = _page_at(stream, place)
        if page is None:
            return  # the file is cut, which whoever reads it says
        yield page
        place += page.head + page.packed


def _page_at(stream: BinaryIO, place: int) -> _Page | None:
    size = _HEAD
    while True:
        stream.seek(place)
        content = stream.read(size)
        try:
            return _Head(content).page() if content else None
        except IndexError as error:  # it goes on behind what was read
            if len(content) < size or size >= _LARGEST_HEAD:
                raise OSError("the head of a page has no end") from error
            size *= 16


class _Head:
    """A page's head; what is read moves on to the next."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def page(self) -> _Page:
        sizes = {_UNPACKED: 0, _PACKED: 0}
        values, is_dictionary = 0, False
        for field, kind in self._fields():
            if field in sizes and kind == _INT:
                sizes[field] = self._whole()
            elif field in _WITH_VALUES and kind == _STRUCT:
                values = self._first_number()
            else:
                is_dictionary |= field == _DICTIONARY
                self._pass_over(kind, 1)
        unpacked, packed = sizes[_UNPACKED], sizes[_PACKED]
        if min(unpacked, packed, values) < 0:
            raise OSError("a page has fewer than no bytes or values")
        return _Page(unpacked, packed, values, is_dictionary, self._place)

    def _first_number(self) -> int:
        number = 0
        for field, kind in self._fields():
            if field == 1 and kind == _INT:
                number = self._whole()
            else:
                self._pass_over(kind, 2)
        return number

    def _fields(self) -> Iterator[tuple[int, int]]:
        field = 0
        while (byte := self._byte()) != _STOP:
            step, kind = byte >> 4, byte & 0x0F
            field = field + step if step else self._whole()
            yield field, kind

    def _pass_over(self, kind: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise OSError("the head of a page is too deep")
        if kind in (_TRUE, _FALSE):
            return
        if kind == _BYTE:
            self._skip(1)
        elif kind in (_SHORT, _INT, _LONG):
            self._number()
        elif kind == _DOUBLE:
            self._skip(8)
        elif kind == _BINARY:
            self._skip(self._number())
        elif kind in (_LIST, _SET):
            self._pass_over_list(depth)
        elif kind == _STRUCT:
            for _, inner in self._fields():
                self._pass_over(inner, depth + 1)
        else:
            raise OSError("the head of a page has a part that none has")

    def _pass_over_list(self, depth: int) -> None:
        byte = self._byte()
        length, kind = byte >> 4, byte & 0x0F
        for _ in range(self._number() if length == 0x0F else length):
            if kind in (_TRUE, _FALSE):
                self._skip(1)
            else:
                self._pass_over(kind, depth + 1)

    def _whole(self) -> int:
        number = self._number()
        return (number >> 1) ^ -(number & 1)

    def _number(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7
            if shift > 63:
                raise OSError("a number in the head of a page has no end")

    def _byte(self) -> int:
        self._skip(1)
        return self._content[self._place - 1]

    def _skip(self, n_bytes: int) -> None:
        self._place += n_bytes
        if self._place > len(self._content):
            raise IndexError("behind what was read")
