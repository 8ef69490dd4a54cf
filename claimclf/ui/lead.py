"""The parts of the lead's view, from what waits down to what the team has set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import isclose
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from claimclf import charts
from claimclf.errors import ClaimclfError, InvalidRequestError
from claimclf.people import Capability, Person, Role
from claimclf.queue.queries.reporting.people import AtWork
from claimclf.queue.queries.reporting.report import Report
from claimclf.queue.queries.reporting.waits import Wait
from claimclf.queue.review.leases import Lease
from claimclf.queue.settings.team import WORDS, Change, Settings
from claimclf.queue.storage.database import Database
from claimclf.schema import PRIMARY_DECISIONS, CaseState, Decision, Lane, Ranking
from claimclf.services import queue
from claimclf.ui.access import note_activity, person_at_work
from claimclf.ui.counts import AGES, FRESH_SECONDS, age
from claimclf.ui.page import drawn_once, link_to, plain, say_error
from claimclf.ui.state import CHOSEN_CASE, queue_database
from claimclf.ui.wording import RANKINGS, moment
from claimclf.units import DAY, HOUR

_SHORT = {
    Decision.BREAKS_RULES: "breaks rules",
    Decision.WITHIN_RULES: "within rules",
    Decision.OPINION: "opinion",
}
#: Height of a row of two lines, the lowest that wraps; letters of a name that need it.
_WRAPPED, _LONG = 66, 18
_SAID = "lead_said"
#: Parts of the page where something is done; the fields of the case that it is done to.
_ESCALATED, _HELD, _SETTINGS = "escalated_case", "held_case", "settings"
#: Period -> its hours; None begins at midnight.
PERIODS: dict[str, int | None] = {"Today": None, "24 hours": 24, "7 days": 168, "28 days": 672}
NOT_REACHED = "not reached yet"
NO_LIMIT, A_DAY, PERCENT = "no limit", "cases a day", "% of what is open"
_EVERYTHING = "all lanes"
_WHO = "Who was at work in the period above."


def ask_period() -> str:
    """Ask which time to look at; return a key of `PERIODS`."""
    which, again = st.columns([5, 1], vertical_alignment="bottom")
    period = which.segmented_control("Period", list(PERIODS), default="24 hours", required=True)
    again.button("Look again", icon=":material/refresh:", width="stretch", on_click=report_of.clear)
    return period


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=16, show_spinner="Counting …")
def report_of(name: str, role: Role, period: str, _database: Database, _person: Person) -> Report:
    """Count what a lead looks at: for all leads of this server, and for a few seconds.

    Parameters
    ----------
    name : str
        The database's.
    role : Role
        The person's: what one may see is not kept for another.
    period : str
        A key of `PERIODS`, up to now.
    """
    now, hours = _database.now(), PERIODS[period]
    since = now // DAY * DAY if hours is None else now - hours * HOUR
    return queue.team_report(_database, _person, since, now + 1)


def say_period(report: Report) -> None:
    """Say of which time the figures are."""
    since = moment(report.since // HOUR * HOUR)
    st.caption(f"From {since} to {moment(report.now)}; all times are UTC.")


def is_idle(report: Report) -> bool:
    """Say whether there is nothing to draw."""
    flow = ("arrivals", "decisions", "skips", "undos", "escalations")
    happened = any(getattr(hour, name) for hour in report.hours for name in flow)
    return not (report.n_waiting or happened or report.people)


@drawn_once
def show_figures(made_at: tuple[int, ...], _report: Report) -> None:
    """Show what waits, came and went, how long it took and who did it.

    Parameters
    ----------
    made_at : tuple of int
        When the report was made, and its ends: no two reports have the same.
    """
    _show_tiles(_report)
    _show_flow(_report)
    _show_waits(_report)
    _show_people(_report)


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
            "Half decided within": _reached(everything.median, everything),
            "90 % decided within": _reached(everything.p90, everything),
        },
        (1, 1, 2, 2),  # the last two may hold words
    )


def _tiles(tiles: dict[str, str], widths: Sequence[int] = (1, 1, 1, 1)) -> None:
    for place, (label, value) in zip(st.columns(widths), tiles.items(), strict=True):
        place.metric(label, value)


def _show_flow(report: Report) -> None:
    """Show what came and went by hour, and the backlog that it left."""
    hours = pd.DataFrame(
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
    st.subheader("Arrivals and decisions by hour")
    st.plotly_chart(charts.arrivals_and_decisions(hours), key="flow")
    _as_table(hours.drop(columns=["end", "waiting"]).sort_values("start", ascending=False), "hours")
    st.subheader("Backlog")
    st.plotly_chart(charts.backlog_course(hours), key="backlog")
    _as_table(hours[["end", "waiting"]].sort_values("end", ascending=False), "backlog_table")
    st.markdown("**What waits now, by lane and age**")
    table = backlog_table(report)
    st.dataframe(table, hide_index=True, column_config=_numbers(table))


def backlog_table(report: Report) -> pd.DataFrame:
    """Count what waits by lane and class of age, with totals; escalated cases among it."""
    found: Counter[tuple[str, str]] = Counter()
    for tally in report.backlog:
        for lane in (tally.lane, _EVERYTHING):
            found[lane, age(tally.hours)] += tally.n
    lanes = [*Lane, _EVERYTHING]
    return pd.DataFrame(
        {
            "lane": str(lane),
            **{name: found[lane, name] for name in AGES},
            "total": sum(found[lane, name] for name in AGES),
        }
        for lane in lanes
    )


def _number(width: int | None = None) -> Any:
    return st.column_config.NumberColumn(format="localized", width=width)


def _numbers(table: pd.DataFrame) -> Any:
    """Return how a table's counts are written."""
    return {str(name): _number() for name in table.select_dtypes("int").columns}


