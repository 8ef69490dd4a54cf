"""Decided cases that somebody else looks at without seeing the first decision.

A share of the decisions is drawn for that, like the audit sample; and what a lead has settled on
comes back among the others. Both are leased and decided like any open case, and neither changes
the case: its first decision stands until a lead rules on a difference.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, not_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Person
from claimclf.queue.queries.conditions import conditions_of
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.sampling import draw
from claimclf.queue.settings.team import Settings
from claimclf.queue.storage.tables import (
    CLOSES,
    IS_HELD,
    audit_head,
    cases,
    decisions,
    second_looks,
    settled_cases,
    texts,
)
from claimclf.schema import PRIMARY_DECISIONS, TRANSCRIPT, CaseState, Look

#: Numbers of second looks begin here, where no decision's number gets to.
FIRST_LOOK = 1 << 40

_IS_DECIDED = cases.c.state == str(CaseState.DECIDED)
#: Nobody has said anything yet, or it was taken back.
WAITS: ColumnElement[bool] = second_looks.c.at.is_(None)
#: Both said it, and not the same: a lead has to rule, or has.
_OTHER = or_(
    second_looks.c.decision != decisions.c.decision,
    func.coalesce(second_looks.c.reason_code, "") != func.coalesce(decisions.c.reason_code, ""),
)
DIFFERS: ColumnElement[bool] = and_(
    second_looks.c.at.is_not(None), second_looks.c.decision != "skip", _OTHER
)
#: A decision is the one that its case has now; both are in the query.
STANDS: ColumnElement[bool] = and_(CLOSES, decisions.c.round == cases.c.round, _IS_DECIDED)


def disputed() -> ColumnElement[bool]:
    """Return whether a second person differs from a decision, and no lead has ruled yet."""
    return exists().where(
        second_looks.c.decision_id == decisions.c.id,
        second_looks.c.kind == str(Look.DRAWN),
        second_looks.c.final_at.is_(None),
        DIFFERS,
    )


def is_barred(person: Person) -> ColumnElement[bool]:
    """Return whether somebody else must decide on a case, as a condition in SQL.

    It was opened again for those who did not decide on it before.
    """
    before = exists().where(
        decisions.c.case_id == cases.c.id,
        decisions.c.round < cases.c.round,
        decisions.c.by == person.name,
        CLOSES,
    )
    return and_(cases.c.appeal_round.is_not(None), cases.c.appeal_round == cases.c.round, before)


def next_looks(
    connection: Connection, person: Person, filters: Filters, settings: Settings, now: int
) -> tuple[list[tuple[Select[Any], Look]], list[tuple[Select[Any], Look]]]:
    """Return where to look for a second look before the other cases, and where after them.

    Which of it comes first is decided by the log's length, as for the audit sample. Where nothing
    else is left, what was drawn is looked at in any case.
    """
    if filters.escalated or filters.again or filters.holder is not None or filters.text:
        return [], []
    of_filters = conditions_of(filters, now, None)[1:]  # without the state
    drawn = (drawn_for(person, settings, now).where(*of_filters), Look.DRAWN)
    rate = settings.second_look_rate
    after = [drawn] if rate else []
    seq = connection.scalar(select(audit_head.c.seq))
    if draw(settings.sample_seed, f"settled turn {seq}") < settings.settled_rate:
        return [(settled_for(person).where(*of_filters), Look.SETTLED)], after
    # Twice as often as they are drawn, so that none of them waits for long.
    if draw(settings.sample_seed, f"second turn {seq}") < 2 * rate / (1 + rate):
        return [drawn], after
    return [], after


def drawn_for(person: Person, settings: Settings, now: int) -> Select[Any]:
    """Return the cases that were drawn for another person and that this one may look at."""
    return (
        select(cases.c.id)
        .join(second_looks, second_looks.c.case_id == cases.c.id)
        .join(decisions, decisions.c.id == second_looks.c.decision_id)
        .where(
            WAITS,
            second_looks.c.kind == str(Look.DRAWN),
            # Later nobody takes the first decision back while it is looked at.
            decisions.c.at <= now - settings.undo,
            *_may_look(person),
        )
        .order_by(second_looks.c.id)
    )


def settled_for(person: Person) -> Select[Any]:
    """Return the settled cases that a person has not decided on, the longest settled first."""
    return (
        select(cases.c.id)
        .join(settled_cases, settled_cases.c.case_id == cases.c.id)
        .join(decisions, decisions.c.id == settled_cases.c.decision_id)
        .where(settled_cases.c.by != person.name, *_may_look(person))
        .order_by(settled_cases.c.at, cases.c.id)
    )


def taken_back_by(
    connection: Connection, person: Person, case_id: int
) -> tuple[Select[Any], Look | None]:
    """Return a case on which a person has taken a second look back, and what kind it was."""
    looks = second_looks.c
    kind = connection.scalar(
        select(looks.kind).where(looks.case_id == case_id, looks.by == person.name, WAITS)
    )
    standing = and_(cases.c.id == case_id, _IS_DECIDED, not_(IS_HELD))
    return select(cases.c.id).where(standing), None if kind is None else Look(kind)


def hides_first(connection: Connection, case_id: int, person: Person) -> bool:
    """Return whether the first decision on a case is kept from a person who may look again."""
    waits = exists().where(
        second_looks.c.case_id == case_id,
        second_looks.c.kind != str(Look.APPEAL),
        WAITS,
        decisions.c.id == second_looks.c.decision_id,
        decisions.c.by != person.name,
    )
    return bool(connection.scalar(select(or_(waits, _holds(case_id, person)))))


def looks_again(connection: Connection, case_id: int, person: Person) -> bool:
    """Return whether a person has a decided case in hand, to look again without knowing it."""
    return bool(connection.scalar(select(_holds(case_id, person))))


def _holds(case_id: int, person: Person) -> ColumnElement[bool]:
    return exists().where(
        cases.c.id == case_id,
        cases.c.lease_look.is_not(None),
        cases.c.lease_holder == person.name,
        _IS_DECIDED,
    )


def _may_look(person: Person) -> tuple[ColumnElement[bool], ...]:
    """Return what must hold of a decided case for a person to look again."""
    other = second_looks.alias("other")
    has_looked = exists().where(
        other.c.decision_id == decisions.c.id, other.c.by == person.name, other.c.at.is_not(None)
    )
    earlier = decisions.alias("earlier")
    has_decided = exists().where(
        earlier.c.case_id == cases.c.id,
        earlier.c.by == person.name,
        earlier.c.undone_at.is_(None),
        earlier.c.decision.in_([str(decision) for decision in PRIMARY_DECISIONS]),
    )
    same_text = exists().where(
        texts.c.hash == decisions.c.text_hash, texts.c.text == cases.c[TRANSCRIPT]
    )
    return (
        STANDS,
        not_(IS_HELD),
        not_(has_decided),
        not_(has_looked),
        or_(decisions.c.text_hash.is_(None), same_text),
    )
