"""The terms of real speech that a model knows, and what each counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from claimclf.modeling.stored.tokens import (
    BREAK,
    OPENING_TOKENS,
    pieces,
    runs,
    shape,
    spelling,
)

_Terms = Callable[[Sequence[str]], list[str]]


def word_terms(text_tokens: Sequence[str]) -> list[str]:
    """Return words and word pairs of a text's tokens."""
    return runs([BREAK, *map(spelling, text_tokens), BREAK], (1, 2))


def piece_terms(text_tokens: Sequence[str]) -> list[str]:
    """Return the pieces of a text's tokens."""
    return [piece for token in text_tokens for piece in pieces(spelling(token))]


def shape_terms(text_tokens: Sequence[str]) -> list[str]:
    """Return shapes of a text's tokens, up to three neighbours."""
    return runs([BREAK, *map(shape, text_tokens), BREAK], (1, 2, 3))


def opening_terms(text_tokens: Sequence[str]) -> list[str]:
    """Return the words of a text's opening, marked as words, and their pieces."""
    opening = [spelling(token) for token in text_tokens[:OPENING_TOKENS]]
    return [
        *(f"={word}" for word in opening),
        *(piece for word in opening for piece in pieces(word)),
    ]


#: What reads the whole text, in the order of columns.
BLOCKS: dict[str, _Terms] = {"words": word_terms, "pieces": piece_terms, "shapes": shape_terms}


class Terms:
    """What a fitted feature set of real speech has learnt: enough to apply a linear model on it.

    Parameters
    ----------
    words, pieces, shapes, openings : str
        The terms of each block, one a line, in the order of columns.
    scale : ndarray, shape (n_whole,)
        What a term of the whole text counts.
    gate : ndarray, shape (n_whole + n_openings,)
        How much each term speaks for a text of the course.
    gate_start : float
        The same for a text of which nothing is known.
    """

    def __init__(
        self,
        words: str,
        pieces: str,
        shapes: str,
        openings: str,
        scale: np.ndarray,
        gate: np.ndarray,
        gate_start: float,
    ) -> None:
        self.words = words
        self.pieces = pieces
        self.shapes = shapes
        self.openings = openings
        self.scale = scale
        self.gate = gate
        self.gate_start = gate_start

    def terms(self, block: str) -> list[str]:
        """Return the terms of a block, in the order of columns."""
        lines: str = getattr(self, block)
        return lines.split("\n") if lines else []

    @property
    def n_whole(self) -> int:
        """Number of terms of the whole text."""
        return len(self.scale)

    @property
    def n_openings(self) -> int:
        """Number of terms of the opening."""
        return len(self.gate) - self.n_whole
