"""Which cases come next, and how a person wants the screen to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.queue.queries.filters import Filters
from claimclf.queue.settings.preferences import Preferences
from claimclf.schema import Lane, Ranking
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.filter_words import in_words
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.review.actions import PREFERENCES, prefer
from claimclf.ui.review.desk import desk
from claimclf.ui.wording import RANKINGS

if TYPE_CHECKING:
    from claimclf.queue.queries.views import View
    from claimclf.queue.storage.database import Database


_field = "which-{}".format


def ask_which(person: Person, database: Database, ranking: Ranking) -> tuple[Filters, Ranking]:
    """Ask which cases come next, and what puts one before another.

    After a case that was opened from a list, the next ones are of that list until something
    else is chosen; what was chosen is there again after a visit to another page.

    Parameters
    ----------
    ranking : Ranking
        What the team has set.
    """
    views = {view.name: view for view in queue.saved_views(database, person)}
    of_list = desk().listed_by
    label = "Which cases" if of_list is None else "Which cases: as in the list"
    with st.popover(label, icon=":material/filter_list:"):
        if of_list is not None:
            return _as_listed(person, *of_list)
        _fill(ranking, views)
        if views:
            name = st.selectbox(
                "A saved view",
                list(views),
                placeholder="none: as chosen below",
                key=_field("view"),
            )
            if name:
                desk().which["view"] = name
                st.caption("The next case is one of this view; the one in hand stays.")
                return views[name].filters, views[name].ranking
        return _as_chosen(ranking)


def _as_listed(person: Person, filters: Filters, ranking: Ranking) -> tuple[Filters, Ranking]:
    """Say that the next cases are those of a list, and offer to choose others."""
    st.caption("The next case is one of the list from which you opened a case:")
    st.markdown(plain(in_words(filters, ranking)))
    st.button("Choose here instead", on_click=choose_here)
    # What one holds oneself comes first anyway; the next one is never held by anybody.
    return replace(filters, holder=None), ranking


@action()
def choose_here(_person: Person) -> None:
    """Let the next cases be those that are chosen on this page."""
    desk().listed_by = None


def _fill(ranking: Ranking, views: Mapping[str, View]) -> None:
    """Put what was chosen last into fields that were not drawn in the last run."""
    before = desk().which
    lanes = [Lane.CLAIMS, Lane.UNCERTAIN]
    values = {"view": None, "lanes": lanes, "reports": 0, "ranking": ranking, **before}
    view = _field("view")
    if st.session_state.get(view, values["view"]) not in views:  # none, or somebody deleted it
        values["view"] = None
        st.session_state.pop(view, None)
    for name, value in values.items():
        st.session_state.setdefault(_field(name), value)


def _as_chosen(ranking: Ranking) -> tuple[Filters, Ranking]:
    lanes = st.pills("Lanes", list(Lane), selection_mode="multi", key=_field("lanes"))
    reports = st.number_input("Minimum reports", min_value=0, key=_field("reports"))
    chosen = st.selectbox(
        "Ranked by", list(Ranking), format_func=RANKINGS.__getitem__, key=_field("ranking")
    )
    st.caption("The next case follows these; the one in hand stays.")
    desk().which = {"view": None, "lanes": lanes, "reports": reports, "ranking": chosen}
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
