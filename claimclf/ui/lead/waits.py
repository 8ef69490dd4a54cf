"""How long cases wait for their first decision, open ones counted in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.ui.lead.tables import as_table, counts
from claimclf.ui.wording import EVERY_LANE, length
from claimclf.units import HOUR

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report
    from claimclf.queue.queries.reporting.waits import Wait

NOT_REACHED = "not reached yet"
_LENGTHS = ("half decided within", "90 % decided within")


def show_waits(report: Report) -> None:
    """Show how long cases wait for their first decision, open ones counted in."""
    st.markdown("**Time to first decision**")
    everything = report.waits[0]
    if not everything.curve:
        st.info("No case arrived in this period. Choose a longer one above.")
        return
    curves = {
        _name(wait): pd.DataFrame(
            [(at / HOUR, share) for at, share in wait.curve], columns=["hours", "share"]
        )
        for wait in report.waits
    }
    shares = {0.5: ("half decided", everything.median), 0.1: ("90 % decided", everything.p90)}
    marks = {
        share: (name, None if at is None else at / HOUR) for share, (name, at) in shares.items()
    }
    figure = charts.time_to_decision(curves, marks)
    alt = "Share of the cases that still wait, by hours since they came and by lane"
    st.plotly_chart(figure, key="waits", alt=alt)
    st.caption(
        "Of the cases that arrived in this period. Those still open are counted in as waiting "
        "up to now, from the full hour before they came; a case that was opened again counts "
        "from then."
    )
    points = [frame.assign(lane=name) for name, frame in curves.items()]
    as_table(pd.concat(points)[["lane", "hours", "share"]], "waits_table")


def show_waits_table(report: Report) -> None:
    """Show the same in figures; nothing where nothing arrived."""
    if not report.waits[0].curve:
        return
    table = waits_table(report)
    columns = counts(table) | {
        name: st.column_config.NumberColumn(short, help=name.capitalize(), format="%.2f h")
        for name, short in zip(_LENGTHS, ("half within", "90 % within"), strict=True)
    }
    st.dataframe(table, hide_index=True, column_config=columns, placeholder="")
    if table[list(_LENGTHS)].isna().any(axis=None):
        st.caption(f"In hours; where no number stands, that share is {NOT_REACHED}.")


def waits_table(report: Report) -> pd.DataFrame:
    """Return the figures of each lane; times in hours, so that they are sorted as such."""
    return pd.DataFrame(
        {
            "lane": _name(wait),
            "arrived": wait.n_decided + wait.n_open,
            "decided": wait.n_decided,
            "still open": wait.n_open,
            _LENGTHS[0]: _hours(wait.median),
            _LENGTHS[1]: _hours(wait.p90),
        }
        for wait in report.waits
    ).astype(dict.fromkeys(_LENGTHS, float))


def _hours(at: int | None) -> float | None:
    return None if at is None else at / HOUR


def _name(wait: Wait) -> str:
    return EVERY_LANE if wait.lane is None else str(wait.lane)


def reached(at: int | None, wait: Wait) -> str:
    """Say after what time a share of the cases was decided, or why there is none."""
    if at is None:
        return NOT_REACHED if wait.curve else "none arrived"
    return length(at)
