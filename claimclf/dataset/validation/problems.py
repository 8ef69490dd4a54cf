"""What is wrong with a cell, in words; and rejected rows with all their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from claimclf.dataset.validation.columns import set_apart
from claimclf.schema import LINE, NOTED, OUTCOME, REASONS, REJECTED, SURPLUS, Contract

#: Reason code -> what is wrong, with the column, the cell and the rule filled in; in the order
#: in which the reasons of one cell are given.
MESSAGES = {
    "malformed": "the row has {found} fields; the header has {rule}",
    "unreadable": "the line cannot be read: {found}",
    "not_a_number": "{column} is not a number: {found}",
    "not_a_time": "{column} is not a time like 2025-01-31T12:00: {found}",
    "nul_character": "{column} contains a NUL character",
    "ambiguous": "{column} can be read in two ways: {found}",
    "missing": "{column} is missing",
    "damaged": "{column} is damaged, {found} is not the whole id: export the ids as text",
    "duplicate": "{column} {found} stands on line {rule} already",
    "too_long": "{column} has {found} characters; the most is {rule}",
    "too_small": "{column} is {found}; the least is {rule}",
    "too_large": "{column} is {found}; the most is {rule}",
    "not_whole": "{column} is not a whole number: {found}",
    "not_allowed": "{column} is {found}; allowed: {rule}",
    "not_a_url": "{column} is not a web address: {found}",
    "repaired": "{column} {found} is damaged; {rule} is taken from the link",
    "not_its_time": "{column} {found} says that the video is of {rule}, which no TikTok video is",
    "repeated": "{column} {found} stands on line {rule} already: one video, the largest counts",
    "contradicting": "{column} {found} stands on line {rule} already with another text or "
    "author: the first row counts",
}


def problems_of(
    rows: Iterable[int], column: str, code: str, cells: Iterable[object], rule: object = ""
) -> pd.DataFrame:
    """Word one kind of problem in one column.

    Parameters
    ----------
    rows : iterable of int, shape (n,)
        Positions of the rows.
    column : str
        The contract's column.
    code : str
        A key of `MESSAGES`.
    cells : iterable, shape (n,)
        The cells of these rows.
    rule : object, or list of shape (n,)
        What is allowed, in all rows alike or in each.

    Returns
    -------
    DataFrame, shape (n, 4)
        `row`, `column`, `code` and `message`.
    """
    positions, words = list(rows), MESSAGES[code]
    rules = rule if isinstance(rule, list) else [rule] * len(positions)
    records = [
        (row, column, code, words.format(column=column, found=shown(cell), rule=own_rule))
        for row, cell, own_rule in zip(positions, cells, rules, strict=True)
    ]
    return pd.DataFrame(records, columns=["row", "column", "code", "message"])


def duplicate_problems(
    column: str, rows: np.ndarray, lines: np.ndarray, cells: Sequence[str], firsts: Sequence[int]
) -> pd.DataFrame:
    """Word the problem of values that occur in an earlier row.

    Parameters
    ----------
    column : str
        The contract's column.
    rows, lines : ndarray of int, shape (n_duplicates,)
        Positions and lines of the later rows.
    cells : sequence of str, shape (n_duplicates,)
        Their values.
    firsts : sequence of int, shape (n_duplicates,)
        The line of each value's first row.

    Returns
    -------
    DataFrame, shape (n_duplicates, 5)
        As `Validated.problems`; put both together with `in_order`.
    """
    problems = problems_of(rows, column, "duplicate", cells, [f"{line:,}" for line in firsts])
    problems.insert(1, LINE, lines)
    return problems


def in_order(problems: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Sort problems by row, then by the contract's columns, then as the checks are made.

    Parameters
    ----------
    problems : DataFrame
        As `Validated.problems`.
    contract : Contract
        What the rows were checked against.
    """
    places = {name: position for position, name in enumerate(contract.names)}
    codes = {code: position for position, code in enumerate(MESSAGES)}
    keys = pd.DataFrame(
        {
            "row": problems["row"],
            "column": problems["column"].map(places).fillna(-1),
            "code": problems["code"].map(codes),
        }
    )
    order = keys.sort_values(["row", "column", "code"], kind="stable").index
    return problems.loc[order].reset_index(drop=True)


def rejected_rows(
    problems: pd.DataFrame,
    lines: np.ndarray,
    own: pd.DataFrame,
    surplus: pd.Series | None,
    notes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Put rows with problems or notes together: line, outcome, reasons, the input's own cells.

    Parameters
    ----------
    problems : DataFrame, shape (n_problems, 5)
        Of rejected rows, in order.
    lines : ndarray of int, shape (n_rows,)
        The line of each row.
    own : DataFrame, shape (n, n_own_columns)
        The input's cells, at least those of these rows; the index is the row's position.
    surplus : Series of str or None
        Row position -> fields beyond the header; None where no row of the input has any.
    notes : DataFrame or None
        Of accepted rows, in order.
    """
    by_outcome = {REJECTED: problems} if notes is None else {REJECTED: problems, NOTED: notes}
    reasons = pd.concat(
        [
            part.groupby("row", sort=True)["message"].agg("; ".join).to_frame().assign(of=outcome)
            for outcome, part in by_outcome.items()
        ]
    ).sort_index(kind="stable")
    added = [LINE, OUTCOME, REASONS, *([] if surplus is None else [SURPLUS])]
    own = set_apart(own.loc[reasons.index], added)
    head = pd.DataFrame(
        {
            LINE: lines[reasons.index.to_numpy(dtype=int)],
            OUTCOME: pd.array(reasons["of"].to_numpy(), dtype="str"),
            REASONS: reasons["message"].to_numpy(),
        },
        index=own.index,
    )
    rejected = pd.concat([head, own], axis=1)
    if surplus is not None:
        rejected[SURPLUS] = surplus.reindex(own.index)
    return rejected


def shown(cell: object) -> str:
    """Write a cell into a message: text quoted and cut, numbers plain."""
    if isinstance(cell, str):
        return f"'{cell}'" if len(cell) <= 60 else f"'{cell[:57]}...'"
    if isinstance(cell, int | np.integer):
        return f"{cell:,}"
    if isinstance(cell, float):  # NumPy's float64 is one
        return f"{cell:,.0f}" if cell.is_integer() and abs(cell) < 1e15 else f"{cell:g}"
    return str(cell)
