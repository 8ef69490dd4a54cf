"""The parts of the comparison page on stress and lanes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from claimclf import charts
from claimclf.modeling.store.manifest import HELD_OUT, Manifest
from claimclf.schema import CLAIM, OPINION
from claimclf.services.comparison import Judged
from claimclf.services.datasets import Dataset
from claimclf.services.models import set_error_rates
from claimclf.services.stress import (
    hidden_columns,
    readable_stress,
    readable_trade_off,
    record_stress,
    stress_table,
)
from claimclf.ui.access import person_at_work
from claimclf.ui.page import explained, plain
from claimclf.ui.state import model_store, queue_database

STRESS_FIGURES = {
    "recall": "recall",
    "specificity": "specificity",
    "in claims": "claims",
    "in uncertain": "uncertain",
    "in opinions": "opinions",
    "claims in opinions": "claims_hidden",
}


def show_stress(manifests: Sequence[Manifest], dataset: Dataset) -> None:
    """Show every stored model under every condition, one figure at a time."""
    figure = st.segmented_control("Figure", list(STRESS_FIGURES), default="recall") or "recall"
    column = STRESS_FIGURES[figure]
    rows = stress_table(manifests)
    if rows.empty:
        st.info("No model has been put under stress yet. Run the suite below.")
    else:
        st.caption(
            "The test split with its counts or words altered; statements and framings held out "
            "as a whole, for which the recipe is fitted anew; labelled sentences from elsewhere."
        )
        st.plotly_chart(charts.stress(rows[rows[column].notna()], column), key="stress")
        st.table(readable_stress(rows, column))
    missing = [m.name for m in manifests if not any(row["kind"] == HELD_OUT for row in m.stress)]
    whose = f" ({', '.join(plain(name) for name in missing)})" if missing else ""
    st.markdown(
        "The whole suite also fits each recipe anew without some statements and framings"
        f"{whose}; it takes minutes and its result is kept with the model."
    )
    name = st.selectbox("Model", missing or [m.name for m in manifests], key="stress_model")
    if st.button("Run the whole suite for this model"):
        bar = st.progress(0.0, "Preparing …")
        with explained():
            record_stress(
                queue_database(),
                person_at_work(),
                model_store(),
                name,
                dataset,
                {},
                lambda done, total, title: bar.progress(done / total, f"{title} …"),
            )
        st.rerun()


def show_lanes(models: Sequence[Judged]) -> None:
    """Show what each model's lanes promise, what holds, and what other error rates cost."""
    calibrated = [model for model in models if model.manifest.error_rates]
    for model in models:
        if model not in calibrated:
            st.info(
                f"{plain(model.name)}: the threshold alone decides on its lanes, and its "
                "probabilities are not calibrated. Only what cannot be scored is uncertain."
            )
    if not calibrated:
        return
    for model in calibrated:
        st.markdown(f"**{plain(model.name)}**")
        st.table(readable_trade_off(model.manifest))
    named = {m.name: pd.DataFrame(m.manifest.trade_off) for m in calibrated}
    for hidden in hidden_columns(next(iter(named.values()))):
        drawn = {name: curve for name, curve in named.items() if hidden in curve}
        st.markdown(f"**What the error rate trades: {plain(hidden.partition(': ')[2])}**")
        st.plotly_chart(charts.trade_off(drawn, hidden), key=hidden)
    with st.form("error_rates"):
        st.markdown("**Set a model's error rates**")
        name = st.selectbox("Model", [model.name for model in calibrated])
        first, second, third = st.columns([1, 1, 2])
        rates = {
            CLAIM: _error_rate(first, "Claims ruled out at most"),
            OPINION: _error_rate(second, "Opinions ruled out at most"),
        }
        reason = third.text_input("Reason")
        if st.form_submit_button("Save the error rates"):
            with explained():
                at_work = queue_database(), person_at_work()
                set_error_rates(*at_work, model_store(), name, rates, reason)
            st.rerun()


def _error_rate(place: DeltaGenerator, label: str) -> float:
    return place.number_input(
        label, min_value=0.001, max_value=0.2, value=0.005, step=0.001, format="%.3f"
    )
