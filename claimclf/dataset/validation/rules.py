"""Checks typed cells against a contract: ranges, allowed values, needed values, uniqueness."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow.compute as pc
from pandera.errors import SchemaErrors

from claimclf.dataset.readers.base import Table
from claimclf.dataset.texts import Text
from claimclf.dataset.validation.cells import GRAPHIC, NUMERIC, TEXTUAL
from claimclf.dataset.validation.problems import problems_of, shown
from claimclf.schema import Column, Contract, Kind


def contract_problems(
    frame: pd.DataFrame, contract: Contract, table: Table, *, unique: bool
) -> pd.DataFrame:
    """Check ranges, allowed values, needed values and uniqueness, all in one pass."""
    try:
        _schema(contract, tuple(frame.columns), unique).validate(frame, lazy=True)
    except SchemaErrors as errors:
        failed = errors.failure_cases.groupby(["column", "check"], sort=False)
        parts = [
            _worded(contract[str(column)], str(check), cells["index"].astype(int), frame, table)
            for (column, check), cells in failed
        ]
        return pd.concat([part for part in parts if len(part)])
    return problems_of([], "", "missing", [])


def _worded(
    column: Column, check: str, rows: pd.Series, frame: pd.DataFrame, table: Table
) -> pd.DataFrame:
    """Word the problems of the rows that one check of a column has refused."""
    code = {"not_nullable": "missing", "field_uniqueness": "duplicate"}.get(check, check)
    cells = frame[column.name].iloc[rows]
    rule: object = ""
    match code:
        case "too_small":
            rule = shown(column.minimum)
        case "too_large" | "too_long":
            rule = shown(column.maximum)
        case "not_allowed":
            rule = ", ".join(column.allowed)
        case "duplicate":
            rule = [f"{line:,}" for line in _first_lines(frame[column.name], cells, table)]
    shown_cells = cells.str.len() if code == "too_long" else cells
    return problems_of(rows, column.name, code, shown_cells, rule)


def _first_lines(column: pd.Series, cells: pd.Series, table: Table) -> list[int]:
    """Return the line of each value's first row."""
    is_first = ~column.duplicated()
    line_of = pd.Series(table.lines[is_first.to_numpy()], index=column[is_first])
    return [int(line) for line in line_of.loc[cells]]


@lru_cache
def _schema(contract: Contract, names: tuple[str, ...], unique: bool) -> pandera.DataFrameSchema:
    return pandera.DataFrameSchema(
        {
            name: pandera.Column(
                checks=_checks(contract[name]),
                nullable=not contract[name].required,
                unique=unique and contract[name].unique,
                report_duplicates="exclude_first",
            )
            for name in names
            if name in contract.names
        }
    )


def _checks(column: Column) -> list[pandera.Check]:
    def check(code: str, rule: Callable[[pd.Series], pd.Series]) -> pandera.Check:
        return pandera.Check(rule, name=code, error=code)

    checks: list[pandera.Check] = []
    low, high = column.minimum, column.maximum
    if column.kind in TEXTUAL and high is not None:
        checks.append(check("too_long", lambda cells: cells.str.len() <= high))
    if column.kind in NUMERIC:
        if low is not None:
            checks.append(check("too_small", lambda cells: cells >= low))
        if high is not None:
            checks.append(check("too_large", lambda cells: cells <= high))
    if column.kind is Kind.COUNT:
        checks.append(check("not_whole", lambda cells: ~(cells % 1 > 0)))
    if column.allowed:
        checks.append(check("not_allowed", lambda cells: cells.isin(column.allowed)))
    if column.kind is Kind.URL:
        checks.append(check("not_a_url", _are_addresses))
    return checks


_DISGUISED = r"^https?://[^/?#]*[@\\]"


def _are_addresses(cells: pd.Series) -> pd.Series:
    text = Text.of(cells)
    length = text.lengths
    fits = np.zeros(len(cells), dtype=bool)
    for start in ("http://", "https://"):
        fits |= pc.starts_with(text.cells, start).to_numpy(zero_copy_only=False) & (
            length > len(start)
        )
    # White space of any alphabet is left to the pattern.
    others = ~text.within(GRAPHIC[0], GRAPHIC[-1])
    if others.any():
        fits[others] = text.some(others).series().str.match(r"https?://\S+$")
    # What stands before an @ looks like the host and is a name and a password; a backslash is a
    # slash to browsers, and to others a part of the host.
    fits &= ~pc.match_substring_regex(text.cells, _DISGUISED).to_numpy(zero_copy_only=False)
    return pd.Series(fits, index=cells.index)
