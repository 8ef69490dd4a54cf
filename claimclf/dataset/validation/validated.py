"""A table with each row either accepted or rejected."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from claimclf.dataset.readers.base import Table
from claimclf.dataset.validation.ids import NO_IDS, IdCounts
from claimclf.dataset.validation.mapping import TableMapping
from claimclf.dataset.validation.problems import rejected_rows
from claimclf.schema import LINE, TEXT_SOURCE, TRANSCRIPT, Contract, Words

PROBLEM_COLUMNS = ["row", LINE, "column", "code", "message"]


@dataclass(frozen=True)
class Validated:
    """A table with each row either accepted or rejected.

    Parameters
    ----------
    table : Table
        What was read.
    contract : Contract
        What it was checked against.
    columns : dict of str to str
        Column of the contract -> the input's own column.
    accepted : DataFrame, shape (n_accepted, n_known_columns)
        Typed cells under the contract's names: numbers as float64 (NaN where there is no
        value), text as str, times as UTC. The index is the row's position in `table.frame`.
    problems : DataFrame, shape (n_problems, 5)
        `row` (position), `line`, `column`, `code` and `message`, in the order of the file.
    notes : DataFrame, shape (n_notes, 5)
        The same for what could not be used of accepted rows.
    mapping : TableMapping or None
        How the table was read; None for a table of known columns.
    n_merged : int
        Accepted rows that repeat a video and are part of it.
    id_counts : IdCounts
        What the ids say of their column.
    n_dated : int
        Rows whose posting time was taken from the id.
    sources : dict of str to int
        Where words come from -> accepted rows; the empty name is for those without any.
    """

    table: Table
    contract: Contract
    columns: dict[str, str]
    accepted: pd.DataFrame
    problems: pd.DataFrame
    notes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PROBLEM_COLUMNS))
    mapping: TableMapping | None = None
    n_merged: int = 0
    id_counts: IdCounts = NO_IDS
    n_dated: int = 0
    sources: dict[str, int] = field(default_factory=dict)

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """Rejected rows with line, all reasons, and the input's own cells."""
        surplus = pd.Series(self.table.surplus, dtype="str") if self.table.surplus else None
        return rejected_rows(self.problems, self.table.lines, self.table.frame, surplus)

    @cached_property
    def report(self) -> pd.DataFrame:
        """Rejected rows and rows with notes: line, outcome, reasons, the input's own cells."""
        surplus = pd.Series(self.table.surplus, dtype="str") if self.table.surplus else None
        table = self.table
        return rejected_rows(self.problems, table.lines, table.frame, surplus, self.notes)

    @property
    def n_accepted(self) -> int:
        """Number of accepted rows, those that repeat a video included."""
        return len(self.accepted) + self.n_merged

    @property
    def n_rejected(self) -> int:
        """Number of rejected rows."""
        return len(self.table) - self.n_accepted

    @property
    def n_notes(self) -> int:
        """Number of notes."""
        return len(self.notes)


def sources_of(rows: pd.DataFrame) -> dict[str, int]:
    """Count rows by where their words come from; the empty name is for those without any."""
    if TEXT_SOURCE in rows:
        counted = rows[TEXT_SOURCE].fillna("").value_counts()
        counts = {str(source): int(n) for source, n in counted.items()}
    else:
        n_words = int(rows[TRANSCRIPT].notna().sum())
        counts = {str(Words.TRANSCRIPT): n_words, "": len(rows) - n_words}
    return {source: n for source, n in counts.items() if n}
