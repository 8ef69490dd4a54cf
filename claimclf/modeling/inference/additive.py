"""A linear model on `SpeechFeatures`, applied to many texts without making their features.

The score is a sum over tokens and neighbouring tokens, scaled by numbers for each text. What
a token adds is worked out once for each distinct token and remembered; what pairs and triples
of neighbours add is looked up in tables. Two sums run at once, as the real and the imaginary
part of one number: what the reader of the whole text says, and what the gate says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from claimclf.modeling.learners.weights import Weights
from claimclf.modeling.stored.reading import CHUNK_TEXTS, READER, Reading
from claimclf.modeling.stored.tokens import BREAK, OPENING_TOKENS, shape, spelling
from claimclf.schema import TRANSCRIPT

# Places of the first look at a pair of words: nearly all pairs that are not known end there.
_PLACES = 1 << 20


class Additive:
    """Says what the pipeline's linear model says, to within rounding.

    Parameters
    ----------
    weights : Weights
        The model's.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._neighbours = _Neighbours(weights)
        self._table: _Table | None = None

    @staticmethod
    def can_take(rows: pd.DataFrame) -> bool:
        """Say whether every row has a text."""
        return TRANSCRIPT in rows and bool(rows[TRANSCRIPT].notna().all())

    def probability(self, texts: pd.Series) -> np.ndarray:
        """Return the probability of class 1, shape (n,); few texts at a time are in memory."""
        log_odds = [
            self._log_odds(texts.iloc[at : at + CHUNK_TEXTS].tolist())
            for at in range(0, len(texts), CHUNK_TEXTS)
        ]
        probability: np.ndarray = expit(np.concatenate([np.zeros(0), *log_odds]))
        return probability

    def _log_odds(self, texts: Sequence[str]) -> np.ndarray:
        reading = READER.read(texts)
        number, first = reading.number, reading.breaks
        table = self._table_of(reading)
        # What a token adds stands in its place, what neighbours add in the last one's.
        adds = table.whole.take(number) + self._neighbours.values(
            table.word.take(number), table.shape.take(number)
        )
        whole = reading.sums(adds) / np.sqrt(np.maximum(reading.lengths, 1))
        place = np.arange(len(number)) - np.repeat(first, np.append(np.diff(first), 1))
        opening = np.where(place <= OPENING_TOKENS, table.opening.take(number), 0)
        return self._weights.combined(whole, reading.sums(opening))

    def _table_of(self, reading: Reading) -> _Table:
        # Replaced in one step: two threads at worst do the same work.
        table = self._table
        if table is None or table.tokens is not reading.tokens:
            table = _Table.of(self._weights, self._neighbours, reading.tokens, reading.n)
        elif len(table.word) < reading.n:
            table = table.grown(self._weights, self._neighbours, reading.n)
        self._table = table
        return table


@dataclass(frozen=True)
class _Table:
    """What each token adds, by its number.

    Parameters
    ----------
    tokens : list of str
        Those that are numbered.
    whole, opening : ndarray of complex
        What a token adds to the whole text and in the opening.
    word, shape : ndarray of int
        Its number in pairs of words and among shapes.
    """

    tokens: list[str]
    whole: np.ndarray
    opening: np.ndarray
    word: np.ndarray
    shape: np.ndarray

    @classmethod
    def of(cls, weights: Weights, among: _Neighbours, tokens: list[str], n: int) -> _Table:
        """Make the table of n tokens; the first is the break."""
        adds = np.array([(0j, 0j), *(weights.of_token(token) for token in tokens[1:n])])
        word = [among.word(BREAK), *(among.word(spelling(token)) for token in tokens[1:n])]
        shapes = [among.shape(BREAK), *(among.shape(shape(token)) for token in tokens[1:n])]
        return cls(tokens, adds[:, 0].copy(), adds[:, 1].copy(), np.array(word), np.array(shapes))

    def grown(self, weights: Weights, among: _Neighbours, n: int) -> _Table:
        """Return the table of n tokens, of which this one has some."""
        more = _Table.of(weights, among, [BREAK, *self.tokens[len(self.word) : n]], n)
        return _Table(
            self.tokens,
            np.concatenate([self.whole, more.whole[1:]]),
            np.concatenate([self.opening, more.opening[1:]]),
            np.concatenate([self.word, more.word[1:]]),
            np.concatenate([self.shape, more.shape[1:]]),
        )


