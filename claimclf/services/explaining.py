"""Why a model said so: words in transcripts, and features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from claimclf.modeling.explaining.sums import explain_words
from claimclf.schema import TRANSCRIPT

if TYPE_CHECKING:
    from claimclf.modeling.explaining.contributions import Contributions
    from claimclf.modeling.explaining.explained import Explained
    from claimclf.modeling.store.model import Model


def explain_video(model: Model, video: Mapping[str, Any]) -> Explained:
    """Say which words and features moved a video's score.

    Parameters
    ----------
    video : mapping of str to value
        Column of the contract -> value; one that can be scored.
    """
    return _explained(model, pd.DataFrame([dict(video)]))[0]


def explain_row(model: Model, row: pd.DataFrame) -> Explained:
    """Say which words and features moved a video's score, given as a table of one row."""
    return _explained(model, row)[0]


def moving_words(model: Model, videos: pd.DataFrame, most: int) -> list[list[str]]:
    """Name, for each video, the words of its transcript that moved the score most.

    Parameters
    ----------
    videos : DataFrame, shape (n, columns)
        Rows that can be scored.
    most : int
        Words to name.

    Returns
    -------
    list of list of str, length n
    """
    if videos.empty:
        return []
    return [one.moving(most) for one in _explained(model, videos)]


def contributions_of(model: Model, row: pd.DataFrame) -> Contributions:
    """Say what each feature contributed to the score of a table of one row."""
    from claimclf.modeling.explaining.contributions import contributions  # imports all learners

    return contributions(model.pipeline, row)


def _explained(model: Model, rows: pd.DataFrame) -> list[Explained]:
    weights = model.predictor.weights
    if weights is not None:
        return [explain_words(weights, text) for text in rows[TRANSCRIPT].astype("str").fillna("")]
    from claimclf.modeling.explaining.highlighting import explain  # imports all learners

    return explain(model.pipeline, rows)
