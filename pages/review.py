"""Review: one case at a time, decided with one key, the next one at once."""

import streamlit as st

from claimclf.errors import ClaimclfError
from claimclf.queue.queries.filters import Filters
from claimclf.queue.settings.preferences import Preferences
from claimclf.schema import Lane, Ranking
from claimclf.services.queue import (
    my_preferences,
    save_preferences,
    saved_views,
    settings_in_force,
)
from claimclf.ui.access import person_at_work
from claimclf.ui.console import Console, desk, show_console, start_with
from claimclf.ui.counts import n_open, show_n_open, tallies
from claimclf.ui.page import explained, open_page, say_error
from claimclf.ui.state import CHOSEN_CASE, queue_database
from claimclf.ui.wording import RANKINGS


def ask_which(ranking: Ranking) -> tuple[Filters, Ranking]:
    """Ask which cases are wanted, and what puts one before another."""
    views = {view.name: view for view in saved_views(database, person)}
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


def ask_preferences(now: Preferences) -> None:
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
            try:
                chosen = Preferences(blur, greyscale, int(pause), tuple(without))
                save_preferences(database, person, chosen)
            except ClaimclfError as error:
                say_error(error)
            else:
                st.rerun()


open_page("pages/review.py")
with explained():
    database, person = queue_database(), person_at_work()
    waiting = n_open(tallies(database, person))
    settings = settings_in_force(database, person)
    preferences = my_preferences(database, person)

told, which, mine = st.columns([3, 1, 1], vertical_alignment="center")
with told:
    show_n_open(database, person)
with which, explained():
    wanted, ranking = ask_which(settings.ranking)
with mine:
    ask_preferences(preferences)
console = Console(database, person, wanted, ranking)
chosen = st.session_state.pop(CHOSEN_CASE, None)
if chosen is not None:
    start_with(console, chosen)
if not waiting and desk().lease is None:
    st.info(
        "The shared queue is empty. Add reported videos to it on the page *Triage queue*, under "
        "*Upload*.",
        icon=":material/inbox:",
    )
    st.page_link("pages/triage_queue.py", label="Open the triage queue")
show_console(console)
