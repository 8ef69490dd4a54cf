"""What can be done with chosen cases: review one, or decide on all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.bulk.account import account_of, show_account
from claimclf.ui.bulk.form import ask_verdict, verdict_of
from claimclf.ui.bulk.shown import Shown
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.queue_list.beside import show_beside
from claimclf.ui.queue_list.views import LIST
from claimclf.ui.state.choice import CHOSEN_CASE, CHOSEN_LIST

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed
    from claimclf.queue.storage.database import Database
    from claimclf.ui.queue_list.filters import Choice

#: The last decision and what its parts have in common; selections that were used up.
_LAST, _USES = "list_last", "list_uses"


def offer_work(database: Database, chosen: Sequence[Listed], choice: Choice) -> bool:
    """Offer what can be done with the chosen cases; say whether it was done."""
    if not chosen:
        st.caption("Choose rows to review one case, or to decide on several at once.")
        return False
    if len(chosen) == 1:
        case = chosen[0].case
        if st.button(f"Review case {case.id:,}", type="primary"):
            st.session_state[CHOSEN_CASE] = case.id
            st.session_state[CHOSEN_LIST] = choice
            st.switch_page("pages/review.py")
        show_beside(chosen[0])
    pairs = [(row.case.id, row.case.version) for row in chosen]
    name = f"bulk-{n_uses()}"
    if not ask_verdict(name, pairs):
        return False
    decide_chosen(database, pairs, name)
    return True


def n_uses() -> int:
    """Say how many selections were used up: each is of use once."""
    return int(st.session_state.get(_USES, 0))


@action(LIST)
def decide_chosen(person: Person, database: Database, chosen: list[Shown], form: str) -> None:
    """Decide on cases that were chosen in the list; then nothing is chosen any more."""
    verdict = verdict_of(form)
    bulk = queue.decide_cases(database, person, chosen, verdict)
    st.session_state[_USES] = n_uses() + 1
    account = account_of(bulk, verdict.decision, person)
    st.session_state[_LAST] = (account, bulk.id if bulk.decided else None)


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
    account, bulk_id = st.session_state[_LAST]
    said, offer = st.columns([5, 1], vertical_alignment="center")
    with said:
        show_account(account)
    if bulk_id is not None:
        offer.button("Undo", shortcut="U", on_click=undo_chosen, args=(database,))
