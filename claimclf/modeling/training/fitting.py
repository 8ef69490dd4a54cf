"""Fit a recipe on the training split and measure it on the other two."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from claimclf.dataset.cleaning import Cleaned, is_claim, is_synthetic, require_both_classes
from claimclf.dataset.findings import Finding
from claimclf.dataset.splitting import SEED, Split, split
from claimclf.modeling.evaluation.checks import checks
from claimclf.modeling.evaluation.measuring import DEFAULT_THRESHOLD, measure_splits
from claimclf.modeling.evaluation.permutation import column_importances
from claimclf.modeling.learners.recipes import Recipe
from claimclf.modeling.scoring.prediction import predict
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.model import Model, Predictor
from claimclf.modeling.stored.conformal import DEFAULT_ERROR_RATES, learn
from claimclf.schema import CLAIM_STATUS, P_VALUES, PROBABILITY, TRANSCRIPT, VIDEO_ID

#: Share of the training rows that a calibrated recipe keeps apart.
CALIBRATION_SHARE = 0.2
#: Split name -> what it is for; the training split is never measured.
MEASURED = ("validation", "test")


@dataclass(frozen=True)
class Trained:
    """A model and what it said of the splits that it has not seen.

    Parameters
    ----------
    model : Model
        The fitted predictor with its manifest.
    predictions : DataFrame
        As `ModelStore.predictions` returns them.
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
    predictor = fit(recipe, parts.train)
    pipeline, predictions = predictor.pipeline, predict_splits(predictor, parts)
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
        checks=[asdict(check) for check in _checks(predictor, parts, predictions)],
        error_rates=dict(DEFAULT_ERROR_RATES) if predictor.conformal else {},
    )
    return Trained(Model(predictor, manifest), predictions)


def fit(recipe: Recipe, rows: pd.DataFrame) -> Predictor:
    """Fit a recipe; a calibrated one keeps a fifth of the rows, which train nothing.

    Parameters
    ----------
    recipe : Recipe
        What to fit.
    rows : DataFrame, shape (n, n_columns)
        Complete labelled rows of both classes.
    """
    labels = is_claim(rows)
    if not recipe.calibrated:
        return Predictor(recipe.build().fit(rows, labels))
    learnt, kept = train_test_split(
        rows, test_size=CALIBRATION_SHARE, stratify=labels, random_state=SEED
    )
    pipeline = recipe.build().fit(learnt, is_claim(learnt))
    conformal = learn(
        pipeline.predict_proba(kept)[:, 1].astype(np.float64),
        kept[TRANSCRIPT],
        is_claim(kept).to_numpy(),
        learnt[TRANSCRIPT],
        is_claim(learnt).to_numpy(),
    )
    return Predictor(pipeline, conformal)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _checks(predictor: Predictor, parts: Split, predictions: pd.DataFrame) -> list[Finding]:
    validation = predictions.loc[predictions["split"] == "validation", PROBABILITY]
    seen = predict(predictor, parts.train).probability
    leans = importances(predictor.pipeline)
    return checks(parts, seen, validation.to_numpy(), importances=leans)


def predict_splits(predictor: Predictor, parts: Split) -> pd.DataFrame:
    """Score the validation and test splits, as `ModelStore.predictions` returns them."""
    scored = []
    for part in MEASURED:
        rows = getattr(parts, part)
        said = predict(predictor, rows)
        table = rows[[VIDEO_ID, CLAIM_STATUS]].assign(split=part, **{PROBABILITY: said.probability})
        if said.p_values is not None:
            table = table.assign(**dict(zip(P_VALUES, said.p_values.T, strict=True)))
        scored.append(table)
    predictions: pd.DataFrame = pd.concat(scored, ignore_index=True)
    kept = [name for name in P_VALUES if name in predictions]
    return predictions[["split", VIDEO_ID, CLAIM_STATUS, PROBABILITY, *kept]]


def importances(pipeline: Pipeline) -> dict[str, float]:
    """Return the learner's own feature importances, largest first."""
    names = pipeline["features"].get_feature_names_out()
    values = pd.Series(pipeline["model"].feature_importances_, index=names, dtype=float)
    return {str(k): float(v) for k, v in values.sort_values(ascending=False).items()}
