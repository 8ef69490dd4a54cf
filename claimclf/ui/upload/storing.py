"""Ranked videos into the queue that everybody shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import models_folder
from claimclf.dataset.cleaning import has_demo
from claimclf.errors import ClaimclfError
from claimclf.people import Capability, Person
from claimclf.services.queue import holds_real_cases, store_ranked
from claimclf.services.shadow import score_beside
from claimclf.ui import outcomes
from claimclf.ui.counts import SECONDS
from claimclf.ui.guard import action, fragment
from claimclf.ui.messages import explained, plain
from claimclf.ui.progress import progress_bar, share, to_its_end
from claimclf.ui.state.choice import UPLOAD, VIEW
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.upload import STORING, Added, Underway, last_added, underway
from claimclf.ui.upload.report_log import given_reports
from claimclf.ui.upload.steps import ADD, step
from claimclf.ui.wording import counted

if TYPE_CHECKING:
    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.modeling.store.model import Model


def offer_storing(person: Person, ranked: Ranked, model: Model) -> None:
    """Offer to put the ranked videos into the queue that everybody shares."""
    if not person.may(Capability.REVIEW):
        st.info(
            f"Your role, {person.role}, looks at uploads; moderators and leads add them.",
            icon=":material/badge:",
        )
        return
    with explained():
        # Asked anew at each click: a disabled button takes none.
        is_sure = not _mixes(person, ranked) or _ask_again()
    n = len(ranked.videos)
    if st.button(
        f"Add {'this video' if n == 1 else f'these {n:,} videos'} to the shared queue",
        type="primary",
        icon=":material/playlist_add:",
        disabled=not is_sure,
    ):
        store(ranked, model)
        if not outcomes.failed(STORING):
            st.session_state[VIEW] = UPLOAD  # the first case would bring the queue to the screen
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
def store(person: Person, ranked: Ranked, model: Model) -> None:
    """Store the ranked videos, and remember how many cases they became."""
    name = ranked.scored.validated.table.name
    database, reports, keep = queue_database(), given_reports(), outcomes.keeper(STORING)
    now, added, work = underway(), last_added(), Underway(name)

    def note(done: int, total: int) -> None:
        work.done, work.total = done, total
        tell(done, total, _words(work))

    now[:] = [work]
    try:
        with progress_bar("Adding …") as tell, to_its_end():
            batch = store_ranked(database, person, ranked, model, note, reports)
            added[:] = [Added(batch, name)]
            if not batch.is_repeated:
                tell(1, 1, "Finishing …")
                score_beside(database, person, models_folder())
    except ClaimclfError as error:
        keep(error)  # whatever is on the screen by now
        raise
    finally:
        now.clear()


@fragment(run_every=SECONDS)
def show_underway(_person: Person) -> None:
    """Say how far an upload is that is being added since before this page was drawn."""
    for work in list(underway()):
        with step(ADD):
            st.progress(share(work.done, work.total), _words(work))
            st.caption("It goes on, whatever you look at meanwhile.")
        return
    st.rerun()


def _words(work: Underway) -> str:
    return f"{plain(work.file_name)}: added {work.done:,} of {counted(work.total, 'video')}"
