"""Training models from a page: with the known settings, or after a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import models_folder
from claimclf.people import Person
from claimclf.schema import DEFAULT_FEATURE_SETS
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.progress import progress_bar
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.dataset import dataset_in_use

if TYPE_CHECKING:
    from claimclf.modeling.learners.search import Progress
    from claimclf.services.datasets import Dataset

FEATURES_IN_WORDS = {
    "course": "duration, counts, statuses, word pairs; as the course",
    "content": "how a transcript begins; no counts",
    "content-counts": "the same with counts, to see what they cost on young videos",
}
_TRAINING = "training"


def offer_training() -> None:
    """Train models on the dataset in use, or search their settings first."""
    dataset = dataset_in_use()
    left_out = dataset.cleaned.n_dropped
    st.markdown(
        f"On **{plain(dataset.name)}** ({dataset.description.complete:,} complete rows"
        + (f"; {left_out:,} rows with missing values are left out" if left_out else "")
        + "). A model of the same name is replaced when the new one is whole."
    )
    chosen = st.multiselect(
        "Feature sets",
        list(FEATURES_IN_WORDS),
        default=list(DEFAULT_FEATURE_SETS),
        format_func=lambda name: f"{name}: {FEATURES_IN_WORDS[name]}",
    )
    quick, long = st.columns(2)
    feature_sets = chosen or DEFAULT_FEATURE_SETS
    if quick.button("Train with the known settings (a minute)", type="primary"):
        train(dataset, feature_sets)
        outcomes.redraw_or_explain(_TRAINING)
    if long.button("Search all settings, then train (minutes; goes on where it stopped)"):
        search(dataset, feature_sets)
        outcomes.redraw_or_explain(_TRAINING)


@action(_TRAINING)
def train(person: Person, dataset: Dataset, feature_sets: Sequence[str]) -> None:
    """Train models with the known settings."""
    from claimclf.services.training import train_models

    with progress_bar("Preparing …") as tell:
        train_models(
            queue_database(),
            person,
            dataset,
            models_folder(),
            feature_sets,
            on_progress=lambda done, total, name: tell(done, total, f"Training {name} …"),
        )


@action(_TRAINING)
def search(person: Person, dataset: Dataset, feature_sets: Sequence[str]) -> None:
    """Search the settings of models, then train the best."""
    from claimclf.services.training import search_models

    def show(name: str, progress: Progress) -> None:
        left = "" if progress.seconds_left is None else f", {progress.seconds_left:,.0f} s left"
        words = f"Searching {name}: {progress.done} of {progress.total} fits{left}"
        tell(progress.done, progress.total, words)

    with progress_bar("Preparing …") as tell:
        search_models(queue_database(), person, dataset, models_folder(), feature_sets, show)
