"""Rows of a CSV as pandas writes them, by whole columns."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claimclf.dataset.texts import Text, arrow_array, joined

# A spreadsheet runs a cell that begins with one of these, full-width forms included.
_SIGNS = "=+-@＝＋－＠"
_RUNS = rf"(?:[\t\r\n]|\s*[{re.escape(_SIGNS)}])"
_FORMULA = f"^{_RUNS}"
#: Text with apostrophes before what would run, or before more apostrophes.
_PROTECTED = f"^'+{_RUNS}"
_UNDONE = f"^'(?='*{_RUNS})"
_NUMBER = r"^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$"


#: Types of numbers, those of whole numbers with and without missing ones.
_NUMBERS = {
    "float64",
    *(f"{kind}{bits}" for kind in ("int", "uint", "Int", "UInt") for bits in (8, 16, 32, 64)),
}
# Outside of these, Arrow writes numbers otherwise than Python does.
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e9
_QUOTED = b',"\r\n'
# The last character that counts as a gap: an ideographic space.
_LAST_GAP = 0x3000


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
    # What begins like protected text is protected, too: so that it can be undone for sure.
    runs |= text.str.contains(_PROTECTED)
    return cells.mask(runs.fillna(False).astype(bool), "'" + text)


def unprotected_text(cells: pd.Series) -> pd.Series:
    """Take away the apostrophes that `neutralised_text` has put.

    Parameters
    ----------
    cells : Series of str
        Of a table that this program wrote.
    """
    text = Text.of(cells)
    protected = text.begins(b"'")
    if not protected.any():
        return cells
    looked_at = text.some(protected).series()
    undone = looked_at.str.replace(_UNDONE, "", regex=True)
    return text.replaced(protected, Text.of(undone)).series().set_axis(cells.index)


def is_plain(frame: pd.DataFrame) -> bool:
    """Say whether `csv_rows` can write the table: two columns or more of text or numbers."""
    # A row whose only cell is empty is written with quotes.
    return frame.shape[1] > 1 and all(
        isinstance(dtype, pd.StringDtype) or dtype.name in _NUMBERS for dtype in frame.dtypes
    )


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
    columns[-1] = joined(columns[-1], line_end, between="")
    return Text(joined(*columns, between=",")).content


def _cells(cells: pd.Series, *, raw: bool) -> pa.LargeStringArray:
    if isinstance(cells.dtype, pd.StringDtype):
        text = Text.of(cells)
        return _quoted(text if raw else _neutralised(text)).cells
    if cells.dtype == np.dtype("float64"):
        return _decimals(cells.to_numpy()).cells
    return pc.fill_null(arrow_array(cells).cast(pa.large_string()), "")


def _decimals(numbers: np.ndarray) -> Text:
    """Write numbers in the shortest way that gives the same number again, missing ones empty."""
    size = np.abs(numbers)
    plain = (size >= _LEAST_PLAIN) & (size < _MOST_PLAIN) & (numbers != np.floor(numbers))
    others = ["" if number != number else repr(number) for number in numbers[~plain].tolist()]
    texts = Text(pa.array(numbers).cast(pa.large_string()))
    return texts.replaced(~plain, Text(pa.array(others, pa.large_string())))


def _neutralised(text: Text) -> Text:
    """Neutralise formulas; few cells begin like one, or with a gap before it."""
    looked_at = text.begins_with(_beginnings())
    if not looked_at.any():
        return text
    return text.replaced(looked_at, Text.of(neutralised_text(text.some(looked_at).series())))


@cache
def _beginnings() -> np.ndarray:
    """Return the first and second bytes of cells that may be formulas, or protected ones."""
    beginnings = np.zeros((256, 256), dtype=bool)
    gaps = (chr(code) for code in range(_LAST_GAP + 1) if chr(code).isspace())
    for character in (*gaps, *_SIGNS, "'"):
        code = character.encode()
        # One byte may be followed by any other.
        beginnings[code[0], slice(None) if len(code) == 1 else code[1]] = True
    return beginnings


def _quoted(text: Text) -> Text:
    """Put quotes around cells that hold a comma, a quote or a line break, quotes doubled."""
    where = text.holds(_QUOTED)
    if not where.any():
        return text
    doubled = pc.replace_substring(text.some(where).cells, '"', '""')
    return text.replaced(where, Text(joined('"', doubled, '"', between="")))
