"""Labelled texts of real people, beside the course's: of which kind, and in which groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimclf.dataset.splitting import SEED
from claimclf.dataset.validation.labels import not_understood, unknown_labels
from claimclf.dataset.validation.validated import Validated
from claimclf.errors import TrainingDataError
from claimclf.schema import CLAIM_STATUS, LABELS, TRANSCRIPT, TextKind

#: Column that says in which order sentences were spoken, so that neighbours stay together.
ORDER = "sentence_id"
#: Groups that a source is cut into; each is held out as a whole in turn.
N_GROUPS = 5
# From this share of texts with a name or a tag on, texts are posts.
_POSTS = 0.05
_MARKS = r"(?:^|\s)[@#]\w"
_LEAST_PER_CLASS = 2 * N_GROUPS


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Labelled texts of one source.

    Parameters
    ----------
    name : str
        The file's name.
    sha256 : str
        Hash of its bytes.
    kind : TextKind
        Real speech or real posts.
    rows : DataFrame, shape (n, 2)
        `video_transcription_text` and `claim_status`, none missing.
    group : ndarray of int, shape (n,)
        0 … `N_GROUPS` - 1: stretches of what was said one after another where the file tells
        the order, else drawn at random; equal texts are always together.
    weight : float
        What a row counts beside one of another source.
    """

    name: str
    sha256: str
    kind: TextKind
    rows: pd.DataFrame
    group: np.ndarray
    weight: float = 1.0


def labelled_texts(validated: Validated, weight: float = 1.0) -> LabelledTexts:
    """Take validated labelled sentences as texts to learn from.

    Raises
    ------
    TrainingDataError
        A class has too few rows, or the weight is no positive number.
    """
    if not 0 < weight < float("inf"):
        raise TrainingDataError(
            f"The weight of {validated.table.name} cannot be used.",
            f"Found: {weight}.",
            "Give a number above 0, such as 2 for rows that count double.",
        )
    rows = validated.accepted[[TRANSCRIPT, CLAIM_STATUS]].dropna()
    counts = rows[CLAIM_STATUS].value_counts().reindex(list(LABELS), fill_value=0)
    if counts.min() < _LEAST_PER_CLASS:
        raise TrainingDataError(
            f"{validated.table.name} has too few texts of the class '{counts.idxmin()}'.",
            "Found: "
            + ", ".join(f"{n:,} {label}" for label, n in counts.items())
            + f"{not_understood(unknown_labels(validated))}.",
            f"Give at least {_LEAST_PER_CLASS} texts of each class.",
        )
    frame = validated.table.frame
    order = frame[ORDER].reindex(rows.index) if ORDER in frame else None
    group = _groups(rows[TRANSCRIPT], order)
    kind = kind_of(rows[TRANSCRIPT].tolist())
    plain = rows.reset_index(drop=True)
    return LabelledTexts(validated.table.name, validated.table.sha256, kind, plain, group, weight)


def kind_of(texts: Sequence[str]) -> TextKind:
    """Say whether texts are posts, by the names and tags in them, or speech."""
    marked = pd.Series(texts, dtype="str").str.contains(_MARKS, regex=True).mean()
    return TextKind.POSTS if marked >= _POSTS else TextKind.SPEECH


def _groups(texts: pd.Series, order: pd.Series | None) -> np.ndarray:
    """Cut rows into groups of about equal size; equal texts go with the first of them."""
    if order is None:
        place = np.random.default_rng(SEED).permutation(len(texts))
    else:
        numbers = pd.to_numeric(order, errors="coerce").fillna(np.inf).to_numpy(dtype=float)
        place = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    group = place * N_GROUPS // max(len(texts), 1)
    first = pd.Series(group).groupby(texts.to_numpy()).transform("first")
    whole: np.ndarray = first.to_numpy()
    return whole
