"""Whether what comes in, and how predictions fare, is still what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.people import Person, Role
from claimclf.services import monitoring
from claimclf.ui.lead.tables import as_table
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.models import champion, model_in_use

if TYPE_CHECKING:
    from claimclf.modeling.monitoring.drift import Change
    from claimclf.queue.storage.database import Database

#: Weeks that are over change seldom: how long what they say is kept.
_KEPT_SECONDS = 120


def show_drift(database: Database, person: Person) -> None:
    """Show which signals have moved, and the course of one."""
    best = champion()
    with explained():
        watched = _watched(
            database.name, person.role, best.version if best else "", database, person
        )
    st.subheader("Is the world changing?")
    if not watched.changes:
        st.info(
            "Nothing has come yet that weeks could be compared by. Once uploads of four weeks are "
            "in the queue this says what has changed.",
            icon=":material/inbox:",
        )
        return
    if watched.alarms:
        st.warning(_alarms(watched.alarms), icon=":material/notification_important:")
    st.markdown(advice(watched))
    sources = list(dict.fromkeys(change.source for change in watched.changes))
    sources.sort(key=lambda source: (source != monitoring.ALL_SOURCES, source))
    source = st.selectbox("Source", sources) if len(sources) > 1 else sources[0]
    own = [change for change in watched.changes if change.source == source]
    points = _points([change for change in own if change.is_enough])
    if len(points):
        st.plotly_chart(charts.changes_of_signals(points), key="drift")
    as_table(_table(own), "drift_table")
    _show_course(watched, own)
    st.caption(
        f"The week of {watched.begins} and those before it, beside the half year before them. All "
        "signals together raise one false alarm in 26 weeks at most."
    )


def _alarms(alarms: list[Change]) -> str:
    """List the alarms of all sources, and in one line where else there are some."""
    whole = [change for change in alarms if change.source == monitoring.ALL_SOURCES]
    own = [change for change in alarms if change not in whole]
    lines = [plain(change.sentence) for change in whole or own]
    if whole and own:
        names = sorted({change.source for change in own})
        lines.append(f"By itself also: {', '.join(map(plain, names))}; choose it below.")
    return "\n".join(f"- {line}" for line in lines)


def advice(watched: monitoring.Watched) -> str:
    """Say what to do about it."""
    if watched.alarms:
        return (
            "Look at some of these videos on the page *Triage queue*. If they are new to the "
            "model, decide on a few hundred and teach a challenger; if decisions speak against "
            "predictions, calibrate anew by teaching one, or review more."
        )
    n_few = sum(not change.is_enough for change in watched.changes)
    few = (
        f" {n_few:,} signals have not enough data yet: 50 in a week, and 200 in three weeks before."
    )
    return f"No alarm: nothing has changed by as much as matters.{few if n_few else ''}"


def _points(changes: list[Change]) -> pd.DataFrame:
    rows = [(change.short, change.steps, str(change.state)) for change in _in_order(changes)]
    return pd.DataFrame(rows, columns=["signal", "steps", "state"])


def _table(changes: list[Change]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "signal": change.words,
            "state": str(change.state),
            "now": change.written_now if change.is_enough else "",
            "before": change.written_before if change.is_enough else "",
            "weeks": change.weeks,
            "of (now)": change.n_now,
            "of (before)": change.n_before,
        }
        for change in _in_order(changes)
    )


def _in_order(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: change.number)


def _show_course(watched: monitoring.Watched, changes: list[Change]) -> None:
    ordered = {change.name: change for change in _in_order(changes)}
    first = next((change.name for change in changes), "")
    name = st.selectbox(
        "Week by week",
        list(ordered),
        index=list(ordered).index(first),
        format_func=lambda one: ordered[one].words,
    )
    change = ordered[name]
    points = watched.course(change.source, name)
    figure = charts.course_of_signal(points, change.short, in_percent=change.in_percent)
    st.plotly_chart(figure, key="drift_course")
    as_table(points, "drift_course_table")


@st.cache_resource(ttl=_KEPT_SECONDS, max_entries=4, show_spinner="Comparing weeks …")
def _watched(
    name: str, role: Role, model: str, _database: Database, _person: Person
) -> monitoring.Watched:
    predictor = model_in_use().predictor if model else None
    return monitoring.watch(_database, _person, predictor)
