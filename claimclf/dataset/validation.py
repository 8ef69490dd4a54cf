"""A table in, accepted and rejected rows out: every problem of every row at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.errors import SchemaErrors

from claimclf.dataset.reading import Table
from claimclf.dataset.texts import Text
from claimclf.errors import MissingColumnError
from claimclf.schema import (
    LINE,
    MISSING_WORDS,
    REASONS,
    SURPLUS,
    Column,
    Contract,
    Kind,
    recognise,
)

_TEXTUAL = (Kind.IDENTIFIER, Kind.TEXT, Kind.URL)
_NUMERIC = (Kind.COUNT, Kind.NUMBER)
_EXACT_DIGITS = 15
#: ASCII characters that are no white space.
_GRAPHIC = bytes(range(0x21, 0x7F))
#: The least and the most that each byte of a plain time may be.
_TIMES = np.array([[*b"1000-00-00T00:00:00"], [*b"2999-99-99T99:99:99"]], dtype=np.uint8)

#: Reason code -> what is wrong, with the column, the cell and the rule filled in; in the order
#: in which the reasons of one cell are given.
MESSAGES = {
    "malformed": "the row has {found} fields; the header has {rule}",
    "not_a_number": "{column} is not a number: {found}",
    "not_a_time": "{column} is not a time like 2025-01-31T12:00: {found}",
    "nul_character": "{column} contains a NUL character",
    "missing": "{column} is missing",
    "duplicate": "{column} {found} stands on line {rule} already",
    "too_long": "{column} has {found} characters; the most is {rule}",
    "too_small": "{column} is {found}; the least is {rule}",
    "too_large": "{column} is {found}; the most is {rule}",
    "not_whole": "{column} is not a whole number: {found}",
    "not_allowed": "{column} is {found}; allowed: {rule}",
    "not_a_url": "{column} is not a web address: {found}",
}


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


def rejected_rows(
    problems: pd.DataFrame, lines: np.ndarray, own: pd.DataFrame, surplus: pd.Series | None
) -> pd.DataFrame:
    """Put rejected rows together: line, all reasons, the input's own cells.

    Parameters
    ----------
    problems : DataFrame, shape (n_problems, 5)
        In order.
    lines : ndarray of int, shape (n_rows,)
        The line of each row.
    own : DataFrame, shape (n, n_own_columns)
        The input's cells, at least those of the rejected rows; the index is the row's position.
    surplus : Series of str or None
        Row position -> fields beyond the header; None where no row of the input has any.
    """
    reasons = problems.groupby("row", sort=True)["message"].agg("; ".join)
    own = set_apart(
        own.loc[reasons.index], [LINE, REASONS, *([] if surplus is None else [SURPLUS])]
    )
    head = pd.DataFrame(
        {LINE: lines[reasons.index.to_numpy(dtype=int)], REASONS: reasons.to_numpy()},
        index=own.index,
    )
    rejected = pd.concat([head, own], axis=1)
    if surplus is not None:
        rejected[SURPLUS] = surplus.reindex(own.index)
    return rejected


def set_apart(own: pd.DataFrame, added: Iterable[str]) -> pd.DataFrame:
    """Rename the input's own columns that have the name of a column to be added.

    Parameters
    ----------
    own : DataFrame
        The input's columns.
    added : iterable of str
        Names that the columns beside them will have.
    """
    names = [str(name) for name in own.columns]
    taken = {*names, *added}
    for clash in set(names) & set(added):
        name = f"input_{clash}"
        while name in taken:
            name = f"input_{name}"
        taken.add(name)
        names[names.index(clash)] = name
    return own.set_axis(names, axis=1)


def match_columns(
    found: Iterable[str], contract: Contract, chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Say which of the input's columns is which of the contract's.

    An exact name wins over an alias, and a person's choice over both.

    Parameters
    ----------
    found : iterable of str
        The input's own column names.
    contract : Contract
        What is looked for.
    chosen : mapping of str to str, optional
        Column of the contract -> the input's column, as a person chose.

    Returns
    -------
    dict of str to str
        Column of the contract -> the input's own column, for those that were found.
    """
    names = list(found)
    matched = {c: own for c, own in (chosen or {}).items() if own in names}
    for exact in (True, False):
        for own in names:
            column = recognise(own, contract)
            fits = column is not None and (not exact or own == column)
            if fits and column not in matched and own not in matched.values():
                matched[str(column)] = own
    return {name: matched[name] for name in contract.names if name in matched}


