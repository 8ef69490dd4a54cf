"""Cases as cards, for screens on which a table shows no word of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.schema import REPORT_COUNT, TRANSCRIPT
from claimclf.ui.cards import cards, label
from claimclf.ui.messages import plain
from claimclf.ui.queue_list.rows import CUT
from claimclf.ui.state.choice import CHOSEN_CASE, CHOSEN_LIST
from claimclf.ui.wording import chance

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed, Page
    from claimclf.ui.queue_list.filters import Choice


def show_cards(person: Person, page: Page, first: int, now: int, choice: Choice) -> None:
    """Draw a card a case, with today's cut between them; a press brings it to the page *Review*."""
    with cards():
        for number, row in enumerate(page.rows):
            if number and not row.is_above_cut and page.rows[number - 1].is_above_cut:
                st.markdown(CUT)
            said = _said(row, first + number + 1, now)
            case = row.case
            if not person.may(Capability.REVIEW):
                st.container(border=True, key=f"card-{case.id}").markdown(said)
            elif st.button(said, key=f"card-{case.id}-{case.version}", width="stretch"):
                st.session_state[CHOSEN_CASE] = case.id
                st.session_state[CHOSEN_LIST] = choice
                st.switch_page("pages/review.py")


def _said(row: Listed, place: int, now: int) -> str:
    """Say in a line where a case stands and why, then what is said in it."""
    case = row.case
    reports = int(case.video[REPORT_COUNT])
    head = [
        f"{place:,}",
        f"{reports:,} report{'' if reports == 1 else 's'}",
        *([] if case.probability is None else [chance(case.probability)]),
        str(case.lane),
        *([plain(case.reason)] if case.reason else []),
        *([f"{plain(case.holder)} is at it"] if (case.held_until or 0) > now else []),
    ]
    return label(head, case.video[TRANSCRIPT])
