"""A linear model whose weights are pulled towards what is known already.

Logistic regression with an L2 penalty, with two additions. The penalty can be on the distance
from given weights instead of from zero, so that few rows change a model that was learnt from
many. And weights can have parts: one that all rows share and one for each kind of text, which
only its own rows move (Daumé 2007), so that what holds for every kind is learnt from all of
them and what one kind has to itself stays with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

#: When to stop: no partial derivative is larger, or the loss falls by a smaller share.
_GRADIENT, _GAIN = 1e-3, 1e-8


@dataclass(frozen=True)
class Task:
    """What weights are learnt from.

    Parameters
    ----------
    matrix : csr_array, shape (n, n_features)
        Features.
    labels : ndarray of int, shape (n,)
        1 for claim.
    counts : ndarray, shape (n,)
        How much each row counts.
    parts : ndarray, shape (n, n_parts)
        How much each part of the weights counts for each row.
    offset : ndarray, shape (n,), or float
        Log-odds that rows have whatever the weights are.
    """

    matrix: csr_array
    labels: np.ndarray
    counts: np.ndarray
    parts: np.ndarray
    offset: np.ndarray | float = 0.0


def learnt_weights(
    task: Task, strength: float, start: np.ndarray, towards: np.ndarray, steps: int = 200
) -> np.ndarray:
    """Return the weights of least loss, shape (n_features, n_parts).

    Parameters
    ----------
    task : Task
        What is learnt from.
    strength : float
        Of the rows against the penalty, as scikit-learn's `C`.
    start, towards : ndarray, shape (n_features, n_parts)
        Where to begin, and where the penalty pulls.
    steps : int
        At most.
    """
    signs = 2.0 * task.labels - 1
    across = csr_array(task.matrix.T)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(towards.shape)
        margin = signs * (((task.matrix @ weights) * task.parts).sum(axis=1) + task.offset)
        pull = weights - towards
        slope = -strength * task.counts * signs * expit(-margin)
        gradient = across @ (slope[:, None] * task.parts) + pull
        value = strength * (task.counts * np.logaddexp(0, -margin)).sum() + 0.5 * (pull**2).sum()
        return float(value), gradient.ravel()

    options = {"maxiter": steps, "gtol": _GRADIENT, "ftol": _GAIN}
    learnt = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    weights: np.ndarray = learnt.x.reshape(towards.shape)
    return weights


def plain_weights(
    matrix: csr_array, labels: np.ndarray, counts: np.ndarray, strength: float
) -> np.ndarray:
    """Return the weights of ordinary logistic regression without intercept, shape (n_features,)."""
    task = Task(matrix, labels, counts, np.ones((len(labels), 1)))
    zero = np.zeros((matrix.shape[1], 1))
    return learnt_weights(task, strength, zero, zero)[:, 0]


def as_learner(weights: np.ndarray, strength: float) -> LogisticRegression:
    """Return scikit-learn's estimator with given weights, as if it had been fitted.

    Its file outlives upgrades of scikit-learn, and whoever loads it finds what they know.
    """
    learner = LogisticRegression(C=strength, fit_intercept=False)
    learner.classes_ = np.array([0, 1])
    learner.coef_ = weights.reshape(1, -1)
    learner.intercept_ = np.zeros(1)
    learner.n_features_in_ = len(weights)
    learner.n_iter_ = np.zeros(1, dtype=np.int32)
    return learner


def in_single_precision(numbers: np.ndarray) -> np.ndarray:
    """Round to single precision: half of each number is zeros to store."""
    rounded: np.ndarray = numbers.astype(np.float32).astype(np.float64)
    return rounded
