"""Features of the models of real speech: two readers, and how much each is listened to.

The course's texts are a world of their own: their framing carries the label, and what is
said does not. One reader looks at the opening, for the course; the other reads the whole
text: words, word pairs, characters within words, and shapes (see `tokens`), each
weighed by how rare it is and divided by the square root of the text's length. How much a text
is like the course's decides, between 0 and 1, how much each reader counts.

Every column is a sum over tokens and pairs of neighbours, scaled by a number for each text.
So a linear model's score is a sum over words, for people who ask and for a processor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array, hstack
from scipy.special import expit
from sklearn.base import BaseEstimator, TransformerMixin

from claimclf.modeling.stored.terms import BLOCKS, Terms, opening_terms
from claimclf.modeling.stored.tokens import BREAK, tokens
from claimclf.schema import TRANSCRIPT


def counted(terms: Iterable[Sequence[str]], columns: dict[str, int]) -> csr_array:
    """Count known terms, shape (n_texts, n_columns)."""
    indices: list[int] = []
    ends = [0]
    for of_text in terms:
        indices += [columns[term] for term in of_text if term in columns]
        ends.append(len(indices))
    shape_ = (len(ends) - 1, len(columns))
    counts = csr_array((np.ones(len(indices)), indices, ends), shape=shape_)
    counts.sum_duplicates()
    return counts


class SpeechFeatures(Terms, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted feature set; `learners.vocabulary` makes it."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, _rows: pd.DataFrame, _labels: object = None) -> SpeechFeatures:
        """Return itself: everything that is learnt is a parameter."""
        return self

    def read(self, texts: Sequence[str]) -> tuple[csr_array, csr_array]:
        """Return what each reader sees: the whole text, scaled, and the opening, counted."""
        tokens_of_texts = [tokens(text) for text in texts]
        blocks = [
            counted(map(terms, tokens_of_texts), _numbered(self.terms(block)))
            for block, terms in BLOCKS.items()
        ]
        length = np.array([max(1, len(of_text)) for of_text in tokens_of_texts])
        whole = diags_array(1 / np.sqrt(length)) @ hstack(blocks) @ diags_array(self.scale)
        opening = counted(map(opening_terms, tokens_of_texts), _numbered(self.terms("openings")))
        return csr_array(whole), opening

    def course_like(self, whole: csr_array, opening: csr_array) -> np.ndarray:
        """Return how much texts are like the course's, shape (n_texts,), 0 to 1."""
        n_whole = self.n_whole
        logit = whole @ self.gate[:n_whole] + opening @ self.gate[n_whole:] + self.gate_start
        share: np.ndarray = expit(logit)
        return share

    def transform(self, rows: pd.DataFrame) -> csr_array:
        """Return the matrix of a linear model.

        Parameters
        ----------
        rows : DataFrame, shape (n, n_columns)
            With transcripts, none missing.

        Returns
        -------
        csr_array of float64, shape (n, n_whole + 1 + n_openings + 1)
            The whole text's terms and a constant, then the opening's and a constant: each
            pair times how much its reader counts.
        """
        whole, opening = self.read(rows[TRANSCRIPT].tolist())
        course = self.course_like(whole, opening)
        real = 1 - course
        parts = [diags_array(real) @ whole, csr_array(real[:, None])]
        parts += [diags_array(course) @ opening, csr_array(course[:, None])]
        return csr_array(hstack(parts))

    def get_feature_names_out(self, _names: object = None) -> np.ndarray:
        """Name the columns, for people."""
        whole = [_readable(term) for block in BLOCKS for term in self.terms(block)]
        opening = [f"opening: {term.removeprefix('=').strip()}" for term in self.terms("openings")]
        names = [*whole, "any text", *opening, "any text of the course"]
        return np.array(names, dtype=object)


def _numbered(terms: Iterable[str]) -> dict[str, int]:
    return {term: number for number, term in enumerate(terms)}


def _readable(term: str) -> str:
    return term.strip().replace(BREAK, "|")
