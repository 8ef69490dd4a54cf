"""Which time the lead looks at, and the report on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person, Role
from claimclf.services import queue
from claimclf.ui.counts import FRESH_SECONDS
from claimclf.ui.guard import action
from claimclf.ui.wording import moment
from claimclf.units import HOUR

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report
    from claimclf.queue.storage.database import Database

#: Period -> its hours; None begins at the team's midnight.
PERIODS: dict[str, int | None] = {"Today": None, "24 hours": 24, "7 days": 168, "28 days": 672}


def ask_period() -> str:
    """Ask which time to look at; return a key of `PERIODS`."""
    st.subheader("Flow")
    which, again = st.columns([5, 1], vertical_alignment="bottom")
    period = which.segmented_control("Period", list(PERIODS), default="24 hours", required=True)
    again.button("Look again", icon=":material/refresh:", width="stretch", on_click=look_again)
    return period


@action()
def look_again(_person: Person) -> None:
    """Count anew."""
    report_of.clear()


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=16, show_spinner="Counting …")
def report_of(name: str, role: Role, period: str, _database: Database, _person: Person) -> Report:
    """Count what a lead looks at: for all leads of this server, and for a few seconds.

    Parameters
    ----------
    name : str
        The database's.
    role : Role
        The person's: what one may see is not kept for another.
    period : str
        A key of `PERIODS`, up to now.
    """
    now, hours = _database.now(), PERIODS[period]
    since = None if hours is None else now - hours * HOUR
    return queue.team_report(_database, _person, since, now + 1)


def say_period(report: Report) -> None:
    """Say of which time the figures are."""
    since = moment(report.since // HOUR * HOUR)
    zone = "" if report.zone == "UTC" else f"; days and charts are those of {report.zone}"
    st.caption(f"From {since} to {moment(report.now)}; all times are UTC{zone}.")


def is_idle(report: Report) -> bool:
    """Say whether there is nothing to draw."""
    flow = ("arrivals", "decisions", "skips", "undos", "escalations")
    has_events = any(getattr(hour, name) for hour in report.hours for name in flow)
    return not (report.n_waiting or has_events or report.people)
