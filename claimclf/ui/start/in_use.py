"""Which model and which dataset are in use."""

from __future__ import annotations

import streamlit as st

from claimclf.configuration import DATASET
from claimclf.services.stored_models import at_worst
from claimclf.ui.by_kind import by_kind
from claimclf.ui.frame.navigation import link_to
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.dataset import dataset_in_use, has_own_dataset
from claimclf.ui.state.models import champion


def show_in_use() -> None:
    """Say what the model in use is worth on each kind of text, and what it is studied with."""
    model, data = st.columns([2, 1], border=True)
    with model:
        _show_model()
    with data:  # last: a server that was just started reads the dataset first
        _show_dataset()


def _show_model() -> None:
    best = champion()
    st.subheader("Model in use", anchor=False)
    if best:
        worst = f"- **Under stress, at worst**: {plain(at_worst(best))}"
        st.markdown(f"**{plain(best.name)}**, by kind of text:\n\n{by_kind(best)}\n{worst}")
    else:
        st.markdown("No model is stored yet. Train some on the page *Model comparison*.")
    link_to("pages/model_comparison.py", "Compare models" if best else "Train models")


def _show_dataset() -> None:
    st.subheader("Dataset in use", anchor=False)
    with explained():
        dataset = dataset_in_use()
    st.markdown(f"**{dataset.description.complete:,}** labelled videos · {plain(dataset.name)}")
    if dataset.synthetic:
        st.markdown(
            f":material/science: **Synthetic demo data.** Use your own: set `{DATASET.variable}`, "
            "or choose a file on the page *Dataset*."
        )
    elif has_own_dataset():
        st.markdown("Chosen in this session.")
    link_to("pages/dataset.py", "Explore the dataset")
