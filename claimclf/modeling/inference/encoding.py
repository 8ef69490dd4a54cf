"""A fitted feature set applied to many rows at once: the very numbers, many times sooner.

The transformer that was fitted says what to do and still does all that is not known here.
Two of its parts are applied another way: n-grams are counted for thousands of texts at once,
and dummies are found by comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import OneHotEncoder

from claimclf.dataset.words import (
    CHUNK_TEXTS,
    MAX_WORDS,
    Lexicon,
    Words,
    first_words,
    plain,
    words,
)
from claimclf.modeling.stored.features import OPENING_WORDS, opening

#: Token pattern -> characters from which on a word counts.
_PATTERNS = {r"(?u)\b\w\w+\b": 2, r"(?u)\b\w+\b": 1}
# Characters at the start of a text that nearly always hold its opening.
_OPENING = 12 * OPENING_WORDS
_MAX_COMBINATIONS = 1 << 20


class _Part(Protocol):
    """One transformer of a feature set."""

    def fill(self, matrix: np.ndarray, rows: pd.DataFrame) -> None:
        """Write the part's columns into a matrix of zeros; NaN for what is not known."""


class Encoder:
    """Applies a fitted feature set.

    Parameters
    ----------
    features : ColumnTransformer
        Fitted; gives a dense matrix.
    """

    def __init__(self, features: ColumnTransformer) -> None:
        self._parts: list[tuple[slice, _Part]] = []
        self._columns: set[str] = set()
        for name, transformer, columns in features.transformers_:
            place = features.output_indices_[name]
            if place.stop > place.start:
                self._parts.append((place, _part(transformer, columns)))
                self._columns |= {columns} if isinstance(columns, str) else set(columns)
        self._n_features = max(place.stop for place, _ in self._parts)

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """Return what the feature set makes of rows.

        Parameters
        ----------
        rows : DataFrame, shape (n, n_columns)
            Typed columns.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
            Not finite where a value is missing, unknown or too large: the pipeline itself
            has to say what becomes of it.
        """
        matrix = np.zeros((len(rows), self._n_features), dtype=np.float32)
        if not self._columns.issubset(rows.columns):
            matrix[:] = np.nan
            return matrix
        # A value that is too large becomes infinite.
        with np.errstate(over="ignore"):
            for place, part in self._parts:
                part.fill(matrix[:, place], rows)
        return matrix


def _part(transformer: Any, columns: Any) -> _Part:
    if type(transformer) is CountVectorizer and _Ngrams.can_count(transformer):
        return _Ngrams(transformer, columns)
    if type(transformer) is OneHotEncoder and _Dummies.can_compare(transformer):
        return _Dummies(transformer, columns)
    return _Own(transformer, columns)


class _Own:
    """A transformer as it is."""

    def __init__(self, transformer: Any, columns: Any) -> None:
        self._transformer, self._columns = transformer, columns

    def fill(self, matrix: np.ndarray, rows: pd.DataFrame) -> None:
        made = self._transformer.transform(rows[self._columns])
        matrix[:] = np.asarray(made.toarray() if hasattr(made, "toarray") else made, dtype=float)


class _Dummies:
    """One-hot encoding with all categories known and one of each column left out."""

    def __init__(self, encoder: OneHotEncoder, columns: Sequence[str]) -> None:
        self._columns = [
            (name, list(categories), int(dropped))
            for name, categories, dropped in zip(
                columns, encoder.categories_, encoder.drop_idx_, strict=True
            )
        ]

    @staticmethod
    def can_compare(encoder: OneHotEncoder) -> bool:
        parameters = encoder.get_params()
        return (
            parameters["handle_unknown"] == "error"
            and parameters["drop"] == "first"
            and parameters["min_frequency"] is None
            and parameters["max_categories"] is None
            and all(isinstance(c, str) for categories in encoder.categories_ for c in categories)
        )

    def fill(self, matrix: np.ndarray, rows: pd.DataFrame) -> None:
        at = 0
        for name, categories, dropped in self._columns:
            hits = np.column_stack([_is(rows[name], category) for category in categories])
            encoded = np.delete(hits, dropped, axis=1)
            matrix[:, at : at + encoded.shape[1]] = encoded
            matrix[~hits.any(axis=1), at : at + encoded.shape[1]] = np.nan
            at += encoded.shape[1]


def _is(column: pd.Series, category: str) -> np.ndarray:
    same: np.ndarray = (column == category).to_numpy(dtype=bool, na_value=False)
    return same


