"""The course's split: 60 % train, 20 % validation, 20 % test."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import train_test_split

SEED = 0


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of the labelled rows; each keeps the index it had."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame


def split(rows: pd.DataFrame) -> Split:
    """Split as the course does: a fifth for testing, then a quarter of the rest.

    Parameters
    ----------
    rows : DataFrame
        Complete labelled rows, in the dataset's order: the split depends on it.
    """
    rest, test = train_test_split(rows, test_size=0.2, random_state=SEED)
    train, validation = train_test_split(rest, test_size=0.25, random_state=SEED)
    return Split(train, validation, test)
