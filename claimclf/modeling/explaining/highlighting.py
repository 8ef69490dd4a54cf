"""Where in a transcript a score comes from: what each word added, and what is not a word.

A model that reads words sees features such as "someone" or "read online", not a text. The
fitted vectorizer knows how the one became the other (case, the opening only, stop words,
n-grams), so its own steps are repeated here with the words' places kept.

A tree also asks for words that are not there, and "no *opinion* among the first words" may
well be why a video is taken for a claim. Such effects have no place in the text; they are
told apart and kept, so that all parts add up to the score.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline

from claimclf.modeling.explaining.contributions import Unit, contributions
from claimclf.modeling.explaining.sums import by_word, word_sums
from claimclf.modeling.learners.weights import reads_speech
from claimclf.schema import TRANSCRIPT


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


def explain(pipeline: Pipeline, rows: pd.DataFrame) -> list[Explained]:
    """Say of each video which words of its transcript moved the score, and what else did.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted: a ColumnTransformer named `features`, then a random forest or XGBoost's
        classifier. Its word-based vectorizers of the transcript are read; features of any
        other transformer are among `others`.
    rows : DataFrame, shape (n_rows, n_columns)
        A missing transcript is taken for an empty one; the other columns that the pipeline
        reads have no missing values.

    Raises
    ------
    UnsuitableModelError
        The learner is of another kind.
    """
    transcripts = rows[TRANSCRIPT].astype("str").fillna("")
    if reads_speech(pipeline["features"], pipeline["model"]):
        return [_summed(pipeline, transcript) for transcript in transcripts]
    contributed = contributions(pipeline, rows.assign(**{TRANSCRIPT: transcripts}))
    readers = _readers(pipeline["features"])
    is_word = np.zeros(len(contributed.names), dtype=bool)
    is_word[[feature for reader in readers for feature in reader.vocabulary.values()]] = True
    explained = []
    for transcript, values in zip(transcripts, contributed.values, strict=True):
        occurrences = [o for reader in readers for o in reader.occurrences(transcript)]
        is_present = np.zeros_like(is_word)
        is_present[[occurrence.feature for occurrence in occurrences]] = True
        spans = tuple(_merged(occurrences, values))
        parts = (contributed.names, values, is_word, is_present, contributed.bias, contributed.unit)
        explained.append(Explained(transcript, spans, *parts))
    return explained


def _summed(pipeline: Pipeline, transcript: str) -> Explained:
    """Explain a linear model: what each word adds, equal words together."""
    sums = word_sums(pipeline["features"], pipeline["model"], transcript)
    spans = tuple(
        Span(start, stop, value)
        for (start, stop), value in zip(sums.places, sums.adds.tolist(), strict=True)
    )
    names, values = by_word(sums)
    everywhere = np.ones(len(names), dtype=bool)
    return Explained(
        transcript, spans, names, values, everywhere, everywhere, sums.bias, "log-odds"
    )


class _Place(NamedTuple):
    """Characters of a transcript."""

    start: int
    stop: int


class _Occurrence(NamedTuple):
    """A feature where it stands in a transcript; without a place if that is not known."""

    feature: int
    place: _Place | None


@dataclass(frozen=True)
class _Reader:
    """A fitted vectorizer, taken apart so that words keep their places.

    Parameters
    ----------
    vocabulary : dict of str to int
        N-gram -> its column in the pipeline's matrix.
    preprocess : callable
        What the vectorizer does to a text before it looks for words.
    fold : callable
        The same for a single character, as far as it changes case.
    pattern : Pattern
        What a word is; its group, if it has one, else all of it.
    stop_words : frozenset of str
        Words left out before n-grams are made.
    lengths : range
        Words in an n-gram.
    """

    vocabulary: dict[str, int]
    preprocess: Callable[[str], str]
    fold: Callable[[str], str]
    pattern: re.Pattern[str]
    stop_words: frozenset[str]
    lengths: range

    @classmethod
    def of(cls, vectorizer: CountVectorizer, first_column: int) -> _Reader:
        shortest, longest = vectorizer.ngram_range
        return cls(
            {ngram: first_column + int(i) for ngram, i in vectorizer.vocabulary_.items()},
            vectorizer.build_preprocessor(),
            # Of preprocessors of our own only this is assumed: that they compare casefolded.
            str.casefold if vectorizer.preprocessor else str.lower,
            re.compile(vectorizer.token_pattern),
            frozenset(vectorizer.get_stop_words() or ()),
            range(shortest, longest + 1),
        )

    def occurrences(self, transcript: str) -> Iterator[_Occurrence]:
        """Yield each n-gram of the vocabulary wherever it occurs."""
        tokens = self._tokens(transcript)
        counted = [(word, place) for word, place in tokens if word not in self.stop_words]
        for length in self.lengths:
            for i in range(len(counted) - length + 1):
                words, places = zip(*counted[i : i + length], strict=True)
                feature = self.vocabulary.get(" ".join(words))
                if feature is not None:
                    yield _Occurrence(feature, _around(places))

    def _tokens(self, transcript: str) -> Iterator[tuple[str, _Place | None]]:
        """Yield the vectorizer's words, in order, each with its place in the transcript."""
        places = list(self._places(transcript))
        having = defaultdict(list)
        for number, (word, _) in enumerate(places):
            having[word].append(number)
        next_place = 0
        for match in self.pattern.finditer(self.preprocess(transcript)):
            word = match.group(self.pattern.groups)
            numbers = having[word.casefold()]
            at = bisect_left(numbers, next_place)
            if at == len(numbers):  # a word that the preprocessor made up
                yield word, None
                continue
            next_place = numbers[at] + 1
            yield word, places[numbers[at]][1]

    def _places(self, transcript: str) -> Iterator[tuple[str, _Place]]:
        """Yield all words of the transcript, casefolded, with their places."""
        folded = [self.fold(character) for character in transcript]
        # Case folding can make two characters of one, as with ß and İ.
        origin = [i for i, characters in enumerate(folded) for _ in characters]
        for match in self.pattern.finditer("".join(folded)):
            start, stop = match.span(self.pattern.groups)
            word = match.group(self.pattern.groups).casefold()
            if start < stop:
                end = _with_marks(transcript, origin[stop - 1] + 1)
                yield word, _Place(origin[start], end)


def _readers(features: ColumnTransformer) -> list[_Reader]:
    return [
        _Reader.of(transformer, features.output_indices_[name].start)
        for name, transformer, column in features.transformers_
        if isinstance(transformer, CountVectorizer)
        and column == TRANSCRIPT
        and transformer.analyzer == "word"
        and transformer.tokenizer is None
    ]


def _around(places: tuple[_Place | None, ...]) -> _Place | None:
    """Return the stretch from the first to the last place, stop words between included."""
    known = [place for place in places if place is not None]
    return _Place(known[0].start, known[-1].stop) if known else None


def _merged(occurrences: list[_Occurrence], values: np.ndarray) -> Iterator[Span]:
    """Yield spans in order, those that overlap as one."""
    placed = sorted((o.place, o.feature) for o in occurrences if o.place is not None)
    i = 0
    while i < len(placed):
        (start, stop), features = placed[i][0], set()
        while i < len(placed) and placed[i][0].start < stop:
            stop = max(stop, placed[i][0].stop)
            features.add(placed[i][1])
            i += 1
        yield Span(start, stop, float(values[sorted(features)].sum()))


def _with_marks(transcript: str, stop: int) -> int:
    """Move a word's end behind the accents of its last letter, which patterns leave out."""
    while stop < len(transcript) and unicodedata.category(transcript[stop]).startswith("M"):
        stop += 1
    return stop
