"""Size, quality and findings of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.ui.guard import at_click
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.dataset.findings import Finding
    from claimclf.services.datasets import Dataset


def show_counts(counts: Mapping[str, int]) -> None:
    """Say in one line how many there are of what; names are plural ones."""
    words = ((n, name.removesuffix("s") if n == 1 else name) for name, n in counts.items())
    st.markdown(" · ".join(f"**{n:,}** {name}" for n, name in words))


def show_size(dataset: Dataset) -> None:
    """Say in one line how large the dataset is, and what of it is of no use."""
    description = dataset.description
    counts = {
        "rows": description.rows,
        "columns": description.columns,
        "complete": description.complete,
        "incomplete": dataset.cleaned.n_dropped,
        "duplicate": description.duplicates,
        "rejected": description.rejected,
    }
    show_counts(counts)


def show_findings(findings: Sequence[Finding]) -> None:
    """Show what misleads, a line each; what to do about it is unfolded on a click."""
    st.subheader("Findings")
    if not findings:
        st.success("Nothing that misleads was found.")
    for finding in findings:
        with st.expander(plain(finding.title)):
            st.markdown(plain(finding.advice))


def show_findings_of(dataset: Dataset) -> None:
    """Show what misleads in a dataset, and offer its rejected rows."""
    description = dataset.description
    show_findings(dataset.findings)
    if description.rejected:
        rejected = dataset.validated.rejected
        st.download_button(
            f"Download the {description.rejected:,} rejected rows",
            at_click(lambda: to_csv_bytes(rejected)),
            "rejected.csv",
            "text/csv",
            on_click="ignore",
        )
