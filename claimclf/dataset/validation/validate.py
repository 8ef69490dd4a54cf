"""Each row of a table is accepted or rejected, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from claimclf.dataset.readers.base import Table
from claimclf.dataset.validation.cells import read_column
from claimclf.dataset.validation.columns import require_columns, require_found
from claimclf.dataset.validation.lenient import read_leniently
from claimclf.dataset.validation.mapping import TableMapping, understand
from claimclf.dataset.validation.merging import merge
from claimclf.dataset.validation.problems import in_order, problems_of
from claimclf.dataset.validation.rules import contract_problems
from claimclf.dataset.validation.validated import Validated, sources_of
from claimclf.schema import LINE, TRANSCRIPT, VIDEO_ID, Contract


def validate(
    table: Table,
    contract: Contract,
    chosen: Mapping[str, str] | None = None,
    *,
    unique: bool = True,
    mapping: TableMapping | None = None,
    trust_ids: bool = False,
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
        a part of an input, that is left to who sees all of it.
    mapping : TableMapping, optional
        How the whole input is read, where the table is a part of it.
    trust_ids : bool
        Whether a person says that the ids are right.

    Raises
    ------
    MissingColumnError
        A needed column is not there.
    DamagedIdsError
        No id of the table can be trusted.
    """
    if contract.lenient:
        mapping = mapping or understand(table, contract, chosen, trust_ids=trust_ids)
        return _leniently(table, contract, mapping, unique=unique)
    return _strictly(table, contract, chosen, unique=unique)


def _strictly(
    table: Table, contract: Contract, chosen: Mapping[str, str] | None, *, unique: bool
) -> Validated:
    columns = require_columns(table.columns, contract, chosen)
    typed: dict[str, pd.Series] = {}
    parts = [_malformed(table)]
    for name, own in columns.items():
        typed[name], problems = read_column(table.frame[own], contract[name])
        parts.append(problems)
    frame = pd.DataFrame(typed)
    parts.append(contract_problems(frame, contract, table, unique=unique))
    problems = _placed(parts, table, contract)
    return Validated(table, contract, columns, frame[~_rows_in(problems, table)], problems)


def _leniently(
    table: Table, contract: Contract, mapping: TableMapping, *, unique: bool
) -> Validated:
    require_found(list(mapping.columns), table.columns, contract)
    read = read_leniently(table, contract, mapping)
    frame = read.frame
    against = contract_problems(frame, contract, table, unique=False)
    of_ids = (against["column"] == VIDEO_ID).to_numpy()
    # A damaged id is given, if not whole: that it is missing would be wrong.
    problems = _placed([_malformed(table), read.problems, against[of_ids]], table, contract)
    rejected = _rows_in(problems, table)
    frame = _without(frame, against[~of_ids])[~rejected]
    notes = [read.notes, against[~of_ids]]
    n_rows, sources = len(frame), sources_of(frame)
    if unique:
        if not mapping.are_trusted:
            read.id_counts.refuse_doubles(table.name)
        merged = merge(frame, table.lines, contract)
        frame = merged.videos
        notes.append(merged.notes)
    placed_notes = _placed(notes, table, contract)
    placed_notes = placed_notes[~rejected[placed_notes["row"].to_numpy(dtype=int)]].reset_index(
        drop=True
    )
    columns = dict(mapping.first)
    if mapping.words:
        columns[TRANSCRIPT] = mapping.words[0][1]
    columns = {name: columns[name] for name in contract.names if name in columns}
    return Validated(
        table,
        contract,
        columns,
        frame,
        problems,
        placed_notes,
        mapping,
        n_rows - len(frame),
        read.id_counts,
        read.n_dated,
        sources,
    )


def _without(frame: pd.DataFrame, problems: pd.DataFrame) -> pd.DataFrame:
    """Take away the values that break a rule."""
    for name, rows in problems.groupby("column")["row"]:
        where = np.zeros(len(frame), dtype=bool)
        where[rows.to_numpy(dtype=int)] = True
        frame = frame.assign(**{str(name): frame[name].mask(where)})
    return frame


def _placed(parts: list[pd.DataFrame], table: Table, contract: Contract) -> pd.DataFrame:
    """Put problems in order, each with its line."""
    filled = [part for part in parts if len(part)] or parts[:1]
    problems = pd.concat(filled, ignore_index=True).astype({"row": int})
    problems.insert(1, LINE, table.lines[problems["row"].to_numpy(dtype=int)])
    return in_order(problems, contract)


def _rows_in(problems: pd.DataFrame, table: Table) -> np.ndarray:
    rows = np.zeros(len(table), dtype=bool)
    rows[problems["row"].to_numpy(dtype=int)] = True
    return rows


def _malformed(table: Table) -> pd.DataFrame:
    width = table.frame.shape[1]
    rows = np.flatnonzero(table.field_counts != width)
    uneven = problems_of(rows, "", "malformed", table.field_counts[rows], width)
    if not table.unreadable:
        return uneven
    why = table.unreadable
    unreadable = problems_of(why, "", "unreadable", [Why(text) for text in why.values()])
    return pd.concat([uneven, unreadable], ignore_index=True)


class Why:
    """Words that stand in a message as they are, without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text