def _as_table(table: pd.DataFrame, key: str) -> None:
    with st.expander("As a table"):
        st.dataframe(table, hide_index=True, key=key, column_config={**_numbers(table), **_TIMES})


_TIMES: Any = {
    "start": st.column_config.DatetimeColumn("Hour from (UTC)", format="YYYY-MM-DD HH:mm"),
    "end": st.column_config.DatetimeColumn("To (UTC)", format="YYYY-MM-DD HH:mm"),
    "share": st.column_config.NumberColumn(format="%.4f"),
}


def _show_waits(report: Report) -> None:
    """Show how long cases wait for their first decision, open ones counted in."""
    st.subheader("Time to first decision")
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
    reached = {0.5: ("half decided", everything.median), 0.1: ("90 % decided", everything.p90)}
    marks = {
        share: (name, None if at is None else at / HOUR) for share, (name, at) in reached.items()
    }
    st.plotly_chart(charts.time_to_decision(curves, marks), key="waits")
    st.caption(
        "Of the cases that arrived in this period. Those still open are counted in as waiting "
        "up to now, from the full hour before they came; a case that was opened again counts "
        "from then."
    )
    table = pd.DataFrame(
        {
            "lane": _name(wait),
            "arrived": wait.n_decided + wait.n_open,
            "decided": wait.n_decided,
            "still open": wait.n_open,
            "half decided within": _reached(wait.median, wait),
            "90 % decided within": _reached(wait.p90, wait),
        }
        for wait in report.waits
    )
    st.dataframe(table, hide_index=True, column_config=_numbers(table))
    points = [frame.assign(lane=name) for name, frame in curves.items()]
    _as_table(pd.concat(points)[["lane", "hours", "share"]], "waits_table")


def _name(wait: Wait) -> str:
    return _EVERYTHING if wait.lane is None else str(wait.lane)


def _reached(at: int | None, wait: Wait) -> str:
    if at is None:
        return NOT_REACHED if wait.curve else "none arrived"
    return length(at)


def _show_people(report: Report) -> None:
    """Show what each person did, and all together."""
    st.subheader("By moderator")
    if not report.people:
        st.info("Nobody took a case in this period. People start on the page *Review*.")
        return
    together = {
        "who": "all together",
        **_counts(report.people),
        "per case": _handling(report.handling),
        "last seen": _when(max(one.last_seen for one in report.people)),
    }
    rows = [_did(one) for one in report.people]
    st.dataframe(
        pd.DataFrame([*rows, together]),
        hide_index=True,
        row_height=_WRAPPED if any(len(row["who"]) > _LONG for row in rows) else None,
        column_config={
            "who": st.column_config.Column(width=140),
            "last seen": st.column_config.Column(width=116),
            **{name: _number(84) for name in _SHORT.values()},
            **{name: _number(62) for name in ("decided", "opinion", "skipped", "undone")},
            "escalated": _number(74),
            "per case": st.column_config.Column(width=66),
        },
    )
    st.caption(
        "Decisions, escalations and skips that were not undone; *per case* is the median time "
        "from taking a case to the decision that closed it, without those made for many at once."
    )


