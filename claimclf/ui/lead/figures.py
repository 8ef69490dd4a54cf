"""What came and went, how long it took and who did it, in figures of a period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.ui.cached import drawn_once
from claimclf.ui.lead.flow import show_ages, show_backlog, show_flow
from claimclf.ui.lead.people import show_people
from claimclf.ui.lead.tables import tiles
from claimclf.ui.lead.waits import reached, show_waits, show_waits_table

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report


@drawn_once
def show_figures(made_at: tuple[int, ...], _report: Report) -> None:
    """Show what came and went, how long it took and who did it.

    Parameters
    ----------
    made_at : tuple of int
        When the report was made, and its ends: no two reports have the same.
    """
    _show_tiles(_report)
    came, waits = st.columns(2, gap="medium")
    with came:
        show_flow(_report)
    with waits:
        show_backlog(_report)
    first, ages = st.columns(2, gap="medium")
    with first:
        show_waits(_report)
    with ages:
        show_ages(_report)
        show_waits_table(_report)
    show_people(_report)


def _show_tiles(report: Report) -> None:
    """Show what happened in the period."""

    def total(name: str) -> str:
        return f"{sum(getattr(hour, name) for hour in report.hours):,}"

    everything = report.waits[0]
    tiles(
        {
            "Arrived": total("arrivals"),
            "Decided": total("decisions"),
            "Skipped": total("skips"),
            "Undone": total("undos"),
            "Escalated": total("escalations"),
            "People at work": f"{len(report.people):,}",
        }
    )
    tiles(
        {
            "Half decided within": reached(everything.median, everything),
            "90 % decided within": reached(everything.p90, everything),
        }
    )
