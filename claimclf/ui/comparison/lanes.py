"""What each model's lanes promise, what holds, and what other error rates cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.people import Person
from claimclf.schema import CLAIM, OPINION
from claimclf.services.models import set_error_rates
from claimclf.services.stress import hidden_columns, readable_trade_off
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.models import model_store

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from claimclf.services.comparison import Judged

_RATES = "error_rates"


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
    curves = {m.name: pd.DataFrame(m.manifest.trade_off) for m in calibrated}
    for hidden in hidden_columns(next(iter(curves.values()))):
        drawn = {name: curve for name, curve in curves.items() if hidden in curve}
        st.markdown(f"**What the error rate trades: {plain(hidden.partition(': ')[2])}**")
        st.plotly_chart(charts.trade_off(drawn, hidden), key=hidden)
    _ask_error_rates([model.name for model in calibrated])


def _ask_error_rates(names: Sequence[str]) -> None:
    with st.form("error_rates"):
        st.markdown("**Set a model's error rates**")
        name = st.selectbox("Model", names)
        first, second, third = st.columns([1, 1, 2])
        rates = {
            CLAIM: _error_rate(first, "Claims ruled out at most"),
            OPINION: _error_rate(second, "Opinions ruled out at most"),
        }
        reason = third.text_input("Reason")
        if st.form_submit_button("Save the error rates"):
            save_error_rates(name, rates, reason)
            outcomes.redraw_or_explain(_RATES)


@action(_RATES)
def save_error_rates(person: Person, name: str, rates: dict[str, float], reason: str) -> None:
    """Change for what share of its videos each class may be ruled out."""
    set_error_rates(queue_database(), person, model_store(), name, rates, reason)


def _error_rate(place: DeltaGenerator, label: str) -> float:
    return place.number_input(
        label, min_value=0.001, max_value=0.2, value=0.005, step=0.001, format="%.3f"
    )
