"""Labels of a table that are neither claim nor opinion: a refusal names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from claimclf.dataset.validation.problems import shown
from claimclf.schema import CLAIM_STATUS

if TYPE_CHECKING:
    from claimclf.dataset.validation.validated import Validated

#: So many are named; the others are counted.
_NAMED = 5


def unknown_labels(validated: Validated) -> dict[str, int]:
    """Return labels that are not understood, with the number of rows that have each.

    Words for a missing value are among them: they stand where a label should. Empty cells are
    not.
    """
    name = validated.columns.get(CLAIM_STATUS)
    if name is None or name not in validated.table.frame:
        return {}
    column = validated.contract[CLAIM_STATUS]
    known = {*column.allowed, *(spelling for spelling, _ in column.synonyms)}
    return counted(validated.table.frame[name], known)


def counted(cells: pd.Series, known: set[str]) -> dict[str, int]:
    """Count the cells that are neither empty nor known, in any case, most frequent first."""
    labels = cells.dropna().astype("str").str.strip()
    others = labels[(labels != "") & ~labels.str.casefold().isin(known)]
    return {str(label): int(n) for label, n in others.value_counts().items()}


def not_understood(unknown: Mapping[str, int]) -> str:
    """Say which labels are not understood, as the end of a sentence; nothing without any."""
    if not unknown:
        return ""
    named = [f"{shown(label)} ({_rows(n)})" for label, n in list(unknown.items())[:_NAMED]]
    more = len(unknown) - len(named)
    rest = f" and {more:,} more" if more else ""
    return f"; labels that are not understood: {', '.join(named)}{rest}"


def _rows(n: int) -> str:
    return f"{n:,} row{'' if n == 1 else 's'}"
