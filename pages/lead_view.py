"""Lead's view by questions: what is now, how it goes, who is at what, what the team has set."""

import streamlit as st

from claimclf.services import reasons
from claimclf.services.queue import dead_letters, settings_history, settings_in_force, today
from claimclf.ui.frame.navigation import link_to
from claimclf.ui.frame.opening import open_page
from claimclf.ui.lead.actions import forget_outcomes
from claimclf.ui.lead.figures import show_figures
from claimclf.ui.lead.now import show_now
from claimclf.ui.lead.period import ask_period, is_idle, report_of, say_period
from claimclf.ui.lead.settings.form import show_form
from claimclf.ui.lead.settings.history import show_history
from claimclf.ui.lead.settings.restrictions import show_restrictions
from claimclf.ui.lead.undelivered import show_undelivered
from claimclf.ui.messages import explained
from claimclf.ui.state.database import queue_database

person = open_page("pages/lead_view.py")
now, flow = st.container(), st.container()
with flow:
    period = ask_period()
with explained():
    database = queue_database()
    report = report_of(database.name, person.role, period, database, person)
    day = today(database, person)
    history = settings_history(database, person)
    settings = settings_in_force(database, person)
    restrictions = reasons.restrictions(database, person)
    letters = dead_letters(database, person)

idle = is_idle(report)
with now:
    if idle:
        st.info(
            "Nothing waits and nothing happened in this period. Choose a longer one below, or add "
            "reported videos to the queue on the page *Triage queue*, under *Upload*.",
            icon=":material/inbox:",
        )
        link_to("pages/triage_queue.py", "Open the triage queue")
    else:
        show_now(report, day)
    show_undelivered(letters)
with flow:
    say_period(report)
    if not idle:
        show_figures((report.now, report.since, report.until), report)
st.subheader("Settings")
show_form(settings, len(history))
show_restrictions(restrictions)
show_history(history)
forget_outcomes()
