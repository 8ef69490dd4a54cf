"""How much a Parquet file's pages unpack to, counted before any is unpacked.

A file says it at its end, and may say anything there. Each page says it once more, before its
content, and is unpacked into as much memory as it says: so pages are what is counted. Their
heads are in Thrift's compact form, of which a few numbers are needed and the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

#: Bytes of a value in a column that is not text, by the name of its physical type.
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}
#: Bytes beside each value: its number among the texts, and where lists begin and end.
_NUMBER, _LEVELS = 4, 4
#: Bytes that are looked at for a page's head, at first and at most.
_HEAD, _LARGEST_HEAD = 2**10, 2**24
#: Fields of a page's head: its size when unpacked and packed, and what makes it a dictionary page.
_UNPACKED, _PACKED, _DICTIONARY = 2, 3, 7
#: Field of a kind of page that has values -> the field within it that says how they are written.
_WITH_VALUES = {5: 2, 8: 4}
#: Ways of writing values as numbers of those in the dictionary page.
_BY_NUMBER = frozenset({2, 8})
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
    written : dict of str to int
        Path of nested texts -> bytes that those which come again and again have at most more when
        each is written out.
    mixed : frozenset of str
        Paths of nested texts that are written by number at first and later out: Arrow cannot
        read them by number.
    """

    n_bytes: int
    nested_bytes: int
    largest_page: int
    written: dict[str, int]
    mixed: frozenset[str]


@dataclass(frozen=True)
class _Page:
    unpacked: int
    packed: int
    values: int
    is_dictionary: bool
    is_by_number: bool
    head: int
    content: int = 0


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
        written, mixed = {}, set()
        for place in range(group.num_columns):
            column = parquet.metadata.schema.column(place)
            pages = list(_pages(stream, group.column(place)))
            largest = max([largest, *(page.unpacked for page in pages)])
            held = _held(column, pages)
            n_bytes += held
            if _is_nested(column):
                nested += held
            if _is_nested(column) and column.physical_type == "BYTE_ARRAY":
                written[column.path] = _written_out(stream, group.column(place), pages)
                if len({page.is_by_number for page in pages if not page.is_dictionary}) > 1:
                    mixed.add(column.path)
        yield Unpacked(n_bytes, nested, largest, written, frozenset(mixed))


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


def _written_out(stream: BinaryIO, chunk: pq.ColumnChunkMetaData, pages: list[_Page]) -> int:
    """Return how many bytes texts have at most when those that are written by number are out."""
    texts = (page for page in pages if page.is_dictionary)
    longest = max((_longest(stream, chunk, page) for page in texts), default=0)
    return longest * sum(page.values for page in pages if page.is_by_number)


def _longest(stream: BinaryIO, chunk: pq.ColumnChunkMetaData, page: _Page) -> int:
    """Return the length of the longest text of a dictionary page, or that of the page."""
    if page.unpacked > _LARGEST_HEAD:
        return page.unpacked
    stream.seek(page.content)
    content, longest, place = stream.read(page.packed), 0, 0
    try:
        if chunk.compression != "UNCOMPRESSED":
            content = pa.Codec(chunk.compression.lower()).decompress(content, page.unpacked, True)
    except (pa.ArrowException, OSError, ValueError):
        return page.unpacked
    while place < len(content):
        length = int.from_bytes(content[place : place + 4], "little")
        longest, place = max(longest, length), place + 4 + length
    return longest


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
        yield replace(page, content=place + page.head)
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
        values, way, is_dictionary = 0, -1, False
        for field, kind in self._fields():
            if field in sizes and kind == _INT:
                sizes[field] = self._whole()
            elif field in _WITH_VALUES and kind == _STRUCT:
                values, way = self._values(_WITH_VALUES[field])
            else:
                is_dictionary |= field == _DICTIONARY
                self._pass_over(kind, 1)
        unpacked, packed = sizes[_UNPACKED], sizes[_PACKED]
        if min(unpacked, packed, values) < 0:
            raise OSError("a page has fewer than no bytes or values")
        return _Page(unpacked, packed, values, is_dictionary, way in _BY_NUMBER, self._place)

    def _values(self, field_of_way: int) -> tuple[int, int]:
        """Return how many values a page has, and how they are written."""
        numbers = {1: 0, field_of_way: -1}
        for field, kind in self._fields():
            if field in numbers and kind == _INT:
                numbers[field] = self._whole()
            else:
                self._pass_over(kind, 2)
        return numbers[1], numbers[field_of_way]

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
