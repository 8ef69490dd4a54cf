"""Start page: what this is, what is in use, what waits."""

import streamlit as st

from claimclf.configuration import DATASET
from claimclf.ui.access.secrets import signs_in
from claimclf.ui.by_kind import by_kind
from claimclf.ui.frame.navigation import link_to
from claimclf.ui.frame.opening import open_page
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.dataset import dataset_in_use, has_own_dataset
from claimclf.ui.state.models import champion
from claimclf.ui.state.upload import remembered_summary

person = open_page("app.py")
st.markdown(
    "People report more videos than moderators can watch. claimclf predicts which reported "
    "videos make a **claim** rather than give an **opinion**, ranks the predicted claims by "
    "how often they were reported, and puts them before a person, who decides."
)

best = champion()
waiting, data = st.columns(2, border=True)
model = st.container(border=True)
with waiting:
    st.subheader("What waits")
    summary = remembered_summary()
    if summary:
        st.metric("Predicted claims to review", f"{summary.claims:,}")
        st.caption(f"of {summary.videos:,} videos in {plain(summary.name)}")
    else:
        st.markdown("No reported videos uploaded in this session yet.")
    link_to("pages/triage_queue.py", "Open the queue" if summary else "Upload, or try demo data")
with model:
    st.subheader("Model in use")
    if best:
        st.markdown(f"**{plain(best.name)}**, by kind of text:\n\n{by_kind(best)}")
    else:
        st.markdown("No model is stored yet. Train some on the page *Model comparison*.")
    link_to("pages/model_comparison.py", "Compare models" if best else "Train models")
if not signs_in():
    st.caption("One local user, on this machine only: the server listens on 127.0.0.1.")
with data:  # last: a server that was just started reads the dataset first
    st.subheader("Dataset in use")
    with explained():
        dataset = dataset_in_use()
    st.metric("Labelled videos", f"{dataset.description.complete:,}")
    st.caption(plain(dataset.name))
    if dataset.synthetic:
        st.markdown(
            f":material/science: **Synthetic demo data.** Use your own: set `{DATASET.variable}`, "
            "or choose a file on the page *Dataset*."
        )
    elif has_own_dataset():
        st.markdown("Chosen in this session.")
    link_to("pages/dataset.py", "Explore the dataset")
