"""What a dataset holds: columns, classes, texts, counts, correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.dataset import describing
from claimclf.schema import (
    BAN_STATUS,
    CLAIM,
    ENGAGEMENT,
    LABELLED,
    LABELS,
    VERIFIED_STATUS,
)
from claimclf.ui.cached import drawn_once

if TYPE_CHECKING:
    from claimclf.services.datasets import Dataset


def show_parts(dataset: Dataset) -> None:
    """Draw each part in a tab of its own."""
    tabs = {
        "Columns": _show_columns,
        "Classes": _show_classes,
        "Texts": _show_texts,
        "Counts": _show_counts,
        "Correlations": _show_correlations,
    }
    for tab, show in zip(st.tabs(list(tabs)), tabs.values(), strict=True):
        with tab:
            show(dataset.sha256, dataset)


@st.cache_data(show_spinner="Counting …", max_entries=4)
def _figures(sha256: str, _dataset: Dataset) -> dict[str, pd.DataFrame]:
    """Compute every table that the page draws, once per dataset."""
    rows = _dataset.cleaned.rows
    return {
        "statistics": describing.summary_statistics(rows),
        "correlations": describing.correlations(rows),
        "ngrams": describing.telling_ngrams(rows),
        **{name: describing.shares_by_class(rows, name) for name in (VERIFIED_STATUS, BAN_STATUS)},
        **{name: describing.count_histogram(rows, name) for name in ENGAGEMENT},
    }


def _columns_table(dataset: Dataset) -> pd.DataFrame:
    """Return one row a column: what it is, its type and how many values are missing."""
    return pd.DataFrame(
        [
            {
                "column": name,
                "type": str(LABELLED[name].kind),
                "unit": LABELLED[name].unit,
                "what it says": LABELLED[name].description,
                "missing": dataset.description.missing_per_column[name],
            }
            for name in dataset.validated.columns
        ]
    )


@drawn_once
def _show_columns(sha256: str, _dataset: Dataset) -> None:
    """Show columns with types and missing values, and summary statistics."""
    st.subheader("Columns and missing values")
    st.dataframe(_columns_table(_dataset), hide_index=True)
    st.subheader("Summary statistics of the complete rows")
    statistics = _figures(sha256, _dataset)["statistics"]
    st.dataframe(statistics.style.format("{:,.1f}").format("{:,.0f}", subset=["count"]))


@drawn_once
def _show_classes(sha256: str, _dataset: Dataset) -> None:
    """Show the author's status by class."""
    tables = _figures(sha256, _dataset)
    left, right = st.columns(2)
    for place, column, title in (
        (left, VERIFIED_STATUS, "Verified status by class"),
        (right, BAN_STATUS, "Ban status by class"),
    ):
        with place:
            st.subheader(title)
            st.plotly_chart(charts.shares_by_class(tables[column], column))


@drawn_once
def _show_texts(sha256: str, _dataset: Dataset) -> None:
    """Show mean text lengths and telling words by class."""
    tables = _figures(sha256, _dataset)
    means = _dataset.description.mean_text_length
    st.subheader("Text length by class")
    for column, label in zip(st.columns(2), reversed(LABELS), strict=True):
        if label in means:
            column.metric(f"Mean text length of {label}s", f"{means[label]:.2f} characters")
    st.subheader("Most telling word n-grams by class")
    for column, label in zip(st.columns(2), reversed(LABELS), strict=True):
        column.plotly_chart(charts.telling_ngrams(tables["ngrams"], label))


@drawn_once
def _show_counts(sha256: str, _dataset: Dataset) -> None:
    """Show each count's distribution by class."""
    tables = _figures(sha256, _dataset)
    st.subheader("Counts by class")
    for start in range(0, len(ENGAGEMENT), 2):
        names = ENGAGEMENT[start : start + 2]
        for column, name in zip(st.columns(2), names, strict=False):
            column.plotly_chart(charts.count_histogram(tables[name], name))


@drawn_once
def _show_correlations(sha256: str, _dataset: Dataset) -> None:
    """Show how the numbers go together."""
    st.subheader("Rank correlations (Spearman)")
    st.caption(f"Of the numbers with each other and with the label ({CLAIM} = 1).")
    st.plotly_chart(charts.correlations(_figures(sha256, _dataset)["correlations"]))
