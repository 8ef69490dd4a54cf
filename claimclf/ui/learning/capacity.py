"""What more reviews a day would find, and how old the queue would get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.people import Person, Role
from claimclf.services import monitoring
from claimclf.ui.counts import FRESH_SECONDS
from claimclf.ui.lead.tables import as_table
from claimclf.ui.messages import explained

if TYPE_CHECKING:
    from claimclf.modeling.monitoring.capacity import Outlook
    from claimclf.queue.storage.database import Database

_POINTS = 40
#: Days until an empty queue that are worth telling.
_IN_SIGHT = 365


def show_capacity(database: Database, person: Person) -> None:
    """Let a lead choose a number of reviews a day, and show what comes of it."""
    with explained():
        basis = _basis(database.name, person.role, database, person)
    st.subheader("With so many reviews a day, how many rule-breaking claims are found")
    if not basis.is_enough:
        n = monitoring.LEAST_DECIDED - len(basis.decided)
        st.info(
            f"{max(n, 1):,} more decisions and this can say what a rank is worth: it is "
            f"worked out from cases decided and uploads of the last {monitoring.DAYS} days.",
            icon=":material/speed:",
        )
        return
    most = max(round(basis.arriving * 1.5), 20)
    step = max(most // 200, 1)
    a_day = st.slider("Reviews a day", 0, most, min(round(basis.arriving), most), step)
    seen = monitoring.outlook_at(basis, a_day)
    tiles = {
        "Found a day": f"{seen.found:,.1f}",
        "Of all that arrive": f"{seen.share:.0%}",
        f"Waiting in {monitoring.DAYS} days": f"{seen.waiting:,.0f}",
        "The oldest by then (days)": f"{seen.age:,.0f}",
    }
    for place, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        place.metric(label, value)
    st.markdown(advice(basis, seen))
    rows = [
        (n, monitoring.outlook_at(basis, n).share) for n in range(0, most + 1, -(-most // _POINTS))
    ]
    points = pd.DataFrame(rows, columns=["a_day", "share"])
    st.plotly_chart(charts.found_by_capacity(points, a_day), key="capacity")
    as_table(points, "capacity_table")
    st.caption(
        f"From {len(basis.decided):,} cases decided in the last {monitoring.DAYS} days, in the "
        f"order of the team's ranking; {basis.arriving:,.0f} arrive a day and "
        f"{basis.waiting:,} wait."
    )


def advice(basis: monitoring.Basis, seen: Outlook) -> str:
    """Say what the number of reviews means."""
    if seen.empty_after is not None and seen.empty_after <= _IN_SIGHT:
        return f"Enough: the queue is empty in {seen.empty_after:,.0f} days and stays so."
    if seen.a_day >= round(basis.arriving):
        return "As many as arrive: what waits now stays, and what comes is reviewed as it comes."
    missing = basis.arriving - seen.a_day
    return (
        f"{missing:,.0f} more arrive each day than are reviewed: what is ranked last waits for "
        f"good, and {1 - seen.share:.0%} of what breaks the rules is among it."
    )


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=4, show_spinner="Counting …")
def _basis(name: str, role: Role, _database: Database, _person: Person) -> monitoring.Basis:
    return monitoring.what_if_basis(_database, _person)
