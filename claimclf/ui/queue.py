"""The shared queue on a page: take a case, decide on it, the next one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from claimclf.dataset.cleaning import is_demo
from claimclf.errors import LostLeaseError, QueueError
from claimclf.modeling.highlighting import explain
from claimclf.modeling.store import Model
from claimclf.queue.cases import Case
from claimclf.queue.database import Database
from claimclf.queue.decisions import Verdict
from claimclf.queue.leases import Lease
from claimclf.queue.listing import PAGE, Page
from claimclf.queue.ordering import Filters
from claimclf.queue.people import Person
from claimclf.queue.tallying import Tally
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    LANE,
    LIKES,
    PROBABILITY,
    REPORT_COUNT,
    SHARES,
    STATEMENT_ID,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIEWS,
    CaseState,
    Decision,
    Lane,
    Ranking,
    ReasonCode,
    Role,
)
from claimclf.services import queue
from claimclf.ui.page import explained, plain, say_error, synthetic_notice
from claimclf.ui.transcript import show_transcript

_LEASE, _LAST = "lease_on_screen", "last_decision"
_PLACES, _SAID = "queue_places", "queue_said"
#: Seconds between two signs that a case is still on the screen.
_SIGN_OF_LIFE = 60
RANKINGS = {
    Ranking.REPORTS: "reports on the video",
    Ranking.EXPECTED_CLAIMS: "expected claims (probability × reports)",
    Ranking.STATEMENT: "all reports on its statement",
    Ranking.AUTHOR: "all reports on its author",
}
#: Decision -> what the button says, and its key.
DECISIONS = {
    Decision.BREAKS_RULES: ("Claim, breaks the rules", "1"),
    Decision.WITHIN_RULES: ("Claim, within the rules", "2"),
    Decision.OPINION: ("Opinion", "3"),
    Decision.ESCALATE: ("Escalate", "4"),
    Decision.SKIP: ("Skip", "5"),
}
_REASONS = {
    ReasonCode.HEALTH: "misinformation on health",
    ReasonCode.CIVIC: "misinformation on elections and public life",
    ReasonCode.DANGEROUS_ACT: "dangerous act",
    ReasonCode.HARASSMENT: "harassment",
    ReasonCode.FRAUD: "fraud",
    ReasonCode.OTHER: "another rule (say which in the note)",
}
_TILES = {
    "Reports": REPORT_COUNT,
    "Views": VIEWS,
    "Likes": LIKES,
    "Shares": SHARES,
    "Downloads": DOWNLOADS,
    "Comments": COMMENTS,
    "Seconds": DURATION,
}


def show_shared_queue(database: Database, person: Person, model: Model) -> None:
    """Draw the stored queue: what waits, the case in hand, and the list."""
    with explained():
        counts = queue.counted(database, person)
    if not counts:
        st.info(
            "The shared queue is empty. Choose *Upload* above and add reported videos to it.",
            icon=":material/inbox:",
        )
        return
    _show_counts(counts)
    _show_what_was_said(database, person)
    if person.role is Role.ANALYST:
        _show_list(database, person, ask_filters())
        return
    wanted = ask_filters()
    with explained():
        lease = _lease_on_screen(database, person)
    if lease is not None:
        _show_case(database, person, lease, model)
    elif st.button("Take the next case", type="primary", shortcut="N"):
        with explained():
            st.session_state[_LEASE] = queue.take_next(database, person, *wanted)
        if st.session_state[_LEASE] is not None:
            st.rerun()
        st.info("No case is left that fits the filters and that nobody holds.")
    _show_list(database, person, wanted)


def ask_filters() -> tuple[Filters, Ranking]:
    """Read which cases are wanted, and what puts one before another."""
    first, second, third, fourth = st.columns([4, 3, 3, 2])
    lanes = first.pills(
        "Lanes", list(Lane), default=[Lane.CLAIMS, Lane.UNCERTAIN], selection_mode="multi"
    )
    text = second.text_input("Search in transcripts", placeholder="words, such as: harbor")
    ranking = third.selectbox("Ranked by", list(Ranking), format_func=RANKINGS.__getitem__)
    reports = fourth.number_input("Minimum reports", min_value=0, value=0)
    wanted = Filters(tuple(lanes), int(reports), text=text.strip())
    return wanted, ranking or Ranking.REPORTS


def _lease_on_screen(database: Database, person: Person) -> Lease | None:
    """Return the case that this screen shows, even if it is lost: a late click must be told.

    A new screen finds the case that the person holds: it survives a restart of the server.
    """
    lease: Lease | None = st.session_state.get(_LEASE)
    if lease is None:
        lease = st.session_state[_LEASE] = queue.my_case(database, person)
    return lease


def _show_counts(counts: list[Tally]) -> None:
    waiting = dict.fromkeys(Lane, 0)
    for tally in counts:
        if tally.state is CaseState.OPEN:
            waiting[tally.lane] += tally.n
    tiles = {f"Open: {lane}": n for lane, n in waiting.items()}
    for state in (CaseState.ESCALATED, CaseState.DECIDED):
        tiles[state.capitalize()] = sum(tally.n for tally in counts if tally.state is state)
    for place, (label, number) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        place.metric(label, f"{number:,}")


def _show_what_was_said(database: Database, person: Person) -> None:
    """Show what became of the last click, and offer to take a decision back."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.warning(plain(said))
    last = st.session_state.get(_LAST)
    if not last:
        return
    told, offer = st.columns([5, 1], vertical_alignment="center")
    told.success(last["words"])
    if offer.button("Undo", shortcut="U"):
        del st.session_state[_LAST]
        _act(partial(last["undo"], database, person))