def _did(one: AtWork) -> dict[str, Any]:
    return {
        "who": Person(one.name, one.role).title,
        **_counts([one]),
        "per case": _handling(one.handling),
        "last seen": _when(one.last_seen),
    }


def _counts(people: Sequence[AtWork]) -> dict[str, int]:
    def made(decision: Decision) -> int:
        return sum(one.made[decision] for one in people)

    return {
        "decided": sum(one.n_decided for one in people),
        **{_SHORT[decision]: made(decision) for decision in PRIMARY_DECISIONS},
        "escalated": made(Decision.ESCALATE),
        "skipped": made(Decision.SKIP),
        "undone": sum(one.undos for one in people),
    }


def _handling(microseconds: int | None) -> str:
    return "" if microseconds is None else length(microseconds)


@st.fragment
def show_escalations(person: Person, report: Report) -> None:
    """Show what waits for a lead, and give it to one."""
    st.subheader("Escalations waiting")
    _list_escalations(person, report)
    _show_what_was_said(_ESCALATED)


def _list_escalations(person: Person, report: Report) -> None:
    if not report.escalations:
        st.info("No case waits for a lead.")
        return
    table = pd.DataFrame(
        {
            "case": waiting.case_id,
            "lane": str(waiting.lane),
            "since": _when(waiting.since),
            "waits for": length(report.now - waiting.since),
            "by": waiting.by,
            "held by": waiting.holder or "",
            "note": waiting.note,
        }
        for waiting in report.escalations
    )
    st.dataframe(
        table,
        hide_index=True,
        key="escalations",
        row_height=75,  # three lines
        column_config={
            "by": st.column_config.Column(width=125),
            "held by": st.column_config.Column(width=70),
            "note": st.column_config.Column(width=305),
        },
    )
    if report.n_escalated > len(table):
        st.caption(f"The oldest {len(table):,} of {report.n_escalated:,}.")
    free = [waiting.case_id for waiting in report.escalations if waiting.holder is None]
    if not free:
        st.caption("Each of them is in somebody's hands: see below.")
        return
    which, take, who, give = st.columns([3, 2, 3, 2], vertical_alignment="bottom")
    which.selectbox("Escalated case", free, format_func=_case, key=_ESCALATED)
    _offer(take, "Take", _take, _ESCALATED, type="primary")
    # No names of other people: what is typed says nothing of a role.
    leads, to = _reviewers(report, person, Capability.LEAD), f"{_ESCALATED}_to"
    hint = f"{_WHO} For others choose a longer one."
    who.selectbox("Give to the lead", list(leads), index=None, key=to, help=hint)
    _offer(give, "Give", _reassign, _ESCALATED, to, leads)


@st.fragment
def show_held(person: Person, report: Report) -> None:
    """Show who is looking at what, and take it out of their hands or give it to others."""
    st.subheader("Who is looking at what")
    _list_held(person, report)
    _show_what_was_said(_HELD)


def _list_held(person: Person, report: Report) -> None:
    if not report.held:
        st.info("Nobody holds a case now. People take them on the page *Review*.")
        return
    table = pd.DataFrame(
        {
            "case": held.case_id,
            "who": held.holder,
            "since": _when(held.since),
            "comes back": _when(held.until),
            "state": str(held.state),
            "lane": str(held.lane),
        }
        for held in report.held
    )
    st.dataframe(table, hide_index=True, key="held")
    cases = {held.case_id: held for held in report.held}
    which, take, who, give = st.columns([3, 2, 3, 2], vertical_alignment="bottom")
    case = which.selectbox("Case in hands", list(cases), format_func=_case, key=_HELD)
    _offer(take, "Take over", _take_over, _HELD)
    held = cases[case]
    escalated = held.state is CaseState.ESCALATED
    needed = Capability.LEAD if escalated else Capability.REVIEW
    people = _reviewers(report, person, needed)
    people.pop(held.holder, None)
    to = f"{_HELD}_to_{case}_{held.holder}"  # chosen anew each time
    who.selectbox(
        "Reassign to",
        list(people),
        index=None,
        key=to,
        accept_new_options=not escalated,
        help=_WHO if escalated else f"{_WHO} Or type another name.",
    )
    _offer(give, "Reassign", _reassign, _HELD, to, people)


