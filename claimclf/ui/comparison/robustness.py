"""How the champion and the chosen models hold under stress, in one picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf import charts
from claimclf.services.stress_results import stress_table
from claimclf.ui.cached import drawn_once
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest


def show_stress_of(models: Sequence[Manifest]) -> None:
    """Draw the recall of models under each condition, each model once; nothing without any."""
    once = {model.name: model for model in models if model.stress}
    if once:
        measured = {name: model.stress for name, model in once.items()}
        _draw(json.dumps(measured), list(once.values()))  # one text is compared at once


@drawn_once
def _draw(measured: str, _models: Sequence[Manifest]) -> None:
    rows = stress_table(_models)
    names = ", ".join(plain(name) for name in json.loads(measured))
    st.markdown("**Claims caught under stress**, by the champion and by the models above")
    st.plotly_chart(
        charts.stress(rows[rows["recall"].notna()], "recall"),
        key="champion-stress",
        alt=f"Recall with its interval of {names} under {rows['title'].nunique()} conditions",
    )
