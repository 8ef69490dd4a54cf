"""Calibrated probability, and how little a video looks like what each class was learnt from.

Both are learnt on rows that trained nothing.

*Calibration* is Platt's: a logistic function of the learner's log-odds.

*Lanes* are class-conditional conformal prediction (Vovk et al. 2005, Mondrian). How strange a
video is for a class is ``(1 - p of the class) + novelty for the class``, where novelty is the
share of word pairs in the first four words (the start counts as a word) that few training
rows of the class have. The p-value of a class is the share of calibration rows of the class
that are at least as strange, the video itself counted in. A class whose p-value is at most
its error rate is ruled out, which happens to no more than this share of its videos, whatever
the learner does. One class left over is the lane; both or neither is `uncertain`. Because
novelty is part of the score, a text unlike anything learnt is ruled out for both classes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from claimclf.dataset.words import CHUNK_TEXTS, Lexicon, plain, words
from claimclf.schema import CLAIM, LABELS, OPINION, TOO_SHORT_TO_JUDGE, UNLIKE_TRAINING, Lane

#: Share of each class's videos that its own class may be ruled out for.
DEFAULT_ERROR_RATES = {OPINION: 0.005, CLAIM: 0.005}
#: Words at the start of a transcript whose pairs are looked at.
_WORDS = 4
#: A pair is known to a class from this many of its training rows on.
_KNOWN = 10
#: From this novelty on, for either class, half of what begins a transcript is new.
_NEW = 0.5
_WORD = re.compile(r"\w+")
_START = "^"
#: Two scores that differ by rounding only are equally strange.
_EQUAL = 1e-12
_CLIP = 1e-3
#: Of the curve: further ones depend on the processor that it was fitted on.
_DIGITS = 9

TOO_SHORT, NEW = TOO_SHORT_TO_JUDGE, UNLIKE_TRAINING
BOTH_WAYS = "words point both ways"


@dataclass(frozen=True)
class Conformal:
    """What was learnt on the calibration rows; made by `learn`.

    Parameters
    ----------
    slope, intercept : float
        Of the calibrated log-odds as a function of the learner's.
    known : dict of str to list of bool
        Word pair -> whether each class knows it, in the order of `LABELS`.
    strangeness : list of ndarray of float64, ascending
        Of each class's calibration rows, in the order of `LABELS`.
    """

    slope: float
    intercept: float
    known: dict[str, list[bool]]
    strangeness: list[np.ndarray]

    def calibrated(self, learnt: np.ndarray) -> np.ndarray:
        """Return the calibrated probability of *claim* for the learner's, shape (n,)."""
        probability: np.ndarray = expit(self.slope * _log_odds(learnt) + self.intercept)
        return probability

    def novelty(self, transcripts: pd.Series) -> np.ndarray:
        """Return the share of new word pairs for each class, shape (n, 2), 0 to 1."""
        seen = _Pairs(self.known).seen(transcripts.tolist())
        return 1 - np.minimum(seen / _WORDS, 1.0)

    def p_values(self, learnt: np.ndarray, novelty: np.ndarray) -> np.ndarray:
        """Return the p-value of each class, shape (n, 2); ties count against the video.

        Parameters
        ----------
        learnt : ndarray, shape (n,)
            The learner's own probability of *claim*.
        novelty : ndarray, shape (n, 2)
            As `novelty` returns it.
        """
        shown = _strangeness(learnt, novelty)
        return np.column_stack(
            [
                (1 + len(own) - np.searchsorted(own, shown[:, c] - _EQUAL)) / (len(own) + 1)
                for c, own in enumerate(self.strangeness)
            ]
        )

    def doubts(self, transcripts: pd.Series, novelty: np.ndarray) -> np.ndarray:
        """Say for each video why, if it is uncertain, shape (n,) of str."""
        return doubts(transcripts, novelty)

    def kind(self, _novelty: np.ndarray) -> None:
        """Return None: one kind of text is all it knows."""
        return


def learn(
    learnt: np.ndarray,
    transcripts: pd.Series,
    labels: np.ndarray,
    trained_on: pd.Series,
    trained_labels: np.ndarray,
) -> Conformal:
    """Calibrate, and collect what is known and how strange each class's own rows are.

    Parameters
    ----------
    learnt : ndarray, shape (n,)
        The learner's probability of *claim* for the calibration rows.
    transcripts, labels : Series of str, array-like of int, shape (n,)
        The calibration rows; 1 for claim.
    trained_on, trained_labels : Series of str, array-like of int, shape (n_train,)
        The rows that the learner was trained on: what they say is known.
    """
    from sklearn.linear_model import LogisticRegression  # for who fits, not for who applies

    labels = np.asarray(labels)
    curve = LogisticRegression().fit(_log_odds(learnt).reshape(-1, 1), labels)
    slope, intercept = (
        round(float(coefficient), _DIGITS) for coefficient in (*curve.coef_[0], curve.intercept_[0])
    )
    known = _known_pairs(trained_on, np.asarray(trained_labels))
    bare = Conformal(slope, intercept, known, [])
    strange = _strangeness(learnt, bare.novelty(transcripts))
    own = [np.sort(strange[labels == c, c]) for c in range(len(LABELS))]
    return Conformal(bare.slope, bare.intercept, known, own)


