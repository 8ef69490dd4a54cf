"""Training models from a page: with the known settings, or after a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import models_folder
from claimclf.schema import DEFAULT_FEATURE_SETS
from claimclf.ui.access import person_at_work
from claimclf.ui.page import explained, plain
from claimclf.ui.state import dataset_in_use, queue_database

if TYPE_CHECKING:
    from claimclf.modeling.learners.search import Progress

FEATURES_IN_WORDS = {
    "course": "duration, counts, statuses, word pairs; as the course",
    "content": "how a transcript begins; no counts",
    "content-counts": "the same with counts, to see what they cost on young videos",
}


def offer_training() -> None:
    """Train models on the dataset in use, or search their settings first."""
    dataset = dataset_in_use()
    left_out = dataset.cleaned.n_dropped
    st.markdown(
        f"On **{plain(dataset.name)}** ({dataset.description.complete:,} complete rows"
        + (f"; {left_out:,} rows with missing values are left out" if left_out else "")
        + "). A model of the same name is replaced when the new one is whole."
    )
    wanted = st.multiselect(
        "Feature sets",
        list(FEATURES_IN_WORDS),
        default=list(DEFAULT_FEATURE_SETS),
        format_func=lambda name: f"{name}: {FEATURES_IN_WORDS[name]}",
    )
    quick, search = st.columns(2)
    if quick.button("Train with the known settings (a minute)", type="primary"):
        from claimclf.services.training import train_models

        bar = st.progress(0.0, "Preparing …")
        with explained():
            train_models(
                queue_database(),
                person_at_work(),
                dataset,
                models_folder(),
                wanted or DEFAULT_FEATURE_SETS,
                on_progress=lambda done, total, name: bar.progress(
                    done / total, f"Training {name} …"
                ),
            )
        st.rerun()
    if search.button("Search all settings, then train (minutes; goes on where it stopped)"):
        from claimclf.services.training import search_models

        bar = st.progress(0.0, "Preparing …")

        def tell(name: str, progress: Progress) -> None:
            left = "" if progress.seconds_left is None else f", {progress.seconds_left:,.0f} s left"
            bar.progress(
                progress.done / progress.total,
                f"Searching {name}: {progress.done} of {progress.total} fits{left}",
            )

        with explained():
            search_models(
                queue_database(),
                person_at_work(),
                dataset,
                models_folder(),
                wanted or DEFAULT_FEATURE_SETS,
                tell,
            )
        st.rerun()
