"""What the feature sets of stored pipelines call for each video."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claimclf.schema import TEXT_LENGTH

#: Words of a transcript that the content models read.
OPENING_WORDS = 6


def text_length(transcripts: pd.DataFrame) -> np.ndarray:
    """Return the number of characters of each transcript, shape (n_rows, 1)."""
    return transcripts.iloc[:, 0].str.len().to_numpy(dtype=float).reshape(-1, 1)


def text_length_name(_transformer: object, _names: object) -> list[str]:
    """Name the one column that `text_length` returns."""
    return [TEXT_LENGTH]


def opening(transcript: str) -> str:
    """Return the first words of a transcript, case folded: where it says how it is meant.

    "A friend read online that …" and "our view is that …" tell a claim from an opinion
    whatever follows; what follows is the statement, which a model must not learn by heart.
    """
    return " ".join(transcript.split(None, OPENING_WORDS)[:OPENING_WORDS]).casefold()
