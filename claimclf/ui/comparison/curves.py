"""How the models do at every cut-off, and whether a probability means what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf import charts
from claimclf.services.curves import curves_of, score_bins, summaries
from claimclf.ui.comparison.drawing import once_for_models
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.services.comparison import Judged


@once_for_models
def show_curves(models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Show how the models do at every cut-off, and whether a probability means what it says."""
    curves = curves_of(models)
    left, right = st.columns(2)
    left.markdown("**Cumulative claims caught**")
    left.plotly_chart(charts.gains(curves["gains"]))
    right.markdown("**Precision and recall**")
    right.plotly_chart(charts.precision_recall(curves["precision_recall"]))
    left.markdown("**ROC**")
    left.plotly_chart(charts.roc(curves["roc"]))
    right.markdown("**Reliability (calibration)**")
    right.plotly_chart(charts.reliability(curves["reliability"]))
    st.dataframe(summaries(models).style.format("{:.5f}"))
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**Scores by class: {plain(model.name)}**")
        place.plotly_chart(
            charts.score_histogram(score_bins(model), cut[model.name]), key=f"scores-{model.name}"
        )
