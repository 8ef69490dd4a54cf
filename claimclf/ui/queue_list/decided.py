"""Decided cases: who said what, when, what came since; a lead opens one for another round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from claimclf.people import Capability, Person
from claimclf.queue.queries.decided import DecidedFilters
from claimclf.schema import PRIMARY_DECISIONS
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.cards import as_cards, cards, label, offer_cards, send_cards
from claimclf.ui.guard import action
from claimclf.ui.messages import explained, plain
from claimclf.ui.queue_list.rows import ROW_HEIGHT, height_of
from claimclf.ui.wording import DECISIONS, REASONS, at_second, counted, moment

if TYPE_CHECKING:
    from claimclf.queue.queries.decided import DecidedCase
    from claimclf.queue.storage.database import Database

_DECIDED, _PLACES, _USES = "decided", "decided_places", "decided_uses"
#: Number of the decision whose card was pressed.
_PRESSED = "decided_pressed"


def show_decided(person: Person, database: Database) -> None:
    """Draw filters, the decided cases and, for leads, what opens one again."""
    send_cards()
    with st.container():
        outcomes.show_outcome(_DECIDED)
        outcomes.forget(_DECIDED)
    filters = _ask_filters()
    before, places = st.session_state.get(_PLACES, (None, []))
    if before != filters:
        places = []
    size = 50
    with explained():
        rows = queue.decided_cases(
            database, person, filters, places[-1] if places else None, size + 1
        )
    if not rows:
        st.info("No decided case fits these filters.")
        return
    shown = rows[:size]
    with st.container(horizontal=True, vertical_alignment="center"):
        offer_cards()
        sorts = "" if as_cards() else "; a header sorts what is on this page"
        st.caption(f"The latest first{sorts}. Times are UTC.")
    chosen = None
    if as_cards():
        _show_cards(database, shown, person.may(Capability.LEAD))
    else:
        chosen = _show_rows(shown, person.may(Capability.LEAD))
    _offer_turning(filters, places, shown[-1].decision_id if len(rows) > size else None)
    if chosen is not None:
        _offer_reopening(database, chosen)


def _ask_filters() -> DecidedFilters:
    first, second, third = st.columns([3, 2, 4], vertical_alignment="bottom")
    text = first.text_input("Search in transcripts", key="decided-text")
    by = second.text_input("Decided by", key="decided-by", placeholder="a whole name")
    kinds = third.multiselect(
        "Decision", PRIMARY_DECISIONS, format_func=DECISIONS.__getitem__, placeholder="any"
    )
    since = st.checkbox("Reported since the decision")
    return DecidedFilters(text.strip(), by.strip(), tuple(kinds), since)


def _show_cards(database: Database, rows: Sequence[DecidedCase], can_choose: bool) -> None:
    """Draw a card a case; a lead who presses one can open it again below it."""
    with cards():
        for row in rows:
            if not can_choose:
                st.container(border=True, key=f"card-{row.decision_id}").markdown(_said(row))
                continue
            if st.button(_said(row), key=f"decided-card-{row.decision_id}", width="stretch"):
                st.session_state[_PRESSED] = row.decision_id
            if st.session_state.get(_PRESSED) == row.decision_id:
                _offer_reopening(database, row)


def _said(row: DecidedCase) -> str:
    """Say in a line what was decided, by whom and when, then what is said in the video."""
    rule = [REASONS[row.reason_code]] if row.reason_code else []
    since = [f"{counted(row.reports_since, 'report')} since"] if row.reports_since else []
    head = [f"Case {row.case_id:,}", DECISIONS[row.decision], *rule, plain(row.by), *since]
    return label([*head, moment(row.at)], row.text)


def _show_rows(rows: Sequence[DecidedCase], can_choose: bool) -> DecidedCase | None:
    """Draw the rows; return the one that was chosen, if any can be."""
    number = st.session_state.get(_USES, 0)
    if not can_choose:
        st.dataframe(
            _table(rows),
            hide_index=True,
            row_height=ROW_HEIGHT,
            height=height_of(len(rows)),
            column_config=_COLUMNS,
        )
        return None
    event: Any = st.dataframe(
        _table(rows),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=height_of(len(rows)),
        on_select="rerun",
        selection_mode="single-row",
        # Named after what is in it: a tick never stands on another case.
        key=f"decided-{number}-{'-'.join(str(row.decision_id) for row in rows)}",
        column_config=_COLUMNS,
    )
    places = event["selection"]["rows"]
    return rows[places[0]] if places and places[0] < len(rows) else None


_COLUMNS: Any = {
    "case": st.column_config.NumberColumn("Case", format="localized", width=60),
    "at": st.column_config.DatetimeColumn("Decided", format="YYYY-MM-DD HH:mm", width=120),
    "by": st.column_config.TextColumn("By", width=110),
    "decision": st.column_config.TextColumn("Decision", width=150),
    "rule": st.column_config.TextColumn("Rule", width=100),
    "reports": st.column_config.NumberColumn("Reports then", format="localized", width=95),
    "since": st.column_config.NumberColumn("Reports since", format="localized", width=95),
    "text": st.column_config.TextColumn("Transcript", width=300),
    "note": st.column_config.TextColumn("Note", width=150),
    "author": st.column_config.TextColumn("Author", width=100),
    "video": st.column_config.TextColumn("Video id"),
}


def _table(rows: Sequence[DecidedCase]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": row.case_id,
            "at": at_second(row.at),
            "by": row.by,
            "decision": DECISIONS[row.decision],
            "rule": REASONS[row.reason_code] if row.reason_code else "",
            "reports": row.reports,
            "since": row.reports_since,
            "text": row.text,
            "note": row.note,
            "author": row.author_id or "",
            "video": row.video_id,
        }
        for row in rows
    )


def _offer_turning(filters: DecidedFilters, places: list[int], after: int | None) -> None:
    with st.container(horizontal=True):
        if places and st.button("Previous page"):
            st.session_state[_PLACES] = (filters, places[:-1])
            st.rerun()
        if after is not None and st.button("Next page"):
            st.session_state[_PLACES] = (filters, [*places, after])
            st.rerun()


def _offer_reopening(database: Database, chosen: DecidedCase) -> None:
    with st.form(f"reopen-{chosen.decision_id}"):
        reason = st.text_input("Why it is opened again", placeholder="a few words")
        by_others = st.checkbox("For an appeal: nobody decides on it who did so before")
        if st.form_submit_button(f"Reopen case {chosen.case_id:,}"):
            reopen_case(database, chosen.case_id, reason, by_others)
            outcomes.redraw_or_explain(_DECIDED)


@action(_DECIDED)
def reopen_case(
    person: Person, database: Database, case_id: int, reason: str, by_others: bool
) -> str:
    """Open a decided case for another round; the decision stays on record."""
    case = queue.reopen(database, person, case_id, reason, by_others)
    st.session_state[_USES] = st.session_state.get(_USES, 0) + 1
    return f"Case {case.id:,} is open again, in round {case.round}."
