"""What waits, came and went, how long it took and who did it, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.ui.cached import drawn_once
from claimclf.ui.lead.flow import show_flow
from claimclf.ui.lead.people import show_people
from claimclf.ui.lead.waits import reached, show_waits
from claimclf.ui.wording import length

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report


@drawn_once
def show_figures(made_at: tuple[int, ...], _report: Report) -> None:
    """Show what waits, came and went, how long it took and who did it.

    Parameters
    ----------
    made_at : tuple of int
        When the report was made, and its ends: no two reports have the same.
    """
    _show_tiles(_report)
    show_flow(_report)
    show_waits(_report)
    show_people(_report)


def _show_tiles(report: Report) -> None:
    """Show what is so now, then what happened in the period."""

    def total(name: str) -> str:
        return f"{sum(getattr(hour, name) for hour in report.hours):,}"

    everything = report.waits[0]
    oldest = "none" if report.oldest is None else length(report.now - report.oldest)
    _tiles(
        {
            "Waiting now": f"{report.n_waiting:,}",
            "The oldest for up to": oldest,  # known by the hour in which it came
            "Escalations waiting": f"{report.n_escalated:,}",
            "Cases in hands": f"{len(report.held):,}",
        }
    )
    _tiles(
        {
            "Arrived": total("arrivals"),
            "Decided": total("decisions"),
            "Skipped": total("skips"),
            "Undone": total("undos"),
        }
    )
    _tiles(
        {
            "Escalated": total("escalations"),
            "People at work": f"{len(report.people):,}",
            "Half decided within": reached(everything.median, everything),
            "90 % decided within": reached(everything.p90, everything),
        },
        (1, 1, 2, 2),  # the last two may hold words
    )


def _tiles(tiles: dict[str, str], widths: Sequence[int] = (1, 1, 1, 1)) -> None:
    for place, (label, value) in zip(st.columns(widths), tiles.items(), strict=True):
        place.metric(label, value)
