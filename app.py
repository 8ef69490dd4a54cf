"""Start page: what waits for me, then what is in use."""

import streamlit as st

from claimclf.ui.access.secrets import signs_in
from claimclf.ui.frame.opening import open_page
from claimclf.ui.messages import explained
from claimclf.ui.start.in_use import show_in_use
from claimclf.ui.start.waiting import show_waiting
from claimclf.ui.state.database import queue_database

person = open_page("app.py")
st.caption(
    "People report more videos than moderators can watch. claimclf predicts which of them make a "
    "**claim** rather than give an **opinion**, and puts those first that were reported most; a "
    "person decides."
)
with explained():
    database = queue_database()
show_waiting(person, database)
if not signs_in():
    st.caption("One local user, on this machine only: the server listens on 127.0.0.1.")
show_in_use()
