"""Dataset exploration: what a labelled dataset holds and what to know of it."""

import streamlit as st

from claimclf.configuration import DATASET
from claimclf.ui.dataset.choosing import choose_dataset
from claimclf.ui.dataset.overview import show_findings, show_size
from claimclf.ui.dataset.parts import show_parts, show_pictures
from claimclf.ui.frame.opening import open_page
from claimclf.ui.messages import explained, plain, synthetic_notice
from claimclf.ui.state.dataset import dataset_in_use

person = open_page("pages/dataset.py")
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
    show_findings(dataset)
    st.warning("No row is complete, so there is nothing to draw. Fill the missing values.")
    st.stop()
show_pictures(dataset)
show_findings(dataset)
show_parts(dataset)
