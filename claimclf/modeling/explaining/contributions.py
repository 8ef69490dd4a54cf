"""Why a video got its score: a share of it for each feature, adding up exactly.

Both learners get SHAP values of one kind (path-dependent TreeSHAP, Lundberg et al. 2020),
so that two models can be read side by side. A feature's value is its average effect over
all orders in which the features could become known; a split on an unknown feature is
followed both ways, in the proportion of the training rows.

For XGBoost they are the library's own, in log-odds and float32. For a forest they are
computed here, in probability and float64, from one fact: a leaf with value v that tests
the features 1 … d adds v · Π (s_k if k is known, else w_k), where s_k is 1 if the video
passes all tests of feature k on the way and w_k the share of training rows that pass them.
The Shapley value of such a product is v · (s_j - w_j) · ∫₀¹ Π_{k≠j} (t·s_k + (1-t)·w_k) dt.
The integrand is a polynomial of degree d - 1, which Gauss and Legendre's rule with
⌈d/2⌉ points integrates without error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array
from xgboost import DMatrix, XGBClassifier

from claimclf.errors import UnsuitableModelError
from claimclf.modeling.explaining.explained import Unit
from claimclf.modeling.explaining.sums import by_word, word_sums
from claimclf.modeling.learners.weights import reads_speech, weights_of
from claimclf.modeling.stored.speech import SpeechFeatures
from claimclf.schema import TRANSCRIPT

#: Rows worked on at a time.
_CHUNK = 1_000
#: Leaves whose numbers of features differ by less than this are worked on together.
_STEP = 4
#: Numbers in one intermediate table: half a megabyte stays in the processor's cache.
_CELLS = 2**16


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to each video's score.

    Parameters
    ----------
    names : tuple of str, length n_features
        The features' names.
    values : ndarray of float64, shape (n_rows, n_features)
        In `unit`; above 0 speaks for *claim*.
    bias : float
        The score when nothing is known of a video.
    unit : {'probability', 'log-odds'}
        What a score is: the probability of *claim*, or the logarithm of its odds.
    """

    names: tuple[str, ...]
    values: np.ndarray
    bias: float
    unit: Unit

    @property
    def score(self) -> np.ndarray:
        """What the contributions add up to: the model's score, in `unit`, shape (n_rows,)."""
        score: np.ndarray = self.bias + self.values.sum(axis=1)
        return score

    def of(self, row: int, most: int = 10) -> pd.DataFrame:
        """Return `feature` and `contribution` of one row, the largest first.

        Features beyond the first `most` are added up in a last line.
        """
        values = self.values[row]
        order = np.argsort(-np.abs(values), kind="stable")
        top, rest = order[:most], order[most:]
        lines = [(self.names[i], float(values[i])) for i in top]
        if len(rest):
            lines.append((f"{len(rest)} other features", float(values[rest].sum())))
        return pd.DataFrame(lines, columns=["feature", "contribution"])


def contributions(pipeline: Pipeline, rows: pd.DataFrame) -> Contributions:
    """Explain a pipeline's scores.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted: features, then a random forest or XGBoost's classifier.
    rows : DataFrame, shape (n_rows, n_columns)
        Without missing values in the columns that the pipeline reads.

    Raises
    ------
    UnsuitableModelError
        The learner is of another kind.
    """
    features, learner = pipeline["features"], pipeline["model"]
    if reads_speech(features, learner):
        return _of_words(features, learner, rows)
    names = tuple(str(name) for name in features.get_feature_names_out())
    known = isinstance(learner, RandomForestClassifier | XGBClassifier)
    if not known:
        raise UnsuitableModelError(
            "The contributions of the features cannot be computed.",
            f"Found: a learner of type {type(learner).__name__}.",
            "Choose a random forest or an XGBoost model.",
        )
    matrix = features.transform(rows) if len(rows) else np.empty((0, len(names)))
    if isinstance(learner, XGBClassifier):
        return Contributions(names, *_of_boosting(learner, matrix), "log-odds")
    return Contributions(names, *_of_forest(learner, matrix), "probability")


def _of_words(
    features: SpeechFeatures, learner: LogisticRegression, rows: pd.DataFrame
) -> Contributions:
    """Take the words of all rows for features; how much a row is like the course's is one more.

    The bias is the first row's: in the others, what theirs is beyond it is a feature.
    """
    weights = weights_of(features, learner)
    sums_of_texts = [word_sums(weights, text) for text in rows[TRANSCRIPT]]
    parts = [by_word(sums) for sums in sums_of_texts]
    names = list(dict.fromkeys(name for of_row, _ in parts for name in of_row))
    place = {name: number for number, name in enumerate(names)}
    values, bias = (
        np.zeros((len(rows), len(names) + 1)),
        sums_of_texts[0].bias if sums_of_texts else 0.0,
    )
    for row, ((of_row, added), sums) in enumerate(zip(parts, sums_of_texts, strict=True)):
        values[row, [place[name] for name in of_row]] = added
        values[row, -1] = sums.bias - bias
    return Contributions((*names, "like the course's texts"), values, bias, "log-odds")


