"""Who is looking at what; a lead takes it out of their hands or gives it to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf.people import Capability, Person
from claimclf.schema import CaseState
from claimclf.ui.guard import fragment
from claimclf.ui.lead.actions import HELD, reassign_held, show_outcome, take_over
from claimclf.ui.lead.giving import AT_WORK, case_number, field_and_button, offer, reviewers
from claimclf.ui.lead.tables import short_moment

if TYPE_CHECKING:
    from claimclf.queue.queries.reporting.report import Report


@fragment()
def show_held(person: Person, report: Report) -> None:
    """Show who is looking at what, and take it out of their hands or give it to others."""
    st.markdown("**Who holds what**")
    _list_held(person, report)
    show_outcome(HELD)


def _list_held(person: Person, report: Report) -> None:
    if not report.held:
        st.info("Nobody holds a case now. People take them on the page *Review*.")
        return
    table = pd.DataFrame(
        {
            "case": held.case_id,
            "who": held.holder,
            "since": short_moment(held.since),
            "comes back": short_moment(held.until),
            "state": str(held.state),
            "lane": str(held.lane),
        }
        for held in report.held
    )
    st.dataframe(table, hide_index=True, key="held")
    cases = {held.case_id: held for held in report.held}
    (which, mine), (who, give) = field_and_button(), field_and_button()
    case = which.selectbox("Case in hands", list(cases), format_func=case_number, key=HELD)
    offer(mine, "Take over", take_over, HELD)
    held = cases[case]
    escalated = held.state is CaseState.ESCALATED
    people = reviewers(report, person, Capability.LEAD if escalated else Capability.REVIEW)
    people.pop(held.holder, None)
    to = f"{HELD}_to_{case}_{held.holder}"  # chosen anew each time
    who.selectbox(
        "Reassign to",
        list(people),
        index=None,
        key=to,
        accept_new_options=not escalated,
        help=AT_WORK if escalated else f"{AT_WORK} Or type another name.",
    )
    offer(give, "Reassign", reassign_held, HELD, to, people)
