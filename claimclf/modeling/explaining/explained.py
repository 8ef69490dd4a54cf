"""A score taken apart: the transcript's words, and everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

#: What a score is: the probability of *claim*, or the logarithm of its odds.
Unit = Literal["probability", "log-odds"]


@dataclass(frozen=True)
class Span:
    """A stretch of a transcript that the model looked at.

    Parameters
    ----------
    start, stop : int
        Characters of the transcript, as in ``transcript[start:stop]``.
    contribution : float
        What the words and n-grams in it add to the score, in the unit of the score; above 0
        speaks for *claim*. A word that occurs twice is one feature: each occurrence has the
        feature's whole value, so spans need not add up to anything. `Explained` does.
    """

    start: int
    stop: int
    contribution: float


@dataclass(frozen=True)
class Explained:
    """A video's score, taken apart into the transcript's words and everything else.

    Every feature is in just one of `present`, `absent` and `others`. Each of these is a table
    of `feature` and `contribution` (in `unit`, above 0 speaks for *claim*), the largest first.

    Parameters
    ----------
    transcript : str
        The text; empty where the video has none.
    spans : tuple of Span
        In order and without overlap. N-grams that overlap are one span, which has the sum of
        their values.
    names : tuple of str, length n_features
        The features' names.
    values : ndarray of float64, shape (n_features,)
        What each adds to the score, in `unit`.
    is_word, is_present : ndarray of bool, shape (n_features,)
        Whether it is a word or an n-gram, and whether the transcript has it where the model
        reads.
    bias : float
        The score when nothing is known of a video.
    unit : {'probability', 'log-odds'}
        What a score is.
    """

    transcript: str
    spans: tuple[Span, ...]
    names: tuple[str, ...]
    values: np.ndarray
    is_word: np.ndarray
    is_present: np.ndarray
    bias: float
    unit: Unit

    @property
    def present(self) -> pd.DataFrame:
        """Words and n-grams of the transcript."""
        return self._table(self.is_word & self.is_present)

    @property
    def absent(self) -> pd.DataFrame:
        """Words and n-grams that the model looked for and did not find."""
        return self._table(self.is_word & ~self.is_present)

    @property
    def others(self) -> pd.DataFrame:
        """Features that are no words: counts, lengths, statuses."""
        return self._table(~self.is_word)

    @property
    def score(self) -> float:
        """The model's score, in `unit`: the bias and all contributions."""
        return self.bias + float(self.values.sum())

    @property
    def largest(self) -> float:
        """The size of the largest contribution of any feature; 0 if nothing contributes."""
        return float(np.abs(self.values).max(initial=0.0))

    def moving(self, most: int) -> list[str]:
        """Return the words and n-grams of the transcript that moved the score most."""
        return [self.names[i] for i in self._by_size(self.is_word & self.is_present)[:most]]

    def _table(self, chosen: np.ndarray) -> pd.DataFrame:
        lines = [(self.names[i], float(self.values[i])) for i in self._by_size(chosen)]
        return pd.DataFrame(lines, columns=["feature", "contribution"])

    def _by_size(self, chosen: np.ndarray) -> np.ndarray:
        """Return the places of some features, those with the largest contributions first."""
        order = np.argsort(-np.abs(self.values), kind="stable")
        largest: np.ndarray = order[chosen[order]]
        return largest
