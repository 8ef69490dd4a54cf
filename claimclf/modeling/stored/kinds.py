"""Calibration and lanes for each kind of text, with room for texts that are like no kind.

What `conformal` does for one world, for several. Of which kind a text is, is told from its
words (naive Bayes). How strange a text is for a class is how far its calibrated log-odds are
on the other side, and more the more of its words few training texts had. The p-value of a
class is the share of calibration rows of the same kind and class that are at least as strange.
The calibration rows were scored by models that had not met their group (a stretch of debates,
a framing), so that the shift from one group to the next is part of the promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from claimclf.modeling.stored.conformal import BOTH_WAYS, NEW, TOO_SHORT
from claimclf.modeling.stored.reading import CHUNK_TEXTS, READER, Reading
from claimclf.modeling.stored.tokens import spelling
from claimclf.schema import CLAIM, OPINION, TextKind

#: Kind of text -> share of each class that may be ruled out, unless a lead says otherwise. In
#: real speech the course's half a percent is not to be had; a claim that is taken for an
#: opinion is seen by nobody, an opinion taken for a claim costs a look.
KIND_ERROR_RATES = {
    str(TextKind.SPEECH): {OPINION: 0.1, CLAIM: 0.025},
    str(TextKind.POSTS): {OPINION: 0.1, CLAIM: 0.02},
    str(TextKind.DECIDED): {OPINION: 0.1, CLAIM: 0.02},
}
#: What a text of which every word is new adds to its strangeness, in log-odds.
_STRANGER = 5.0
#: From this share of new words on, a text fits neither class.
_NEW = 0.5
#: A text of fewer words fits neither class: how it goes on may change everything.
_WORDS = 4
_EQUAL = 1e-12
_CLIP = 1e-9


class Words:
    """What words say of the kind of a text.

    Parameters
    ----------
    words : str
        The words that a few training texts had, one a line.
    evidence : ndarray, shape (n_words + 1, n_kinds)
        Logarithm of how frequent each is in texts of each kind; last, that of any other word.
    """

    def __init__(self, words: str, evidence: np.ndarray) -> None:
        known = words.split("\n") if words else []
        self._place = {word: number for number, word in enumerate(known)}
        # A break says nothing.
        self._evidence = np.vstack([evidence, np.zeros((1, evidence.shape[1]))])
        self._places: tuple[list[str], np.ndarray] = ([], np.zeros(0, dtype=np.int64))

    def look(self, transcripts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return number of the kind, share of new words and number of words, each shape (n,)."""
        parts = [
            self._look(READER.read(transcripts[at : at + CHUNK_TEXTS]))
            for at in range(0, len(transcripts), CHUNK_TEXTS)
        ]
        if not parts:
            return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
        kind, new, length = zip(*parts, strict=True)
        return np.concatenate(kind), np.concatenate(new), np.concatenate(length)

    def _look(self, reading: Reading) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = self._placed(reading).take(reading.number)
        of_kind = [reading.sums(evidence.take(place)) for evidence in self._evidence.T]
        new = reading.sums((place == len(self._place)).astype(float))
        length = reading.lengths
        return np.argmax(of_kind, axis=0), new / np.maximum(length, 1), length.astype(float)

    def _placed(self, reading: Reading) -> np.ndarray:
        """Return the line of the evidence for each token's number."""
        tokens, places = self._places
        if tokens is not reading.tokens:
            places = np.array([len(self._place) + 1])
        if len(places) < reading.n:
            more = reading.tokens[len(places) : reading.n]
            lines = [self._place.get(spelling(token), len(self._place)) for token in more]
            places = np.append(places, lines)
        self._places = reading.tokens, places
        return places


@dataclass(frozen=True)
class KindConformal:
    """What was learnt on rows of several kinds; `training.kinds` makes it.

    Parameters
    ----------
    slope, intercept : float
        Of the calibrated log-odds as a function of the learner's.
    kinds : list of str
        The kinds that were learnt from.
    words : str
        As in `Words`.
    evidence : ndarray
        As in `Words`.
    strangeness : list of list of ndarray of float64, ascending
        Of the calibration rows of each kind and, within, of each class in the order of
        `LABELS`.
    """

    slope: float
    intercept: float
    kinds: list[str]
    words: str
    evidence: np.ndarray
    strangeness: list[list[np.ndarray]]

    def calibrated(self, learnt: np.ndarray) -> np.ndarray:
        """Return the calibrated probability of *claim* for the learner's, shape (n,)."""
        probability: np.ndarray = expit(self._log_odds(learnt))
        return probability

    def novelty(self, transcripts: pd.Series) -> np.ndarray:
        """Return number of the kind, share of new words and number of words, shape (n, 3)."""
        return np.column_stack(self._reader.look(transcripts.tolist()))

    @cached_property
    def _reader(self) -> Words:
        return Words(self.words, self.evidence)

    def __getstate__(self) -> dict[str, object]:
        """Return what is written into a file: what was learnt, and nothing made from it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def kind(self, novelty: np.ndarray) -> np.ndarray:
        """Name the kind of each text, shape (n,) of str."""
        names: np.ndarray = np.array(self.kinds, dtype=object)[novelty[:, 0].astype(np.int64)]
        return names

    def p_values(self, learnt: np.ndarray, novelty: np.ndarray) -> np.ndarray:
        """Return the p-value of each class, shape (n, 2); ties count against the text.

        Parameters
        ----------
        learnt : ndarray, shape (n,)
            The learner's own probability of *claim*.
        novelty : ndarray, shape (n, 3)
            As `novelty` returns it.
        """
        kind, new, length = novelty.T
        shown = strange(self._log_odds(learnt), new)
        p_values = np.zeros(shown.shape)
        for number, classes in enumerate(self.strangeness):
            of_kind = kind == number
            for c, own in enumerate(classes):
                at_least = len(own) - np.searchsorted(own, shown[of_kind, c] - _EQUAL)
                p_values[of_kind, c] = (1 + at_least) / (len(own) + 1)
        p_values[~fit_to_judge(new, length)] = 0.0
        return p_values

    def doubts(self, transcripts: pd.Series, novelty: np.ndarray) -> np.ndarray:
        """Say for each text why, if it is uncertain, shape (n,) of str."""
        _, new, length = novelty.T
        which = np.select([length < _WORDS, new >= _NEW], [0, 1], 2)
        doubt: np.ndarray = np.array([TOO_SHORT, NEW, BOTH_WAYS], dtype=object)[which]
        return doubt

    def _log_odds(self, learnt: np.ndarray) -> np.ndarray:
        odds: np.ndarray = self.slope * logit(np.clip(learnt, _CLIP, 1 - _CLIP)) + self.intercept
        return odds


def fit_to_judge(new: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Say which texts are long and familiar enough; any other fits neither class.

    Parameters
    ----------
    new, length : ndarray, shape (n,)
        Share of new words, and number of words.
    """
    fit: np.ndarray = (new < _NEW) & (length >= _WORDS)
    return fit


def strange(log_odds: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return how badly each text fits each class, shape (n, 2), in the order of `LABELS`."""
    both: np.ndarray = np.column_stack([log_odds, -log_odds]) + _STRANGER * new[:, None]
    return both
