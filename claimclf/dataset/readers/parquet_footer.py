"""Where the columns of a Parquet file begin, as it says at its end.

Read here, because pyarrow 26 ends the whole process where it is asked that of some damaged files;
when they are read, it raises an error.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from claimclf.dataset.readers.thrift import LIST, LONG, STRUCT, Compact

Item = TypeVar("Item")
#: The length of what the file says, and the mark at its end.
_LENGTH, _END = 4, 8
#: Fields, as the format's own definition numbers them.
_ROW_GROUPS, _COLUMNS, _META_DATA = 4, 1, 3
_N_VALUES, _COMPRESSED, _DATA_PAGE, _DICTIONARY_PAGE = 5, 7, 9, 11


@dataclass(frozen=True)
class Chunk:
    """A column of a row group.

    Parameters
    ----------
    n_values : int
        Values, missing ones included.
    n_bytes : int
        Bytes of its pages as they are in the file.
    data_page, dictionary_page : int
        Where they begin; 0 for none.
    """

    n_values: int
    n_bytes: int
    data_page: int
    dictionary_page: int


def row_groups(stream: BinaryIO) -> list[list[Chunk]]:
    """Return the columns of each row group, in the order of the file.

    Raises
    ------
    OSError
        What the file says of itself is damaged.
    """
    length = account_length(stream)
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(size - _END - length, 0))
    try:
        return _Footer(stream.read(length)).row_groups()
    except IndexError as error:
        raise OSError("what the file says of itself has no end") from error


def account_length(stream: BinaryIO) -> int:
    """Return how many bytes there are of what a file says of itself."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(size - _END, 0))
    return int.from_bytes(stream.read(_LENGTH), "little")


class _Footer(Compact):
    """What a file says at its end."""

    def row_groups(self) -> list[list[Chunk]]:
        return self._each(_ROW_GROUPS, lambda: self._each(_COLUMNS, self._column))

    def _each(self, wanted: int, read: Callable[[], Item]) -> list[Item]:
        """Read a structure of which one field counts, a list of structures."""
        items: list[Item] = []
        for field, kind in self.fields():
            if (field, kind) == (wanted, LIST):
                items = [read() for _ in range(self.items(STRUCT))]
            else:
                self.pass_over(kind)
        return items

    def _column(self) -> Chunk:
        chunk: Chunk | None = None
        for field, kind in self.fields():
            if (field, kind) == (_META_DATA, STRUCT):
                chunk = self._meta_data()
            else:
                self.pass_over(kind)
        if chunk is None:
            raise OSError("a column of which the file says nothing")
        return chunk

    def _meta_data(self) -> Chunk:
        numbers = dict.fromkeys((_N_VALUES, _COMPRESSED, _DATA_PAGE, _DICTIONARY_PAGE), 0)
        for field, kind in self.fields():
            if field in numbers and kind == LONG:
                numbers[field] = self.whole(kind)
            else:
                self.pass_over(kind)
        return Chunk(*numbers.values())
