"""The votes of a random forest whose leaves are pure, counted for many rows at once.

In a pure leaf all training rows had one class, so that the tree votes for it outright and the
forest's probability of *claim* is a share of trees. Each leaf that says *claim* is one bit
of a long mask. What a row has in one feature rules out the leaves that this value does not
lead to, which is a mask found by looking the value up; a row reaches the leaves that no
feature rules out, at most one of each tree. So all trees are walked with a few ANDs, and the
bits left over are the votes (after QuickScorer, Lucchese et al. 2015).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

# Rows at one time: few enough for their masks to stay in the cache.
_CHUNK_ROWS = 512
# Features with a single threshold whose answers, as the bits of a byte, are looked up at once.
_TOGETHER = 8
# Masks of 32 MiB: beyond, they are too far from the processor to be sooner than the trees.
_MAX_BITS = 1 << 28


class Votes:
    """Counts a forest's votes for class 1.

    Parameters
    ----------
    forest : RandomForestClassifier
        Fitted, for which `can_count` holds.
    """

    def __init__(self, forest: RandomForestClassifier) -> None:
        boxes = np.concatenate([_claim_boxes(tree.tree_) for tree in forest.estimators_], axis=1)
        self.n_trees = len(forest.estimators_)
        self._binned: list[tuple[int, np.ndarray, np.ndarray]] = []
        single = []
        for feature in range(forest.n_features_in_):
            low, high = boxes[:, :, feature]
            thresholds = np.unique(np.concatenate([low, high]))
            thresholds = thresholds[np.isfinite(thresholds)]
            masks = _packed(_open(low, high, thresholds))
            if len(thresholds) > 1:
                self._binned.append((feature, thresholds, masks))
            elif len(thresholds) == 1:
                single.append((feature, thresholds[0], masks))
        self._asked = np.array([feature for feature, _, _ in single], dtype=int)
        self._at = np.array([threshold for _, threshold, _ in single])
        groups = [single[i : i + _TOGETHER] for i in range(0, len(single), _TOGETHER)]
        self._grouped = [_together([masks for _, _, masks in group]) for group in groups]

    @staticmethod
    def can_count(learner: Any) -> bool:
        """Say whether a learner is a forest of two classes whose votes can be counted."""
        if type(learner) is not RandomForestClassifier or list(learner.classes_) != [0, 1]:
            return False
        trees = [tree.tree_ for tree in learner.estimators_]
        pure = all(np.isin(tree.value[_leaves(tree), 0], (0, 1)).all() for tree in trees)
        n_leaves = sum(tree.n_leaves for tree in trees)
        splits = {split for tree in trees for split in _splits(tree)}
        return pure and bool(splits) and n_leaves * len(splits) <= _MAX_BITS

    def share(self, matrix: np.ndarray) -> np.ndarray:
        """Return the share of trees that vote for class 1, to the last bit the forest's own.

        Parameters
        ----------
        matrix : ndarray of float32, shape (n, n_features)
            Without missing values.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        votes = np.empty(len(matrix))
        for start in range(0, len(matrix), _CHUNK_ROWS):
            rows = slice(start, start + _CHUNK_ROWS)
            votes[rows] = self._votes(matrix[rows])
        return votes / self.n_trees

    def _votes(self, matrix: np.ndarray) -> np.ndarray:
        looked_up = self._masks(matrix)
        left = next(looked_up)
        for masks in looked_up:
            left &= masks
        votes: np.ndarray = np.bitwise_count(left).sum(axis=1)
        return votes

    def _masks(self, matrix: np.ndarray) -> Iterator[np.ndarray]:
        """Yield, for feature after feature, the leaves that it leaves open to each row."""
        for feature, thresholds, masks in self._binned:
            place = np.searchsorted(thresholds, matrix[:, feature].astype(np.float64))
            yield masks.take(place, axis=0)
        above = np.packbits(matrix[:, self._asked] > self._at, axis=1, bitorder="little")
        for answers, masks in zip(above.T, self._grouped, strict=True):
            yield masks.take(answers, axis=0)


def _claim_boxes(tree: Any) -> np.ndarray:
    """Return what leads to each leaf of class 1.

    Returns
    -------
    ndarray, shape (2, n_leaves, n_features)
        The leaf takes values above the first and up to the second.
    """
    boxes = np.empty((tree.node_count, 2, tree.n_features))
    boxes[0] = [[-np.inf], [np.inf]]
    for node in np.flatnonzero(~_leaves(tree)):  # a parent comes before its children
        left, right = tree.children_left[node], tree.children_right[node]
        feature, threshold = tree.feature[node], tree.threshold[node]
        boxes[[left, right]] = boxes[node]
        boxes[left, 1, feature] = threshold
        boxes[right, 0, feature] = threshold
    claim = _leaves(tree) & (tree.value[:, 0, 1] == 1)
    of_claim: np.ndarray = boxes[claim].swapaxes(0, 1)
    return of_claim


def _leaves(tree: Any) -> np.ndarray:
    leaves: np.ndarray = tree.children_left < 0
    return leaves


def _splits(tree: Any) -> Iterator[tuple[int, float]]:
    """Yield the feature and threshold of each inner node."""
    inner = ~_leaves(tree)
    return zip(tree.feature[inner].tolist(), tree.threshold[inner].tolist(), strict=True)


def _open(low: np.ndarray, high: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Say for each stretch between thresholds which leaves it leads to."""
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    led_to: np.ndarray = (low <= edges[:-1, None]) & (high >= edges[1:, None])
    return led_to


def _packed(bits: np.ndarray) -> np.ndarray:
    packed = np.packbits(bits, axis=1)
    whole: np.ndarray = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8))).view(np.uint64)
    return whole


def _together(masks: list[np.ndarray]) -> np.ndarray:
    """Combine the masks of up to 8 features for all answers to "is it above its threshold?"."""
    whole = masks[0]
    for pair in masks[1:]:
        whole = np.concatenate([whole & pair[0], whole & pair[1]])
    return whole
