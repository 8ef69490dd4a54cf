"""What to write in place of what cannot be used: a sentence for each kind of problem."""

from __future__ import annotations

import pandas as pd

from claimclf.dataset.validation.columns import set_apart
from claimclf.dataset.validation.problems import rejected_rows, shown
from claimclf.dataset.validation.validated import Validated
from claimclf.schema import LINE, OUTCOME, REASONS, Column, Contract, Kind

#: The column of what to write instead.
INSTEAD = "write_instead"
#: Reason code -> what to write; `{least}`, `{most}` and `{allowed}` are the column's.
SENTENCES = {
    "malformed": "Write as many fields as the header has. Text with commas or quotation marks "
    "stands between quotation marks.",
    "unreadable": "Write one whole JSON object in the line, or export it again.",
    "not_a_number": "Write digits alone, such as 1200, or leave the cell empty.",
    "not_a_time": "Write a time like 2025-01-31T12:00, or leave the cell empty.",
    "nul_character": "Write the text without the character NUL, or export it again.",
    "ambiguous": "Write digits alone, such as 1200: a point or a comma can mean two things.",
    "missing": "Write the video's id, or give its link in a column of its own.",
    "damaged": "Write the whole id, all its digits. In a spreadsheet, make the column text before "
    "the ids go in.",
    "duplicate": "Leave one of the two rows out.",
    "too_long": "Write at most {most} characters.",
    "too_small": "Write a number from {least} to {most}, or leave the cell empty.",
    "too_large": "Write a number from {least} to {most}, or leave the cell empty.",
    "not_whole": "Write a whole number, or leave the cell empty.",
    "not_allowed": "Write one of: {allowed}; or leave the cell empty.",
    "not_a_url": "Write the whole address, beginning with https://, or leave the cell empty.",
    "repaired": "Nothing: the whole id stands in the link.",
    "not_its_time": "Look whether the id is right; it was taken as it is.",
    "repeated": "Nothing: the rows are one video.",
    "contradicting": "Look which row is right, and leave the other out.",
}
_OF_TIMES = "Write the day as 2025-01-31: year, month, day."


def instead(code: str, column: Column | None) -> str:
    """Say what to write instead.

    Parameters
    ----------
    code : str
        A key of `MESSAGES`.
    column : Column or None
        Where the cell stands; None for a whole row.
    """
    if column is None:
        return SENTENCES[code]
    if code == "ambiguous" and column.kind is Kind.TIME:
        return _OF_TIMES
    return SENTENCES[code].format(
        least=shown(column.minimum),
        most=shown(column.maximum),
        allowed=", ".join(column.allowed),
    )


def to_correct(validated: Validated, most: int) -> pd.DataFrame:
    """Return the first rejected rows, to be corrected.

    Parameters
    ----------
    validated : Validated
        The table that they are of.
    most : int
        How many rows there are at the most.

    Returns
    -------
    DataFrame
        Line, all reasons, what to write instead, and the input's own cells.
    """
    table, problems = validated.table, validated.problems
    first = problems[problems["row"].isin(problems["row"].unique()[:most])]
    surplus = pd.Series(table.surplus, dtype="str") if table.surplus else None
    rows = rejected_rows(first, table.lines, table.frame, surplus)
    added = [LINE, REASONS, INSTEAD]
    own = set_apart(rows.drop(columns=[LINE, OUTCOME, REASONS]), added)
    sentences = _instead(first, validated.contract).groupby(first["row"], sort=True)
    advice = sentences.agg(lambda each: " ".join(dict.fromkeys(each)))
    return pd.concat(
        [rows[[LINE, REASONS]], advice.rename(INSTEAD).reindex(own.index), own], axis=1
    )


def to_know(validated: Validated, most: int) -> pd.DataFrame:
    """Return the first notes on accepted rows, with the input's own columns.

    Parameters
    ----------
    validated : Validated
        The table that they are of.
    most : int
        How many notes there are at the most.

    Returns
    -------
    DataFrame
        Line, own column, message, and what to write instead.
    """
    notes = validated.notes.head(most)
    own = notes["column"].map(lambda name: validated.columns.get(name, name))
    advice = _instead(notes, validated.contract)
    return notes[[LINE, "column", "message"]].assign(**{"column": own, INSTEAD: advice})


def _instead(problems: pd.DataFrame, contract: Contract) -> pd.Series:
    columns: dict[str, Column | None] = {column.name: column for column in contract.columns}
    pairs = zip(problems["code"], problems["column"], strict=True)
    sentences = [instead(code, columns.get(name)) for code, name in pairs]
    return pd.Series(sentences, index=problems.index, dtype="str")
