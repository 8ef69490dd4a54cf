"""What nobody has looked at: how much of it breaks the rules, and whether an upload is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.people import Person, Role
from claimclf.services import monitoring
from claimclf.ui.counts import FRESH_SECONDS
from claimclf.ui.lead.tables import as_table
from claimclf.ui.messages import explained, plain
from claimclf.ui.wording import moment

if TYPE_CHECKING:
    from claimclf.modeling.monitoring.certificate import Certificate
    from claimclf.modeling.monitoring.missed import Missed
    from claimclf.queue.storage.database import Database

_BREAKING, _CLAIMS = "break the rules", "are claims"


def show_missed(database: Database, person: Person) -> None:
    """Show what is missed by week and lane, and whether an upload may be called done."""
    with explained():
        by_week = _missed(database.name, person.role, database, person)
    st.subheader("What is missed")
    totals = [one for one in by_week if one.lane == monitoring.EVERY_LANE]
    sampled = [one for one in totals if one.breaking.n_sampled]
    if not sampled:
        st.info(_needs(totals), icon=":material/casino:")
    else:
        latest = sampled[0]
        st.markdown(f"**{latest.sentence}** {_of_week(latest)}")
        st.markdown(advice(latest))
        st.plotly_chart(charts.missed_by_week(_points(sampled)), key="missed")
        as_table(_table(by_week), "missed_table")
    _show_certificate(database, person)


def advice(seen: monitoring.Unseen) -> str:
    """Say what to do about what is missed."""
    parts = []
    if seen.more:
        parts.append(
            f"{seen.more:,} more of the audit sample and the interval is half as wide: set "
            "*Audit sample (%)* higher on the page *Lead's view*, or go on reviewing."
        )
    if seen.breaking.low:
        parts.append(
            "Some are missed for sure: raise the capacity, or let fewer claims be ruled out "
            "(*Model comparison*, *Lanes*)."
        )
    elif not seen.breaking.n_hits:
        parts.append("None was found so far, which does not mean that there is none.")
    return " ".join(parts)


def _needs(totals: list[monitoring.Unseen]) -> str:
    n_unknown = sum(one.breaking.n_unknown for one in totals)
    if not n_unknown:
        return (
            "Nothing is left that nobody would look at. With a lane of opinions, or a capacity on "
            "the page *Lead's view*, this says how many claims are missed there."
        )
    return (
        f"Nobody would look at {n_unknown:,} videos, and none of the audit sample of them is "
        "decided yet. It is mixed into the queue by itself: after one decision on it this begins, "
        "after thirty it says something."
    )


def _of_week(seen: monitoring.Unseen) -> str:
    found = seen.breaking
    return (
        f"They came in the week of {monitoring.monday(seen.week)}; {found.n_sampled:,} of them "
        f"were drawn at random and decided, and {found.n_hits:,} of these break the rules."
    )


def _points(totals: list[monitoring.Unseen]) -> pd.DataFrame:
    rows = [
        (monitoring.monday(one.week), what, of.number, of.low, of.high)
        for one in reversed(totals)
        for what, of in ((_BREAKING, one.breaking), (_CLAIMS, one.claims))
    ]
    return pd.DataFrame(rows, columns=["week", "what", "number", "number_low", "number_high"])


def _table(by_week: list[monitoring.Unseen]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "week from": monitoring.monday(one.week),
            "lane": one.lane,
            "not reviewed": one.breaking.n_cases + one.breaking.n_unknown,
            "sampled": one.breaking.n_sampled,
            **_columns(_BREAKING, one.breaking),
            **_columns(_CLAIMS, one.claims),
            "more to sample": one.more,
        }
        for one in by_week
    ).astype({"more to sample": "Int64"})


def _columns(what: str, of: Missed) -> dict[str, str | int]:
    if not of.n_sampled:
        return {f"{what}: found": 0, f"{what}: in all": "not enough data", f"{what}: share": ""}
    share = f"{of.low / of.n_cases:.1%} to {of.high / of.n_cases:.1%}"
    return {
        f"{what}: found": of.n_hits,
        f"{what}: in all": f"{of.low:,} to {of.high:,}",
        f"{what}: share": share,
    }


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=4, show_spinner="Counting …")
def _missed(name: str, role: Role, _database: Database, _person: Person) -> list[monitoring.Unseen]:
    return monitoring.missed_by_week(_database, _person)


def _show_certificate(database: Database, person: Person) -> None:
    st.subheader("Have nearly all claims of an upload been seen?")
    with explained():
        uploads = {row[0]: row for row in monitoring.uploads(database, person)}
    if not uploads:
        st.info("Nothing was uploaded yet. Add reported videos on the page *Triage queue*.")
        return
    number = st.selectbox(
        "Upload",
        list(uploads),
        format_func=lambda n: f"{uploads[n][1]}, {moment(uploads[n][2])}, {uploads[n][3]:,} new",
    )
    with explained():
        said = monitoring.certify(database, person, number)
    if said.is_certified:
        st.success(certified(said), icon=":material/verified:")
    else:
        st.info(certified(said), icon=":material/hourglass_empty:")
    st.caption(
        f"{plain(uploads[number][1])}: {said.n_seen:,} claims seen, {said.n_unseen:,} videos not "
        f"seen yet, {said.n_drawn:,} drawn at random; evidence {min(said.evidence, 1e6):,.1f} of "
        f"{said.needed:,.0f}."
    )


def certified(said: Certificate) -> str:
    """Say in words whether nearly all claims have been seen, and else what is needed."""
    claim = (
        f"With {said.confidence:.0%} confidence at least {said.goal:.0%} of this upload's claims "
        "have been seen."
    )
    if said.is_certified:
        return claim
    if said.n_first:
        return (
            f"Not certain yet: {said.n_first:,} more of the lanes claims and uncertain have to be "
            "reviewed first, for any of them could be a claim."
        )
    if not said.n_drawn:
        return "Not certain yet: nothing of the audit sample of its opinions is decided."
    return (
        "Not certain yet: the evidence has to grow. Each opinion of the audit sample that is one "
        "adds to it; a larger sample gets there sooner."
    )