def _case(number: int) -> str:
    return f"case {number}"


def _reviewers(report: Report, person: Person, needed: Capability) -> dict[str, Person]:
    """Return who can be given a case: who was at work in the period, and who is asking."""
    known = [*(Person(one.name, one.role) for one in report.people), person]
    return {one.name: one for one in known if one.may(needed)}


def _offer(
    place: DeltaGenerator,
    label: str,
    work: Callable[..., str],
    field: str,
    *args: Any,
    **look: Any,
) -> None:
    """Draw a button of a fragment; choosing redraws its part alone, a click the whole page."""
    if place.button(
        label, width="stretch", on_click=_act, args=(field, work, field, *args), **look
    ):
        st.rerun()


def _act(where: str, work: Callable[..., str], *args: Any) -> None:
    """Do something to the queue, and remember what came of it for the next drawing.

    A callback runs before the page asks who is there.
    """
    st.session_state.pop(CHOSEN_CASE, None)  # the page Review opens what was taken last
    said: str | ClaimclfError
    try:
        note_activity()
        said = work(queue_database(), person_at_work(), *args)
    except ClaimclfError as error:
        said = error
    report_of.clear()  # one's own deeds show at once
    st.session_state[_SAID] = (where, said)


def _show_what_was_said(where: str) -> None:
    """Show what became of the last click in this part of the page, where the eyes are."""
    said_where, said = st.session_state.get(_SAID, ("", None))
    if said_where != where:
        return
    if isinstance(said, ClaimclfError):
        say_error(said)
        return
    st.success(plain(said))
    if CHOSEN_CASE in st.session_state:
        link_to("pages/review.py", "Decide on it: open Review")


def forget_what_was_said() -> None:
    """Show it no more: the page was drawn to its end."""
    st.session_state.pop(_SAID, None)


# The case is what the field says at the click: the list may be another one by now.


def _take(database: Database, person: Person, field: str) -> str:
    return _mine(queue.take_case(database, person, st.session_state[field]))


def _take_over(database: Database, person: Person, field: str) -> str:
    return _mine(queue.take_over(database, person, st.session_state[field]))


def _mine(lease: Lease) -> str:
    st.session_state[CHOSEN_CASE] = lease.case.id
    return f"Case {lease.case.id} is yours now. Decide on it on the page Review."


def _reassign(
    database: Database, person: Person, field: str, to_field: str, people: dict[str, Person]
) -> str:
    name = (st.session_state[to_field] or "").strip()
    to = people.get(name, Person(name))
    lease = queue.reassign(database, person, st.session_state[field], to)
    return (
        f"{to.name} has case {lease.case.id} now, and finds it on the page Review until "
        f"{moment(lease.until)}; then it comes back to the queue."
    )


def show_settings(settings: Settings, history: Sequence[Change]) -> None:
    """Show what the team has set, let it be changed for a reason, and show every change."""
    st.subheader("Settings")
    with st.form("settings"):
        values = _ask_settings(settings)
        # Another key after each change: the reason of the last one is not that of the next.
        reason = st.text_input(
            "Reason for the change", key=f"reason-{len(history)}", placeholder="a few words"
        )
        if st.form_submit_button("Change the settings"):
            _act(_SETTINGS, _change, settings, reason, values)
            st.rerun()
    _show_what_was_said(_SETTINGS)
    st.markdown("**Changes so far**")
    if not history:
        st.caption("Nothing was changed yet: these are the defaults.")
        return
    table = pd.DataFrame(
        {
            "when": _when(change.at),
            "who": change.by,
            "setting": WORDS.get(change.name, change.name),
            "from": in_words(change.name, change.old),
            "to": in_words(change.name, change.new),
            "reason": change.reason,
        }
        for change in history
    )
    st.dataframe(
        table,
        hide_index=True,
        key="settings_history",
        row_height=75,  # three lines
        column_config={
            "who": st.column_config.Column(width=140),
            "setting": st.column_config.Column(width=150),
            "reason": st.column_config.Column(width=240),
        },
    )


