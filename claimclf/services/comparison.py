"""Stored models side by side: everything from stored predictions, nothing refitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import is_claim
from claimclf.errors import UnsuitableModelError
from claimclf.modeling.evaluation.cutoffs import Cutoffs, sweep
from claimclf.modeling.evaluation.measuring import intervals, predict_claim, report_by_class
from claimclf.modeling.evaluation.slices import slices
from claimclf.modeling.evaluation.statistics import PairedTest, mcnemar, wilson
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import CLAIM_STATUS, PROBABILITY, VIDEO_ID
from claimclf.services.datasets import Dataset

#: Name -> least recall, for cut-offs that are chosen by recall.
NAMED_RECALLS = {f"recall at least {100 * r:g} %": r for r in (0.99, 0.995, 0.999, 1.0)}


@dataclass(frozen=True)
class Judged:
    """One stored model with its predictions of the validation split.

    Parameters
    ----------
    manifest : Manifest
        The model.
    predictions : DataFrame, shape (n, 3)
        `video_id`, `claim_status`, `claim_probability`.
    truth : ndarray of int, shape (n,)
        1 for claim.
    probability : ndarray of float, shape (n,)
        Of *claim*.
    cutoffs : Cutoffs
        The same, sorted once for every cut-off.
    """

    manifest: Manifest
    predictions: pd.DataFrame
    truth: np.ndarray
    probability: np.ndarray
    cutoffs: Cutoffs

    @property
    def name(self) -> str:
        """The model's name."""
        return self.manifest.name


def judge(store: ModelStore, name: str, part: str = "validation") -> Judged:
    """Read a model's stored predictions of one split.

    Raises
    ------
    ModelError
        As for `ModelStore.predictions`.
    """
    manifest, stored = store.manifest(name), store.predictions(name)
    rows = stored.loc[stored["split"] == part, [VIDEO_ID, CLAIM_STATUS, PROBABILITY]]
    rows = rows.reset_index(drop=True)
    truth, probability = is_claim(rows).to_numpy(), rows[PROBABILITY].to_numpy()
    return Judged(manifest, rows, truth, probability, sweep(truth, probability))


def class_report(model: Judged, threshold: float) -> pd.DataFrame:
    """Return a model's classification report at a cut-off, as scikit-learn lays it out."""
    return report_by_class(model.truth, predict_claim(model.probability, threshold))


def slice_figures(model: Judged, threshold: float, rows: pd.DataFrame) -> pd.DataFrame:
    """Measure a model on parts of its videos.

    Parameters
    ----------
    threshold : float
        Its cut-off.
    rows : DataFrame
        The videos, as `rows_of` returns them.

    Returns
    -------
    DataFrame
        As `evaluation.slices.slices` returns it.
    """
    return slices(rows, predict_claim(model.probability, threshold))


def figures_at(models: Sequence[Judged], thresholds: Mapping[str, float]) -> pd.DataFrame:
    """Measure each model at its cut-off.

    Returns
    -------
    DataFrame, one row a model
        `threshold`, `f1`, `missed_claims`, `extra_reviews`, and the rates `recall`,
        `specificity`, `precision`, `accuracy` and `review_share`, each with the ends of its
        95 % Wilson interval as `<rate>_low` and `<rate>_high`. A share of nothing is NaN.
    """
    rows = {}
    for model in models:
        point = model.cutoffs.at(thresholds[model.name])
        (_, fp), _ = point.metrics.confusion_matrix
        reviewed = fp + point.metrics.confusion_matrix[1][1]
        share = wilson(reviewed, len(model.truth))
        ends = {
            **intervals(point.metrics),
            "review_share": [share.low, share.high],
        }
        rates = {
            "recall": point.metrics.recall,
            "specificity": point.metrics.specificity,
            "precision": point.metrics.precision,
            "accuracy": point.metrics.accuracy,
            "review_share": point.review_share,
        }
        rows[model.name] = {
            "threshold": point.threshold,
            **rates,
            **{f"{rate}_low": ends[rate][0] for rate in rates},
            **{f"{rate}_high": ends[rate][1] for rate in rates},
            "f1": point.metrics.f1,
            "missed_claims": point.missed_claims,
            "extra_reviews": fp,
        }
    return pd.DataFrame.from_dict(rows, orient="index").astype(float)


@dataclass(frozen=True)
class Pair:
    """Two models on the same videos.

    Parameters
    ----------
    test : PairedTest
        Exact McNemar test.
    disagreements : DataFrame
        `video_id`, `claim_status`, both probabilities under the models' names, and `right`,
        the model that is right.
    """

    test: PairedTest
    disagreements: pd.DataFrame


def paired(first: Judged, second: Judged, thresholds: Mapping[str, float]) -> Pair:
    """Compare two models video by video.

    Raises
    ------
    UnsuitableModelError
        They were not measured on the same videos.
    """
    if not first.predictions[VIDEO_ID].equals(second.predictions[VIDEO_ID]):
        raise UnsuitableModelError(
            f"{first.name} and {second.name} were not measured on the same videos.",
            f"Found: {first.manifest.data['name']} and {second.manifest.data['name']}.",
            "Train both on the same dataset to test one against the other.",
        )
    right = {
        model.name: predict_claim(model.probability, thresholds[model.name]) == model.truth
        for model in (first, second)
    }
    differ = right[first.name] != right[second.name]
    disagreements = first.predictions.loc[differ, [VIDEO_ID, CLAIM_STATUS]].assign(
        **{model.name: model.probability[differ] for model in (first, second)},
        right=np.where(right[first.name][differ], first.name, second.name),
    )
    test = mcnemar(right[first.name], right[second.name])
    return Pair(test, disagreements.reset_index(drop=True))


def rows_of(model: Judged, dataset: Dataset) -> pd.DataFrame | None:
    """Return the dataset's rows in the order of the predictions, or None if it is another."""
    if dataset.sha256 != model.manifest.data["sha256"]:
        return None
    by_id = dataset.cleaned.rows.set_index(VIDEO_ID, drop=False)
    return by_id.loc[model.predictions[VIDEO_ID]].reset_index(drop=True)


def mistakes(model: Judged, threshold: float, rows: pd.DataFrame | None) -> pd.DataFrame:
    """List what a model gets wrong, missed claims first, the surest mistakes on top.

    Parameters
    ----------
    model : Judged
        The model.
    threshold : float
        Its cut-off.
    rows : DataFrame or None
        The videos, as `rows_of` returns them; without them only ids are listed.

    Returns
    -------
    DataFrame
        `mistake` (`missed claim` or `extra review`), the predictions' columns, and the
        videos' columns where given; the index is the place in the predictions.
    """
    predicted = predict_claim(model.probability, threshold)
    wrong = np.flatnonzero(predicted != model.truth.astype(bool))
    rows_wrong = model.predictions.iloc[wrong].copy()
    rows_wrong.insert(0, "mistake", np.where(predicted[wrong], "extra review", "missed claim"))
    if rows is not None:
        columns = [name for name in rows.columns if name not in rows_wrong.columns]
        rows_wrong = rows_wrong.join(rows.iloc[wrong][columns])
    sure = (rows_wrong[PROBABILITY] - threshold).abs()
    order = pd.DataFrame({"kind": rows_wrong["mistake"] == "extra review", "sure": -sure})
    return rows_wrong.loc[order.sort_values(["kind", "sure"], kind="stable").index]
