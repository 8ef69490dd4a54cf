"""Which cases come next, and how a person wants the screen to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.queue.queries.filters import Filters
from claimclf.queue.settings.preferences import Preferences
from claimclf.schema import Lane, Ranking
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.review.actions import PREFERENCES, prefer
from claimclf.ui.wording import RANKINGS

if TYPE_CHECKING:
    from claimclf.queue.storage.database import Database


def ask_which(person: Person, database: Database, ranking: Ranking) -> tuple[Filters, Ranking]:
    """Ask which cases come next, and what puts one before another.

    Parameters
    ----------
    ranking : Ranking
        What the team has set.
    """
    views = {view.name: view for view in queue.saved_views(database, person)}
    with st.popover("Which cases", icon=":material/filter_list:"):
        if views:
            name = st.selectbox(
                "A saved view", list(views), index=None, placeholder="none: as chosen below"
            )
            if name:
                st.caption("The next case is one of this view; the one in hand stays.")
                return views[name].filters, views[name].ranking
        lanes = st.pills(
            "Lanes", list(Lane), default=[Lane.CLAIMS, Lane.UNCERTAIN], selection_mode="multi"
        )
        reports = st.number_input("Minimum reports", min_value=0, value=0)
        policies = list(Ranking)
        chosen = st.selectbox(
            "Ranked by",
            policies,
            index=policies.index(ranking),
            format_func=RANKINGS.__getitem__,
        )
        st.caption("The next case follows these; the one in hand stays.")
    return Filters(lanes=tuple(lanes), min_reports=int(reports)), chosen or ranking


def ask_preferences(database: Database, now: Preferences) -> None:
    """Ask how the person wants the screen to be, and keep it."""
    with st.popover("My screen", icon=":material/self_improvement:"), st.form("preferences"):
        blur = st.checkbox("Blur pictures and videos", value=now.blur)
        greyscale = st.checkbox("Show them in grey", value=now.greyscale)
        pause = st.number_input(
            "Remind me of a pause after so many cases (0: never)",
            min_value=0,
            value=now.pause_after,
        )
        without = st.multiselect("Never give me cases of", list(Lane), default=now.without)
        if st.form_submit_button("Keep"):
            prefer(database, Preferences(blur, greyscale, int(pause), tuple(without)))
            if not outcomes.failed(PREFERENCES):
                st.rerun()
            outcomes.show_outcome(PREFERENCES)
