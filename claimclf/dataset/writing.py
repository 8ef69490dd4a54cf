"""Tables written to files, safe to open in a spreadsheet."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from claimclf.dataset.formatting import (
    csv_rows,
    is_plain,
    is_text,
    neutralised_text,
)
from claimclf.dataset.texts import Text
from claimclf.errors import InvalidRequestError, UnavailableError
from claimclf.files import is_of_others, leads_to_no_file, written

_STRETCH_ROWS = 50_000


def neutralised(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text, headers included, that a spreadsheet would run.

    Plain numbers such as -6 stay as they are: they are values, not formulas.

    Parameters
    ----------
    frame : DataFrame
        Any table; only text cells are looked at.
    """
    safe = frame.copy()
    for name in frame.columns[[is_text(dtype) for dtype in frame.dtypes]]:
        safe[name] = neutralised_text(frame[name])
    safe.columns = pd.Index(_neutralised_names(frame), dtype="str")
    return safe


def _neutralised_names(frame: pd.DataFrame) -> list[str]:
    return neutralised_text(pd.Series(frame.columns, dtype="str")).tolist()


def to_csv_bytes(frame: pd.DataFrame, *, raw: bool = False) -> bytes:
    """Return the table as a UTF-8 CSV for people.

    Parameters
    ----------
    frame : DataFrame
        Any table.
    raw : bool
        Keep every byte of the cells; by default formulas are neutralised.
    """
    return b"".join(_csv_parts(frame, raw=raw))


def csv_lines(
    frame: pd.DataFrame, *, raw: bool = False, line_end: str = "\n", header: bool = True
) -> bytes:
    """Return a stretch of a CSV; stretches of one table, joined, are the whole.

    Parameters
    ----------
    frame : DataFrame
        Some rows.
    raw : bool
        Keep every byte of the cells; by default formulas are neutralised.
    line_end : str
        What lines end in: CRLF where any cell of the whole table, or a column's name, holds a
        CR (see `holds_cr`), else LF.
    header : bool
        Whether to begin with the columns' names.
    """
    frame = _times_as_text(frame)
    if is_plain(frame):
        names = list(frame.columns) if raw else _neutralised_names(frame)
        top = _by_pandas(pd.DataFrame(columns=names), line_end) if header else b""
        return top + csv_rows(frame, line_end, raw=raw)
    return _by_pandas(frame if raw else neutralised(frame), line_end, header=header)


def holds_cr(frame: pd.DataFrame) -> bool:
    """Say whether a cell or a column's name holds a CR.

    The csv module quotes a CR only where lines end in one; unquoted, it would begin a new row.
    """
    frame = _times_as_text(frame)
    if is_plain(frame):
        return any("\r" in str(name) for name in frame.columns) or any(
            b"\r" in Text.of(frame.iloc[:, position]).content
            for position, dtype in enumerate(frame.dtypes)
            if is_text(dtype)
        )
    return b"\r" in _by_pandas(frame, "\n")


def _csv_parts(frame: pd.DataFrame, *, raw: bool) -> Iterator[bytes]:
    line_end = "\r\n" if holds_cr(frame) else "\n"
    for start in range(0, max(1, len(frame)), _STRETCH_ROWS):
        stretch = frame.iloc[start : start + _STRETCH_ROWS]
        yield csv_lines(stretch, raw=raw, line_end=line_end, header=start == 0)


def _times_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Write each time in full: pandas formats a time by the others of its column."""
    return frame.assign(
        **{
            str(name): frame[name].map(str, na_action="ignore").astype("str")
            for name, kind in frame.dtypes.items()
            if pd.api.types.is_datetime64_any_dtype(kind)
        }
    )


def _by_pandas(frame: pd.DataFrame, line_end: str, *, header: bool = True) -> bytes:
    return frame.to_csv(index=False, header=header, lineterminator=line_end).encode()


def require_place(path: Path) -> None:
    """Refuse a path that no file can be written to, before any work is done.

    Raises
    ------
    InvalidRequestError
        It is a folder, or its folder does not exist or cannot be written.
    """
    if path.is_dir():
        raise InvalidRequestError(
            f"{path} cannot be written.", "Found: a folder.", "Name a file in it."
        )
    if leads_to_no_file(path) and is_of_others(path):
        cause = "Found: a pipe or a device of somebody else in its place."
        raise InvalidRequestError(f"{path} cannot be written.", cause, "Choose another place.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        cause = "no rights to its folder" if path.parent.is_dir() else "its folder does not exist"
        raise InvalidRequestError(
            f"{path} cannot be written.", f"Found: {cause}.", "Choose another place."
        )


@contextmanager
def placed(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Yield a file that is there whole or not at all, or the device or pipe that is there.

    Parameters
    ----------
    path : Path
        Where to; a file or a link is replaced when the new one is complete.
    private : bool
        Whether nobody else on this machine may read it.

    Raises
    ------
    InvalidRequestError, UnavailableError
        The folder does not exist, or the file cannot be written now.
    """
    require_place(path)
    try:
        with written(path, private=private) as stream:
            yield stream
    except OSError as error:
        if leads_to_no_file(path):  # whoever read the pipe has gone, which needs no words
            raise
        raise UnavailableError(
            f"{path} cannot be written.", f"Found: {error.strerror}.", "Choose another place."
        ) from error


def write_table(
    frame: pd.DataFrame,
    path: Path,
    *,
    raw: bool = False,
    private: bool = False,
    bom: bool = False,
) -> None:
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
    private : bool
        Whether nobody else on this machine may read it.
    bom : bool
        Whether a CSV begins with a byte-order mark, by which Excel knows its encoding.

    Raises
    ------
    InvalidRequestError, UnavailableError
        The folder does not exist, or the file cannot be written now.
    """
    with placed(path, private=private) as stream:
        _write(frame, stream, path.suffix, raw, bom)


def _write(frame: pd.DataFrame, stream: BinaryIO, suffix: str, raw: bool, bom: bool) -> None:
    if suffix == ".parquet":
        frame.to_parquet(stream, index=False)
    else:
        stream.write(BOM_UTF8 if bom else b"")
        stream.writelines(_csv_parts(frame, raw=raw))
