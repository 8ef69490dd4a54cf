"""Every cut-off of one set of predictions, so that moving a slider costs two look-ups."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from claimclf.errors import InvalidRequestError, TrainingDataError
from claimclf.modeling.evaluation.metrics import Metrics, share


@dataclass(frozen=True)
class AtCutoff:
    """What one cut-off does.

    Parameters
    ----------
    threshold : float
        A video with a higher probability is predicted to make a claim.
    metrics : Metrics
        The figures, the confusion matrix as ``[[tn, fp], [fn, tp]]``.
    missed_claims : int
        Claims that no moderator sees: the false negatives.
    review_share : float or None
        Share of all videos that are predicted to make a claim, from 0 to 1; None of none.
    """

    threshold: float
    metrics: Metrics
    missed_claims: int
    review_share: float | None


@dataclass(frozen=True)
class Cutoffs:
    """Probabilities of each class in order; made by `sweep`.

    Parameters
    ----------
    claims, opinions : ndarray of float64, ascending
        Probabilities of *claim* of the videos of each class.
    """

    claims: np.ndarray
    opinions: np.ndarray

    def at(self, threshold: float) -> AtCutoff:
        """Return what `evaluation.measure` says of a threshold, in O(log n).

        Parameters
        ----------
        threshold : float
            Any number: below 0 every video is predicted to make a claim, from 1 on none.
        """
        fn = int(np.searchsorted(self.claims, threshold, side="right"))
        tn = int(np.searchsorted(self.opinions, threshold, side="right"))
        fp, tp = len(self.opinions) - tn, len(self.claims) - fn
        metrics = Metrics.of([[tn, fp], [fn, tp]])
        return AtCutoff(float(threshold), metrics, fn, share(fp + tp, tn + fp + fn + tp))

    def for_recall(self, target: float) -> float:
        """Return the highest threshold whose recall is at least `target`.

        It is the float just below the probability of the last claim that is needed, since
        a probability must exceed the threshold. Where that claim has probability 0, it is
        the float just below 0.

        Parameters
        ----------
        target : float
            Above 0, at most 1.

        Raises
        ------
        InvalidRequestError
            The target is out of range.
        TrainingDataError
            There is no claim, so that recall says nothing.
        """
        if not 0 < target <= 1:
            raise InvalidRequestError(
                "The wanted recall is out of range.",
                f"Found: {target}.",
                "Choose a share above 0 and up to 1.",
            )
        if not len(self.claims):
            raise TrainingDataError(
                "No cut-off has a recall: the predictions hold no claim.",
                f"Found: {len(self.opinions):,} opinions.",
                "Choose predictions of both classes.",
            )
        last = self.claims[-_fewest(target, len(self.claims))]
        return float(np.nextafter(last, -np.inf))


def sweep(is_claim: np.ndarray, probability: np.ndarray) -> Cutoffs:
    """Sort predictions once.

    Parameters
    ----------
    is_claim : array-like of int or bool, shape (n,)
        1 for claim, 0 for opinion.
    probability : array-like of float, shape (n,)
        Probability of *claim*; compared as float64.

    Raises
    ------
    TrainingDataError
        A probability is missing, or the lengths differ.
    """
    claim = np.asarray(is_claim, dtype=bool)
    scores = np.asarray(probability, dtype=np.float64)
    missing = int(np.isnan(scores).sum())
    if missing or claim.shape != scores.shape:
        raise TrainingDataError(
            "Labels and probabilities do not belong together.",
            f"Found: {len(claim):,} labels, {len(scores):,} probabilities, {missing:,} missing.",
            "Give one probability for each label.",
        )
    return Cutoffs(np.sort(scores[claim]), np.sort(scores[~claim]))


def _fewest(target: float, n: int) -> int:
    """Return the least k from 1 to n with k / n >= target, whatever rounding does."""
    k = min(max(math.ceil(target * n), 1), n)
    while k > 1 and (k - 1) / n >= target:
        k -= 1
    while k / n < target:
        k += 1
    return k
