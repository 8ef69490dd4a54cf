"""Rows that a model can learn from, and a count of those that it cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from claimclf.dataset.validation.labels import not_understood, unknown_labels
from claimclf.errors import TrainingDataError
from claimclf.schema import CLAIM, CLAIM_STATUS, LABELS, TEXT_LENGTH, TRANSCRIPT, VIDEO_ID

if TYPE_CHECKING:
    from claimclf.dataset.validation.validated import Validated

#: How ids of made-up videos begin.
DEMO_PREFIX = "demo-"
_LEAST_PER_CLASS = 10


@dataclass(frozen=True)
class Cleaned:
    """Labelled rows without missing values.

    Parameters
    ----------
    rows : DataFrame, shape (n_complete, n_columns)
        Complete rows, index 0 … n_complete - 1.
    n_accepted : int
        Rows that came in.
    missing : dict of str to int
        Column -> number of accepted rows without a value, for columns that have any.
    unknown_labels : dict of str to int
        Labels that are neither claim nor opinion -> rows; these were rejected.
    """

    rows: pd.DataFrame
    n_accepted: int
    missing: dict[str, int]
    unknown_labels: dict[str, int] = field(default_factory=dict)

    @property
    def n_dropped(self) -> int:
        """Number of rows left out because a value is missing."""
        return self.n_accepted - len(self.rows)


def clean(validated: Validated) -> Cleaned:
    """Drop rows with a missing value, as the course does, and count them.

    Parameters
    ----------
    validated : Validated
        A labelled dataset.
    """
    accepted = validated.accepted
    missing = {str(column): int(n) for column, n in accepted.isna().sum().items() if n}
    rows = accepted.dropna().reset_index(drop=True)
    rows = rows.assign(**{TEXT_LENGTH: rows[TRANSCRIPT].str.len()})
    return Cleaned(rows, len(accepted), missing, unknown_labels(validated))


def is_claim(rows: pd.DataFrame) -> pd.Series:
    """Return the label as 1 for claim and 0 for opinion, shape (n_rows,)."""
    return (rows[CLAIM_STATUS] == CLAIM).astype(int)


def require_both_classes(cleaned: Cleaned) -> None:
    """Refuse data that no classifier can learn from.

    Raises
    ------
    TrainingDataError
        Fewer than ten complete rows of a class.
    """
    counts = cleaned.rows[CLAIM_STATUS].value_counts().reindex(list(LABELS), fill_value=0)
    if counts.min() < _LEAST_PER_CLASS:
        raise TrainingDataError(
            f"The data have too few complete rows of the class '{counts.idxmin()}'.",
            "Found: "
            + ", ".join(f"{n:,} {label}" for label, n in counts.items())
            + f"{not_understood(cleaned.unknown_labels)}.",
            f"Give a labelled dataset with at least {_LEAST_PER_CLASS} complete rows of each.",
        )


def is_demo(video_id: str) -> bool:
    """Say whether an id is that of a video made up by `claimclf demo`."""
    return video_id.startswith(DEMO_PREFIX)


def has_demo(rows: pd.DataFrame) -> bool:
    """Say whether any of the videos was made up by `claimclf demo`, by their ids."""
    return bool(rows[VIDEO_ID].dropna().str.startswith(DEMO_PREFIX).any())


def is_synthetic(rows: pd.DataFrame) -> bool:
    """Return whether the videos were made up by `claimclf demo`, by their ids."""
    ids = rows[VIDEO_ID].dropna()
    return bool(len(ids)) and bool(ids.str.startswith(DEMO_PREFIX).all())
