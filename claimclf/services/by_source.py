"""Stored models side by side on each source of texts, by groups that none of them had met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from claimclf.modeling.evaluation.metrics import written as one
from claimclf.modeling.store import by_kind
from claimclf.modeling.store.kinds_card import written
from claimclf.modeling.store.manifest import Manifest
from claimclf.schema import TextKind

#: What the course compares.
_PAIR = ("random forest", "XGBoost")


def pairs_by_features(manifests: Sequence[Manifest], first: str) -> dict[str, list[str]]:
    """Name the random forest and the XGBoost model on each feature set.

    Parameters
    ----------
    manifests : sequence of Manifest
        The stored models.
    first : str
        The feature set that comes first, if any model reads it; the others follow by name.
    """
    pairs: dict[str, list[str]] = {}
    for manifest in sorted(manifests, key=lambda m: (m.feature_set != first, m.feature_set)):
        if manifest.algorithm in _PAIR:
            pairs.setdefault(manifest.feature_set, []).append(manifest.name)
    return pairs


def sources_of(manifests: Sequence[Manifest]) -> dict[str, TextKind]:
    """Return the sources that all of the models were measured on, real speech first.

    Returns
    -------
    dict of str to TextKind
        Title, such as `real speech: debates.csv` -> its kind.
    """
    titles = [{_title(row): TextKind(row["kind"]) for row in m.kinds} for m in manifests]
    shared = {
        title: kind
        for title, kind in (titles[0] if titles else {}).items()
        if all(title in others for others in titles)
    }
    order = [TextKind.DECIDED, TextKind.SPEECH, TextKind.POSTS, TextKind.COURSE]
    return dict(sorted(shared.items(), key=lambda one: order.index(one[1])))


def _title(row: Mapping[str, Any]) -> str:
    held = ", framings held out" if row["kind"] == TextKind.COURSE else ""
    return f"{row['kind']}: {row['source']}{held}"


def _row(manifest: Manifest, title: str) -> dict[str, Any]:
    return next(row for row in by_kind.lanes_in_use(manifest) if _title(row) == title)


def matrix_on(manifest: Manifest, title: str) -> list[list[int]]:
    """Return ``[[tn, fp], [fn, tp]]`` of a model on a source."""
    return by_kind.matrix(_row(manifest, title))


def cut_off_on(manifest: Manifest) -> float:
    """Return the cut-off at which a model was measured on its sources."""
    return by_kind.cut_off_measured(manifest)


def readable_on(manifests: Sequence[Manifest], title: str) -> pd.DataFrame:
    """Write the models' figures on a source, a row a figure and a column a model."""
    return pd.DataFrame({m.name: _written(_row(m, title)) for m in manifests})


def _written(row: Mapping[str, Any]) -> dict[str, str]:
    (_, extra), (missed, _) = by_kind.matrix(row)
    return {
        "AUC (95 % interval)": written(row, "auc"),
        "recall": written(row, "recall"),
        "claims missed": f"{missed:,} of {row['n_claims']:,}",
        "specificity": written(row, "specificity"),
        "opinions sent to review": f"{extra:,} of {row['n'] - row['n_claims']:,}",
        "to review until 95 % of claims are found": one(row["review_95"], "review_95", ".1%"),
        "leaves the lane uncertain": written(row, "decided"),
        "claims hidden in the lane opinions": written(row, "claims_hidden"),
        "opinions in the lane claims": written(row, "opinions_in_claims"),
    }


def differing(figures: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part figures into those in which models differ, and those that are equal as written.

    Parameters
    ----------
    figures : DataFrame of str
        A row a figure, a column a model; of one model every figure counts as differing.
    """
    equal = figures.eq(figures.iloc[:, 0], axis=0).all(axis=1) & (figures.shape[1] > 1)
    return figures[~equal], figures[equal]
