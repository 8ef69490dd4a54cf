"""Every stored model under every condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf import charts
from claimclf.people import Person
from claimclf.services.stress import readable_stress, record_stress, without_held_out
from claimclf.services.stress_results import stress_table
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.progress import progress_bar
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.models import model_store

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.datasets import Dataset

STRESS_FIGURES = {
    "recall": "recall",
    "specificity": "specificity",
    "in claims": "claims",
    "in uncertain": "uncertain",
    "in opinions": "opinions",
    "claims in opinions": "claims_hidden",
}
_STRESS = "stress"


def show_stress(manifests: Sequence[Manifest], dataset: Dataset) -> None:
    """Show every stored model under every condition, one figure at a time."""
    figure = st.segmented_control("Figure", list(STRESS_FIGURES), default="recall", required=True)
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
    _offer_suite(manifests, dataset)


def _offer_suite(manifests: Sequence[Manifest], dataset: Dataset) -> None:
    able = [manifest for manifest in manifests if not manifest.kinds]
    if len(able) < len(manifests):
        st.caption(
            "A model of real speech is fitted anew with what it learnt from beside the dataset, "
            "which is not here: `claimclf stress --model NAME --data FILE --speech FILE --save`."
        )
    if not able:
        return
    missing = without_held_out(able)
    whose = f" ({', '.join(plain(name) for name in missing)})" if missing else ""
    st.markdown(
        "The whole suite also fits each recipe anew without some statements and framings"
        f"{whose}; it takes minutes and its result is kept with the model."
    )
    name = st.selectbox("Model", missing or [m.name for m in able], key="stress_model")
    if st.button("Run the whole suite for this model"):
        run_suite(name, dataset)
        outcomes.redraw_or_explain(_STRESS)


@action(_STRESS)
def run_suite(person: Person, name: str, dataset: Dataset) -> None:
    """Put a model under every condition, and keep the result with it."""
    with progress_bar("Preparing …") as tell:
        record_stress(
            queue_database(),
            person,
            model_store(),
            name,
            dataset,
            {},
            lambda done, total, title: tell(done, total, f"{title} …"),
        )
