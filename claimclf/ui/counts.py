"""How many cases wait, by lane and age: always on screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.schema import CaseState, Lane
from claimclf.services import queue
from claimclf.ui.guard import fragment
from claimclf.ui.messages import explained, plain
from claimclf.ui.wording import LANES, called, moment

if TYPE_CHECKING:
    from claimclf.queue.queries.holding import Held
    from claimclf.queue.queries.tallying import Tally
    from claimclf.queue.storage.database import Database

#: After how many seconds a screen looks again at what others did.
SECONDS = 3
#: For how long figures are shown again before the queue is counted anew, at the most.
FRESH_SECONDS = 5
#: So many people are named; the lead's view has all of them.
_NAMED = 3
#: Class of age -> hours at which it begins.
AGES = {"under an hour": 0, "1 to 24 hours": 1, "1 to 7 days": 24, "over 7 days": 168}


def tallies(database: Database, person: Person) -> list[Tally]:
    """Count the cases by state, lane and age; not to be changed.

    Each screen asks every few seconds. What one asked is there for all of this server until
    something changes.
    """
    return _tallies(database.name, queue.last_change(database, person), database, person)


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=4, show_spinner=False)
def _tallies(
    name: str, change: tuple[int, int], _database: Database, _person: Person
) -> list[Tally]:
    return queue.counts(_database, _person)


def n_open(tallies: Iterable[Tally], lane: Lane | None = None) -> int:
    """Count the open cases of a lane, or of all."""
    return sum(t.n for t in tallies if t.state is CaseState.OPEN and lane in (None, t.lane))


def open_by_age(tallies: Iterable[Tally], lane: Lane) -> dict[str, int]:
    """Count a lane's open cases by class of age, the youngest first."""
    numbers = dict.fromkeys(AGES, 0)
    for tally in tallies:
        if tally.state is CaseState.OPEN and tally.lane is lane:
            numbers[age(tally.hours)] += tally.n
    return numbers


def age(hours: int) -> str:
    """Return the class of an age."""
    return [name for name, start in AGES.items() if hours >= start][-1]


@fragment(run_every=SECONDS)
def show_n_open(person: Person, database: Database) -> None:
    """Say how many cases are open and what others are looking at, as they go on."""
    with explained():
        n = n_open(tallies(database, person))
        held = queue.held_cases(database, person)
    waiting = handed_on(held, person)
    others = at_work([c for c in held if c.holder != person.name and c.handed_by is None])
    # In one line: the case below stays where it is.
    cases = "case" if n == 1 else "cases"
    st.markdown(f"**{n:,} open {cases}** in the shared queue{waiting}{others}")


def handed_on(held: Sequence[Held], person: Person) -> str:
    """Say what waits for whom it was handed to, and until when; one's own cases first."""
    waiting = [case for case in held if case.handed_by is not None]
    waiting.sort(key=lambda case: person.name not in (case.holder, case.handed_by))
    parts = []
    for case in waiting[:_NAMED]:
        to, by = (
            "you" if name == person.name else plain(name)
            for name in (case.holder, case.handed_by or "")
        )
        until = moment(case.until)
        parts.append(f"case {case.case_id:,} waits for {to} until {until}, handed on by {by}")
    if len(waiting) > _NAMED:
        parts.append(f"{len(waiting) - _NAMED:,} more handed on")
    return "".join(f" · {part}" for part in parts)


def at_work(held: Sequence[Held]) -> str:
    """Say who is looking at what, the first few by name; nothing where nobody is."""
    if not held:
        return ""
    parts = [f"{plain(case.holder)} at case {case.case_id:,}" for case in held[:_NAMED]]
    more = [f"{len(held) - _NAMED:,} more"] if len(held) > _NAMED else []
    return f" · {', '.join([*parts, *more])}"


@fragment(run_every=SECONDS)
def show_counts(person: Person, database: Database) -> None:
    """Say in one line what waits in each lane, and what is escalated and decided."""
    with explained():
        all_cases = tallies(database, person)
    waiting = {lane: n_open(all_cases, lane) for lane in Lane}
    parts = [f"{LANES[lane]} **{n:,}** {called(n, lane)}" for lane, n in waiting.items()]
    parts += [
        f"**{sum(t.n for t in all_cases if t.state is state):,}** {state}"
        for state in (CaseState.ESCALATED, CaseState.DECIDED)
    ]
    st.markdown(" · ".join(parts), help=f"Waiting, by age. {ages_in_words(all_cases)}")


def ages_in_words(tallies: Iterable[Tally]) -> str:
    """Say how old the open cases of each lane are."""
    all_cases = list(tallies)
    parts = []
    for lane in Lane:
        ages = {name: n for name, n in open_by_age(all_cases, lane).items() if n}
        parts.append(
            f"{lane.capitalize()}: "
            + (", ".join(f"{n:,} for {name}" for name, n in ages.items()) or "none waits")
        )
    return "; ".join(parts) + "."
