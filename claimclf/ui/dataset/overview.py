"""Size, quality and findings of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.ui.guard import at_click
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.services.datasets import Dataset


def show_overview(dataset: Dataset) -> None:
    """Show size, quality and findings."""
    description = dataset.description
    tiles = {
        "Rows": f"{description.rows:,}",
        "Columns": f"{description.columns:,}",
        "Complete rows": f"{description.complete:,}",
        "Incomplete rows": f"{dataset.cleaned.n_dropped:,}",
        "Duplicate rows": f"{description.duplicates:,}",
        "Rejected rows": f"{description.rejected:,}",
    }
    for column, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        column.metric(label, value)
    st.subheader("Findings")
    if not dataset.findings:
        st.success("Nothing that misleads was found.")
    for finding in dataset.findings:
        with st.container(border=True):
            st.markdown(f"**{plain(finding.title)}**  \n{plain(finding.advice)}")
    if description.rejected:
        rejected = dataset.validated.rejected
        st.download_button(
            f"Download the {description.rejected:,} rejected rows",
            at_click(lambda: to_csv_bytes(rejected)),
            "rejected.csv",
            "text/csv",
        )
