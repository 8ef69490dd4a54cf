"""Where a model is weak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf import charts
from claimclf.services.comparison import rows_of, slice_figures
from claimclf.services.figures import DASH
from claimclf.ui.cached import drawn_once
from claimclf.ui.comparison.mistakes import other_dataset
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.services.comparison import Judged
    from claimclf.services.datasets import Dataset


def show_slices(models: Sequence[Judged], cut: dict[str, float], dataset: Dataset) -> None:
    """Show where a model is weak; small slices are greyed."""
    rate = st.segmented_control("Rate", ["recall", "specificity"], default="recall", required=True)
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**{plain(model.name)}**")
        with place:
            files = sorted(model.manifest.files.items())
            _draw_slices(files, cut[model.name], dataset.sha256, rate, model, dataset)


@drawn_once
def _draw_slices(
    files: list[tuple[str, str]],
    threshold: float,
    sha256: str,
    rate: str,
    _model: Judged,
    _dataset: Dataset,
) -> None:
    rows = rows_of(_model, _dataset)
    if rows is None:
        st.info(other_dataset(_model))
        return
    parts = slice_figures(_model, threshold, rows)
    st.plotly_chart(charts.slices(parts, rate), key=f"slices-{_model.name}")
    with st.expander("The same as a table"):
        st.dataframe(parts.style.format(na_rep=DASH), hide_index=True)
        if parts.isna().any(axis=None):
            st.caption(
                f"{DASH}: nothing to count. A part without claims has no recall, one without "
                "opinions no specificity; the chart leaves both out."
            )
