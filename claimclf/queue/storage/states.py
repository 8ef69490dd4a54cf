"""The states of a case, and the one table of what leads from one to another."""

from __future__ import annotations

from enum import StrEnum

from claimclf.schema import CaseState, Decision


class Event(StrEnum):
    """What may happen to a case."""

    UPLOADED = "uploaded"
    DECIDED = "decided"
    ESCALATED = "escalated"
    SKIPPED = "skipped"
    UNDONE = "undone"
    REOPENED = "reopened"
    REPORTED_AGAIN = "reported-again"


#: (state before, what happens, state after); None is a video that is not known yet. Taking a
#: lease, letting it go and losing it change no state.
TRANSITIONS = frozenset(
    {
        (None, Event.UPLOADED, CaseState.OPEN),
        (CaseState.OPEN, Event.DECIDED, CaseState.DECIDED),
        (CaseState.OPEN, Event.ESCALATED, CaseState.ESCALATED),
        (CaseState.OPEN, Event.SKIPPED, CaseState.OPEN),
        (CaseState.ESCALATED, Event.DECIDED, CaseState.DECIDED),
        (CaseState.ESCALATED, Event.SKIPPED, CaseState.ESCALATED),
        (CaseState.ESCALATED, Event.UNDONE, CaseState.OPEN),
        (CaseState.DECIDED, Event.UNDONE, CaseState.OPEN),
        (CaseState.DECIDED, Event.UNDONE, CaseState.ESCALATED),  # a ruling on an escalated case
        (CaseState.DECIDED, Event.REOPENED, CaseState.OPEN),
        (CaseState.DECIDED, Event.REPORTED_AGAIN, CaseState.OPEN),
    }
)


def before(event: Event) -> tuple[CaseState, ...]:
    """Return the states in which an event may happen, in the order of `CaseState`."""
    states = {state for state, happens, _ in TRANSITIONS if happens is event}
    return tuple(state for state in CaseState if state in states)


def after(state: CaseState, event: Event) -> CaseState:
    """Return where an event leads from a state.

    Raises
    ------
    KeyError
        It may not happen there, or where it leads depends on the case's past.
    """
    targets = [to for start, happens, to in TRANSITIONS if (start, happens) == (state, event)]
    if len(targets) != 1:
        raise KeyError(f"{event} in state {state}")
    return targets[0]


def event_of(decision: Decision) -> Event:
    """Return what a decision is to the case it was made on."""
    return {Decision.SKIP: Event.SKIPPED, Decision.ESCALATE: Event.ESCALATED}.get(
        decision, Event.DECIDED
    )
