"""Size, quality and findings of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.ui.guard import at_click
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.services.datasets import Dataset


def show_size(dataset: Dataset) -> None:
    """Say in one line how large the dataset is, and what of it is of no use."""
    description = dataset.description
    figures = {
        "rows": description.rows,
        "columns": description.columns,
        "complete": description.complete,
        "incomplete": dataset.cleaned.n_dropped,
        "duplicate": description.duplicates,
        "rejected": description.rejected,
    }
    st.markdown(" · ".join(f"**{n:,}** {name}" for name, n in figures.items()))


def show_findings(dataset: Dataset) -> None:
    """Show what misleads in it, a line each; what to do about it is unfolded on a click."""
    description = dataset.description
    st.subheader("Findings")
    if not dataset.findings:
        st.success("Nothing that misleads was found.")
    for finding in dataset.findings:
        with st.expander(plain(finding.title)):
            st.markdown(plain(finding.advice))
    if description.rejected:
        rejected = dataset.validated.rejected
        st.download_button(
            f"Download the {description.rejected:,} rejected rows",
            at_click(lambda: to_csv_bytes(rejected)),
            "rejected.csv",
            "text/csv",
        )