class _Neighbours:
    """What tokens add together with those before them."""

    def __init__(self, weights: Weights) -> None:
        self._words = _Pairs(weights.by_block["words"])
        self._shapes = _Triples(weights.by_block["shapes"])

    def word(self, spelled: str) -> int:
        """Return the number of a word in pairs of words, 0 for one that is in none."""
        return self._words.numbers.get(spelled, 0)

    def shape(self, of_token: str) -> int:
        """Return the number of a shape, 0 for one that has no neighbours."""
        return self._shapes.numbers.get(of_token, 0)

    def values(self, word: np.ndarray, shapes: np.ndarray) -> np.ndarray:
        """Return what each token adds with those before it, shape (n,) of complex."""
        values: np.ndarray = self._words.values(word) + self._shapes.values(shapes)
        return values


class _Pairs:
    """What pairs of words add."""

    def __init__(self, terms: Mapping[str, complex]) -> None:
        pairs = {tuple(term.split(" ")): value for term, value in terms.items() if " " in term}
        distinct = dict.fromkeys(word for pair in pairs for word in pair)
        self.numbers = {word: number for number, word in enumerate(distinct, start=1)}
        self._size = len(self.numbers) + 1
        keys = [self.numbers[first] * self._size + self.numbers[second] for first, second in pairs]
        order = np.argsort(np.array(keys, dtype=np.int64))
        self._keys = np.append(np.array(keys, dtype=np.int64)[order], -1)
        self._values = np.append(np.array(list(pairs.values()), dtype=complex)[order], 0)
        self._may_be = np.zeros(_PLACES, dtype=bool)
        self._may_be[_place(self._keys[:-1])] = True

    def values(self, word: np.ndarray) -> np.ndarray:
        keys = np.zeros(len(word), dtype=np.int64)
        keys[1:] = word[:-1] * self._size + word[1:]
        candidates = np.flatnonzero(self._may_be.take(_place(keys)))
        known = np.searchsorted(self._keys[:-1], keys[candidates])
        same = self._keys.take(known) == keys[candidates]
        values = np.zeros(len(word), dtype=complex)
        values[candidates[same]] = self._values.take(known[same])
        return values


def _place(keys: np.ndarray) -> np.ndarray:
    mixed = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    places: np.ndarray = (mixed >> np.uint64(44)).astype(np.int64)
    return places


class _Triples:
    """What pairs and triples of shapes add: few shapes, so that all fit into tables."""

    def __init__(self, terms: Mapping[str, complex]) -> None:
        split = {tuple(term.split(" ")): value for term, value in terms.items() if " " in term}
        distinct = dict.fromkeys([BREAK, *(part for parts in split for part in parts)])
        self.numbers = {part: number for number, part in enumerate(distinct, start=1)}
        size = len(self.numbers) + 1
        coded = {tuple(self.numbers[part] for part in parts): v for parts, v in split.items()}
        beginnings = dict.fromkeys(parts[:2] for parts in coded)
        # Two neighbours have a number, and with it what they add; number 0 is any other pair.
        self._pair = np.zeros((size, size), dtype=np.int32)
        self._pair_adds = np.zeros(len(beginnings) + 1, dtype=complex)
        self._triple = np.zeros((len(beginnings) + 1, size), dtype=np.int32)
        triples = [0j]
        for number, pair in enumerate(beginnings, start=1):
            self._pair[pair] = number
            self._pair_adds[number] = coded.get(pair, 0j)
        for parts, value in coded.items():
            if len(parts) > 2:
                self._triple[self._pair[parts[:2]], parts[2]] = len(triples)
                triples.append(value)
        self._triple_adds = np.array(triples)

    def values(self, shapes: np.ndarray) -> np.ndarray:
        pair = np.zeros(len(shapes), dtype=np.int32)
        pair[1:] = self._pair[shapes[:-1], shapes[1:]]
        adds = self._pair_adds.take(pair)
        triple = self._triple[pair[1:-1], shapes[2:]]
        adds[2:] += self._triple_adds.take(triple)
        return adds
