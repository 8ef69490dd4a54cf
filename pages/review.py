"""Review: one case at a time, decided with one key, the next one at once."""

import streamlit as st

from claimclf.services.queue import my_preferences, settings_in_force
from claimclf.ui.counts import n_open, show_n_open, tallies
from claimclf.ui.frame.opening import open_page
from claimclf.ui.messages import explained
from claimclf.ui.review.actions import take_case, take_next
from claimclf.ui.review.choices import ask_preferences, ask_which
from claimclf.ui.review.console import show_console
from claimclf.ui.review.desk import Console, desk
from claimclf.ui.state.choice import CHOSEN_CASE, CHOSEN_LIST, STARTS
from claimclf.ui.state.database import queue_database

person = open_page("pages/review.py")
with explained():
    database = queue_database()
    waiting = n_open(tallies(database, person))
    settings = settings_in_force(database, person)
    preferences = my_preferences(database, person)

if CHOSEN_LIST in st.session_state:
    desk().listed_by = st.session_state.pop(CHOSEN_LIST)
with st.container(horizontal=True, vertical_alignment="center", key="which"):
    with st.container():
        show_n_open(database)
    with explained():
        filters, ranking = ask_which(person, database, settings.ranking)
    ask_preferences(database, preferences)
console = Console(database, filters, ranking)
chosen = st.session_state.pop(CHOSEN_CASE, None)
if chosen is not None:
    take_case(console, chosen)
elif st.session_state.pop(STARTS, False) and desk().lease is None:
    take_next(console)
if not waiting and desk().lease is None:
    st.info(
        "The shared queue is empty. Add reported videos to it on the page *Triage queue*, under "
        "*Upload*.",
        icon=":material/inbox:",
    )
    st.page_link("pages/triage_queue.py", label="Open the triage queue")
show_console(console)