def _act(work: Callable[[], object]) -> None:
    """Do something to the queue and draw the page anew, whatever came of it."""
    try:
        work()
    except QueueError as error:
        st.session_state[_SAID] = str(error)
        if isinstance(error, LostLeaseError):
            st.session_state[_LEASE] = None
    st.rerun()


def _show_case(database: Database, person: Person, lease: Lease, model: Model) -> None:
    case = lease.case
    with st.container(border=True):
        again = " · :material/history: reported again since" if case.reported_again else ""
        st.subheader(f"Case {case.id:,}{again}")
        _show_hold(database, person, lease)
        _show_video(case, model)
        _ask_for_decision(database, person, lease)
        _offer_statement(database, person, case)
        with st.expander("What happened to this case"):
            _show_history(database, person, case)


@st.fragment(run_every=_SIGN_OF_LIFE)
def _show_hold(database: Database, person: Person, lease: Lease) -> None:
    """Say until when the case is held, and renew it while it is on the screen."""
    try:
        kept = queue.keep(database, person, lease.case.id, lease.token)
    except LostLeaseError as error:
        say_error(error)
        return
    st.caption(f"Held by you until {_clock(kept.until)}; renewed while this page is open.")


def _show_video(case: Case, model: Model) -> None:
    if case.reason:
        st.warning(f"{plain(case.reason).capitalize()}.")
    video = pd.DataFrame([case.video])
    same = (case.model_name, case.model_version) == (model.name, model.manifest.version)
    if same and case.probability is not None:
        show_transcript(explain(model.pipeline, video)[0])
    else:  # only the model that gave the score can say why
        st.text(case.video[TRANSCRIPT] or "No transcript.")
    probability = "none" if case.probability is None else f"{case.probability:.3f}"
    shown = {"Claim probability": probability}
    shown |= {label: _count(case.video[name]) for label, name in _TILES.items()}
    for place, (label, value) in zip([*st.columns(4), *st.columns(4)], shown.items(), strict=True):
        place.metric(label, value)
    author = plain(case.video[AUTHOR_ID] or "unknown")
    st.markdown(
        f"Lane **{case.lane}** by {plain(case.model_name)} · video {plain(case.video[VIDEO_ID])} "
        f"· author {author}, {plain(case.video[VERIFIED_STATUS] or 'status unknown')}, "
        f"{plain(case.video[BAN_STATUS] or 'standing unknown')}"
    )


def _ask_for_decision(database: Database, person: Person, lease: Lease) -> None:
    first, second = st.columns([1, 2])
    reason = first.selectbox(
        "Rule that is broken",
        list(ReasonCode),
        index=None,
        format_func=_REASONS.__getitem__,
        key=f"reason-{lease.token}",
    )
    note = second.text_input("Note", key=f"note-{lease.token}")
    for place, (decision, (label, key)) in zip(
        st.columns([3, 3, 2, 2, 2]), DECISIONS.items(), strict=True
    ):
        kind: Any = "primary" if decision is Decision.BREAKS_RULES else "secondary"
        if place.button(label, key=f"{decision}-{lease.token}", shortcut=key, type=kind):
            verdict = _verdict(decision, reason, note)
            _act(lambda verdict=verdict: _decide(database, person, lease, verdict))  # type: ignore[misc]


def _verdict(decision: Decision, reason: ReasonCode | None, note: str) -> Verdict:
    return Verdict(decision, reason if decision is Decision.BREAKS_RULES else None, note)


def _decide(database: Database, person: Person, lease: Lease, verdict: Verdict) -> None:
    case = lease.case
    decided = queue.decide(database, person, case.id, lease.token, case.version, verdict)
    label, _ = DECISIONS[verdict.decision]
    st.session_state[_LAST] = {
        "words": f"Case {case.id:,}: {label.lower()}.",
        "undo": partial(_undone, decision_id=decided.id),
    }
    st.session_state[_LEASE] = None
    st.session_state[_LEASE] = queue.take_next(database, person)


def _undone(database: Database, person: Person, decision_id: int) -> None:
    queue.undo(database, person, decision_id)


def _undone_together(database: Database, person: Person, bulk_id: str) -> None:
    queue.undo_many(database, person, bulk_id)


