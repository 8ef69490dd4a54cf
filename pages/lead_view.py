"""Lead's view: what waits, how it goes, who is at what, and what the team has set."""

import streamlit as st

from claimclf.services import reasons
from claimclf.services.queue import dead_letters, settings_history, settings_in_force
from claimclf.ui.frame.navigation import link_to
from claimclf.ui.frame.opening import open_page
from claimclf.ui.lead.actions import forget_outcomes
from claimclf.ui.lead.escalations import show_escalations
from claimclf.ui.lead.figures import show_figures
from claimclf.ui.lead.held import show_held
from claimclf.ui.lead.period import ask_period, is_idle, report_of, say_period
from claimclf.ui.lead.settings.form import show_form
from claimclf.ui.lead.settings.history import show_history
from claimclf.ui.lead.settings.restrictions import show_restrictions
from claimclf.ui.lead.undelivered import show_undelivered
from claimclf.ui.messages import explained
from claimclf.ui.state.database import queue_database

person = open_page("pages/lead_view.py")
period = ask_period()
with explained():
    database = queue_database()
    report = report_of(database.name, person.role, period, database, person)
    history = settings_history(database, person)
    settings = settings_in_force(database, person)
    restrictions = reasons.restrictions(database, person)
    letters = dead_letters(database, person)
say_period(report)

if is_idle(report):
    st.info(
        "Nothing waits and nothing happened in this period. Choose a longer one above, or add "
        "reported videos to the queue on the page *Triage queue*, under *Upload*.",
        icon=":material/inbox:",
    )
    link_to("pages/triage_queue.py", "Open the triage queue")
else:
    show_figures((report.now, report.since, report.until), report)
    show_escalations(report)
    show_held(report)
show_undelivered(letters)
st.subheader("Settings")
show_form(settings, len(history))
show_restrictions(restrictions)
show_history(history)
forget_outcomes()
