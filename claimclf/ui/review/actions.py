"""What clicks and keys do. Each is a callback: it runs before the screen is drawn, once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.queue.review.decisions import Verdict
from claimclf.schema import STATEMENT_ID, Decision, Lane, ReasonCode
from claimclf.services import queue
from claimclf.ui.access.rules import folded
from claimclf.ui.bulk.account import Account, account_of
from claimclf.ui.bulk.form import verdict_of
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.review.desk import Console, Done, desk
from claimclf.ui.review.drafts import note_key
from claimclf.ui.review.tab import drop_draft
from claimclf.ui.wording import DECISIONS, moment
from claimclf.units import MINUTE

if TYPE_CHECKING:
    from claimclf.queue.queries.decided import DecidedCase
    from claimclf.queue.queries.statement import Preview
    from claimclf.queue.review.leases import Lease
    from claimclf.queue.settings.preferences import Preferences
    from claimclf.queue.storage.cases import Case
    from claimclf.queue.storage.database import Database

#: Where outcomes are said; and the fields that are read at a click.
CONSOLE, PREFERENCES = "review", "preferences"
COLLEAGUE = "colleague"


def shown_key(what: str, case: Case) -> str:
    """Name a button after the case and the version that are on the screen.

    A press that comes when another case is there by now finds no such button.
    """
    return f"{what}-{case.id}-{case.version}"


@action(CONSOLE)
def take_next(person: Person, console: Console) -> str | None:
    """Put the next case on the screen."""
    return _take_next(person, console)


@action(CONSOLE)
def take_case(person: Person, console: Console, case_id: int) -> None:
    """Put a case on the screen that was chosen from a list, or was lost."""
    desk().put(queue.take_case(console.database, person, case_id))


@action(CONSOLE)
def stop(person: Person, console: Console, lease: Lease) -> None:
    """Give the case back."""
    if not desk().holds(lease):
        return
    queue.release(console.database, person, lease.case.id, lease.token)
    desk().put(None)


@action(CONSOLE)
def hand_on(person: Person, console: Console, lease: Lease) -> str | None:
    """Give the case to the colleague who is named, and take the next one."""
    if not desk().holds(lease):
        return None
    to = Person(folded(str(st.session_state[COLLEAGUE])))
    given = queue.hand_on(console.database, person, lease.case.id, lease.token, to)
    words = f"Case {lease.case.id:,} waits for {plain(to.name)} until {moment(given.until)}."
    desk().last = Done(Account(words))
    return _take_next(person, console)


@action(CONSOLE)
def undo(person: Person, console: Console) -> None:
    """Take the last decision back, and have its case on the screen."""
    at_desk = desk()
    done, at_desk.last = at_desk.last, None
    if done is None or done.take_back is None:
        return
    done.take_back(console.database, person)
    if done.case_id is not None:
        at_desk.put(queue.take_case(console.database, person, done.case_id))


@action(CONSOLE)
def undo_own(person: Person, console: Console, row: DecidedCase) -> str | None:
    """Take one of the last decisions back; its case comes to the screen, with its note."""
    if row.bulk_id is not None:
        opened = queue.undo_bulk(console.database, person, row.bulk_id)
        return f"Taken back: {len(opened):,} cases are open again."
    case = queue.undo(console.database, person, row.decision_id)
    last = desk().last
    if last is not None and last.case_id == case.id:
        desk().last = None  # it is taken back already
    desk().put(queue.take_case(console.database, person, case.id))
    st.session_state[note_key(case)] = row.note
    return None


@action(CONSOLE)
def decide(
    person: Person,
    console: Console,
    lease: Lease,
    decision: Decision,
    reason: ReasonCode | None = None,
) -> str | None:
    """Decide on the case in hand, and take the next one.

    A second press, sent while the first was under way, is not meant for the case that came.
    """
    if not desk().holds(lease):
        return None
    case = lease.case
    verdict = Verdict(decision, reason, _note(case))
    decided = queue.decide(console.database, person, case.id, lease.token, case.version, verdict)
    drop_draft(person, case)

    def take_back(database: Database, person: Person) -> object:
        return queue.undo(database, person, decided.id)

    words = f"Case {case.id:,}: {DECISIONS[decision].lower()}."
    if decided.other_text_of is not None:
        words += (
            f" While you held it, {plain(decided.other_text_of)} brought another text: your "
            "decision is about the one that you saw, and is kept with it."
        )
    # A skip is counted, not taken back: the case may be chosen from the list.
    can_undo = decision is not Decision.SKIP
    desk().finish(Done(Account(words), take_back if can_undo else None, case.id))
    return _take_next(person, console)


@action(CONSOLE)
def list_statement(person: Person, console: Console, lease: Lease) -> None:
    """Open the list of cases that say the same as the one in hand."""
    if desk().holds(lease):
        case = lease.case
        statement = case.video[STATEMENT_ID]
        desk().listed = queue.preview_statement(console.database, person, statement, case.id)


@action()
def close_list(_person: Person, lease: Lease) -> None:
    """Close it again: nothing was decided."""
    if desk().holds(lease):
        desk().listed = None


@action(CONSOLE)
def decide_all(
    person: Person,
    console: Console,
    lease: Lease,
    listed: Preview,
    left_out: list[int],
    form: str,
) -> str | None:
    """Decide on those cases of a statement that were shown and not left out; take the next."""
    if not desk().holds(lease):
        return None
    verdict = verdict_of(form)
    pairs = [(member.case_id, member.version) for member in listed.members]
    chosen = [pair for pair in pairs if pair[0] not in left_out]
    shown_besides = [*left_out, *(held.case_id for held in listed.held)]
    bulk = queue.decide_statement(
        console.database, person, listed.statement_id, chosen, verdict, shown_besides
    )

    def take_back(database: Database, person: Person) -> object:
        return queue.undo_bulk(database, person, bulk.id)

    account = account_of(bulk, verdict.decision, person, left_out, listed.held)
    desk().finish(Done(account, take_back if bulk.decided else None), len(bulk.decided))
    return _take_next(person, console)


@action()
def ask_rule(_person: Person, lease: Lease, asks: bool) -> None:
    """Ask which rule is broken before it is decided, or ask no more."""
    if desk().holds(lease):
        desk().asks_rule = asks


@action()
def toggle(_person: Person, name: str) -> None:
    """Unfold a part of the screen, or fold it."""
    at_desk = desk()
    setattr(at_desk, name, not getattr(at_desk, name))


@action()
def end_pause(_person: Person) -> None:
    """Count cases from here on."""
    desk().reviewed = 0


@action(PREFERENCES)
def prefer(person: Person, database: Database, preferences: Preferences) -> None:
    """Keep how the person wants the screen to be."""
    queue.save_preferences(database, person, preferences)


def _take_next(person: Person, console: Console) -> str | None:
    without = queue.my_preferences(console.database, person).without
    lanes = tuple(lane for lane in console.filters.lanes or tuple(Lane) if lane not in without)
    if not lanes:
        desk().put(None)
        return "All the lanes you chose are ones you do not want to see. Choose another."
    filters = replace(console.filters, lanes=lanes)
    lease = queue.next_case(console.database, person, filters, console.ranking)
    desk().put(lease)
    return None if lease else _nothing_left(person, console, lanes)


def _nothing_left(person: Person, console: Console, lanes: tuple[Lane, ...]) -> str:
    """Say who holds what may come free, and when the first of it does."""
    held = [one for one in queue.held_cases(console.database, person) if one.lane in lanes]
    if not held:
        return "No case is left that fits the filters."
    by = Counter(one.holder for one in held)
    holders = ", ".join(f"{holder} {n:,}" for holder, n in by.most_common())
    left = min(one.until for one in held) - console.database.now()
    minutes = max(-(-left // MINUTE), 1)
    return (
        "No case is left that fits the filters and that nobody holds. In other hands: "
        f"{holders}. The first is free in {minutes:,} {'minute' if minutes == 1 else 'minutes'}, "
        "unless it is decided or kept."
    )


def _note(case: Case) -> str:
    return str(st.session_state.get(note_key(case), "")).strip()
