"""What an analyst must know before trusting a dataset, each with its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import Cleaned, is_claim, is_synthetic
from claimclf.dataset.describing import NUMBERS, Description
from claimclf.dataset.statements import ENDING_WORDS, endings
from claimclf.schema import CLAIM_STATUS, LABELS, TRANSCRIPT

_SEPARATES_ALONE = 0.95
_IMBALANCED = 0.4
_OPENING_WORDS = 2


class Level(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    WATCH = "watch"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing to know of a dataset or of a model.

    Parameters
    ----------
    code : str
        Stable name, for tests and links.
    title : str
        What was found, with its number.
    number : float
        The number behind `level`, a share from 0 to 1; a gap can be below 0.
    advice : str
        Why it matters and what to do.
    level : Level
        Whether to act.
    """

    code: str
    title: str
    number: float
    advice: str
    level: Level


def graded(number: float, watch: float, warning: float) -> Level:
    """Grade a number that is worse the higher it is; a bound itself is fine."""
    if number > warning:
        return Level.WARNING
    return Level.WATCH if number > watch else Level.FINE


def findings(description: Description, cleaned: Cleaned) -> list[Finding]:
    """Check a dataset for what misleads models and their readers; what is fine is left out."""
    of_rows = _quality(description, cleaned)
    of_content = _content(cleaned.rows) if len(cleaned.rows) else ()
    return [*of_rows, *of_content]


def _quality(description: Description, cleaned: Cleaned) -> Iterator[Finding]:
    if is_synthetic(cleaned.rows):
        yield Finding(
            "synthetic",
            f"All {len(cleaned.rows):,} complete rows are synthetic",
            1.0,
            "They show how the dashboard works. Say nothing about real videos from them.",
            Level.WARNING,
        )
    if description.rejected:
        yield Finding(
            "rejected",
            f"{description.rejected:,} of {description.rows:,} rows break the data contract",
            description.rejected / description.rows,
            "They are left out everywhere below; download them to see why.",
            Level.WATCH,
        )
    if cleaned.n_dropped:
        share = cleaned.n_dropped / cleaned.n_accepted
        columns = ", ".join(f"{name} ({n:,})" for name, n in cleaned.missing.items())
        yield Finding(
            "missing",
            f"{cleaned.n_dropped:,} rows ({share:.1%}) have missing values",
            share,
            f"Missing in {columns}. They are dropped for training and in the charts, "
            "as the course does.",
            Level.WATCH,
        )
    if description.duplicates:
        yield Finding(
            "duplicates",
            f"{description.duplicates:,} rows repeat an earlier row",
            description.duplicates / description.rows,
            "Repeated rows can stand in training and test at once; remove them.",
            Level.WATCH,
        )


def _content(rows: pd.DataFrame) -> Iterator[Finding]:
    shares = rows[CLAIM_STATUS].value_counts(normalize=True).reindex(LABELS, fill_value=0.0)
    if shares.min() < _IMBALANCED:
        yield Finding(
            "imbalance",
            f"Only {shares.min():.1%} of the rows are labelled '{shares.idxmin()}'",
            float(shares.min()),
            "Accuracy misleads on unequal classes; read recall and precision.",
            graded(1 - float(shares.min()), watch=1 - _IMBALANCED, warning=0.9),
        )
    for column in NUMBERS:
        cut, right = best_cut(rows[column].to_numpy(), is_claim(rows).to_numpy())
        if right >= _SEPARATES_ALONE:
            yield Finding(
                "separates_alone",
                f"'{column} > {cut:,.0f}' alone is right for {right:.1%} of the rows",
                right,
                "A model that leans on this column mostly repeats one comparison. It will "
                "fail where the column does not say it yet, as for a video just posted.",
                Level.WARNING,
            )
    yield from _texts(rows[TRANSCRIPT], is_claim(rows))


def _texts(transcripts: pd.Series, claim: pd.Series) -> Iterator[Finding]:
    words = transcripts.str.casefold().str.split()
    statement = endings(transcripts)
    shared = statement.duplicated(keep=False).mean()
    if shared > 0.5:
        both = claim.groupby(statement).nunique().eq(2)
        yield Finding(
            "near_identical_statements",
            f"{shared:.1%} of the transcripts end in the same {ENDING_WORDS} words as "
            f"another: {statement.nunique():,} distinct endings",
            float(shared),
            f"{both.mean():.0%} of these endings stand in claims and in opinions, so the "
            "statement itself does not tell the class. Keep each statement in one split "
            "when you measure how a model meets new ones.",
            Level.WARNING,
        )
    opening = words.str[:_OPENING_WORDS].str.join(" ")
    majority = claim.groupby(opening).transform("mean").round()
    right = float((majority == claim).mean())
    if right >= _SEPARATES_ALONE:
        yield Finding(
            "opening_words",
            f"The first {_OPENING_WORDS} words alone are right for {right:.1%} of the rows",
            right,
            f"{opening.nunique():,} openings carry the label. Real speech is less regular: "
            "test a model on openings that it has never seen.",
            Level.WARNING,
        )


def best_cut(values: np.ndarray, is_claim: np.ndarray) -> tuple[float, float]:
    """Find the cut for which "claim above the cut" is right most often.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A number for each row.
    is_claim : ndarray of 0 and 1, shape (n,)
        The labels.

    Returns
    -------
    cut, right : float
        The largest value below the cut, and the share of rows for which it is right.
    """
    order = np.argsort(values, kind="stable")
    ordered, labels = values[order], is_claim[order]
    opinions_below = np.concatenate([[0], np.cumsum(1 - labels)])
    claims_above = labels.sum() - np.concatenate([[0], np.cumsum(labels)])
    right = (opinions_below + claims_above) / len(values)
    # A cut between two equal values cannot be made.
    possible = np.concatenate([[True], ordered[1:] != ordered[:-1], [True]])
    best = int(np.argmax(np.where(possible, right, 0)))
    cut = float(ordered[best - 1]) if best else float(ordered[0] - 1)
    return cut, float(right[best])