def _ask_settings(now: Settings) -> dict[str, Any]:
    """Read the settings as they stand in the form, by the names that they have here."""
    kind, amount = _capacity(now.capacity)
    first, second, third = st.columns(3, vertical_alignment="bottom")
    kinds = [NO_LIMIT, A_DAY, PERCENT]
    rankings = list(Ranking)
    found: dict[str, Any] = {
        "kind": first.selectbox(WORDS["capacity"], kinds, index=kinds.index(kind)),
        "amount": second.number_input("How many, or what share", value=amount, format="%g"),
        "ranking": third.selectbox(
            WORDS["ranking"],
            rankings,
            index=rankings.index(now.ranking),
            format_func=RANKINGS.__getitem__,
        ),
    }
    numbers = {
        "lease_minutes": now.lease_minutes,
        "undo_minutes": now.undo_minutes,
        "sample_rate": 100 * now.sample_rate,
        "reopen_factor": now.reopen_factor,
    }
    places = st.columns(len(numbers), vertical_alignment="bottom")
    for place, (name, value) in zip(places, numbers.items(), strict=True):
        # No bounds here: a field that refuses what is typed does not say why.
        found[name] = place.number_input(WORDS[name], value=float(value), format="%g")
    return found


def _capacity(capacity: float | None) -> tuple[str, float]:
    """Say a capacity as the form does."""
    if capacity is None:
        return NO_LIMIT, 0.0
    return (PERCENT, 100.0 * capacity) if 0 < capacity < 1 else (A_DAY, float(capacity))


def capacity_of(kind: str, amount: float) -> float | None:
    """Return a capacity of the form as the queue knows it.

    Raises
    ------
    InvalidRequestError
        It is no number of cases, or no share.
    """
    if kind == NO_LIMIT:
        return None
    if kind == A_DAY and amount >= 0 and amount == int(amount):
        return amount
    if kind == PERCENT and 0 < amount < 100:
        return amount / 100
    wanted = "a whole number of cases" if kind == A_DAY else "a share above 0 and below 100 %"
    raise InvalidRequestError(
        f"The setting '{WORDS['capacity']}' is out of range.",
        f"Found: {amount:g} {kind}.",
        f"Give {wanted}.",
    )


def _change(
    database: Database, person: Person, now: Settings, reason: str, form: dict[str, Any]
) -> str:
    if not 0 <= form["sample_rate"] <= 100:  # in the words of the form, which asks for percent
        found = f"Found: {form['sample_rate']:g} %."
        raise InvalidRequestError(
            f"The setting '{WORDS['sample_rate']}' is out of range.",
            found,
            "Choose from 0 to 100 %.",
        )
    wanted = {"capacity": capacity_of(form["kind"], form["amount"])}
    wanted |= {name: form[name] for name in WORDS if name in form}
    wanted["sample_rate"] = form["sample_rate"] / 100
    changed = {
        name: value for name, value in wanted.items() if not _is_same(value, getattr(now, name))
    }
    if not changed:
        raise InvalidRequestError("Nothing is different.", "", "Change a value first.")
    queue.change_settings(database, person, reason, changed)
    told = (f"{WORDS[name]}: {in_words(name, value)}" for name, value in changed.items())
    return f"Changed. {'; '.join(told)}."


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def in_words(name: str, value: Any) -> str:
    """Write a setting's value as the form does."""
    if name == "capacity":
        kind, amount = _capacity(value)
        return kind if kind == NO_LIMIT else f"{amount:g} {kind}"
    if name == "ranking":
        return RANKINGS[Ranking(value)]
    return f"{100 * value if name == 'sample_rate' else value:g}"


def _when(at: int) -> str:
    """Write a time for a table; the page says that all of them are UTC."""
    return moment(at).removesuffix(" UTC")


def length(microseconds: int) -> str:
    """Write a length of time in its two largest units."""
    seconds = round(microseconds / 1_000_000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if minutes < 60:
        return f"{minutes} min {seconds % 60} s" if minutes < 10 else f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"
