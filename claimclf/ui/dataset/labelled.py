"""A labelled dataset, from its size to its correlations."""

from __future__ import annotations

import streamlit as st

from claimclf.configuration import DATASET
from claimclf.people import Person
from claimclf.ui.dataset.choosing import choose_dataset
from claimclf.ui.dataset.overview import show_findings_of, show_size
from claimclf.ui.dataset.parts import show_parts
from claimclf.ui.dataset.pictures import show_pictures
from claimclf.ui.messages import explained, plain, synthetic_notice
from claimclf.ui.state.dataset import dataset_in_use


def show_labelled(person: Person) -> None:
    """Draw the labelled dataset in use; another one can be chosen."""
    choose_dataset(person)
    with explained():
        dataset = dataset_in_use()
    st.caption(f"In use: {plain(dataset.name)}")
    if dataset.synthetic:
        synthetic_notice(
            f"Set `{DATASET.variable}` or choose your own file above to explore real videos."
        )
    show_size(dataset)
    if dataset.cleaned.rows.empty:
        show_findings_of(dataset)
        st.warning("No row is complete, so there is nothing to draw. Fill the missing values.")
        st.stop()
    show_pictures(dataset.sha256, dataset.cleaned.rows)
    show_findings_of(dataset)
    show_parts(dataset)
