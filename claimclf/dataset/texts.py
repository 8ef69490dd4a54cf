"""A column of text as the memory that it is: questions about all its bytes at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


class Text:
    """A column of text without missing values.

    Parameters
    ----------
    cells : LargeStringArray
        The cells.

    Attributes
    ----------
    ends : ndarray of int, shape (n_cells + 1,)
        0, and where in `content` each cell ends.
    content : bytes
        One cell after another, in UTF-8.
    """

    def __init__(self, cells: pa.LargeStringArray) -> None:
        self.cells = cells
        _, offsets, data = cells.buffers()
        ends = np.frombuffer(offsets, np.int64)[cells.offset : cells.offset + len(cells) + 1]
        self.ends = ends - ends[0]
        self.content = b"" if data is None else bytes(data[ends[0] : ends[-1]])

    @classmethod
    def of(cls, cells: pd.Series) -> Text:
        """Take a column's text, a missing value as the empty one."""
        return cls(pc.fill_null(arrow_array(cells, pa.large_string()), ""))

    def series(self) -> pd.Series:
        """Return the cells as a column of type `str`."""
        return pd.Series(self.cells.to_pandas())

    @cached_property
    def codes(self) -> np.ndarray:
        """The content as numbers from 0 to 255, shape (n_bytes,)."""
        return np.frombuffer(self.content, np.uint8)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Bytes of each cell, shape (n_cells,)."""
        return np.diff(self.ends)

    def begins(self, among: bytes) -> np.ndarray:
        """Say which cells begin with one of the bytes, shape (n_cells,)."""
        return self._is_among(self.ends[:-1], among)

    def begins_with(self, beginnings: np.ndarray) -> np.ndarray:
        """Say which cells begin with one of some pairs of bytes, shape (n_cells,).

        Parameters
        ----------
        beginnings : ndarray of bool, shape (256, 256)
            By first and second byte; a cell of one byte has 0 as its second, an empty one both.
        """
        codes = np.frombuffer(self.content + b"\0", np.uint8)
        first = np.where(self.lengths > 0, codes[self.ends[:-1]], 0)
        second = np.where(self.lengths > 1, codes[np.minimum(self.ends[:-1] + 1, self.ends[-1])], 0)
        return beginnings[first, second]

    def stops(self, among: bytes) -> np.ndarray:
        """Say which cells end with one of the bytes, shape (n_cells,)."""
        return self._is_among(self.ends[1:] - 1, among)

    def _is_among(self, places: np.ndarray, among: bytes) -> np.ndarray:
        """Look up one byte of each cell; empty cells have none."""
        is_looked_for = np.zeros(256, dtype=bool)
        is_looked_for[list(among)] = True
        has_text = self.lengths > 0
        result = np.zeros(len(self.cells), dtype=bool)
        if has_text.all():
            return np.take(is_looked_for, self.codes[places], out=result)
        result[has_text] = is_looked_for[self.codes[places[has_text]]]
        return result

    def holds(self, among: bytes) -> np.ndarray:
        """Say which cells hold one of the bytes somewhere, shape (n_cells,)."""
        result = np.zeros(len(self.cells), dtype=bool)
        for code in among:
            if code in self.content:
                self._mark(result, np.flatnonzero(self.codes == code))
        return result

    def within(self, least: int, most: int) -> np.ndarray:
        """Say which cells hold none but bytes of a range, shape (n_cells,); empty ones do."""
        other = self.codes - np.uint8(least) > most - least  # unsigned: what is below wraps round
        has_other = np.zeros(len(self.cells), dtype=bool)
        if other.any():
            self._mark(has_other, np.flatnonzero(other))
        return ~has_other

    def _mark(self, cells: np.ndarray, places: np.ndarray) -> None:
        cells[np.searchsorted(self.ends, places, side="right") - 1] = True

    def some(self, where: np.ndarray) -> Text:
        """Return the cells of some rows."""
        return self if where.all() else Text(self.cells.filter(pa.array(where)))

    def replaced(self, where: np.ndarray, others: Text) -> Text:
        """Replace some cells by others, in their order."""
        if not len(others.cells):
            return self
        return Text(pc.replace_with_mask(self.cells, pa.array(where), others.cells))


def arrow_array(cells: pd.Series, kind: pa.DataType | None = None) -> pa.Array:
    """Return a column as one piece of Arrow's memory."""
    array = pa.array(cells, kind, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def joined(*columns: pa.LargeStringArray | str, between: str) -> pa.LargeStringArray:
    """Join the cells of each row; a plain text is put into every row."""
    parts = [pa.scalar(c, pa.large_string()) if isinstance(c, str) else c for c in columns]
    return pc.binary_join_element_wise(*parts, pa.scalar(between, pa.large_string()))
