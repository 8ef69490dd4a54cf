"""Triage queue: reported videos in, predicted claims out, the most reported first."""

import streamlit as st

from claimclf.ui import outcomes
from claimclf.ui.counts import show_counts, tallies
from claimclf.ui.frame.opening import open_page
from claimclf.ui.messages import explained
from claimclf.ui.state.choice import DECIDED, SHARED, UPLOAD, VIEW
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.models import model_in_use
from claimclf.ui.state.upload import STORING

person = open_page("pages/triage_queue.py")
with explained():
    database = queue_database()
    waits = bool(tallies(database, person))
first = SHARED if waits else UPLOAD  # the queue, once it holds something
with st.container(horizontal=True, vertical_alignment="center", key="queue-head"):
    key = f"{VIEW}-{first}"  # the first case brings the queue to the screen
    st.session_state.setdefault(key, first)
    if VIEW in st.session_state:
        st.session_state[key] = st.session_state.pop(VIEW)
    view = st.segmented_control(
        "View", [SHARED, DECIDED, UPLOAD], required=True, key=key, label_visibility="collapsed"
    )
    if waits:
        with st.container():
            show_counts(database)
with st.container():  # always there: what is unfolded below stays so when the words go
    outcomes.show_outcome(STORING)
    outcomes.forget(STORING)
if view == UPLOAD:
    from claimclf.ui.upload.upload import show_upload

    with explained():
        model = model_in_use()
    show_upload(person, model)
elif view == DECIDED:
    from claimclf.ui.queue_list.decided import show_decided

    show_decided(person, database)
elif waits:
    from claimclf.ui.queue_list.case_list import show_case_list
    from claimclf.ui.queue_list.export import offer_export

    show_case_list(person, database)
    offer_export(person, database)
else:
    st.info(
        "The shared queue is empty. Choose *Upload* above and add reported videos to it.",
        icon=":material/inbox:",
    )
