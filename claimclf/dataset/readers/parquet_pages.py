"""How much a Parquet file's pages unpack to, counted before any is unpacked.

A file says it at its end, and may say anything there. Each page says it once more, before its
content, and is unpacked into as much memory as it says: so pages are what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow.parquet as pq

from claimclf.dataset.readers.parquet_footer import Chunk, row_groups
from claimclf.dataset.readers.thrift import INT, STRUCT, Compact

#: Bytes of a value in a column that is not text, by the name of its physical type.
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}
#: Bytes beside each value: its number among the texts, and where lists begin and end.
_NUMBER, _LEVELS = 4, 4
#: Bytes beside each text of a dictionary: where it is, and how long.
_ENTRY = 16
#: Bytes that are looked at for a page's head, at first and at most.
_HEAD, _LARGEST_HEAD = 2**10, 2**24
#: Fields of a page's head: its type, and its size when unpacked and packed.
_TYPE, _UNPACKED, _PACKED = 1, 2, 3
#: Types of pages, and the head's field that says more of a page of each.
_DATA, _INDEX, _DICTIONARY, _DATA_V2 = range(4)
_MORE = {_DATA: 5, _INDEX: 6, _DICTIONARY: 7, _DATA_V2: 8}
#: Which field of that says how the values are written, and two ways in which texts are.
_ENCODING = {_DATA: 2, _DATA_V2: 4}
_BY_LENGTH, _BY_PREFIX = 6, 7


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
    by_length : frozenset of str
        Columns of the file whose texts stand behind their lengths; Arrow reads none by number.
    by_prefix : frozenset of str
        Columns of the file whose texts say only how they go on from the one before: nothing
        tells how long they are before they are read.
    """

    n_bytes: int
    nested_bytes: int
    largest_page: int
    by_length: frozenset[str]
    by_prefix: frozenset[str]


@dataclass(frozen=True)
class _Page:
    unpacked: int
    packed: int
    values: int
    entries: int
    is_dictionary: bool
    encoding: int
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
        What the file says of itself, or the head of a page, is damaged, or they disagree.
    """
    columns = list(parquet.metadata.schema)
    groups = row_groups(stream)
    if {len(chunks) for chunks in groups} - {len(columns)}:
        raise OSError("a row group has other columns than the file")
    _check_apart(chunk for chunks in groups for chunk in chunks if chunk.n_values)
    found = [[list(_pages(stream, chunk)) for chunk in chunks] for chunks in groups]
    by_length, by_prefix = (_written_so(columns, found, way) for way in (_BY_LENGTH, _BY_PREFIX))
    for group in found:
        n_bytes = nested = 0
        for column, pages in zip(columns, group, strict=True):
            held = _held(column, pages, column.path not in by_length)
            n_bytes += held
            if _is_nested(column):
                nested += held
        largest = max((page.unpacked for pages in group for page in pages), default=0)
        yield Unpacked(n_bytes, nested, largest, by_length, by_prefix)


def _check_apart(chunks: Iterable[Chunk]) -> None:
    """Refuse columns that lie on each other: their pages would be gone through for each."""
    end = 0
    for begin, n_bytes in sorted((_begin(chunk), chunk.n_bytes) for chunk in chunks):
        if begin < end:
            raise OSError("two columns lie on each other")
        end = begin + n_bytes


def _begin(chunk: Chunk) -> int:
    is_before = 0 < chunk.dictionary_page < chunk.data_page
    return chunk.dictionary_page if is_before else chunk.data_page


def _written_so(
    columns: list[pq.ColumnSchema], found: list[list[list[_Page]]], encoding: int
) -> frozenset[str]:
    """Return the columns of which any page, in any row group, is written in one way."""
    pages = (
        (column.path, page)
        for group in found
        for column, pages in zip(columns, group, strict=True)
        for page in pages
    )
    return frozenset(path for path, page in pages if page.encoding == encoding)


def _is_nested(column: pq.ColumnSchema) -> bool:
    return "." in column.path


def _held(column: pq.ColumnSchema, pages: list[_Page], is_by_number: bool) -> int:
    """Return the bytes of a column; a text that is read by number is held once."""
    values = sum(page.values for page in pages)
    unpacked = sum(page.unpacked for page in pages)
    beside = (_LEVELS if _is_nested(column) else 0) * values
    if column.physical_type in _WIDTHS:  # a page may have more in it than its values
        return max(_WIDTHS[column.physical_type] * values, unpacked) + beside
    if column.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return max(int(column.length) * values, unpacked) + beside
    is_written_out = "DECIMAL" in str(column.logical_type).upper()  # before it is a number
    if is_written_out or not is_by_number:
        texts = sum(page.unpacked for page in pages if page.is_dictionary)
        return unpacked + texts * values + beside
    entries = sum(page.entries for page in pages)
    return unpacked + _ENTRY * entries + _NUMBER * values + beside


def _pages(stream: BinaryIO, chunk: Chunk) -> Iterator[_Page]:
    place = _begin(chunk)
    if not chunk.n_values:
        return  # of which nothing is read, wherever it is said to be
    if place < 0 or chunk.n_bytes < 0:
        raise OSError("a column begins before the file")
    end, values = place + chunk.n_bytes, 0
    while place < end:
        page = _page_at(stream, place)
        if page is None:
            return  # the file is cut, which whoever reads it says
        yield page
        place += page.head + page.packed
        values += page.values
    if values != chunk.n_values:  # Arrow goes by what the file says, and reads on until it has it
        raise OSError("a column has other values than the file says")


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


class _Head(Compact):
    """A page's head."""

    def page(self) -> _Page:
        numbers = dict.fromkeys((_TYPE, _UNPACKED, _PACKED), -1)
        more: dict[int, tuple[int, int]] = {}
        for field, kind in self.fields():
            if field in numbers and kind == INT:
                numbers[field] = self.whole(kind)
            elif field in _MORE.values() and kind == STRUCT:
                more[field] = self._said_of(field)
            else:
                self.pass_over(kind)
        page_type, unpacked, packed = numbers.values()
        if list(more) != [_MORE.get(page_type)]:
            raise OSError("the head of a page says of it what belongs to another type")
        (number, encoding), is_dictionary = more[_MORE[page_type]], page_type == _DICTIONARY
        if min(unpacked, packed, number) < 0:
            raise OSError("a page has fewer than no bytes or values")
        values = number if page_type in (_DATA, _DATA_V2) else 0
        entries = number if is_dictionary else 0
        return _Page(unpacked, packed, values, entries, is_dictionary, encoding, self.place)

    def _said_of(self, page: int) -> tuple[int, int]:
        """Return the number of values and their encoding; -1 for none."""
        of_encoding = next((n for kind, n in _ENCODING.items() if _MORE[kind] == page), 0)
        numbers = {1: 0, of_encoding: -1}
        for field, kind in self.fields():
            if field in numbers and kind == INT:
                numbers[field] = self.whole(kind)
            else:
                self.pass_over(kind)
        return numbers[1], numbers[of_encoding]
