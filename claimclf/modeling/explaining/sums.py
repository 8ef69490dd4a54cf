"""What each word of a text adds to the score of a linear model on `SpeechFeatures`, exactly.

A word adds what it is worth itself, what its characters and its shape are worth, and its share
of what it makes up together with its neighbours. With the bias, the words add up to the
score, in log-odds. How much a text is like the course's weighs the two readers; it is taken
as given for the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from claimclf.modeling.explaining.explained import Explained, Span
from claimclf.modeling.learners.weights import Weights
from claimclf.modeling.stored.tokens import (
    BREAK,
    OPENING_TOKENS,
    placed_tokens,
    shape,
    spelling,
)


@dataclass(frozen=True)
class WordSums:
    """A text's score, shared out among its words.

    Parameters
    ----------
    places : list of (int, int)
        Start and stop of each word in the text.
    words : list of str
        Each word, in small letters.
    adds : ndarray of float64, shape (n_words,)
        What each adds, in log-odds; above 0 speaks for *claim*.
    bias : float
        The score of a text of which no word is known, as much like the course's.
    """

    places: list[tuple[int, int]]
    words: list[str]
    adds: np.ndarray
    bias: float


def explain_words(weights: Weights, transcript: str) -> Explained:
    """Say what each word of a transcript adds, equal words together."""
    sums = word_sums(weights, transcript)
    spans = tuple(
        Span(start, stop, value)
        for (start, stop), value in zip(sums.places, sums.adds.tolist(), strict=True)
    )
    names, values = by_word(sums)
    everywhere = np.ones(len(names), dtype=bool)
    return Explained(
        transcript, spans, names, values, everywhere, everywhere, sums.bias, "log-odds"
    )


def word_sums(weights: Weights, text: str) -> WordSums:
    """Share out a text's score among its words."""
    placed = list(placed_tokens(text))
    words = [token for _, _, token in placed]
    whole, rest = _shared(weights, words)
    scale = 1 / np.sqrt(max(1, len(words)))
    own = np.array([weights.known_token(word) for word in words], dtype=complex).reshape(-1, 2)
    whole = (whole + own[:, 0]) * scale
    opening = np.where(np.arange(len(words)) < OPENING_TOKENS, own[:, 1], 0)
    summed, begins = np.array([whole.sum() + rest * scale]), np.array([opening.sum()])
    course = float(weights.course_like(summed, begins)[0])
    values = (1 - course) * whole.real + course * opening.real
    bias = float(weights.combined(summed, begins)[0] - values.sum())
    return WordSums([(start, stop) for start, stop, _ in placed], words, values, bias)


def by_word(sums: WordSums) -> tuple[tuple[str, ...], np.ndarray]:
    """Return each word once, and what it adds wherever it occurs."""
    names = tuple(dict.fromkeys(sums.words))
    place = {name: number for number, name in enumerate(names)}
    values = np.zeros(len(names))
    np.add.at(values, [place[word] for word in sums.words], sums.adds)
    return names, values


def _shared(weights: Weights, words: Sequence[str]) -> tuple[np.ndarray, complex]:
    """Share out what neighbours add; return also what falls to no word."""
    shares, rest = np.zeros(len(words), dtype=complex), 0j
    for term, block, places in _neighbours(words):
        value = weights.by_block[block].get(term)
        if value is None:
            continue
        if places:
            shares[places] += value / len(places)
        else:
            rest += value
    return shares, rest


def _neighbours(words: Sequence[str]) -> Iterator[tuple[str, str, list[int]]]:
    """Yield each sequence of neighbours, its block, and the numbers of the words in it."""
    spelled = [BREAK, *map(spelling, words), BREAK]
    shapes = [BREAK, *map(shape, words), BREAK]
    for block, parts, sizes in (("words", spelled, (2,)), ("shapes", shapes, (2, 3))):
        for size in sizes:
            for start in range(len(parts) - size + 1):
                among = range(max(start - 1, 0), min(start + size - 1, len(words)))
                yield " ".join(parts[start : start + size]), block, list(among)
