"""Figures of a labelled dataset, for the shell and for the dataset page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import Cleaned, is_claim
from claimclf.dataset.validation.validated import Validated
from claimclf.schema import CLAIM_STATUS, DURATION, ENGAGEMENT, LABELS, TEXT_LENGTH, TRANSCRIPT

NUMBERS = (DURATION, *ENGAGEMENT, TEXT_LENGTH)
#: Texts beyond so many times the length that this share of them has at most are far off.
_USUAL, _FAR = 0.99, 2.0


@dataclass(frozen=True)
class Description:
    """What a labelled dataset holds.

    Parameters
    ----------
    rows, columns : int
        Size of the table as read.
    rejected : int
        Rows that break the data contract.
    complete : int
        Accepted rows without a missing value.
    duplicates : int
        Rows equal to an earlier one in every column.
    missing_per_column : dict of str to int
        Accepted rows without a value, for every known column.
    class_shares : dict of str to float
        Label -> share of the complete rows.
    mean_text_length : dict of str to float
        Label -> mean number of characters of the transcripts of the complete rows.
    """

    rows: int
    columns: int
    rejected: int
    complete: int
    duplicates: int
    missing_per_column: dict[str, int]
    class_shares: dict[str, float]
    mean_text_length: dict[str, float]


def describe(validated: Validated, cleaned: Cleaned) -> Description:
    """Count and average what the course's first notebook cells show."""
    rows = cleaned.rows
    shares = rows[CLAIM_STATUS].value_counts(normalize=True)
    lengths = rows.groupby(CLAIM_STATUS)[TEXT_LENGTH].mean()
    return Description(
        rows=len(validated.table),
        columns=validated.table.frame.shape[1],
        rejected=validated.n_rejected,
        complete=len(rows),
        duplicates=int(validated.table.frame.duplicated().sum()),
        missing_per_column={c: cleaned.missing.get(c, 0) for c in validated.columns},
        class_shares={label: float(shares.get(label, 0.0)) for label in LABELS},
        mean_text_length={label: float(lengths[label]) for label in LABELS if label in lengths},
    )


def summary_statistics(rows: pd.DataFrame) -> pd.DataFrame:
    """Return count, mean, spread and quantiles of each number, one row a column."""
    return rows[list(NUMBERS)].describe().T


def longest_drawn(rows: pd.DataFrame) -> int:
    """Return the length up to which texts are told apart in a picture of all of them.

    That is the longest one's, unless a few are so long that all others would stand in a corner.
    """
    most, usual = rows[TEXT_LENGTH].max(), rows[TEXT_LENGTH].quantile(_USUAL)
    return int(most if most <= _FAR * usual else usual)


def length_histogram(rows: pd.DataFrame, bins: int = 40) -> pd.DataFrame:
    """Bin text lengths by class on a linear axis; see `_binned`.

    Texts longer than `longest_drawn` are in the last bin.
    """
    lengths = rows[TEXT_LENGTH].clip(upper=longest_drawn(rows))
    edges = np.linspace(lengths.min(), lengths.max() + 1, bins + 1)
    return _binned(lengths, rows[CLAIM_STATUS], edges)


def count_histogram(rows: pd.DataFrame, column: str, bins: int = 40) -> pd.DataFrame:
    """Bin a count by class on a logarithmic axis; a count of 0 stands in a bin of its own."""
    most = max(float(rows[column].max()), 10.0)
    edges = np.concatenate([[0.0], np.geomspace(1, most * 1.001, bins + 1)])
    return _binned(rows[column], rows[CLAIM_STATUS], edges)


def _binned(values: pd.Series, labels: pd.Series, edges: np.ndarray) -> pd.DataFrame:
    """Count values per class and bin: `label`, `low`, `high`, `videos`."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "label": label,
                    "low": edges[:-1],
                    "high": edges[1:],
                    "videos": np.histogram(values[labels == label], edges)[0],
                }
            )
            for label in LABELS
        ],
        ignore_index=True,
    )


def shares_by_class(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return how a category is made up within each class: `label`, value, `videos`, `share`."""
    counts = rows.groupby([CLAIM_STATUS, column]).size().rename("videos").reset_index()
    totals = counts.groupby(CLAIM_STATUS)["videos"].transform("sum")
    return counts.rename(columns={CLAIM_STATUS: "label"}).assign(share=counts["videos"] / totals)


def correlations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman's rank correlations of the numbers and the label (claim = 1).

    Ranks, because the counts are far from normal: a few videos have most of the views.
    """
    return rows[list(NUMBERS)].assign(claim=is_claim(rows)).corr(method="spearman")


def telling_ngrams(rows: pd.DataFrame, most: int = 12) -> pd.DataFrame:
    """Return the word n-grams (1 to 3 words) that distinguish the classes best.

    Parameters
    ----------
    rows : DataFrame
        Complete labelled rows.
    most : int
        How many for each class.

    Returns
    -------
    DataFrame, shape (at most 2 * most, 4)
        `label`, `ngram`, `videos` (how many contain it) and `log_odds`: the logarithm of
        the ratio of the shares of videos containing it, half a video added to each count.
    """
    if rows.empty:
        return pd.DataFrame(columns=["label", "ngram", "videos", "log_odds"])
    from sklearn.feature_extraction.text import CountVectorizer  # takes seconds to import

    counter = CountVectorizer(ngram_range=(1, 3), binary=True, min_df=min(20, len(rows)))
    try:
        contains = counter.fit_transform(rows[TRANSCRIPT])
    except ValueError:  # no n-gram is frequent enough
        return pd.DataFrame(columns=["label", "ngram", "videos", "log_odds"])
    claim = is_claim(rows).to_numpy().astype(bool)
    in_claims = np.asarray(contains[claim].sum(axis=0)).ravel()
    in_opinions = np.asarray(contains[~claim].sum(axis=0)).ravel()
    log_odds = np.log((in_claims + 0.5) / (claim.sum() + 1)) - np.log(
        (in_opinions + 0.5) / ((~claim).sum() + 1)
    )
    ngrams = pd.DataFrame(
        {
            "ngram": counter.get_feature_names_out(),
            "videos": in_claims + in_opinions,
            "log_odds": log_odds,
        }
    ).sort_values("log_odds")
    opinions, claims = ngrams.head(most), ngrams.tail(most).iloc[::-1]
    both = {LABELS[0]: opinions[opinions.log_odds < 0], LABELS[1]: claims[claims.log_odds > 0]}
    return pd.concat([part.assign(label=label) for label, part in both.items()])[
        ["label", "ngram", "videos", "log_odds"]
    ].reset_index(drop=True)
