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
from claimclf.services.stored_models import own_texts
from claimclf.services.stress import hidden_columns, readable_trade_off
from claimclf.ui import outcomes
from claimclf.ui.comparison.lanes_by_kind import show_by_kind
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.models import model_store

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.comparison import Judged

_RATES = "error_rates"


def show_lanes(models: Sequence[Judged], best: Manifest) -> None:
    """Show what a model's lanes promise, what holds, and what other error rates cost.

    Parameters
    ----------
    models : sequence of Judged
        Those that were chosen.
    best : Manifest
        The champion, whose lanes come first.
    """
    chosen = {best.name: best, **{model.name: model.manifest for model in models}}
    calibrated = {name: manifest for name, manifest in chosen.items() if manifest.error_rates}
    for name in chosen.keys() - calibrated.keys():
        st.info(
            f"{plain(name)}: the threshold alone decides on its lanes, and its "
            "probabilities are not calibrated. Only what cannot be scored is uncertain."
        )
    if not calibrated:
        return
    manifest = calibrated[st.selectbox("Model", list(calibrated), key="lanes_model")]
    if manifest.kinds:
        show_by_kind(manifest)
    else:
        _ask_error_rates(manifest)
    with st.expander("One error rate for both classes", expanded=not manifest.kinds):
        _show_trade_off(manifest)


def _show_trade_off(manifest: Manifest) -> None:
    st.caption(f"On {own_texts(manifest)} and on labelled files of the stress suite.")
    st.table(readable_trade_off(manifest))
    curve = pd.DataFrame(manifest.trade_off)
    for hidden in hidden_columns(curve):
        st.markdown(f"**What the error rate trades: {plain(hidden.partition(': ')[2])}**")
        st.plotly_chart(charts.trade_off({manifest.name: curve}, hidden), key=hidden)


def _ask_error_rates(manifest: Manifest) -> None:
    with st.form("error_rates"):
        st.markdown("**Set the model's error rates**")
        first, second, third = st.columns([1, 1, 2])
        rates = {
            CLAIM: _error_rate(first, "Claims ruled out at most"),
            OPINION: _error_rate(second, "Opinions ruled out at most"),
        }
        reason = third.text_input("Reason")
        if st.form_submit_button("Save the error rates"):
            save_error_rates(manifest.name, rates, reason)
            outcomes.redraw_or_explain(_RATES)


@action(_RATES)
def save_error_rates(person: Person, name: str, rates: dict[str, float], reason: str) -> None:
    """Change for what share of its videos each class may be ruled out."""
    set_error_rates(queue_database(), person, model_store(), name, rates, reason)


def _error_rate(place: DeltaGenerator, label: str) -> float:
    return place.number_input(
        label, min_value=0.001, max_value=0.2, value=0.005, step=0.001, format="%.3f"
    )
