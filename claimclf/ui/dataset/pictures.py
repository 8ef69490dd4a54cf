"""Class balance beside text length by class: what one looks for first, whatever is looked at."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.dataset import describing
from claimclf.schema import CLAIM_STATUS, LABELS, TEXT_LENGTH
from claimclf.ui.cached import drawn_once

#: Pixels: both pictures are on the first screen.
_PICTURE = 300


@drawn_once
def show_pictures(
    key: str, _rows: pd.DataFrame, of: str = "share of complete rows", unit: str = "videos"
) -> None:
    """Show class balance beside text length by class.

    Parameters
    ----------
    key : str
        Changes with the rows.
    _rows : DataFrame
        `claim_status` and `text_length` of each text.
    of, unit : str
        What the shares are of; what is counted.
    """
    counts = _rows[CLAIM_STATUS].value_counts()
    shares = {label: float(counts.get(label, 0) / counts.sum()) for label in LABELS}
    balance, lengths = st.columns(2)
    with balance:
        st.subheader("Class balance")
        words = " · ".join(f"**{counts.get(label, 0):,}** {label}s" for label in reversed(LABELS))
        st.plotly_chart(
            charts.class_balance(shares, of), height=_PICTURE, alt=words.replace("**", "")
        )
        st.caption(words)
    with lengths:
        st.subheader("Text length by class")
        _show_lengths(_rows, unit)


def _show_lengths(rows: pd.DataFrame, unit: str) -> None:
    found = rows.groupby(CLAIM_STATUS)[TEXT_LENGTH].mean()
    means = {label: float(found[label]) for label in LABELS if label in found}
    said = ", ".join(f"of {label}s {mean:.1f}" for label, mean in means.items())
    st.plotly_chart(
        charts.length_histogram(describing.length_histogram(rows), means, unit),
        height=_PICTURE,
        alt=f"Mean number of characters {said}",
    )
    drawn = describing.longest_drawn(rows)
    n_longer = int((rows[TEXT_LENGTH] > drawn).sum())
    if n_longer:
        st.caption(f"{n_longer:,} longer than {drawn:,} characters stand at the right edge.")
