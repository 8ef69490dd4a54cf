"""Bytes in, a table of text out: nothing is interpreted and nothing is dropped here."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from claimclf.dataset.blocks import Block, open_blocks, readable_parquet
from claimclf.dataset.records import Records, find_records, fitted, read_records
from claimclf.schema import SHELL_LIMITS, Limits

_MOST_BYTES = 2**31 - 1  # Arrow reads no longer text at once, and drops a byte-order mark


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    frame : DataFrame, shape (n_rows, n_columns)
        The input's own columns under their own names; cells of a CSV are text as written.
    lines : ndarray of int, shape (n_rows,)
        The line of the file on which each row starts; for Parquet the row's number.
    field_counts : ndarray of int, shape (n_rows,)
        How many fields each row had; other than `n_columns` for a malformed row.
    surplus : dict of int to str
        Row position -> fields beyond the header, as one CSV line.
    sha256 : str
        Hash of the input's bytes.
    """

    name: str
    frame: pd.DataFrame
    lines: np.ndarray
    field_counts: np.ndarray
    surplus: dict[int, str]
    sha256: str

    @property
    def columns(self) -> list[str]:
        """The input's own column names."""
        return [str(name) for name in self.frame.columns]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)


def read_table(
    source: Path | bytes,
    name: str | None = None,
    *,
    limits: Limits = SHELL_LIMITS,
    encoding: str | None = None,
) -> Table:
    """Read a CSV (comma, semicolon or tab; plain or gzip) or a Parquet file.

    Parameters
    ----------
    source : Path or bytes
        A file, or its content.
    name : str, optional
        What to call the input in messages; by default the file's name.
    limits : Limits
        The size, rows and columns beyond which the input is refused.
    encoding : str, optional
        Encoding of a CSV that is not UTF-8.

    Raises
    ------
    InputError
        The input is not a table, is empty, is over a limit, has two columns of one name,
        or is not in the encoding.
    """
    with open_blocks(source, name, limits=limits, encoding=encoding) as blocks:
        tables = [parse(block) for block in blocks]
        return _joined(tables, blocks.name, blocks.sha256)


def parse(block: Block) -> Table:
    """Make a table of a block: the same rows that reading the whole input would give.

    Parameters
    ----------
    block : Block
        Some rows of an input, as `open_blocks` cuts them.

    Returns
    -------
    Table
        Row positions count from 0 in the block, lines from the start of the input; it has no
        hash, which is the input's.

    Raises
    ------
    NotATableError
        A value of a Parquet file cannot be represented.
    """
    if not block.layout.delimiter:
        return _parse_parquet(block)
    delimiter, records = block.layout.delimiter, None
    if len(block.content) < _MOST_BYTES and not block.content.startswith(BOM_UTF8):
        records = find_records(block.content, delimiter, final=True)
    table = None if records is None else _parse_regular(block, records)
    return _parse_any(block) if table is None else table


def _joined(tables: list[Table], name: str, sha256: str) -> Table:
    offsets = np.cumsum([0, *map(len, tables)])
    return Table(
        name,
        pd.concat([table.frame for table in tables], ignore_index=True),
        np.concatenate([table.lines for table in tables]),
        np.concatenate([table.field_counts for table in tables]),
        {
            int(offset) + row: fields
            for offset, table in zip(offsets, tables, strict=False)
            for row, fields in table.surplus.items()
        },
        sha256,
    )


def _parse_parquet(block: Block) -> Table:
    with readable_parquet(block.layout.name):
        # Without pandas' own notes an index stays a column; whole numbers beside missing ones
        # stay whole: as floats, long ids would lose their last digits.
        frame = (
            pa.ipc.open_stream(block.content)
            .read_all()
            .to_pandas(ignore_metadata=True, integer_object_nulls=True)
        )
    frame = frame.astype(dict.fromkeys(block.layout.gaps, object))
    counts = np.full(block.rows, len(block.layout.columns))
    lines = np.arange(block.line, block.line + block.rows)
    return Table(block.layout.name, frame, lines, counts, {}, "")


def _parse_any(block: Block) -> Table:
    """Parse with the csv module, which is the rule."""
    before, rows = zip(*read_records(block.content, block.layout.delimiter), strict=True)
    return _table(block, _frame(rows, block), np.array(before), dict(enumerate(rows)))


def _parse_regular(block: Block, records: Records) -> Table | None:
    """Parse with Arrow, rows of another width with the csv module; None where Arrow cannot."""
    malformed: list[int] = []

    def skip(row: Any) -> str:
        malformed.append(row.number - 1)
        return "skip"

    try:
        frame = _read_by_arrow(block, skip).to_pandas().set_axis(block.layout.columns, axis=1)
    except pa.ArrowInvalid:
        return None
    if len(frame) + len(malformed) != len(records):
        return None
    by_csv = {row: _one_record(block, records, row) for row in malformed}
    if by_csv:
        places = np.delete(np.arange(len(records)), malformed)
        both = pd.concat([frame, _frame(list(by_csv.values()), block)], ignore_index=True)
        frame = both.iloc[np.argsort([*places, *malformed])].reset_index(drop=True)
    return _table(block, frame, records.lines, by_csv)


def _read_by_arrow(block: Block, on_malformed: Callable[[Any], str]) -> pa.Table:
    columns = [str(position) for position in range(len(block.layout.columns))]
    return pa_csv.read_csv(
        pa.BufferReader(block.content),
        pa_csv.ReadOptions(use_threads=False, block_size=len(block.content), column_names=columns),
        pa_csv.ParseOptions(
            delimiter=block.layout.delimiter,
            newlines_in_values=True,
            invalid_row_handler=on_malformed,
        ),
        pa_csv.ConvertOptions(
            check_utf8=False,  # decoding has done it
            column_types=dict.fromkeys(columns, pa.large_string()),
            null_values=[],
        ),
    )


def _one_record(block: Block, records: Records, row: int) -> list[str]:
    text = block.content[records.starts[row] : records.ends[row]]
    return next(fields for _, fields in read_records(text, block.layout.delimiter))


def _frame(rows: Sequence[Sequence[str]], block: Block) -> pd.DataFrame:
    columns = block.layout.columns
    fitting = [fitted(fields, len(columns)) for fields in rows]
    return pd.DataFrame(fitting, columns=list(columns), dtype="str")


def _table(
    block: Block, frame: pd.DataFrame, before: np.ndarray, by_csv: Mapping[int, Sequence[str]]
) -> Table:
    width = len(block.layout.columns)
    counts = np.full(len(frame), width)
    counts[list(by_csv)] = [len(fields) for fields in by_csv.values()]
    surplus = {
        row: block.layout.delimiter.join(fields[width:])
        for row, fields in sorted(by_csv.items())
        if len(fields) > width
    }
    return Table(block.layout.name, frame, block.line + before, counts, surplus, "")
