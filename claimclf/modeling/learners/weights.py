"""The weights of a linear model on `SpeechFeatures`, by term and by token."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from claimclf.modeling.stored.terms import BLOCKS, Terms, opening_terms
from claimclf.modeling.stored.tokens import pieces, shape, spelling

# Weights are looked up without what it takes to fit them.
if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

    from claimclf.modeling.stored.speech import SpeechFeatures


#: Tokens whose own weights are remembered.
_KNOWN_TOKENS = 20_000


class Weights:
    """A model's weights by term.

    Each is a complex number: the real part is what its reader says, the imaginary part what
    the gate says.

    Parameters
    ----------
    features : Terms
        What the model reads.
    coefficients : ndarray, shape (n_whole + 1 + n_openings + 1,)
        What it has learnt of each column.
    intercept : float
        What it says of a text of which nothing is known.
    """

    def __init__(self, features: Terms, coefficients: np.ndarray, intercept: float) -> None:
        n_whole = features.n_whole
        whole = features.scale * (coefficients[:n_whole] + 1j * features.gate[:n_whole])
        opening = coefficients[n_whole + 1 : -1] + 1j * features.gate[n_whole:]
        self.by_block: dict[str, dict[str, complex]] = {}
        at = 0
        for block in BLOCKS:
            terms = features.terms(block)
            self.by_block[block] = _paired(terms, whole[at : at + len(terms)])
            at += len(terms)
        self.opening = _paired(features.terms("openings"), opening)
        self.starts = coefficients[n_whole], coefficients[-1]
        self.intercept, self.gate_start = intercept, features.gate_start
        # The texts of a page have most of their words in common.
        self.known_token = lru_cache(maxsize=_KNOWN_TOKENS)(self.of_token)

    def of_token(self, token: str) -> tuple[complex, complex]:
        """Return what a token adds for itself: to the whole text, and in the opening."""
        spelled = spelling(token)
        own = pieces(spelled)
        whole = self.by_block["words"].get(spelled, 0j) + self.by_block["shapes"].get(
            shape(token), 0j
        )
        whole += sum((self.by_block["pieces"].get(piece, 0j) for piece in own), 0j)
        opening = sum((self.opening.get(term, 0j) for term in opening_terms([token])), 0j)
        return whole, opening

    def combined(self, whole: np.ndarray, opening: np.ndarray) -> np.ndarray:
        """Return the log-odds from the sums of both readers and the gate."""
        course = self.course_like(whole, opening)
        start, start_course = self.starts
        real = (1 - course) * (whole.real + start)
        log_odds: np.ndarray = real + course * (opening.real + start_course) + self.intercept
        return log_odds

    def course_like(self, whole: np.ndarray, opening: np.ndarray) -> np.ndarray:
        """Return how much each text is like the course's."""
        share: np.ndarray = expit(whole.imag + opening.imag + self.gate_start)
        return share


def _paired(terms: Sequence[str], values: np.ndarray) -> dict[str, complex]:
    return dict(zip(terms, values.tolist(), strict=True))


@lru_cache(maxsize=8)
def weights_of(features: SpeechFeatures, learner: LogisticRegression) -> Weights:
    """Return a model's weights; kept for as long as a few models are in use."""
    return Weights(features, learner.coef_[0], float(learner.intercept_[0]))


def reads_speech(features: object, learner: object) -> bool:
    """Say whether this is a linear model on `SpeechFeatures`."""
    from sklearn.linear_model import LogisticRegression

    from claimclf.modeling.stored.speech import SpeechFeatures

    is_ours = type(features) is SpeechFeatures and type(learner) is LogisticRegression
    return is_ours and list(learner.classes_) == [0, 1]  # type: ignore[attr-defined]