def require_columns(
    found: Sequence[str], contract: Contract, chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Match columns as `match_columns` does, and insist on those that are needed.

    Raises
    ------
    MissingColumnError
        A needed column is not there.
    """
    columns = match_columns(found, contract, chosen)
    missing = [name for name in contract.needed if name not in columns]
    if missing:
        raise MissingColumnError(missing, found, _hint(found))
    return columns


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
        Column of the contract -> the input's column, where names do not tell.
    unique : bool
        Whether values that may stand in one row only are looked for in the table; where it is
        a part of an input, that is left to who sees all of it (see `duplicate_problems`).

    Raises
    ------
    MissingColumnError
        A needed column is not there.
    """
    columns = require_columns(table.columns, contract, chosen)
    typed: dict[str, pd.Series] = {}
    found = [_malformed(table)]
    for name, own in columns.items():
        typed[name], problems = read_column(table.frame[own], contract[name])
        found.append(problems)
    frame = pd.DataFrame(typed)
    found.append(_contract_problems(frame, contract, table, unique=unique))
    problems = pd.concat(found, ignore_index=True).astype({"row": int})
    problems.insert(1, LINE, table.lines[problems["row"].to_numpy(dtype=int)])
    problems = in_order(problems, contract)
    rejected = np.zeros(len(table), dtype=bool)
    rejected[problems["row"].to_numpy(dtype=int)] = True
    return Validated(table, contract, columns, frame[~rejected], problems)


def duplicate_problems(
    column: str, rows: np.ndarray, lines: np.ndarray, cells: Sequence[str], firsts: Sequence[int]
) -> pd.DataFrame:
    """Word the problem of values that stand in an earlier row already.

    Parameters
    ----------
    column : str
        The contract's column.
    rows, lines : ndarray of int, shape (n_duplicates,)
        Positions and lines of the later rows.
    cells : sequence of str, shape (n_duplicates,)
        Their values.
    firsts : sequence of int, shape (n_duplicates,)
        The line on which each value stands first.

    Returns
    -------
    DataFrame, shape (n_duplicates, 5)
        As `Validated.problems`; put both together with `in_order`.
    """
    problems = _problems(rows, column, "duplicate", cells, [f"{line:,}" for line in firsts])
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


def _hint(columns: Sequence[str]) -> str:
    if len(columns) > 1:
        return ""
    return "The table has one column only: save it with commas, semicolons or tabs between fields."


def _problems(
    rows: Iterable[int], column: str, code: str, found: Iterable[object], rule: object = ""
) -> pd.DataFrame:
    rules = rule if isinstance(rule, list) else None
    records = [
        (
            row,
            column,
            code,
            MESSAGES[code].format(
                column=column, found=_shown(cell), rule=rules[i] if rules else rule
            ),
        )
        for i, (row, cell) in enumerate(zip(rows, found, strict=True))
    ]
    return pd.DataFrame(records, columns=["row", "column", "code", "message"])


def _shown(cell: object) -> str:
    """Write a cell into a message: text quoted and cut, numbers plain."""
    if isinstance(cell, str):
        return f"'{cell}'" if len(cell) <= 60 else f"'{cell[:57]}...'"
    if isinstance(cell, int | np.integer):
        return f"{cell:,}"
    if isinstance(cell, float):  # NumPy's float64 is one
        return f"{cell:,.0f}" if cell.is_integer() and abs(cell) < 1e15 else f"{cell:g}"
    return str(cell)


def _malformed(table: Table) -> pd.DataFrame:
    width = table.frame.shape[1]
    rows = np.flatnonzero(table.field_counts != width)
    return _problems(rows, "", "malformed", table.field_counts[rows], width)


def _text(cells: pd.Series) -> Text:
    """Cells as stripped text, missing as the empty string."""
    if cells.dtype != "str":
        cells = cells.map(_plain, na_action="ignore").astype("str")
    text = Text.of(cells)
    stripped = text.begins(_GRAPHIC) & text.stops(_GRAPHIC)
    edged = ~stripped & (text.lengths > 0)
    if not edged.any():
        return text
    return text.replaced(edged, Text.of(text.some(edged).series().str.strip()))


def _plain(cell: object) -> str:
    """Write a typed cell (from Parquet) as a CSV would."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    return str(cell)


def read_column(cells: pd.Series, column: Column) -> tuple[pd.Series, pd.DataFrame]:
    """Read cells as a column's kind, each for itself.

    Parameters
    ----------
    cells : Series, shape (n_rows,)
        A column of `Table.frame`, its index from 0.
    column : Column
        What they should be.

    Returns
    -------
    values : Series, shape (n_rows,)
        Typed cells, missing where there is no value or none that can be read.
    problems : DataFrame
        `row`, `column`, `code` and `message` of what cannot be read.
    """
    if column.kind in _NUMERIC and pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = cells.astype("float64").reset_index(drop=True)
        return numbers, _problems([], column.name, "not_a_number", [])
    text = _text(cells)
    if column.kind in _TEXTUAL:
        return _or_missing(text), _unreadable_text(text, column)
    if column.kind is Kind.CATEGORY:
        return _categories(text, column), _problems([], "", "missing", [])
    if column.kind is Kind.TIME:
        return _times(text, column)
    return _numbers(text, column)


def _or_missing(text: Text) -> pd.Series:
    empty = text.lengths == 0
    if not empty.any():
        return text.series()
    return pd.Series(pc.if_else(pa.array(empty), None, text.cells).to_pandas())


def _given(text: pd.Series) -> pd.Series:
    """Cells that hold a value; the words for none become missing."""
    return text.mask(text.str.lower().isin(MISSING_WORDS)).astype("str")


def _categories(text: Text, column: Column) -> pd.Series:
    """Read each spelling once: a category has few."""
    coded = text.cells.dictionary_encode()
    given = _given(coded.dictionary.to_pandas())
    meant = given.str.casefold().replace(dict(column.synonyms)).astype("str")
    return meant.take(coded.indices.to_numpy()).reset_index(drop=True)


def _numbers(text: Text, column: Column) -> tuple[pd.Series, pd.DataFrame]:
    """Read numbers; plain digits, up to where a float is exact, by Arrow."""
    plain = text.within(*b"09") & (text.lengths > 0) & (text.lengths <= _EXACT_DIGITS)
    values = np.full(len(plain), np.nan)
    values[plain] = text.some(plain).cells.cast(pa.int64()).to_numpy()
    others = np.flatnonzero(~plain & (text.lengths > 0))
    given = _given(text.cells.take(pa.array(others)).to_pandas())
    values[others] = pd.to_numeric(given, errors="coerce").astype("float64")
    unread = given.notna().to_numpy() & np.isnan(values[others])
    found = _problems(others[unread], column.name, "not_a_number", given[unread])
    return pd.Series(values), found


def _times(text: Text, column: Column) -> tuple[pd.Series, pd.DataFrame]:
    plain = _plain_times(text)
    if plain is not None:
        return plain, _problems([], column.name, "not_a_time", [])
    given = _given(text.series())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # mixed formats are slower, not wrong
        values = pd.to_datetime(given, format="ISO8601", utc=True, errors="coerce")
    unread = np.flatnonzero(given.notna() & values.isna())
    return values, _problems(unread, column.name, "not_a_time", given.iloc[unread])


def _plain_times(text: Text) -> pd.Series | None:
    """Read times like 2025-01-31T12:00:00, a Z behind or not, where all are such."""
    lengths = text.lengths
    if not (((lengths == 19) | (lengths == 20)).all() and len(lengths)):
        return None
    if (lengths == lengths[0]).all():
        codes = text.codes.reshape(len(lengths), -1)[:, :19]
    else:
        codes = text.codes[text.ends[:-1, np.newaxis] + np.arange(19)]
    least, most = _TIMES
    zoned = text.stops(b"Z") == (lengths == 20)
    if not (zoned.all() and (codes >= least).all() and (codes <= most).all()):
        return None
    try:
        times = pc.utf8_slice_codeunits(text.cells, 0, 19).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:  # a day that no month has
        return None
    return pd.Series(times.to_numpy()).dt.tz_localize("UTC")


def _unreadable_text(text: Text, column: Column) -> pd.DataFrame:
    # A NUL cannot be stored in every database, and it hides text from some readers.
    rows = np.flatnonzero(text.holds(b"\0"))
    return _problems(rows, column.name, "nul_character", [""] * len(rows))


def _contract_problems(
    frame: pd.DataFrame, contract: Contract, table: Table, *, unique: bool
) -> pd.DataFrame:
    """Check ranges, allowed values, needed values and uniqueness, all in one pass."""
    try:
        _schema(contract, tuple(frame.columns), unique).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        found = [
            _described(str(column), str(code), rows["index"].astype(int).to_numpy(), frame, table)
            for (column, code), rows in cases.groupby(["column", "check"], sort=False)
        ]
        rules = {column.name: column for column in contract.columns}
        return pd.concat([_worded(*case, rules) for case in found if len(case[2])])
    return _problems([], "", "missing", [])


def _described(
    column: str, check: str, rows: np.ndarray, frame: pd.DataFrame, table: Table
) -> tuple[str, str, np.ndarray, list[object], list[int]]:
    """Turn one failed check into a reason code, its rows and what was found in them."""
    code = {"not_nullable": "missing", "field_uniqueness": "duplicate"}.get(check, check)
    lines: list[int] = []
    if code == "duplicate":
        first = ~frame[column].duplicated()
        line_of = pd.Series(table.lines[first.to_numpy()], index=frame.loc[first, column])
        lines = [int(line) for line in line_of.loc[frame[column].iloc[rows]]]
    cells = frame[column].iloc[rows]
    found = cells.str.len() if code == "too_long" else cells
    return column, code, rows, list(found), lines


def _worded(
    column: str,
    code: str,
    rows: np.ndarray,
    found: list[object],
    lines: list[int],
    rules: Mapping[str, Column],
) -> pd.DataFrame:
    rule = rules[column]
    said: dict[str, object] = {
        "too_small": _shown(rule.minimum),
        "too_large": _shown(rule.maximum),
        "too_long": _shown(rule.maximum),
        "not_allowed": ", ".join(rule.allowed),
        "duplicate": [f"{line:,}" for line in lines],
    }
    return _problems(rows, column, code, found, said.get(code, ""))


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
        }
    )


def _checks(column: Column) -> list[pandera.Check]:
    def check(code: str, rule: Callable[[pd.Series], pd.Series]) -> pandera.Check:
        return pandera.Check(rule, name=code, error=code)

    checks: list[pandera.Check] = []
    low, high = column.minimum, column.maximum
    if column.kind in _TEXTUAL and high is not None:
        checks.append(check("too_long", lambda cells: cells.str.len() <= high))
    if column.kind in _NUMERIC:
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


def _are_addresses(cells: pd.Series) -> pd.Series:
    text = Text.of(cells)
    length = text.lengths
    fits = np.zeros(len(cells), dtype=bool)
    for start in ("http://", "https://"):
        fits |= pc.starts_with(text.cells, start).to_numpy(zero_copy_only=False) & (
            length > len(start)
        )
    others = ~text.within(
        _GRAPHIC[0], _GRAPHIC[-1]
    )  # white space of any alphabet is left to the pattern
    if others.any():
        fits[others] = text.some(others).series().str.match(r"https?://\S+$")
    return pd.Series(fits, index=cells.index)
