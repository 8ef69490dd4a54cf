"""What an analyst must know before trusting a model, each with its number and advice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.describing import NUMBERS
from claimclf.dataset.findings import Finding, best_cut, graded
from claimclf.dataset.splitting import Split
from claimclf.dataset.statements import ENDING_WORDS, endings
from claimclf.errors import TrainingDataError
from claimclf.modeling.evaluation.cutoffs import sweep
from claimclf.modeling.evaluation.measuring import DEFAULT_THRESHOLD
from claimclf.modeling.evaluation.metrics import written
from claimclf.schema import CLAIM_STATUS, LABELS, TRANSCRIPT


def checks(
    parts: Split,
    train_probability: np.ndarray,
    validation_probability: np.ndarray,
    importances: Mapping[str, float],
    threshold: float = DEFAULT_THRESHOLD,
) -> list[Finding]:
    """Look at everything that is known to mislead; what is fine is listed, too.

    Parameters
    ----------
    parts : Split
        The complete labelled rows that the model was trained and measured on.
    train_probability, validation_probability : ndarray, shape (n_train,), (n_validation,)
        What the model says of these rows.
    importances : mapping of str to float
        The learner's own feature importances.
    threshold : float
        A video with a higher probability is predicted to make a claim.

    Returns
    -------
    list of Finding
        `overfitting_recall`, `overfitting_accuracy`, `single_column`, `single_importance`
        (unless there are no importances), `imbalance`, `shared_statements`.

    Raises
    ------
    TrainingDataError
        A part is empty, or probabilities do not belong to its rows.
    """
    if parts.train.empty or parts.validation.empty:
        raise TrainingDataError(
            "A model cannot be checked without training and validation rows.",
            f"Found: {len(parts.train):,} and {len(parts.validation):,} rows.",
            "Choose the dataset that the model was trained on.",
        )
    seen = sweep(is_claim(parts.train).to_numpy(), train_probability).at(threshold).metrics
    unseen = sweep(is_claim(parts.validation).to_numpy(), validation_probability)
    new = unseen.at(threshold).metrics
    return [
        _gap("recall", seen.recall, new.recall),
        _gap("accuracy", seen.accuracy, new.accuracy),
        _single_column(parts.validation),
        *([_single_importance(importances)] if importances else []),
        _imbalance(parts.train),
        _shared_statements(parts.train, parts.validation),
    ]


def _gap(figure: str, seen: float | None, unseen: float | None) -> Finding:
    gap = 0.0 if seen is None or unseen is None else seen - unseen
    old, new = written(seen, figure, ".2%"), written(unseen, figure, ".2%")
    return Finding(
        f"overfitting_{figure}",
        f"{figure.capitalize()} is {old} on training and {new} on validation rows",
        gap,
        "A model that does much better on rows it has seen has learnt them by heart. Limit "
        "its depth, or give it more data.",
        graded(gap, watch=0.01, warning=0.05),
    )


def _single_column(rows: pd.DataFrame) -> Finding:
    label = is_claim(rows).to_numpy()
    cuts = {column: best_cut(rows[column].to_numpy(), label) for column in NUMBERS}
    column = max(cuts, key=lambda name: cuts[name][1])
    cut, right = cuts[column]
    return Finding(
        "single_column",
        f"'{column} > {cut:,.0f}' alone is right for {right:.1%} of the validation rows",
        right,
        "A column that decides alone makes the model repeat one comparison. It fails where "
        "the column does not say it yet, as for a video just posted: measure without it.",
        graded(right, watch=0.8, warning=0.95),
    )


def _single_importance(importances: Mapping[str, float]) -> Finding:
    name = max(importances, key=lambda feature: importances[feature])
    total = sum(importances.values())
    share = importances[name] / total if total else 0.0
    return Finding(
        "single_importance",
        f"'{name}' has {share:.1%} of the model's importance",
        share,
        "A model that leans on one feature is as good as that feature. Compare the loss when "
        "the column is shuffled, and ask whether it will be there in time.",
        graded(share, watch=0.5, warning=0.8),
    )


def _imbalance(rows: pd.DataFrame) -> Finding:
    shares = rows[CLAIM_STATUS].value_counts(normalize=True).reindex(list(LABELS), fill_value=0.0)
    least = float(shares.min())
    return Finding(
        "imbalance",
        f"{least:.1%} of the training rows are labelled '{shares.idxmin()}', the rarer class",
        least,
        "Accuracy misleads on unequal classes: read recall and precision, and weigh the classes.",
        graded(1 - least, watch=0.6, warning=0.9),
    )


def _shared_statements(train: pd.DataFrame, validation: pd.DataFrame) -> Finding:
    known = set(endings(train[TRANSCRIPT]))
    shared = float(endings(validation[TRANSCRIPT]).isin(known).mean())
    return Finding(
        "shared_statements",
        f"{shared:.1%} of the validation transcripts end in the same {ENDING_WORDS} words "
        "as a training transcript",
        shared,
        "Figures on statements that the model has met say little about new ones. Keep each "
        "statement in one split and measure again.",
        graded(shared, watch=0.1, warning=0.5),
    )
