"""Tables written to files, safe to open in a spreadsheet."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from claimclf.errors import InputError

# A spreadsheet runs a cell that begins with one of these, full-width forms included.
_FORMULA = r"^[\t\r\n]|^\s*[=+\-@＝＋－＠]"
_NUMBER = r"^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$"


def neutralised(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text, headers included, that a spreadsheet would run.

    Plain numbers such as -6 stay as they are: they are values, not formulas.

    Parameters
    ----------
    frame : DataFrame
        Any table; only text cells are looked at.
    """
    safe = frame.copy()
    for name in frame.columns[[_is_text(dtype) for dtype in frame.dtypes]]:
        safe[name] = _neutralised_text(frame[name])
    safe.columns = pd.Index(_neutralised_text(pd.Series(frame.columns, dtype="str")))
    return safe


def _is_text(dtype: object) -> bool:
    if isinstance(dtype, pd.CategoricalDtype):  # a dictionary of texts, in Parquet
        return _is_text(dtype.categories.dtype)
    return isinstance(dtype, pd.StringDtype) or dtype == np.dtype(object)


def _neutralised_text(cells: pd.Series) -> pd.Series:
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    text = cells.astype("str")
    runs = text.str.contains(_FORMULA) & ~text.str.match(_NUMBER)
    return cells.mask(runs.fillna(False).astype(bool), "'" + text)


def to_csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return the table as a UTF-8 CSV for people, formulas neutralised."""
    return _csv_bytes(neutralised(frame))


def _csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a UTF-8 CSV whose lines end in LF, or in CRLF where a cell holds a CR.

    The csv module quotes a CR only where lines end in one; unquoted, it would begin a new row.
    """
    text = frame.to_csv(index=False, lineterminator="\n")
    if "\r" in text:
        text = frame.to_csv(index=False, lineterminator="\r\n")
    return text.encode()


def require_place(path: Path) -> None:
    """Refuse a path that no file can be written to, before any work is done.

    Raises
    ------
    InputError
        It is a folder, or its folder does not exist or cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path} cannot be written.", "Found: a folder.", "Name a file in it.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        found = "no rights to its folder" if path.parent.is_dir() else "its folder does not exist"
        raise InputError(f"{path} cannot be written.", f"Found: {found}.", "Choose another place.")


def write_table(frame: pd.DataFrame, path: Path, *, raw: bool = False) -> None:
    """Write a CSV, or Parquet where the name ends in `.parquet`, whole or not at all.

    Parameters
    ----------
    frame : DataFrame
        What to write.
    path : Path
        Where to; an existing file is replaced when the new one is complete.
    raw : bool
        Keep every byte of a CSV's cells; by default formulas are neutralised. Parquet is
        never altered.

    Raises
    ------
    InputError
        The folder does not exist or cannot be written.
    """
    require_place(path)
    if path.exists() and not path.is_file():  # a device or a pipe must not be replaced
        with path.open("wb") as stream:
            _write(frame, stream, path.suffix, raw)
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written.", f"Found: {error.strerror}.", "Choose another place."
        ) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            _write(frame, stream, path.suffix, raw)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write(frame: pd.DataFrame, stream: BinaryIO, suffix: str, raw: bool) -> None:
    if suffix == ".parquet":
        frame.to_parquet(stream, index=False)
    elif raw:
        stream.write(_csv_bytes(frame))
    else:
        stream.write(to_csv_bytes(frame))
