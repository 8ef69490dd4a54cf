"""What can be done with chosen cases: review one, or decide on all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.queue.review.decisions import Verdict
from claimclf.schema import PRIMARY_DECISIONS, Decision, ReasonCode
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.queue_list.views import LIST
from claimclf.ui.state.choice import CHOSEN_CASE
from claimclf.ui.wording import DECISIONS, REASONS

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed
    from claimclf.queue.storage.database import Database

#: Words on the last decision, and what its parts have in common.
_LAST = "list_last"


def offer_work(database: Database, chosen: Sequence[Listed]) -> bool:
    """Offer what can be done with the chosen cases; say whether it was done."""
    if not chosen:
        st.caption("Choose rows to review one case, or to decide on several at once.")
        return False
    if len(chosen) == 1:
        case = chosen[0].case
        if st.button(f"Review case {case.id:,}", type="primary"):
            st.session_state[CHOSEN_CASE] = case.id
            st.switch_page("pages/review.py")
    with st.form("bulk"):
        st.markdown(
            f"**One decision for {len(chosen):,} chosen cases** (at most {queue.MOST_AT_ONCE:,})"
        )
        first, second = st.columns(2)
        decision = first.radio("Decision", PRIMARY_DECISIONS, format_func=DECISIONS.__getitem__)
        reason = second.selectbox(
            "Rule that is broken", list(ReasonCode), index=None, format_func=REASONS.__getitem__
        )
        note = second.text_input("Note")
        if not st.form_submit_button(f"Decide on {len(chosen):,} cases"):
            return False
        breaks = decision is Decision.BREAKS_RULES
        verdict = Verdict(decision, reason if breaks else None, note.strip())
        decide_chosen(database, [(row.case.id, row.case.version) for row in chosen], verdict)
    return True


@action(LIST)
def decide_chosen(
    person: Person, database: Database, chosen: list[tuple[int, int]], verdict: Verdict
) -> None:
    """Decide on cases that were chosen in the list."""
    bulk = queue.decide_cases(database, person, chosen, verdict)
    left = f"; {len(bulk.left):,} are left as they are" if bulk.left else ""
    words = f"{len(bulk.decided):,} cases: {DECISIONS[verdict.decision].lower()}{left}."
    st.session_state[_LAST] = (words, bulk.id if bulk.decided else None)


@action(LIST)
def undo_chosen(person: Person, database: Database) -> str:
    """Take the last decision of the list back."""
    _, bulk_id = st.session_state.pop(_LAST)
    queue.undo_bulk(database, person, bulk_id)
    return "Taken back."


def show_last(database: Database) -> None:
    """Say what became of the last click, and offer to take a decision back."""
    outcome = outcomes.outcome_at(LIST)
    outcomes.forget(LIST)
    if outcome:
        (st.success if isinstance(outcome, str) else st.warning)(plain(outcome))
    if _LAST not in st.session_state:
        return
    words, bulk_id = st.session_state[_LAST]
    said, offer = st.columns([5, 1], vertical_alignment="center")
    said.success(words)
    if bulk_id is not None:
        offer.button("Undo", shortcut="U", on_click=undo_chosen, args=(database,))
