"""What is so now: how much waits, how far today is, and what a lead can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.ui.lead.escalations import show_escalations
from claimclf.ui.lead.held import show_held
from claimclf.ui.lead.tables import tiles
from claimclf.units import MINUTE

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report
    from claimclf.services.queue import Day


def show_now(report: Report, day: Day) -> None:
    """Show what waits, today's cut, escalations and who holds what, each with its buttons."""
    st.subheader("Now")
    oldest = "none" if report.oldest is None else _to_the_minute(report.now - report.oldest)
    tiles(
        {
            "Waiting now": f"{report.n_waiting:,}",
            "The oldest waits for": oldest,
            "Escalations waiting": f"{report.n_escalated:,}",
            "Cases in hands": f"{len(report.held):,}",
            "Today, of the cut": _of_cut(day),
        }
    )
    escalated, held = st.columns(2, gap="medium")
    with escalated:
        show_escalations(report)
    with held:
        show_held(report)


def _of_cut(day: Day) -> str:
    """Say how many were decided today of how many can be."""
    return (
        f"{day.decided:,}, no cut"
        if day.capacity is None
        else f"{day.decided:,} of {day.capacity:,}"
    )


def _to_the_minute(microseconds: int) -> str:
    hours, minutes = divmod(max(microseconds, 0) // MINUTE, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"
