"""What came and went by hour, and the backlog that it left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.schema import Lane
from claimclf.ui.counts import AGES, age
from claimclf.ui.lead.tables import as_table, counts
from claimclf.ui.wording import EVERY_LANE
from claimclf.units import HOUR

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report


def show_flow(report: Report) -> None:
    """Show what came and went by hour."""
    hours = _hours(report)
    st.markdown("**Arrivals and decisions by hour**")
    figure = charts.arrivals_and_decisions(hours, report.zone)
    came, decided = hours["arrivals"].sum(), hours["decisions"].sum()
    st.plotly_chart(figure, key="flow", alt=f"By hour: {came:,} cases came, {decided:,} decided")
    as_table(hours.drop(columns=["end", "waiting"]).sort_values("start", ascending=False), "hours")


def show_backlog(report: Report) -> None:
    """Show how the backlog went."""
    hours = _hours(report)
    st.markdown("**Backlog**")
    figure = charts.backlog_course(hours, report.zone)
    st.plotly_chart(figure, key="backlog", alt=f"Backlog by hour; now {report.n_waiting:,} wait")
    as_table(hours[["end", "waiting"]].sort_values("end", ascending=False), "backlog_table")


def show_ages(report: Report) -> None:
    """Show what waits now, by lane and age."""
    st.markdown("**What waits now, by lane and age**")
    table = backlog_table(report)
    st.dataframe(table, hide_index=True, column_config=counts(table))


def _hours(report: Report) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "start": pd.to_datetime(hour.start, unit="us"),
            "end": pd.to_datetime(min(hour.start + HOUR, max(report.now, hour.start)), unit="us"),
            "arrivals": hour.arrivals,
            "decisions": hour.decisions,
            "skips": hour.skips,
            "undos": hour.undos,
            "escalations": hour.escalations,
            "waiting": hour.backlog,
        }
        for hour in report.hours
    )


def backlog_table(report: Report) -> pd.DataFrame:
    """Count what waits by lane and class of age, with totals; escalated cases among it."""
    numbers: Counter[tuple[str, str]] = Counter()
    for tally in report.backlog:
        for lane in (tally.lane, EVERY_LANE):
            numbers[lane, age(tally.hours)] += tally.n
    lanes = [*Lane, EVERY_LANE]
    return pd.DataFrame(
        {
            "lane": str(lane),
            **{name: numbers[lane, name] for name in AGES},
            "total": sum(numbers[lane, name] for name in AGES),
        }
        for lane in lanes
    )