def _of_boosting(learner: XGBClassifier, matrix: np.ndarray) -> tuple[np.ndarray, float]:
    # One row more, so that an empty table has a bias as well.
    filled = np.vstack([matrix, np.zeros((1, matrix.shape[1]))])
    # For a few rows, waking the other threads takes many times longer than the work itself.
    threads = 1 if len(matrix) <= _CHUNK else None
    shares = learner.get_booster().predict(DMatrix(filled, nthread=threads), pred_contribs=True)
    return shares[:-1, :-1].astype(np.float64), float(shares[-1, -1])


def _of_forest(learner: RandomForestClassifier, matrix: np.ndarray) -> tuple[np.ndarray, float]:
    if len(matrix):  # the trees compare float32
        matrix = check_array(matrix, dtype=np.float32).astype(np.float64)
    forest = _prepared(tuple(estimator.tree_ for estimator in learner.estimators_))
    values = np.zeros(matrix.shape)
    for start in range(0, len(matrix), _CHUNK):
        part = slice(start, start + _CHUNK)
        # Rows of words are often the same: each is worked out once.
        different, place = np.unique(matrix[part], axis=0, return_inverse=True)
        total = np.zeros_like(different)
        for group in forest.groups:
            total += _of_leaves(group, different)
        values[part] = total[place]
    return values, forest.bias


@dataclass(frozen=True)
class _Leaves:
    """Leaves and what leads to them.

    Parameters
    ----------
    value : ndarray, shape (n_leaves,)
        Share of claims among the training rows of the leaf, divided by the number of trees.
    feature : ndarray of int, shape (n_leaves, d)
        The features tested.
    low, high : ndarray, shape (n_leaves, d)
        A video passes all tests of a feature if low < x <= high.
    weight : ndarray, shape (n_leaves, d)
        Share of training rows that pass them; 1 where nothing is tested.
    """

    value: np.ndarray
    feature: np.ndarray
    low: np.ndarray
    high: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class _Forest:
    """What explaining a row needs of a forest.

    Parameters
    ----------
    groups : tuple of _Leaves
        Leaves that test about equally many features, with little more than these features.
    bias : float
        The probability when nothing is known of a video.
    """

    groups: tuple[_Leaves, ...]
    bias: float


# Walking the trees takes longer than explaining a row, and a page explains one row at a time.
# The key is the fitted trees, which compare by identity, and not the forest: fitted again in
# place it is the same forest with other trees. At most so many forests' trees are kept alive.
@lru_cache(maxsize=8)
def _prepared(trees: tuple[Any, ...]) -> _Forest:
    leaves = _leaves(trees)
    bias = float((leaves.value * leaves.weight.prod(axis=1)).sum())
    return _Forest(tuple(_by_depth(leaves)), bias)


def _leaves(trees: Sequence[Any]) -> _Leaves:
    """Walk all trees at once, a level at a time; d is every feature."""
    roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
    left = np.concatenate([t.children_left + r for t, r in zip(trees, roots, strict=True)])
    right = np.concatenate([t.children_right + r for t, r in zip(trees, roots, strict=True)])
    inner = np.concatenate([t.children_left >= 0 for t in trees])
    feature = np.concatenate([t.feature for t in trees])
    threshold = np.concatenate([t.threshold for t in trees])
    cover = np.concatenate([t.weighted_n_node_samples for t in trees])
    claims = np.concatenate([t.value[:, 0, 1] for t in trees])

    n_features, leaves = trees[0].n_features, []
    shape = (len(trees), n_features)
    node, low, high, weight = roots, np.full(shape, -np.inf), np.full(shape, np.inf), np.ones(shape)
    while len(node):
        goes_on = inner[node]
        end = ~goes_on
        leaves.append((claims[node[end]], low[end], high[end], weight[end]))
        node, low, high, weight = node[goes_on], low[goes_on], high[goes_on], weight[goes_on]
        line, tested = np.arange(len(node)), feature[node]
        high_left, low_right = high.copy(), low.copy()
        high_left[line, tested] = np.minimum(high[line, tested], threshold[node])
        low_right[line, tested] = np.maximum(low[line, tested], threshold[node])
        weight_left, weight_right = weight.copy(), weight.copy()
        weight_left[line, tested] *= cover[left[node]] / cover[node]
        weight_right[line, tested] *= cover[right[node]] / cover[node]
        node = np.concatenate([left[node], right[node]])
        low, high = np.concatenate([low, low_right]), np.concatenate([high_left, high])
        weight = np.concatenate([weight_left, weight_right])
    value, low, high, weight = (np.concatenate(part) for part in zip(*leaves, strict=True))
    every = np.broadcast_to(np.arange(n_features), low.shape)
    return _Leaves(value / len(trees), every, low, high, weight)


