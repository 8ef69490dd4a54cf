"""Score: every accepted video gets a prediction, a lane and, where needed, a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from claimclf.dataset.validation.validated import Validated
from claimclf.modeling.scoring.prediction import predictions
from claimclf.modeling.store.model import Model


@dataclass(frozen=True)
class Scored:
    """Every accepted video with its prediction.

    Parameters
    ----------
    validated : Validated
        What was scored.
    model_name : str
        Which model scored.
    predictions : DataFrame, shape (n_accepted, 4)
        As `prediction.predictions` returns them.
    """

    validated: Validated
    model_name: str
    predictions: pd.DataFrame


def score(
    validated: Validated, model: Model, on_progress: Callable[[int, int], object] | None = None
) -> Scored:
    """Predict, and put each video into a lane; none is left out.

    Parameters
    ----------
    validated : Validated
        Reported videos.
    model : Model
        What predicts.
    on_progress : callable, optional
        Called with videos done and videos in all.
    """
    predictions = predicted(model, validated.accepted, on_progress)
    return Scored(validated, model.name, predictions)


def predicted(
    model: Model,
    videos: pd.DataFrame,
    on_progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """Return what a model says of reported videos, as `prediction.predictions` does."""
    return predictions(model, videos, on_progress)