class _Ngrams:
    """Counts of sequences of words, for thousands of texts at once.

    Words are numbered, and a sequence of numbers is looked up in a table of all sequences.
    """

    def __init__(self, vectorizer: CountVectorizer, column: str) -> None:
        self._vectorizer, self._column = vectorizer, column
        self._shortest = _PATTERNS[vectorizer.token_pattern]
        grams = {tuple(gram.split(" ")): c for gram, c in vectorizer.vocabulary_.items()}
        numbers = _numbers(grams)
        stopped = vectorizer.get_stop_words() or ()
        self._knows_others = not all(map(str.isascii, [*vectorizer.vocabulary_, *stopped]))
        self._n_words = len(numbers) + 1
        self._stop = self._n_words  # one number for all of them
        self._lexicon = Lexicon(numbers | {w: self._stop for w in stopped if w.isascii()})
        self._tables = {
            size: self._table({g: c for g, c in grams.items() if len(g) == size}, numbers)
            for size in {len(gram) for gram in grams}
        }

    @staticmethod
    def can_count(vectorizer: CountVectorizer) -> bool:
        parameters = vectorizer.get_params()
        grams = [gram.split(" ") for gram in vectorizer.vocabulary_]
        n_words = len(_numbers(grams))
        return (
            parameters["analyzer"] == "word"
            and parameters["input"] == "content"
            and parameters["strip_accents"] is None
            and parameters["lowercase"]
            and parameters["preprocessor"] in (None, opening)
            and parameters["tokenizer"] is None
            and parameters["token_pattern"] in _PATTERNS
            and n_words + len(vectorizer.get_stop_words() or ()) <= MAX_WORDS
            and (n_words + 1) ** max(map(len, grams)) <= _MAX_COMBINATIONS
        )

    def _table(self, grams: dict[tuple[str, ...], int], numbers: dict[str, int]) -> np.ndarray:
        """Return the column of each sequence of words of one size; -1 for one without."""
        (size,) = {len(gram) for gram in grams}
        table = np.full((self._n_words,) * size, -1)
        for gram, column in grams.items():
            if all(word in numbers for word in gram):
                table[tuple(numbers[word] for word in gram)] = column
        return table

    def fill(self, matrix: np.ndarray, rows: pd.DataFrame) -> None:
        column = rows[self._column]
        if column.isna().any():
            matrix[:] = np.nan
            return
        for start in range(0, len(rows), CHUNK_TEXTS):
            texts = column.iloc[start : start + CHUNK_TEXTS].tolist()
            self._count(texts, matrix[start : start + len(texts)])

    def _count(self, texts: list[str], counts: np.ndarray) -> None:
        read_words, other = self._read(texts)
        self._count_ascii(read_words, counts)
        if other:
            counts[other] = self._vectorizer.transform([texts[i] for i in other]).toarray()

    def _read(self, texts: list[str]) -> tuple[Words, list[int]]:
        """Find the words that count, and the texts that the vectorizer must read itself."""
        is_whole = self._vectorizer.preprocessor is None
        if is_whole:
            read, other = plain(texts)
        else:
            read, other = plain([text[:_OPENING] for text in texts], str.casefold)
        read_words, unsure = words(read, self._shortest), set(other if self._knows_others else ())
        if is_whole:
            return read_words, sorted(unsure)
        read_words, more = first_words(read_words, OPENING_WORDS)
        unsure |= {i for i in np.flatnonzero(~more).tolist() if len(texts[i]) > _OPENING}
        return read_words, sorted(unsure)

    def _count_ascii(self, read_words: Words, counts: np.ndarray) -> None:
        numbers = self._lexicon.numbers(read_words)
        counted = np.flatnonzero(numbers != self._stop)
        numbers, text = numbers.take(counted), read_words.text.take(counted)
        known = np.flatnonzero(numbers)
        for size, table in self._tables.items():
            first = known[known <= len(numbers) - size]
            column = table[tuple(numbers[first + i] for i in range(size))]
            whole = (column >= 0) & (text[first] == text[first + size - 1])
            at = text[first[whole]], column[whole]
            if self._vectorizer.binary:
                counts[at] = 1
            else:
                np.add.at(counts, at, np.float32(1))


def _numbers(grams: Iterable[Sequence[str]]) -> dict[str, int]:
    """Return word -> number, from 1 on, of the words in ASCII that sequences are made of."""
    distinct = dict.fromkeys(word for gram in grams for word in gram if word.isascii())
    return {word: number for number, word in enumerate(distinct, start=1)}