def _by_depth(leaves: _Leaves) -> Iterator[_Leaves]:
    """Yield leaves that test about equally many features together, with just these features.

    Up to `_STEP` - 1 features that a leaf does not test fill it up: every video passes them
    and their weight is 1, so they get nothing and change nothing. Fewer groups are faster.
    """
    tested = np.isfinite(leaves.low) | np.isfinite(leaves.high)
    depth = tested.sum(axis=1)
    depth = np.minimum(-(-depth // _STEP) * _STEP, tested.shape[1])
    first = np.argsort(~tested, axis=1, kind="stable")  # the tested ones come first
    for d in np.unique(depth[(depth > 0) & (leaves.value != 0)]):
        chosen = np.flatnonzero((depth == d) & (leaves.value != 0))
        at = (chosen[:, None], first[chosen, :d])
        low, high, weight = leaves.low[at], leaves.high[at], leaves.weight[at]
        yield _Leaves(leaves.value[chosen], at[1], low, high, weight)


def _of_leaves(leaves: _Leaves, matrix: np.ndarray) -> np.ndarray:
    """Return the sum of the leaves' Shapley values, shape (n_rows, n_features).

    What a leaf gives depends only on which of its features a video passes, and most videos
    are alike in this: each (leaf, passed features) is worked out once.
    """
    (n_rows, n_features), (n_leaves, d) = matrix.shape, leaves.feature.shape
    place, row, leaf = _met(leaves, matrix)
    effect = np.zeros((len(leaf), n_features))
    for part in _parts(len(leaf), d * len(_quadrature(d)[0])):
        among = leaf[part]
        x = matrix[row[part, None], leaves.feature[among]]
        passed = (x > leaves.low[among]) & (x <= leaves.high[among])
        shares = _shapley(passed.T, np.ascontiguousarray(leaves.weight[among].T))
        line = np.arange(len(leaf))[part, None]
        effect[line, leaves.feature[among]] = shares.T * leaves.value[among, None]
    starts = np.arange(n_rows + 1) * n_leaves
    each = csr_array((np.ones(place.size), place, starts), shape=(n_rows, len(leaf)))
    total: np.ndarray = each @ effect
    return total


def _met(leaves: _Leaves, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find which (leaf, passed features) occur and give each a number.

    Returns
    -------
    place : ndarray of int, shape (n_rows * n_leaves,)
        The number for each row and leaf.
    row, leaf : ndarray of int, shape (n_met,)
        Where each of them occurs, for one.
    """
    n_rows, (n_leaves, d) = len(matrix), leaves.feature.shape
    place = np.repeat(np.arange(n_leaves), n_rows)
    if n_rows == 1:
        return place, np.zeros(n_leaves, np.int64), place
    columns = np.ascontiguousarray(matrix.T)
    for j in range(d):
        x = columns[leaves.feature[:, j]]
        passed = (x > leaves.low[:, j, None]) & (x <= leaves.high[:, j, None])
        place = place << 1 | passed.ravel()
        # A way through a deep tree tests more features than one number has bits.
        if j % 32 == 31 or j == d - 1:
            place = pd.factorize(place)[0]
    example = np.empty(place.max() + 1, np.int64)
    example[place] = np.arange(len(place))
    leaf, row = np.divmod(example, n_rows)
    return place.reshape(n_leaves, n_rows).T.ravel(), row, leaf


def _parts(n: int, cells: int) -> Iterator[slice]:
    """Cut n rows of so many cells each into parts of about `_CELLS`."""
    step = max(1, _CELLS // cells)
    return (slice(start, start + step) for start in range(0, n, step))


def _shapley(passed: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Share out products Π (passed if known, else weight), one a column, shape (d, n)."""
    points, shares = _quadrature(len(passed))
    gain = passed - weight
    # No factor is 0: 0 < t < 1, and some training row passed every test.
    factors = weight[:, None] + points[:, None] * gain[:, None]
    products = shares[:, None] * factors.prod(axis=0)
    result: np.ndarray = gain * (products / factors).sum(axis=1)
    return result


@cache
def _quadrature(d: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points in (0, 1) and their shares, exact for polynomials of degree d - 1."""
    points, shares = np.polynomial.legendre.leggauss((d + 1) // 2)
    return (points + 1) / 2, shares / 2
