"""A person's own last decisions beside the console, each with its way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui.messages import explained, plain
from claimclf.ui.review import actions
from claimclf.ui.review.desk import Console
from claimclf.ui.wording import DECISIONS, moment

if TYPE_CHECKING:
    from claimclf.queue.queries.decided import DecidedCase


#: Whether the list is open.
UNFOLDED = "own-decisions"


def show_own(person: Person, console: Console) -> None:
    """List what the person decided last and can still undo; nothing where that is nothing."""
    with explained():
        rows = _steps(queue.own_decisions(console.database, person))
    if not rows:
        return
    label = f"My last decisions ({len(rows)})"
    unfolded = st.popover(label, icon=":material/history:", key=UNFOLDED, on_change="rerun")
    with unfolded:
        for row in rows if unfolded.open else []:  # few look at it, and it is drawn with each case
            words, back = st.columns([5, 1], vertical_alignment="center")
            words.markdown(_words(row))
            back.button(
                "Undo",
                key=f"undo-{row.bulk_id or row.decision_id}",
                on_click=actions.undo_own,
                args=(console, row),
                width="stretch",
            )


def _steps(rows: list[DecidedCase]) -> list[DecidedCase]:
    """Return the first of each step: a decision on many is one of them."""
    first: dict[object, DecidedCase] = {}
    for row in rows:
        first.setdefault(row.bulk_id or row.decision_id, row)
    return list(first.values())


def _words(row: DecidedCase) -> str:
    which = f"Case {row.case_id:,}"
    if row.bulk_id is not None:
        which += " and others, decided as one"
    note = f" Note: {plain(row.note)}" if row.note else ""
    until = "" if row.undo_until is None else f" Undo until {moment(row.undo_until)}."
    return f"{which}: {DECISIONS[row.decision].lower()}, {moment(row.at)}.{until}{note}"
