"""Checks typed cells against a contract: ranges, allowed values, needed values, uniqueness."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from claimclf.addresses import DISGUISED, WEB_ADDRESS
from claimclf.dataset.readers.base import Table
from claimclf.dataset.texts import Text
from claimclf.dataset.validation.cells import GRAPHIC, NUMERIC, TEXTUAL
from claimclf.dataset.validation.problems import problems_of, shown
from claimclf.schema import Column, Contract, Kind


def contract_problems(
    frame: pd.DataFrame, contract: Contract, table: Table, *, unique: bool
) -> pd.DataFrame:
    """Check ranges, allowed values, needed values and uniqueness: every failure at once."""
    columns = [contract[str(name)] for name in frame if name in contract.names]
    parts = [
        _worded(column, code, rows, frame, table)
        for column in columns
        for code, rows in _failures(frame[column.name], column, unique=unique and column.unique)
        if len(rows)
    ]
    return pd.concat(parts) if parts else problems_of([], "", "missing", [])


def _failures(
    cells: pd.Series, column: Column, *, unique: bool
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each check's code and the positions of the cells that fail it."""
    is_given = cells.notna().to_numpy()
    if column.required:
        yield "missing", np.flatnonzero(~is_given)
    if unique:
        yield "duplicate", np.flatnonzero(is_given & cells.duplicated().to_numpy())
    given = cells if is_given.all() else cells[is_given]
    for code, passes in _checks(column).items():
        failed = np.zeros(len(cells), dtype=bool)
        failed[is_given] = ~passes(given).to_numpy(dtype=bool)
        yield code, np.flatnonzero(failed)


def _worded(
    column: Column, code: str, rows: np.ndarray, frame: pd.DataFrame, table: Table
) -> pd.DataFrame:
    """Word the problems of the rows that one check of a column has refused."""
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


def _checks(column: Column) -> dict[str, Callable[[pd.Series], pd.Series]]:
    """Name what each given cell of a column has to pass."""
    checks: dict[str, Callable[[pd.Series], pd.Series]] = {}
    low, high = column.minimum, column.maximum
    if column.kind in TEXTUAL and high is not None:
        checks["too_long"] = lambda cells: cells.str.len() <= high
    if column.kind in NUMERIC:
        if low is not None:
            checks["too_small"] = lambda cells: cells >= low
        if high is not None:
            checks["too_large"] = lambda cells: cells <= high
    if column.kind is Kind.COUNT:
        checks["not_whole"] = lambda cells: ~(cells % 1 > 0)
    if column.allowed:
        checks["not_allowed"] = lambda cells: cells.isin(column.allowed)
    if column.kind is Kind.URL:
        checks["not_a_url"] = _are_addresses
    return checks


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
        fits[others] = text.some(others).series().str.fullmatch(WEB_ADDRESS)
    fits &= ~pc.match_substring_regex(text.cells, DISGUISED).to_numpy(zero_copy_only=False)
    return pd.Series(fits, index=cells.index)
