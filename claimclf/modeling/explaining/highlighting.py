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

from claimclf.modeling.explaining.contributions import contributions
from claimclf.modeling.explaining.explained import Explained, Span
from claimclf.modeling.explaining.sums import explain_words
from claimclf.modeling.learners.weights import reads_speech, weights_of
from claimclf.schema import TRANSCRIPT


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
    features, learner = pipeline["features"], pipeline["model"]
    if reads_speech(features, learner):
        weights = weights_of(features, learner)
        return [explain_words(weights, transcript) for transcript in transcripts]
    contributed = contributions(pipeline, rows.assign(**{TRANSCRIPT: transcripts}))
    readers = _readers(features)
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
