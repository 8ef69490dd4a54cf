"""Rows of a CSV as pandas writes them, by whole columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# A spreadsheet runs a cell that begins with one of these, full-width forms included.
_FORMULA = r"^[\t\r\n]|^\s*[=+\-@＝＋－＠]"
_NUMBER = r"^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$"


#: Types of numbers, those of whole numbers with and without missing ones.
_NUMBERS = {
    "float64",
    *(f"{kind}{bits}" for kind in ("int", "uint", "Int", "UInt") for bits in (8, 16, 32, 64)),
}
# Outside of these, Arrow writes numbers otherwise than Python does.
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e9
_QUOTED = b',"\r\n'
_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def is_text(dtype: object) -> bool:
    """Say whether a column of that type may hold text."""
    if isinstance(dtype, pd.CategoricalDtype):  # a dictionary of texts, in Parquet
        return is_text(dtype.categories.dtype)
    return isinstance(dtype, pd.StringDtype) or dtype == np.dtype(object)


def neutralised_text(cells: pd.Series) -> pd.Series:
    """Put an apostrophe before text that a spreadsheet would run.

    Parameters
    ----------
    cells : Series
        Text, of any type that `is_text` knows.
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    text = cells.astype("str")
    runs = text.str.contains(_FORMULA) & ~text.str.match(_NUMBER)
    return cells.mask(runs.fillna(False).astype(bool), "'" + text)


def is_plain(frame: pd.DataFrame) -> bool:
    """Say whether `csv_rows` can write the table: two columns or more of text or numbers."""
    # A row whose only cell is empty is written with quotes.
    return frame.shape[1] > 1 and all(
        isinstance(dtype, pd.StringDtype) or dtype.name in _NUMBERS for dtype in frame.dtypes
    )


def text_bytes(cells: pd.Series) -> bytes:
    """Return the bytes of a column's text, one cell after another; none for numbers."""
    if not isinstance(cells.dtype, pd.StringDtype):
        return b""
    return _Text(_filled(cells)).content


def csv_rows(frame: pd.DataFrame, line_end: str, *, raw: bool) -> bytes:
    """Write rows as `DataFrame.to_csv` does.

    Parameters
    ----------
    frame : DataFrame
        A table that `is_plain`.
    line_end : str
        What each row ends in.
    raw : bool
        Keep every byte of the cells; by default formulas are neutralised.
    """
    columns = [_cells(frame.iloc[:, position], raw=raw) for position in range(frame.shape[1])]
    columns[-1] = _joined(columns[-1], line_end, between="")
    return _Text(_joined(*columns, between=",")).content


class _Text:
    """The memory of an array of text: its bytes, and where in them each cell ends.

    Parameters
    ----------
    cells : LargeStringArray
        Without missing values.
    """

    def __init__(self, cells: pa.LargeStringArray) -> None:
        _, offsets, data = cells.buffers()
        ends = np.frombuffer(offsets, np.int64)[cells.offset : cells.offset + len(cells) + 1]
        self.ends = ends - ends[0]
        self.content = b"" if data is None else bytes(data[ends[0] : ends[-1]])


def _joined(*columns: pa.LargeStringArray | str, between: str) -> pa.LargeStringArray:
    parts = [pa.scalar(c, pa.large_string()) if isinstance(c, str) else c for c in columns]
    return pc.binary_join_element_wise(*parts, pa.scalar(between, pa.large_string()))


def _cells(cells: pd.Series, *, raw: bool) -> pa.LargeStringArray:
    if isinstance(cells.dtype, pd.StringDtype):
        text = _filled(cells)
        return _quoted(text if raw else _neutralised(text))
    if cells.dtype == np.dtype("float64"):
        return _decimals(cells.to_numpy())
    return pc.fill_null(_array(cells).cast(pa.large_string()), "")


def _array(cells: pd.Series, kind: pa.DataType | None = None) -> pa.Array:
    array = pa.array(cells, kind, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _filled(cells: pd.Series) -> pa.LargeStringArray:
    return pc.fill_null(_array(cells, pa.large_string()), "")


def _decimals(numbers: np.ndarray) -> pa.LargeStringArray:
    """Write numbers in the shortest way that gives the same number again, missing ones empty."""
    size = np.abs(numbers)
    plain = (size >= _LEAST_PLAIN) & (size < _MOST_PLAIN) & (numbers != np.floor(numbers))
    texts = pa.array(numbers).cast(pa.large_string())
    others = ["" if number != number else repr(number) for number in numbers[~plain].tolist()]
    return _replaced(texts, ~plain, pa.array(others, pa.large_string()))


def _replaced(
    cells: pa.LargeStringArray, where: np.ndarray, others: pa.LargeStringArray
) -> pa.LargeStringArray:
    return pc.replace_with_mask(cells, pa.array(where), others) if len(others) else cells


def _neutralised(cells: pa.LargeStringArray) -> pa.LargeStringArray:
    """Neutralise formulas; a letter or digit begins none, and nearly every cell."""
    text = _Text(cells)
    first = np.frombuffer(text.content + b"0", np.uint8)[text.ends[:-1]]
    harmless = np.zeros(256, dtype=bool)
    harmless[list(_ALPHANUMERIC)] = True
    looked_at = ~harmless[first] & (np.diff(text.ends) > 0)
    if not looked_at.any():
        return cells
    some = cells.filter(pa.array(looked_at)).to_pandas()
    return _replaced(cells, looked_at, _filled(neutralised_text(some)))


def _quoted(cells: pa.LargeStringArray) -> pa.LargeStringArray:
    """Put quotes around cells that hold a comma, a quote or a line break, quotes doubled."""
    text = _Text(cells)
    found = [code for code in _QUOTED if code in text.content]
    if not found:
        return cells
    codes = np.frombuffer(text.content, np.uint8)
    where = np.zeros(len(cells), dtype=bool)
    for code in found:
        places = np.flatnonzero(codes == code)
        where[np.searchsorted(text.ends, places, side="right") - 1] = True
    some = pc.replace_substring(cells.filter(pa.array(where)), '"', '""')
    return _replaced(cells, where, _joined('"', some, '"', between=""))
