"""Ranked videos into the queue that everybody shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import models_folder
from claimclf.dataset.cleaning import has_demo
from claimclf.people import Person
from claimclf.services.queue import holds_real_cases, store_ranked
from claimclf.services.shadow import score_beside
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import explained
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.upload import STORING

if TYPE_CHECKING:
    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.modeling.store.model import Model


def offer_storing(person: Person, ranked: Ranked, model: Model) -> None:
    """Offer to put the ranked videos into the queue that everybody shares."""
    with explained():
        # Asked anew at each click: a disabled button takes none.
        is_sure = not _mixes(person, ranked) or _ask_again()
    if st.button(
        f"Add these {len(ranked.videos):,} videos to the shared queue",
        icon=":material/playlist_add:",
        disabled=not is_sure,
    ):
        store(ranked, model)
        outcomes.redraw_or_explain(STORING)


def _ask_again() -> bool:
    st.warning(
        "These videos are made up, and the shared queue holds real cases: whoever reviews would "
        "get both.",
        icon=":material/science:",
    )
    return st.checkbox("Add made-up videos among real cases all the same", key="demo_among_real")


def _mixes(person: Person, ranked: Ranked) -> bool:
    """Say whether made-up videos would come among real cases."""
    return has_demo(ranked.videos) and holds_real_cases(queue_database(), person)


@action(STORING)
def store(person: Person, ranked: Ranked, model: Model) -> str:
    """Store the ranked videos, and say how many cases they became."""
    bar = st.progress(0.0, "Storing …")
    batch = store_ranked(
        queue_database(),
        person,
        ranked,
        model,
        lambda done, total: bar.progress(done / total, f"Stored {done:,} of {total:,}"),
    )
    if batch.is_repeated:
        return f"This file was stored before, as batch {batch.id}: nothing was changed."
    score_beside(queue_database(), person, models_folder())
    return (
        f"Batch {batch.id}: {batch.n_new:,} new cases, {batch.n_known:,} known, "
        f"{batch.n_reopened:,} reopened."
    )
