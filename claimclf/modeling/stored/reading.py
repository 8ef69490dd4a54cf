"""Texts as numbers of their tokens, for thousands of texts at once.

Whoever asks something of tokens works it out once for each number. The model and its lanes
both ask about the same texts, one after the other: what was read last is kept for a moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from claimclf.modeling.stored.tokens import BREAK, shape, spelling, stream

#: Texts read at one time: few enough for their tokens to stay in the cache.
CHUNK_TEXTS = 4_000
# Tokens that are remembered; beyond, everything is forgotten, so that memory stays flat.
_MOST_TOKENS = 100_000
# As many chunks as are scored at a time.
_KEPT = 5


@dataclass(frozen=True)
class Reading:
    """The tokens of some texts.

    Parameters
    ----------
    number : ndarray of int64, shape (n_tokens + n_texts + 1,)
        Of each token; 0 for the break before each text and after the last.
    breaks : ndarray of int, shape (n_texts + 1,)
        Where the breaks are.
    tokens : list of str
        A token for each number, at least `n` of them.
    n : int
        Numbers there are so far.
    """

    number: np.ndarray
    breaks: np.ndarray
    tokens: list[str]
    n: int

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of each text, shape (n_texts,)."""
        lengths: np.ndarray = np.diff(self.breaks) - 1
        return lengths

    def sums(self, adds: np.ndarray) -> np.ndarray:
        """Add up by text what stands at each place, the break behind a text with it."""
        sums: np.ndarray = np.add.reduceat(adds, self.breaks[:-1] + 1)
        return sums


class _Numbers(dict[str, int]):
    """The number of each token; those of one spelling and shape share a number."""

    def __init__(self) -> None:
        super().__init__({BREAK: 0})
        self._alike = {("", ""): 0}
        self.tokens = [BREAK]

    def __missing__(self, token: str) -> int:
        alike = spelling(token), shape(token)
        number = self._alike.get(alike)
        if number is None:
            number = self._alike[alike] = len(self.tokens)
            self.tokens.append(token)
        self[token] = number
        return number


class Reader:
    """Reads texts; one for all models of a process."""

    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._last: deque[tuple[list[str], Reading]] = deque(maxlen=_KEPT)
        self._lock = Lock()

    def read(self, texts: Sequence[str]) -> Reading:
        """Return the tokens of texts, at most `CHUNK_TEXTS` of them."""
        chunk = list(texts)
        with self._lock:
            for chunk_before, reading in self._last:
                if chunk_before == chunk:
                    return reading
            reading = self._read(chunk)
            self._last.append((chunk, reading))
            return reading

    def _read(self, texts: list[str]) -> Reading:
        if len(self._numbers) > _MOST_TOKENS:
            self._numbers = _Numbers()
        text_tokens = stream(texts)
        numbers = self._numbers
        number = np.fromiter(map(numbers.__getitem__, text_tokens), np.int64, len(text_tokens))
        return Reading(number, np.flatnonzero(number == 0), numbers.tokens, len(numbers.tokens))


READER = Reader()
