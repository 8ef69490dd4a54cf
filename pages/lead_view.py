"""Lead's view: what waits, how it goes, who is at what, and what the team has set."""

import streamlit as st

from claimclf.services.queue import settings_history, settings_in_force
from claimclf.ui import lead
from claimclf.ui.access import person_at_work
from claimclf.ui.page import explained, link_to, open_page
from claimclf.ui.state import queue_database

open_page("pages/lead_view.py")
period = lead.ask_period()
with explained():
    database, person = queue_database(), person_at_work()
    report = lead.report_of(database.name, person.role, period, database, person)
    history = settings_history(database, person)
    settings = settings_in_force(database, person)
lead.say_period(report)

if lead.is_idle(report):
    st.info(
        "Nothing waits and nothing happened in this period. Choose a longer one above, or add "
        "reported videos to the queue on the page *Triage queue*, under *Upload*.",
        icon=":material/inbox:",
    )
    link_to("pages/triage_queue.py", "Open the triage queue")
else:
    lead.show_figures((report.now, report.since, report.until), report)
    lead.show_escalations(person, report)
    lead.show_held(person, report)
lead.show_settings(settings, history)
lead.forget_what_was_said()