def lanes(p_values: np.ndarray, error_rates: Mapping[str, float]) -> np.ndarray:
    """Put each video into the lane of the one class that is not ruled out.

    Parameters
    ----------
    p_values : ndarray, shape (n, 2)
        In the order of `LABELS`.
    error_rates : mapping of str to float
        Label -> share of its videos that the label may be ruled out for.
    """
    opinion, claim = (p_values[:, c] > error_rates[label] for c, label in enumerate(LABELS))
    alone = [claim & ~opinion, opinion & ~claim]
    return np.select(alone, [Lane.CLAIMS, Lane.OPINIONS], Lane.UNCERTAIN)


def doubts(transcripts: pd.Series, novelty: np.ndarray) -> np.ndarray:
    """Say for each video why, if it is uncertain, shape (n,) of str."""
    short = [len(text.split(None, _WORDS)) < _WORDS for text in transcripts.tolist()]
    which = np.select([np.array(short, dtype=bool), novelty.min(axis=1) >= _NEW], [0, 1], 2)
    # Objects: the longest of them would otherwise be the size of all.
    doubt: np.ndarray = np.array([TOO_SHORT, NEW, BOTH_WAYS], dtype=object)[which]
    return doubt


def _log_odds(probability: np.ndarray) -> np.ndarray:
    odds: np.ndarray = logit(np.clip(probability, _CLIP, 1 - _CLIP))
    return odds


def _strangeness(learnt: np.ndarray, novelty: np.ndarray) -> np.ndarray:
    """Return how badly each row fits each class, shape (n, 2)."""
    strange: np.ndarray = np.column_stack([learnt, 1 - learnt]) + novelty
    return strange


class _Pairs:
    """Finds known word pairs at the start of many transcripts.

    Words are numbered, and a pair of numbers is looked up in a table of all pairs.
    """

    def __init__(self, known: dict[str, list[bool]]) -> None:
        self._known = known
        pairs = [pair.split(" ") for pair in known]
        distinct = dict.fromkeys([_START, *(word for pair in pairs for word in pair)])
        numbers = {word: number for number, word in enumerate(distinct, start=1)}
        self._lexicon = Lexicon({word: n for word, n in numbers.items() if word.isascii()})
        self._knows_others = not all(map(str.isascii, numbers))
        self._table = np.zeros((len(numbers) + 1, len(numbers) + 1, len(LABELS)), dtype=bool)
        for (first, second), classes in zip(pairs, known.values(), strict=True):
            self._table[numbers[first], numbers[second]] = classes

    def seen(self, transcripts: list[str]) -> np.ndarray:
        """Return how many pairs each class knows, shape (n, 2) of float."""
        seen = np.zeros((len(transcripts), len(LABELS)))
        for at in range(0, len(transcripts), CHUNK_TEXTS):
            starts = _starts(transcripts[at : at + CHUNK_TEXTS])
            read, other = plain(starts)
            seen[at : at + len(starts)] = self._counted(read)
            for i in other if self._knows_others else ():
                classes = [self._known[pair] for pair in _pairs(starts[i]) if pair in self._known]
                seen[at + i] = np.sum(classes, axis=0)
        return seen

    def _counted(self, starts: list[str]) -> np.ndarray:
        start_words = words(starts)
        second = self._lexicon.numbers(start_words)
        begins = np.diff(start_words.text, prepend=-1) > 0
        first = np.where(begins, 1, np.roll(second, 1))  # the start's number is 1
        known = self._table[first, second]
        counted = [np.bincount(start_words.text, of_class, len(starts)) for of_class in known.T]
        return np.column_stack(counted)


def _starts(transcripts: Sequence[str]) -> list[str]:
    """Return the first words of each transcript, in one spelling."""
    starts = "\n".join([" ".join(text.split(None, _WORDS)[:_WORDS]) for text in transcripts])
    # Without apostrophes "I'm" is "Im", as people type it and captions have it.
    return starts.casefold().replace("'", "").replace("’", "").split("\n")


def _pairs(start: str) -> list[str]:
    return [f"{first} {second}" for first, second in pairwise([_START, *_WORD.findall(start)])]


def _known_pairs(transcripts: pd.Series, labels: np.ndarray) -> dict[str, list[bool]]:
    counts = [Counter(_distinct(transcripts[labels == c])) for c in range(len(LABELS))]
    pairs = sorted({pair for count in counts for pair, n in count.items() if n >= _KNOWN})
    return {pair: [count[pair] >= _KNOWN for count in counts] for pair in pairs}


def _distinct(transcripts: Iterable[str]) -> Iterator[str]:
    """Yield each transcript's pairs, each once a transcript."""
    for start in _starts(list(transcripts)):
        yield from set(_pairs(start))
