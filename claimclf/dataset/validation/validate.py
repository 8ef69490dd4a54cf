"""Each row of a table is accepted or rejected, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from claimclf.dataset.reading import Table
from claimclf.dataset.validation.cells import read_column
from claimclf.dataset.validation.columns import require_columns
from claimclf.dataset.validation.problems import in_order, problems_of
from claimclf.dataset.validation.rules import contract_problems
from claimclf.dataset.validation.validated import Validated
from claimclf.schema import LINE, Contract


def validate(
    table: Table,
    contract: Contract,
    chosen: Mapping[str, str] | None = None,
    *,
    unique: bool = True,
) -> Validated:
    """Check every row against the contract and report every problem at once.

    Parameters
    ----------
    table : Table
        What `read_table` returned.
    contract : Contract
        The labelled dataset's or the reported videos'.
    chosen : mapping of str to str, optional
        Column of the contract -> the input's column, where names do not match.
    unique : bool
        Whether values that may stand in one row only are looked for in the table; where it is
        a part of an input, the caller who has all parts looks for them (see
        `duplicate_problems`).

    Raises
    ------
    MissingColumnError
        A needed column is not there.
    """
    columns = require_columns(table.columns, contract, chosen)
    typed: dict[str, pd.Series] = {}
    parts = [_malformed(table)]
    for name, own in columns.items():
        typed[name], problems = read_column(table.frame[own], contract[name])
        parts.append(problems)
    frame = pd.DataFrame(typed)
    parts.append(contract_problems(frame, contract, table, unique=unique))
    problems = pd.concat(parts, ignore_index=True).astype({"row": int})
    problems.insert(1, LINE, table.lines[problems["row"].to_numpy(dtype=int)])
    problems = in_order(problems, contract)
    rejected = np.zeros(len(table), dtype=bool)
    rejected[problems["row"].to_numpy(dtype=int)] = True
    return Validated(table, contract, columns, frame[~rejected], problems)


def _malformed(table: Table) -> pd.DataFrame:
    width = table.frame.shape[1]
    rows = np.flatnonzero(table.field_counts != width)
    return problems_of(rows, "", "malformed", table.field_counts[rows], width)