def _offer_statement(database: Database, person: Person, case: Case) -> None:
    """Offer one decision for all open cases of the statement."""
    statement = case.video[STATEMENT_ID]
    if not statement:
        return
    with explained():
        others = queue.listed(database, person, Filters(statement_id=statement))
    if others.total < 2:
        return
    more = "more than " if others.has_more_than_counted else ""
    with st.expander(f"This statement: {more}{others.total:,} open cases. Decide on all at once"):
        st.dataframe(_table(others, 0), hide_index=True)
        with st.form(f"statement-{statement}"):
            decision = st.radio(
                "Decision for all of them",
                [Decision.BREAKS_RULES, Decision.WITHIN_RULES, Decision.OPINION],
                format_func=lambda one: DECISIONS[one][0],
            )
            reason = st.selectbox(
                "Rule that is broken",
                list(ReasonCode),
                index=None,
                format_func=_REASONS.__getitem__,
            )
            note = st.text_input("Note")
            if st.form_submit_button("Decide on all"):
                verdict = _verdict(decision, reason, note)
                _act(lambda: _decide_statement(database, person, statement, verdict))


def _decide_statement(database: Database, person: Person, statement: str, verdict: Verdict) -> None:
    done = queue.decide_statement(database, person, statement, verdict)
    st.session_state[_LEASE] = None
    left = f"; {len(done.left_out):,} are in other hands" if done.left_out else ""
    label, _ = DECISIONS[verdict.decision]
    st.session_state[_LAST] = {
        "words": f"{len(done.decided):,} cases: {label.lower()}{left}.",
        "undo": partial(_undone_together, bulk_id=done.id),
    }


def _show_history(database: Database, person: Person, case: Case) -> None:
    told = queue.case_history(database, person, case.id)
    rows = [
        {"when (UTC)": _clock(h.at, date=True), "who": h.actor, "role": h.role, "what": h.action}
        for h in told.happenings
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _show_list(database: Database, person: Person, wanted: tuple[Filters, Ranking]) -> None:
    """Draw a page of the queue; the places before it are remembered for the way back."""
    filters, ranking = wanted
    kept, places = st.session_state.get(_PLACES, (None, []))
    if kept != wanted:
        places = []
    with explained():
        page = queue.listed(database, person, filters, ranking, places[-1] if places else None)
    if not page.rows:
        st.info("No open case fits these filters. Choose another lane or clear the search.")
        return
    if any(is_demo(row.case.video[VIDEO_ID]) for row in page.rows):
        synthetic_notice("Ids that begin with demo- are made-up videos.")
    first = len(places) * PAGE
    more = "more than " if page.has_more_than_counted else ""
    st.markdown(
        f"**{more}{page.total:,} open cases**, {first + 1:,} to {first + len(page.rows):,} shown"
    )
    event = st.dataframe(
        _table(page, first),
        hide_index=True,
        row_height=75,  # three lines: lower rows do not wrap
        on_select="rerun",
        selection_mode="single-row",
        key=f"cases-{first}",
        column_config=_COLUMNS,
    )
    _offer_turning(wanted, places, page)
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(page.rows) and person.role is not Role.ANALYST:
        case = page.rows[picked[0]].case
        if st.button(f"Take case {case.id:,}"):
            _act(lambda: _take(database, person, case.id))


def _take(database: Database, person: Person, case_id: int) -> None:
    st.session_state[_LEASE] = queue.take_chosen(database, person, case_id)


def _offer_turning(wanted: tuple[Filters, Ranking], places: list[list[Any]], page: Page) -> None:
    back, on, _ = st.columns([1, 1, 6])
    if places and back.button("Previous page"):
        st.session_state[_PLACES] = (wanted, places[:-1])
        st.rerun()
    if page.after is not None and on.button("Next page"):
        st.session_state[_PLACES] = (wanted, [*places, page.after])
        st.rerun()


_COLUMNS: Any = {
    REPORT_COUNT: st.column_config.NumberColumn("Reports", format="localized", width=80),
    PROBABILITY: st.column_config.ProgressColumn(
        "Claim probability", format="%.3f", min_value=0.0, max_value=1.0, width=130
    ),
    LANE: st.column_config.TextColumn("Lane", width=90),
    TRANSCRIPT: st.column_config.TextColumn("Transcript", width=420),
}


def _table(page: Page, first: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": first + place,
            REPORT_COUNT: row.case.video[REPORT_COUNT],
            PROBABILITY: row.case.probability,
            LANE: str(row.case.lane),
            TRANSCRIPT: (row.case.video[TRANSCRIPT] or "")[:1_000],
            "today": "yes" if row.is_above_cut else "below today's cut",
            "held by": row.case.holder or "",
            "again": "reported again" if row.case.reported_again else "",
            "case": row.case.id,
        }
        for place, row in enumerate(page.rows, start=1)
    )


def _count(value: float | None) -> str:
    return "none" if value is None or pd.isna(value) else f"{value:,.0f}"


def _clock(at: int, *, date: bool = False) -> str:
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M")
