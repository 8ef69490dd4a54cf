"""What each person did, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from claimclf.people import Person
from claimclf.schema import PRIMARY_DECISIONS, Decision
from claimclf.ui.lead.tables import TWO_LINES, count_column, short_moment
from claimclf.units import MINUTE

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.people import AtWork
    from claimclf.queue.queries.reporting.report import Report

_SHORT = {
    Decision.BREAKS_RULES: "breaks rules",
    Decision.WITHIN_RULES: "within rules",
    Decision.OPINION: "opinion",
}
#: Letters of a name that need a second line.
_LONG = 18


def show_people(report: Report) -> None:
    """Show what each person did, and all together."""
    st.subheader("People")
    if not report.people:
        st.info("Nobody took a case in this period. People start on the page *Review*.")
        return
    together = {
        "who": "all together",
        **_counts(report.people),
        "per case": _handling(report.handling),
        "last seen": short_moment(max(colleague.last_seen for colleague in report.people)),
    }
    rows = [_row(colleague) for colleague in report.people]
    st.dataframe(
        pd.DataFrame([*rows, together]).astype({"per case": float}),
        hide_index=True,
        placeholder="",
        row_height=TWO_LINES if any(len(row["who"]) > _LONG for row in rows) else None,
        column_config={
            "who": st.column_config.Column(width=140),
            "last seen": st.column_config.Column(width=116),
            **{name: count_column(84) for name in _SHORT.values()},
            **{name: count_column(62) for name in ("decided", "opinion", "skipped", "undone")},
            "escalated": count_column(74),
            "per case": st.column_config.NumberColumn(format="%.1f min", width=66),
        },
    )
    st.caption(
        "Decisions, escalations and skips that were not undone; *per case* is the median time "
        "from taking a case to the decision that closed it, without those made for many at once."
    )


def _row(colleague: AtWork) -> dict[str, Any]:
    return {
        "who": Person(colleague.name, colleague.role).title,
        **_counts([colleague]),
        "per case": _handling(colleague.handling),
        "last seen": short_moment(colleague.last_seen),
    }


def _counts(people: Sequence[AtWork]) -> dict[str, int]:
    def made(decision: Decision) -> int:
        return sum(colleague.made[decision] for colleague in people)

    return {
        "decided": sum(colleague.n_decided for colleague in people),
        **{_SHORT[decision]: made(decision) for decision in PRIMARY_DECISIONS},
        "escalated": made(Decision.ESCALATE),
        "skipped": made(Decision.SKIP),
        "undone": sum(colleague.undos for colleague in people),
    }


def _handling(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / MINUTE
