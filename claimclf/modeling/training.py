"""Fit a recipe on the training split and measure it on the other two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from claimclf.dataset.cleaning import Cleaned, is_claim, is_synthetic, require_both_classes
from claimclf.dataset.splitting import SEED, Split, split
from claimclf.modeling.checks import Check, checks
from claimclf.modeling.evaluation import DEFAULT_THRESHOLD, measure_splits
from claimclf.modeling.permutation import column_importances
from claimclf.modeling.recipes import Recipe
from claimclf.modeling.store import Manifest, Model
from claimclf.schema import CLAIM_STATUS, PROBABILITY, VIDEO_ID

#: Split name -> what it is for; the training split is never measured.
MEASURED = ("validation", "test")


@dataclass(frozen=True)
class Trained:
    """A model and what it said of the splits that it has not seen.

    Parameters
    ----------
    model : Model
        The fitted pipeline with its manifest.
    predictions : DataFrame, shape (n_validation + n_test, 4)
        `split`, `video_id`, `claim_status`, `claim_probability`.
    """

    model: Model
    predictions: pd.DataFrame


def train(recipe: Recipe, cleaned: Cleaned, data_name: str, data_sha256: str) -> Trained:
    """Fit one model.

    Parameters
    ----------
    recipe : Recipe
        What to fit.
    cleaned : Cleaned
        Complete labelled rows.
    data_name, data_sha256 : str
        Where the rows come from, for the manifest.

    Raises
    ------
    TrainingDataError
        A class has too few rows.
    """
    require_both_classes(cleaned.rows)
    parts = split(cleaned.rows)
    pipeline = recipe.build().fit(parts.train, is_claim(parts.train))
    predictions = predict_splits(pipeline, parts)
    metrics, intervals = measure_splits(predictions, DEFAULT_THRESHOLD)
    manifest = Manifest(
        name=recipe.name,
        feature_set=recipe.feature_set,
        algorithm=recipe.algorithm,
        settings=recipe.settings,
        threshold=DEFAULT_THRESHOLD,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        data={
            "name": data_name,
            "sha256": data_sha256,
            "rows": cleaned.n_accepted,
            "dropped": cleaned.n_dropped,
            "synthetic": is_synthetic(cleaned.rows),
        },
        split={part: len(getattr(parts, part)) for part in ("train", *MEASURED)},
        metrics=metrics,
        intervals=intervals,
        importances=importances(pipeline),
        seed=SEED,
        permutation=_records(column_importances(pipeline, parts.validation)),
        checks=[asdict(check) for check in _checks(pipeline, parts, predictions)],
    )
    return Trained(Model(pipeline, manifest), predictions)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _checks(pipeline: Pipeline, parts: Split, predictions: pd.DataFrame) -> list[Check]:
    validation = predictions.loc[predictions["split"] == "validation", PROBABILITY]
    seen = claim_probability(pipeline, parts.train)
    return checks(parts, seen, validation.to_numpy(), importances=importances(pipeline))


def predict_splits(pipeline: Pipeline, parts: Split) -> pd.DataFrame:
    """Score the validation and test splits."""
    scored = [
        getattr(parts, part)[[VIDEO_ID, CLAIM_STATUS]].assign(
            split=part, **{PROBABILITY: claim_probability(pipeline, getattr(parts, part))}
        )
        for part in MEASURED
    ]
    columns = ["split", VIDEO_ID, CLAIM_STATUS, PROBABILITY]
    predictions: pd.DataFrame = pd.concat(scored, ignore_index=True)
    return predictions[columns]


def claim_probability(
    pipeline: Pipeline,
    rows: pd.DataFrame,
    on_progress: Callable[[int, int], object] | None = None,
    chunk: int = 20_000,
) -> np.ndarray:
    """Return the probability of *claim* for each row, shape (n_rows,), float64.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    rows : DataFrame
        Without missing values in the columns that the pipeline reads.
    on_progress : callable, optional
        Called with rows done and rows in all, after each chunk.
    chunk : int
        Rows scored at a time.
    """
    scores = np.empty(len(rows))
    for start in range(0, len(rows), chunk):
        stop = min(start + chunk, len(rows))
        scores[start:stop] = pipeline.predict_proba(rows.iloc[start:stop])[:, 1]
        if on_progress:
            on_progress(stop, len(rows))
    return scores


def importances(pipeline: Pipeline) -> dict[str, float]:
    """Return the learner's own feature importances, largest first."""
    names = pipeline["features"].get_feature_names_out()
    values = pd.Series(pipeline["model"].feature_importances_, index=names, dtype=float)
    return {str(k): float(v) for k, v in values.sort_values(ascending=False).items()}
