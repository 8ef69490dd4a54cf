"""What is so now: how much waits, how far today is, and what a lead can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.ui.lead.escalations import show_escalations
from claimclf.ui.lead.held import show_held
from claimclf.ui.lead.tables import tiles
from claimclf.ui.wording import length

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report
    from claimclf.services.queue import Day


def show_now(report: Report, day: Day) -> None:
    """Show what waits, today's cut, escalations and who holds what, each with its buttons."""
    st.subheader("Now")
    oldest = "none" if report.oldest is None else length(report.now - report.oldest)
    tiles(
        {
            "Waiting now": f"{report.n_waiting:,}",
            "The oldest for up to": oldest,  # known by the hour in which it came
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
