"""Fit a recipe on the training split and measure it on the other two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from claimclf.dataset.cleaning import Cleaned, is_claim, is_synthetic, require_both_classes
from claimclf.dataset.findings import Finding
from claimclf.dataset.labelled_texts import LabelledTexts
from claimclf.dataset.splitting import SEED, Split, split
from claimclf.errors import TrainingDataError
from claimclf.modeling.evaluation.checks import checks
from claimclf.modeling.evaluation.kinds import by_source
from claimclf.modeling.evaluation.measuring import DEFAULT_THRESHOLD, measure_splits
from claimclf.modeling.evaluation.permutation import column_importances
from claimclf.modeling.learners.recipes import Recipe
from claimclf.modeling.scoring.prediction import predict
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.model import Model, Predictor
from claimclf.modeling.stored.conformal import DEFAULT_ERROR_RATES, learn
from claimclf.modeling.stored.kinds import KIND_ERROR_RATES
from claimclf.modeling.training.kinds import Learnt, learn_kinds
from claimclf.schema import CLAIM_STATUS, P_VALUES, PROBABILITY, TRANSCRIPT, VIDEO_ID, TextKind

#: Share of the training rows that a calibrated recipe keeps apart.
CALIBRATION_SHARE = 0.2
#: Split name -> what it is for; the training split is never measured.
MEASURED = ("validation", "test")


#: The feature set whose recipes learn from texts of real people as well.
SPEECH = "speech"
# Of a linear model's weights, as many are named.
_MOST_WEIGHTS = 100


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


def train(
    recipe: Recipe,
    cleaned: Cleaned,
    data_name: str,
    data_sha256: str,
    texts: Sequence[LabelledTexts] = (),
) -> Trained:
    """Fit one model.

    Parameters
    ----------
    recipe : Recipe
        What to fit.
    cleaned : Cleaned
        Complete labelled rows.
    data_name, data_sha256 : str
        Where the rows come from, for the manifest.
    texts : sequence of LabelledTexts
        What else to learn from; only recipes on the feature set `speech` do.

    Raises
    ------
    TrainingDataError
        A class has too few rows, or the recipe needs texts and there are none.
    """
    require_both_classes(cleaned)
    parts = split(cleaned.rows)
    if recipe.feature_set == SPEECH:
        learnt = learn_kinds(recipe, parts.train, needed(texts))
        predictor, kinds = learnt.predictor, _by_kind(learnt, data_name, texts)
    else:
        predictor, kinds, texts = fit(recipe, parts.train), [], ()
    manifest = Manifest(
        name=recipe.name,
        feature_set=recipe.feature_set,
        algorithm=recipe.algorithm,
        settings=recipe.settings,
        threshold=DEFAULT_THRESHOLD,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        data={},
        split={},
        metrics={},
        importances={},
        seed=SEED,
        error_rates=dict(DEFAULT_ERROR_RATES) if predictor.conformal else {},
        kinds=kinds,
        kind_error_rates={kind: dict(KIND_ERROR_RATES[kind]) for kind in _kinds(texts)},
    )
    return measured(predictor, manifest, cleaned, data_name, data_sha256, texts)


def measured(
    predictor: Predictor,
    manifest: Manifest,
    cleaned: Cleaned,
    data_name: str,
    data_sha256: str,
    texts: Sequence[LabelledTexts] = (),
) -> Trained:
    """Measure a predictor on the validation and test splits, and say so in its manifest.

    Parameters
    ----------
    manifest : Manifest
        What else is known of it.
    cleaned, data_name, data_sha256, texts
        As for `train`.

    Raises
    ------
    TrainingDataError
        A class has too few rows to split.
    """
    require_both_classes(cleaned)
    parts = split(cleaned.rows)
    predictions = predict_splits(predictor, parts)
    metrics, intervals = measure_splits(predictions, manifest.threshold)
    figures = replace(
        manifest,
        data=_described(cleaned, data_name, data_sha256, texts),
        split={part: len(getattr(parts, part)) for part in ("train", *MEASURED)},
        metrics=metrics,
        intervals=intervals,
        importances=importances(predictor.pipeline),
        permutation=_records(column_importances(predictor.pipeline, parts.validation)),
        checks=[asdict(check) for check in _checks(predictor, parts, predictions)],
    )
    return Trained(Model(predictor, figures), predictions)


def _described(
    cleaned: Cleaned, name: str, sha256: str, texts: Sequence[LabelledTexts]
) -> dict[str, Any]:
    """Say what a model learnt from, for its manifest."""
    sources = {"sources": [_source(text) for text in texts]} if texts else {}
    return {
        "name": name,
        "sha256": sha256,
        "rows": cleaned.n_accepted,
        "dropped": cleaned.n_dropped,
        "synthetic": is_synthetic(cleaned.rows),
        **sources,
    }


def needed(texts: Sequence[LabelledTexts]) -> Sequence[LabelledTexts]:
    """Return texts of real people where there are some.

    Raises
    ------
    TrainingDataError
        There are none.
    """
    if not texts:
        raise TrainingDataError(
            f"The feature set '{SPEECH}' learns from texts of real people as well.",
            "Found: none.",
            "Name a labelled file with a text and a label: claimclf train --speech FILE.",
        )
    return texts


def _kinds(texts: Sequence[LabelledTexts]) -> list[str]:
    return list(dict.fromkeys(str(text.kind) for text in texts))


def _source(text: LabelledTexts) -> dict[str, Any]:
    return {
        "name": text.name,
        "sha256": text.sha256,
        "kind": str(text.kind),
        "rows": len(text.rows),
        "weight": text.weight,
    }


def _by_kind(
    learnt: Learnt, data_name: str, texts: Sequence[LabelledTexts]
) -> list[dict[str, Any]]:
    names = dict(enumerate([data_name, *(text.name for text in texts)]))
    rates = {str(TextKind.COURSE): DEFAULT_ERROR_RATES, **KIND_ERROR_RATES}
    return by_source(learnt.held_out, names, rates, DEFAULT_THRESHOLD)


def fit(recipe: Recipe, rows: pd.DataFrame, texts: Sequence[LabelledTexts] = ()) -> Predictor:
    """Fit a recipe; a calibrated one keeps a fifth of the rows, which train nothing.

    Parameters
    ----------
    recipe : Recipe
        What to fit.
    rows : DataFrame, shape (n, n_columns)
        Complete labelled rows of both classes.
    texts : sequence of LabelledTexts
        What else recipes on the feature set `speech` learn from.
    """
    if recipe.feature_set == SPEECH:
        return learn_kinds(recipe, rows, needed(texts)).predictor
    labels = is_claim(rows)
    if not recipe.calibrated:
        return Predictor.of(recipe.build().fit(rows, labels))
    learnt, held_out = train_test_split(
        rows, test_size=CALIBRATION_SHARE, stratify=labels, random_state=SEED
    )
    pipeline = recipe.build().fit(learnt, is_claim(learnt))
    conformal = learn(
        pipeline.predict_proba(held_out)[:, 1].astype(np.float64),
        held_out[TRANSCRIPT],
        is_claim(held_out).to_numpy(),
        learnt[TRANSCRIPT],
        is_claim(learnt).to_numpy(),
    )
    return Predictor.of(pipeline, conformal)


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
        predicted = predict(predictor, rows)
        table = rows[[VIDEO_ID, CLAIM_STATUS]].assign(
            split=part, **{PROBABILITY: predicted.probability}
        )
        if predicted.p_values is not None:
            table = table.assign(**dict(zip(P_VALUES, predicted.p_values.T, strict=True)))
        scored.append(table)
    predictions: pd.DataFrame = pd.concat(scored, ignore_index=True)
    p_values = [name for name in P_VALUES if name in predictions]
    return predictions[["split", VIDEO_ID, CLAIM_STATUS, PROBABILITY, *p_values]]


def importances(pipeline: Pipeline) -> dict[str, float]:
    """Return the learner's own feature importances, largest first."""
    names = pipeline["features"].get_feature_names_out()
    learner = pipeline["model"]
    if isinstance(learner, LogisticRegression):
        return _largest_weights(names, learner.coef_[0])
    values = pd.Series(learner.feature_importances_, index=names, dtype=float)
    return {str(k): float(v) for k, v in values.sort_values(ascending=False).items()}


def _largest_weights(names: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Return the shares of all weight that the largest have; thousands of others have the rest."""
    shares = pd.Series(np.abs(weights) / np.abs(weights).sum(), index=names)
    largest = shares.groupby(level=0).sum().sort_values(ascending=False).head(_MOST_WEIGHTS)
    return {str(name): float(share) for name, share in largest.items()}
