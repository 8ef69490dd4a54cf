"""What waits for a lead, and giving it to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf.people import Capability, Person
from claimclf.ui.guard import fragment
from claimclf.ui.lead.actions import ESCALATED, give_escalated, show_outcome, take
from claimclf.ui.lead.giving import AT_WORK, case_number, field_and_button, offer, reviewers
from claimclf.ui.lead.tables import THREE_LINES, short_moment
from claimclf.ui.wording import in_hours

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report

#: Letters of a note that need more than a line.
_LONG = 28


@fragment()
def show_escalations(person: Person, report: Report) -> None:
    """Show what waits for a lead, and give it to one."""
    st.markdown("**Escalations**")
    _list_escalations(person, report)
    show_outcome(ESCALATED)


def _list_escalations(person: Person, report: Report) -> None:
    if not report.escalations:
        st.info("No case waits for a lead.")
        return
    st.dataframe(
        _table(report),
        hide_index=True,
        key="escalations",
        row_height=THREE_LINES if any(len(w.note) > _LONG for w in report.escalations) else None,
        column_config={
            "waits for": st.column_config.NumberColumn(format="%.1f h"),
            "by": st.column_config.Column(width=90),
            "held by": st.column_config.Column(width=70),
            "note": st.column_config.Column(width=130),
        },
    )
    if report.n_escalated > len(report.escalations):
        st.caption(f"The oldest {len(report.escalations):,} of {report.n_escalated:,}.")
    free = [waiting.case_id for waiting in report.escalations if waiting.holder is None]
    if not free:
        st.caption("Each of them is in somebody's hands: see below.")
        return
    (which, mine), (who, give) = field_and_button(), field_and_button()
    which.selectbox("Escalated case", free, format_func=case_number, key=ESCALATED)
    offer(mine, "Take", take, ESCALATED, type="primary")
    # No names of other people: what is typed says nothing of a role.
    leads, to = reviewers(report, person, Capability.LEAD), f"{ESCALATED}_to"
    hint = f"{AT_WORK} For others choose a longer one."
    who.selectbox("Give to the lead", list(leads), index=None, key=to, help=hint)
    offer(give, "Give", give_escalated, ESCALATED, to, leads)


def _table(report: Report) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": waiting.case_id,
            "lane": str(waiting.lane),
            "waits for": in_hours(report.now - waiting.since),
            "by": waiting.by,
            "note": waiting.note,
            "held by": waiting.holder or "",
            "since": short_moment(waiting.since),
        }
        for waiting in report.escalations
    )
