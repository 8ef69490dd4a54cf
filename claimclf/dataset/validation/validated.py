"""A table with each row either accepted or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from claimclf.dataset.reading import Table
from claimclf.dataset.validation.problems import rejected_rows
from claimclf.schema import Contract


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
    """

    table: Table
    contract: Contract
    columns: dict[str, str]
    accepted: pd.DataFrame
    problems: pd.DataFrame

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """Rejected rows with line, all reasons, and the input's own cells."""
        surplus = pd.Series(self.table.surplus, dtype="str") if self.table.surplus else None
        return rejected_rows(self.problems, self.table.lines, self.table.frame, surplus)

    @property
    def n_rejected(self) -> int:
        """Number of rejected rows."""
        return len(self.table) - len(self.accepted)
