"""Bytes in, a table of text out: nothing is interpreted and nothing is dropped here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from claimclf.dataset.blocks import Block, open_blocks
from claimclf.dataset.readers.base import Table
from claimclf.schema import SHELL_LIMITS, Limits

__all__ = ["Table", "parse", "read_table"]

#: So many rows are looked at to understand a table.
FIRST_ROWS = 1_000
_FIRST_BYTES = 2**18
_READERS = "claimclf.dataset.readers"


def read_table(
    source: Path | bytes,
    name: str | None = None,
    *,
    limits: Limits = SHELL_LIMITS,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Read a table of any format that `open_blocks` knows.

    Parameters
    ----------
    source : Path or bytes
        A file or folder, or a file's content.
    name : str, optional
        What to call the input in messages; by default the file's name.
    limits : Limits
        The size, rows and columns beyond which the input is refused.
    encoding : str, optional
        Encoding of text that is not UTF-8.
    sheet : str, optional
        Which sheet of a workbook.

    Raises
    ------
    InputError
        The input is not a table, is empty, is over a limit, has two columns of one name,
        or is not in the encoding.
    """
    with open_blocks(source, name, limits=limits, encoding=encoding, sheet=sheet) as blocks:
        tables = [parse(block) for block in blocks]
        return joined(tables, blocks.name, blocks.sha256)


def first_rows(
    source: Path | bytes,
    name: str | None = None,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    n_rows: int = FIRST_ROWS,
) -> Table:
    """Read the first rows of a table, and little more of it.

    Parameters
    ----------
    source, name, encoding, sheet
        As for `read_table`.
    n_rows : int
        How many rows there are at the most.

    Raises
    ------
    InputError
        As for `read_table`, as far as the first rows show.
    """
    held: list[Table] = []
    opened = open_blocks(
        source, name, encoding=encoding, sheet=sheet, size=_FIRST_BYTES, hashed=False
    )
    with opened as blocks:
        for block in blocks:
            held.append(parse(block))
            if sum(map(len, held)) >= n_rows:
                break
        table = joined(held, blocks.name, "")
    return replace(
        table,
        frame=table.frame.head(n_rows),
        lines=table.lines[:n_rows],
        field_counts=table.field_counts[:n_rows],
        surplus={row: text for row, text in table.surplus.items() if row < n_rows},
        unreadable={row: text for row, text in table.unreadable.items() if row < n_rows},
    )


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
    reader = import_module(f"{_READERS}.{block.layout.reader}")
    return cast("Callable[[Block], Table]", reader.parse)(block)


def joined(tables: list[Table], name: str, sha256: str) -> Table:
    """Put tables of one input together, in order."""
    offsets = np.cumsum([0, *map(len, tables)])
    return Table(
        name,
        pd.concat([table.frame for table in tables], ignore_index=True),
        np.concatenate([table.lines for table in tables]),
        np.concatenate([table.field_counts for table in tables]),
        _placed([table.surplus for table in tables], offsets),
        sha256,
        tables[0].layout,
        _placed([table.unreadable for table in tables], offsets),
    )


def _placed(parts: list[dict[int, str]], offsets: np.ndarray) -> dict[int, str]:
    return {
        int(offset) + row: text
        for offset, part in zip(offsets, parts, strict=False)
        for row, text in part.items()
    }
