"""Triage queue: reported videos in, predicted claims out, the most reported first."""

import streamlit as st

from claimclf.ui.access import person_at_work
from claimclf.ui.counts import show_counts, tallies
from claimclf.ui.page import explained, open_page
from claimclf.ui.state import STORED, model_in_use, queue_database

SHARED, UPLOAD = "Shared queue", "Upload"

open_page("pages/triage_queue.py")
database, person = queue_database(), person_at_work()
with explained():
    waits = bool(tallies(database, person))
first = SHARED if waits else UPLOAD  # the queue, once it holds something
view = st.segmented_control("View", [SHARED, UPLOAD], default=first, label_visibility="collapsed")
said = st.session_state.pop(STORED, None)
with st.container():  # always there: what is unfolded below stays so when the words go
    if said:
        st.success(said)
if (view or first) == UPLOAD:
    from claimclf.ui.upload_view import show_upload

    with explained():
        model = model_in_use()
    show_upload(model)
elif waits:
    from claimclf.ui.case_list import show_case_list
    from claimclf.ui.exporting import offer_export

    show_counts(database, person)
    show_case_list(database, person)
    offer_export(database, person)
else:
    st.info(
        "The shared queue is empty. Choose *Upload* above and add reported videos to it.",
        icon=":material/inbox:",
    )
