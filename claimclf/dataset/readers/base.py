"""What all readers have in common: blocks of whole rows in, tables of text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import xxhash

from claimclf.dataset.sources import ByteStream, check_limit, explained
from claimclf.errors import DuplicateColumnError, EmptyTableError
from claimclf.schema import SHELL_LIMITS, Limits

BLOCK_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Opening:
    """How an input is opened.

    Parameters
    ----------
    source : Path or bytes
        A file or folder, or a file's content.
    name : str
        What to call the input in messages.
    limits : Limits
        The size, rows and columns beyond which it is refused.
    encoding : str or None
        Encoding of text that is not UTF-8.
    size : int
        About how many bytes a block has; more where a record is longer.
    sheet : str or None
        Which sheet of a workbook.
    contents : bool
        Whether blocks carry their content even where their place in the file would do.
    """

    source: Path | bytes
    name: str
    limits: Limits = SHELL_LIMITS
    encoding: str | None = None
    size: int = BLOCK_BYTES
    sheet: str | None = None
    contents: bool = True

    @property
    def said(self) -> str:
        """How a person said that it is opened; empty where nobody said anything."""
        return f"encoding {self.encoding}" if self.encoding else ""


class Reader(Protocol):
    """One physical format: opened as blocks of whole rows, each of which becomes a table."""

    def parse(self, block: Block) -> Table:
        """Make a table of a block, whose text is as it was written."""


@dataclass(frozen=True)
class Layout:
    """What the blocks of an input have in common.

    Parameters
    ----------
    name : str
        The input's name, for messages.
    columns : tuple of str
        The input's own column names.
    delimiter : str
        What stands between the fields of a CSV; empty for Parquet.
    gaps : tuple of str
        Columns of whole numbers or truth values that lack a value somewhere, in Parquet.
    reader : str
        Which reader makes tables of the blocks.
    exporter : str
        The known program whose export it is; empty for none.
    remarks : tuple of str
        What a person should know of how it was opened, each a sentence.
    is_ours : bool
        Whether this program wrote it, with apostrophes before cells that would run.
    sheets : tuple of str
        The filled sheets of a workbook, in its order.
    sheet : str
        The sheet that is read.
    said : str
        How a person said that it is opened: the encoding, or another sheet than the first.
    """

    name: str
    columns: tuple[str, ...]
    delimiter: str = ""
    gaps: tuple[str, ...] = ()
    reader: str = "delimited"
    exporter: str = ""
    remarks: tuple[str, ...] = ()
    is_ours: bool = False
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    said: str = ""


@dataclass(frozen=True)
class Block:
    """Some whole rows of an input; `reading.parse` makes a table of them.

    Parameters
    ----------
    number : int
        Position among the input's blocks, from 0.
    line : int
        The input's line on which the content begins; for Parquet the first row's number.
    rows : int
        Number of rows, at least 1.
    content : bytes
        Records of a CSV or JSON objects, one a line, in UTF-8; or an Arrow stream. Empty where it
        is left in the file.
    layout : Layout
        What all blocks of the input have in common.
    start : int or None
        Where the content begins in the input's file; None where the file holds it in another
        form, as a packed one does.
    is_dense : bool
        Whether each line is a row, as far as that is known.
    left : int or None
        Bytes of the content, where it is left in the file; None where it is here.
    """

    number: int
    line: int
    rows: int
    content: bytes = field(repr=False)
    layout: Layout
    start: int | None = None
    is_dense: bool = False
    left: int | None = None

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return len(self.content) if self.left is None else self.left

    @cached_property
    def digest(self) -> str:
        """Hash of all that the block's table depends on: content, place and layout."""
        place = repr((self.line, self.layout)).encode()
        whole = xxhash.xxh3_128(xxhash.xxh3_128_digest(place))
        whole.update(self.content)
        return whole.hexdigest()


class Blocks:
    """The blocks of an opened input, to be gone through once.

    Parameters
    ----------
    layout : Layout
        What the blocks have in common.
    stream : ByteStream
        What they come from.
    blocks : iterator of Block
        The blocks, in order.

    Attributes
    ----------
    done : int
        Bytes of the input that have been dealt with.
    """

    def __init__(self, layout: Layout, stream: ByteStream, blocks: Iterator[Block]) -> None:
        self.layout = layout
        self._stream, self._blocks = stream, blocks

    @property
    def name(self) -> str:
        """What the input is called in messages."""
        return self.layout.name

    @property
    def columns(self) -> list[str]:
        """The input's own column names."""
        return list(self.layout.columns)

    @property
    def size(self) -> int:
        """Bytes of the input, as it lies on disk."""
        return self._stream.size

    @property
    def done(self) -> int:
        """Bytes of the input read so far."""
        return self._stream.done

    @property
    def modified(self) -> int | None:
        """When the input's file was changed last before it was opened, in ns."""
        return self._stream.modified

    @property
    def sha256(self) -> str:
        """Hash of the input's bytes as they lie on disk, known after the last block, if wanted."""
        if self.done < self.size:
            raise ValueError("The hash is known after the last block.")
        return self._stream.sha256

    def __iter__(self) -> Iterator[Block]:
        """Read on, a block at a time.

        Raises
        ------
        InputError
            The input is broken, not in its encoding, over a limit, or has no rows.
        """
        with explained(self.name):
            yield from self._blocks


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
    layout : Layout
        How the input was opened.
    unreadable : dict of int to str
        Row position -> why the row could not be read at all.
    """

    name: str
    frame: pd.DataFrame
    lines: np.ndarray
    field_counts: np.ndarray
    surplus: dict[int, str]
    sha256: str
    layout: Layout
    unreadable: dict[int, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The input's own column names."""
        return [str(name) for name in self.frame.columns]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)


def check_header(name: str, header: Sequence[str], limits: Limits) -> None:
    """Refuse too many columns, and two of one name."""
    check_limit(name, "columns", len(header), limits.columns)
    seen: dict[str, int] = {}
    for position, column in enumerate(header, start=1):
        if column in seen:
            title = f"'{column}'" if column else "without a name"
            raise DuplicateColumnError(
                f"Two columns of {name} have the same name.",
                f"Found: column {title} at positions {seen[column]} and {position}.",
                "Rename or remove one of them.",
            )
        seen[column] = position


def no_rows(name: str) -> EmptyTableError:
    """Word that there is nothing below a header."""
    return EmptyTableError(
        f"{name} has no rows.", "Found: a header only.", "Add one row per video."
    )


def limited(blocks: Iterator[Block], name: str, limits: Limits) -> Iterator[Block]:
    """Give the blocks that have rows their numbers, and count the rows."""
    number = rows = 0
    for block in blocks:
        rows += block.rows
        if block.rows and (limits.rows is None or rows <= limits.rows):
            yield replace(block, number=number)
            number += 1
    check_limit(name, "rows", rows, limits.rows)  # at the end, when the number of rows is known
    if not rows:
        raise no_rows(name)
