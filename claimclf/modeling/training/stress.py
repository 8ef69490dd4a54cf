"""The stress suite: what becomes of claims and opinions when the world is not the test set.

Three kinds of condition, measured alike:

- the test split with its counts or transcripts altered, the label as it was;
- statements and framings that were held out as a whole, for which the recipe is fitted anew
  on the rest (grouped cross-validation over all rows, predictions pooled);
- labelled sentences from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.labelled_texts import LabelledTexts
from claimclf.dataset.splitting import split
from claimclf.dataset.statements import endings
from claimclf.modeling.evaluation.statistics import wilson
from claimclf.modeling.learners.recipes import RECIPES, Recipe
from claimclf.modeling.scoring.prediction import predictions
from claimclf.modeling.store.manifest import ALTERED, HELD_OUT, OUT_OF_DOMAIN, Manifest
from claimclf.modeling.store.model import Model
from claimclf.modeling.stored.conformal import lanes
from claimclf.modeling.training.fitting import SPEECH, fit
from claimclf.modeling.training.perturbations import PERTURBATIONS, Perturbation
from claimclf.schema import CLAIM, LABELS, LANE, OPINION, P_VALUES, PREDICTION, TRANSCRIPT, Lane

#: Error rates of the trade-off curve.
ERROR_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
#: The last words of a transcript: coarser than a statement, so that none is in both parts.
_STATEMENT_WORDS = 3


@dataclass(frozen=True)
class Held:
    """Something that is held out as a whole.

    Parameters
    ----------
    name, title : str
        For machines and for people.
    group : callable
        Transcripts in, a group for each out.
    folds : int
        Parts that the groups are dealt into; fewer where there are fewer groups.
    """

    name: str
    title: str
    group: Callable[[pd.Series], pd.Series]
    folds: int


def _first_words(transcripts: pd.Series, n: int) -> pd.Series:
    return transcripts.str.casefold().str.split().str[:n].str.join(" ")


HELD = (
    Held("unseen-statements", "statements never seen", lambda t: endings(t, _STATEMENT_WORDS), 5),
    Held(
        "unseen-framings",
        "framings never seen (first two words held out)",
        lambda t: _first_words(t, 2),
        5,
    ),
    Held("unseen-first-words", "first words never seen", lambda t: _first_words(t, 1), 7),
)


def stress(
    model: Model,
    rows: pd.DataFrame,
    elsewhere: Mapping[str, pd.DataFrame],
    on_progress: Callable[[int, int, str], object] | None = None,
    *,
    held_out: bool = True,
    texts: Sequence[LabelledTexts] = (),
) -> pd.DataFrame:
    """Measure a model under every condition.

    Parameters
    ----------
    model : Model
        What is measured.
    rows : DataFrame, shape (n, n_columns)
        All complete labelled rows of the dataset that the model was trained on.
    elsewhere : mapping of str to DataFrame
        Title -> labelled rows from outside, at least `claim_status` and
        `video_transcription_text`; what a model reads and they lack makes them unscorable.
    on_progress : callable, optional
        Called with conditions done, conditions in all and the title of the next.
    held_out : bool
        Whether to fit the recipe anew for what is held out.
    texts : sequence of LabelledTexts
        What the model was trained on beside the dataset; without it a model of real speech
        cannot be fitted anew, and nothing is held out.

    Returns
    -------
    DataFrame, one row a condition
        `kind`, `condition`, `title`, `n`, `n_claims`; `recall` and `specificity` of the
        predictions, what cannot be scored counting as not found and not left alone; the
        share of all videos in each lane (`claims`, `uncertain`, `opinions`), and
        `claims_hidden`, the share of claims in the lane `opinions`, where nobody looks. Each
        share has its 95 % Wilson interval in `…_low` and `…_high`; NaN where there is
        nothing to count.
    """
    if model.manifest.feature_set == SPEECH and not texts:
        held_out = False
    held = _held_out(model, rows, texts) if held_out else ()
    conditions = [*_altered(model, rows), *held]
    conditions += [
        _Condition(OUT_OF_DOMAIN, title, title, partial(_with_truth, model, texts_there))
        for title, texts_there in elsewhere.items()
    ]
    table = []
    for done, condition in enumerate(conditions):
        if on_progress:
            on_progress(done, len(conditions), condition.title)
        predicted = condition.predict()
        if predicted is not None:
            about = {"kind": condition.kind, "condition": condition.name, "title": condition.title}
            table.append({**about, **measured(predicted)})
    return pd.DataFrame(table)


@dataclass(frozen=True)
class _Condition:
    """A row of the table to be; `predict` returns predictions, or None where there can be none."""

    kind: str
    name: str
    title: str
    predict: Callable[[], pd.DataFrame | None]


def _altered(model: Model, rows: pd.DataFrame) -> Iterator[_Condition]:
    test = split(rows).test
    for way in PERTURBATIONS:
        predictions_of = partial(_altered_predictions, model, test, way)
        yield _Condition(ALTERED, way.name, way.title, predictions_of)


def _altered_predictions(model: Model, test: pd.DataFrame, way: Perturbation) -> pd.DataFrame:
    return _with_truth(model, way.apply(test))


def _held_out(
    model: Model, rows: pd.DataFrame, texts: Sequence[LabelledTexts]
) -> Iterator[_Condition]:
    for held in HELD:
        predictions_of = partial(_refitted, model, rows, held, texts)
        yield _Condition(HELD_OUT, held.name, held.title, predictions_of)


def _with_truth(model: Model, rows: pd.DataFrame) -> pd.DataFrame:
    return predictions(model, rows).assign(truth=is_claim(rows).to_numpy())


def _refitted(
    model: Model, rows: pd.DataFrame, held: Held, texts: Sequence[LabelledTexts]
) -> pd.DataFrame | None:
    """Predict each group with a model that was fitted without it; None where none can be."""
    groups, recipe = held.group(rows[TRANSCRIPT]), recipe_of(model.manifest)
    folds = min(held.folds, groups.nunique())
    if folds < 2:
        return None
    predicted = [
        _with_truth(
            replace(model, predictor=fit(recipe, rows.iloc[seen], texts)), rows.iloc[unseen]
        )
        for seen, unseen in GroupKFold(folds).split(rows, groups=groups)
        if _enough(rows.iloc[seen])
    ]
    return pd.concat(predicted) if predicted else None


def _enough(rows: pd.DataFrame) -> bool:
    """Whether calibration finds both classes on both sides of its own split."""
    return int(is_claim(rows).value_counts().reindex([0, 1], fill_value=0).min()) >= 10


def recipe_of(manifest: Manifest) -> Recipe:
    """Return the recipe that a stored model was made with."""
    recipe = next(r for r in RECIPES[manifest.feature_set] if r.algorithm == manifest.algorithm)
    return replace(recipe, settings=manifest.settings)


def measured(predicted: pd.DataFrame) -> dict[str, Any]:
    """Measure predictions: recall, specificity and lanes, each with its interval.

    Parameters
    ----------
    predicted : DataFrame, shape (n, n_columns)
        `prediction`, `lane` and `truth` (1 for claim).
    """
    claim = (predicted["truth"] == 1).to_numpy()
    prediction, lane = predicted[PREDICTION].to_numpy(), predicted[LANE].to_numpy()
    shares = {
        "recall": prediction[claim] == CLAIM,
        "specificity": prediction[~claim] == OPINION,
        **{str(name): lane == name for name in Lane},
        "claims_hidden": lane[claim] == Lane.OPINIONS,
    }
    row: dict[str, Any] = {"n": len(predicted), "n_claims": int(claim.sum())}
    for name, hits in shares.items():
        row |= _share(name, hits)
    return row


def _share(name: str, hits: np.ndarray) -> dict[str, float]:
    if not len(hits):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), float("nan"))
    interval = wilson(int(hits.sum()), len(hits))
    return {name: float(hits.mean()), f"{name}_low": interval.low, f"{name}_high": interval.high}


def trade_off(
    stored: pd.DataFrame, elsewhere: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> pd.DataFrame:
    """Say what each error rate costs and saves, for both classes alike.

    Parameters
    ----------
    stored : DataFrame
        What the model said of its splits, with `p_opinion` and `p_claim`.
    elsewhere : mapping of str to (ndarray, ndarray)
        Title -> p-values, shape (n, 2), and truth of labelled rows from outside.

    Returns
    -------
    DataFrame, one row an error rate
        `error_rate`; `opinions_ruled_out` and `claims_ruled_out`, the share of validation
        rows whose own label is ruled out (the promise is `error_rate`) with intervals;
        `uncertain_validation` and `uncertain_test`; and for each title
        `claims_hidden: <title>`, the share of its claims in the lane `opinions`.
    """
    return pd.DataFrame(_trade_offs(stored, elsewhere))


def _trade_offs(
    stored: pd.DataFrame, elsewhere: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> Iterator[dict[str, float]]:
    parts = {str(part): rows for part, rows in stored.groupby("split", sort=False)}
    validation = parts["validation"]
    truth = is_claim(validation).to_numpy()
    for rate in ERROR_RATES:
        rates = dict.fromkeys(LABELS, rate)
        row: dict[str, float] = {"error_rate": rate}
        for number, label in enumerate(LABELS):
            own = validation.loc[truth == number, P_VALUES[number]].to_numpy()
            row |= _share(f"{label}s_ruled_out", own <= rate)
        for part, rows in parts.items():
            placed = lanes(rows[list(P_VALUES)].to_numpy(), rates)
            row[f"uncertain_{part}"] = float((placed == Lane.UNCERTAIN).mean())
        for title, (p_values, is_it) in elsewhere.items():
            hidden = lanes(p_values[is_it == 1], rates) == Lane.OPINIONS
            row |= _share(f"claims_hidden: {title}", hidden)
        yield row
