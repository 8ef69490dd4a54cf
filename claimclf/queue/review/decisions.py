"""What people decide: one primary decision a case and round, each with what was predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, not_, select, update

from claimclf.errors import (
    ClaimclfError,
    ConflictError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
)
from claimclf.people import Capability, Person, require
from claimclf.queue.queries.ordering import rank_anew
from claimclf.queue.queries.second_looks import FIRST_LOOK, is_barred
from claimclf.queue.review.leases import NO_LEASE, end_lapsed, mine
from claimclf.queue.review.refusals import lost
from claimclf.queue.review.second_looks import add_appeal, answer, draw_second_looks, take_back
from claimclf.queue.review.texts import brought_meanwhile, keep_texts
from claimclf.queue.settings.bounds import LONGEST_NOTE, LONGEST_REASON, check_text, shown
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.audit import DECIDED, Entry, append, hash_of
from claimclf.queue.storage.cases import COLUMNS as CASE_COLUMNS
from claimclf.queue.storage.cases import AnyRow, Case, case_of, find_case
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.states import Event, after, before, event_of
from claimclf.queue.storage.tables import cases, decisions
from claimclf.schema import (
    LANE,
    PREDICTION,
    PRIMARY_DECISIONS,
    PROBABILITY,
    REPORT_COUNT,
    TRANSCRIPT,
    CaseState,
    Decision,
    Look,
    ReasonCode,
)

#: What a decision keeps of the case as it was.
FROZEN = (
    *("round", LANE, PREDICTION, PROBABILITY, "model_name", "model_version", REPORT_COUNT),
    "sample_probability",
)


@dataclass(frozen=True)
class Verdict:
    """A person's judgement of one case or of many.

    Parameters
    ----------
    decision : Decision
        What it is.
    reason_code : ReasonCode or None
        Which rule is broken; for `Decision.BREAKS_RULES` and for no other.
    note : str
        Anything else, for later readers.
    """

    decision: Decision
    reason_code: ReasonCode | None = None
    note: str = ""

    @property
    def content(self) -> dict[str, str | None]:
        """What is stored of it."""
        return {
            "decision": str(self.decision),
            "reason_code": self.reason_code and str(self.reason_code),
            "note": self.note,
        }


@dataclass(frozen=True)
class Decided:
    """A decision that was recorded.

    Parameters
    ----------
    id : int
        Its number, for `undo`.
    case : Case
        The case afterwards.
    other_text_of : str or None
        The file that brought another text while the case was held: the decision is about the
        text that was shown, and is kept with it.
    """

    id: int
    case: Case
    other_text_of: str | None = None


def decide(
    database: Database, person: Person, case_id: int, token: str, version: int, verdict: Verdict
) -> Decided:
    """Record a person's verdict on the case they hold, and end the lease.

    A skipped case goes back to the queue; an escalated one to the leads. Who looks again at a
    decided case without knowing it leaves it as it is: what they say is kept beside it.

    Parameters
    ----------
    token, version
        Of the lease, and of the case as it was on the screen.

    Raises
    ------
    LostLeaseError
        The lease is over or another person decided; nothing is recorded.
    InvalidRequestError
        The reason code is missing or does not belong there.
    ConflictError
        The case waits for a lead already and is escalated again.
    UnknownCaseError
        There is no such case.
    """
    check(verdict)
    event = event_of(verdict.decision)

    def record(connection: Connection) -> Decided:
        at = database.now()
        held = and_(mine(person, case_id, token, at), cases.c.version == version)
        columns = select(cases.c.state, cases.c.lease_look).where(held, not_(is_barred(person)))
        in_hand = connection.execute(columns.with_for_update(of=cases)).one_or_none()
        if in_hand is None:
            raise lost(connection, case_id, person, at, token)
        was = CaseState(in_hand.state)
        if was is CaseState.DECIDED and in_hand.lease_look is not None:
            connection.execute(update(cases).where(held).values(NO_LEASE))
            look = answer(
                connection, person, at, case_id, Look(in_hand.lease_look), verdict.content
            )
            return Decided(look, find_case(connection, case_id))
        if was not in before(event):
            raise ConflictError(
                "A decision does not fit the case's state.",
                f"Found: '{verdict.decision}', and case {case_id} is {was}.",
                "Decide on it, or skip it.",
            )
        other = brought_meanwhile(connection, case_id)
        change = update(cases).where(held, cases.c.state == was)
        row = connection.execute(
            change.values(closing(was, event, at)).returning(*CASE_COLUMNS, *_extra())
        ).one()
        rank_anew(connection, [row.id] if row.rank_stale else [])
        (decision,) = record_all(connection, person, at, verdict, [row], [was], token=token)
        return Decided(decision, case_of(row), other)

    return database.write(record)


def undo(database: Database, person: Person, decision_id: int) -> Case:
    """Take back one's own decision: the case is as open as it was before.

    Raises
    ------
    NotFoundError, NotAllowedError
        There is none of that number, or another person made it.
    ConflictError
        It is too old, part of a bulk, undone already, or the case has changed since.
    """

    def undone(connection: Connection) -> Case:
        at, window = database.now(), settings_of(connection).undo
        if decision_id >= FIRST_LOOK:
            return take_back(connection, person, at, decision_id, window)
        row = connection.execute(
            select(decisions).where(decisions.c.id == decision_id)
        ).one_or_none()
        if row is not None and row.bulk_id is not None:
            raise _not_undone("it is one of a bulk", "Undo the bulk as a whole.")
        (case_id,) = undo_all(connection, person, at, [] if row is None else [row], window)
        return find_case(connection, case_id)

    return database.write(undone)


def reopen(
    database: Database, person: Person, case_id: int, reason: str, by_others: bool = False
) -> Case:
    """Open a decided case for another round, as a lead.

    Parameters
    ----------
    by_others : bool
        Whether nobody may decide on it now who did so before: for an appeal.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    InvalidRequestError
        No reason is given.
    ConflictError
        The case is not decided.
    UnknownCaseError
        There is no such case.
    """
    require(person, Capability.LEAD)
    check_text(reason, "A reason", LONGEST_REASON, required=True)

    def work(connection: Connection) -> Case:
        at = database.now()
        if by_others:
            add_appeal(connection, case_id, at)
        return open_again(connection, person, at, case_id, reason, by_others)

    return database.write(work)


def open_again(
    connection: Connection,
    person: Person,
    at: int,
    case_id: int,
    reason: str,
    by_others: bool = False,
) -> Case:
    """Open a decided case for another round, within a transaction; see `reopen`."""
    change = update(cases).where(cases.c.id == case_id, cases.c.state.in_(before(Event.REOPENED)))
    values = {
        "state": after(CaseState.DECIDED, Event.REOPENED),
        "state_at": at,
        "waits_since": at,
        "round": cases.c.round + 1,
        "version": cases.c.version + 1,
    }
    if by_others:
        values["appeal_round"] = cases.c.round + 1
    row = connection.execute(change.values(values).returning(cases.c.id)).one_or_none()
    case = find_case(connection, case_id)
    if row is None:
        raise ConflictError(
            "Only a decided case can be reopened.",
            f"Found: case {case_id} is {case.state}.",
            "Take it as it is.",
        )
    rank_anew(connection, [case_id])
    details = {"reason": reason, **({"by_others": True} if by_others else {})}
    append(connection, person, at, [Entry("reopen", case_id, details=details)])
    return case


def check(verdict: Verdict) -> None:
    """Refuse a verdict that lacks its reason code, or has one that means nothing.

    Raises
    ------
    InvalidRequestError
        The reason code is missing or does not belong there, or the note cannot be kept.
    """
    for value, allowed in ((verdict.decision, Decision), (verdict.reason_code, ReasonCode)):
        if value not in list(allowed) and not (value is None and allowed is ReasonCode):
            raise InvalidRequestError(
                "There is no such decision or reason code.",
                f"Found: {shown(value)}.",
                f"Choose one of {', '.join(allowed)}.",
            )
    if verdict.decision is Decision.BREAKS_RULES and verdict.reason_code is None:
        raise InvalidRequestError(
            "A reason code is missing.", "", f"Choose one of {', '.join(ReasonCode)}."
        )
    if verdict.decision is not Decision.BREAKS_RULES and verdict.reason_code is not None:
        raise InvalidRequestError(
            "A reason code says which rule is broken.",
            f"Found: '{verdict.reason_code}' with the decision '{verdict.decision}'.",
            "Leave it out.",
        )
    check_text(verdict.note, "The note", LONGEST_NOTE)


def closing(was: CaseState, event: Event, at: int) -> dict[str, Any]:
    """Return the columns of a case that an event changes, its lease's end among them."""
    becomes = after(was, event)
    values = {**NO_LEASE, "version": cases.c.version + 1, "state": becomes}
    if becomes is not was:
        values["state_at"] = at
    if becomes is CaseState.DECIDED:
        values["decided_reports"] = cases.c[REPORT_COUNT]
    if event is Event.SKIPPED:
        values["skip_count"] = cases.c.skip_count + 1
    # `lease_sampled` stays until the next lease: the decision is about to copy it.
    del values["lease_sampled"]
    return values


def record_all(
    connection: Connection,
    person: Person,
    at: int,
    verdict: Verdict,
    rows: Sequence[AnyRow],
    were: Sequence[CaseState],
    *,
    token: str | None = None,
    bulk_id: str | None = None,
    is_final: bool = False,
) -> list[int]:
    """Write a decision and its audit entry for each case as it is after the change.

    Parameters
    ----------
    is_final : bool
        Whether nobody looks at it again; else some are drawn for another person.

    Returns
    -------
    list of int
        The decisions' numbers, in the order of `rows`.
    """
    content = verdict.content
    keep_texts(connection, (getattr(row, TRANSCRIPT) for row in rows))
    hashes = [hash_of(getattr(row, TRANSCRIPT)) for row in rows]
    values = [
        {
            **{name: getattr(row, name) for name in FROZEN},
            **content,
            "case_id": row.id,
            "by": person.name,
            "at": at,
            "lease_token": token,
            "case_version": row.version - 1,
            "state_before": str(was),
            "bulk_id": bulk_id,
            "sampled": bool(row.lease_sampled),
            "text_hash": text_hash,
        }
        for row, was, text_hash in zip(rows, were, hashes, strict=True)
    ]
    written = insert(decisions).returning(decisions.c.id, sort_by_parameter_order=True)
    numbers = list(connection.scalars(written, values))
    bulk = {"bulk_id": bulk_id} if bulk_id else {}
    entries = [
        Entry(
            DECIDED,
            row.id,
            decision_id=number,
            details={**content, "round": row.round, "text_hash": text_hash, **bulk},
        )
        for row, number, text_hash in zip(rows, numbers, hashes, strict=True)
    ]
    if verdict.decision in PRIMARY_DECISIONS and not is_final:
        draw_second_looks(connection, settings_of(connection), rows, numbers, at)
    append(connection, person, at, entries)
    return numbers


def undo_all(
    connection: Connection, person: Person, at: int, rows: Sequence[AnyRow], window: int
) -> list[int]:
    """Take back decisions, all of them or none; return their cases.

    Raises
    ------
    NotFoundError, NotAllowedError, ConflictError
        As for `undo`.
    """
    end_lapsed(connection, at)  # who held such a case and went away is no obstacle
    if not rows:
        advice = "Choose one of the case's history."
        raise _not_undone("there is no such decision", advice, NotFoundError)
    if any(row.by != person.name for row in rows):
        advice = "Ask a lead to reopen the case."
        raise _not_undone(f"{rows[0].by} made it", advice, NotAllowedError)
    if any(row.undone_at is not None for row in rows):
        raise _not_undone("it is undone already", "Look at the case's history.")
    if any(row.decision == Decision.SKIP for row in rows):
        raise _not_undone("the case was skipped, not decided", "Choose it from the table.")
    if any(at - row.at > window for row in rows):
        raise _not_undone("it is too long ago", "Ask a lead to reopen the case.")
    _open_as_before(connection, at, rows)
    ids = [row.id for row in rows]
    connection.execute(
        update(decisions).where(decisions.c.id.in_(ids)).values(undone_at=at, undone_by=person.name)
    )
    entries = [Entry("undo", row.case_id, decision_id=row.id) for row in rows]
    append(connection, person, at, entries)
    return [row.case_id for row in rows]


def _open_as_before(connection: Connection, at: int, rows: Sequence[AnyRow]) -> None:
    """Put cases back to the state before the decision, unless one was touched since."""
    changed = 0
    for state_before in {row.state_before for row in rows}:
        some = [row for row in rows if row.state_before == state_before]
        untouched = and_(
            cases.c.id.in_([row.case_id for row in some]),
            cases.c.state.in_(before(Event.UNDONE)),
            cases.c.version == _version_since([row.id for row in some]),
            cases.c.lease_token.is_(None),
        )
        values = {
            "state": state_before,
            "state_at": at,
            "version": cases.c.version + 1,
            "decided_reports": None,
        }
        ids = connection.scalars(
            update(cases).where(untouched).values(values).returning(cases.c.id)
        ).all()
        rank_anew(connection, list(ids))
        changed += len(ids)
    if changed < len(rows):
        raise _not_undone("the case has changed since", "Ask a lead to reopen it.")


def _version_since(ids: list[int]) -> Any:
    """Return, in SQL, the version in which these decisions left a case."""
    left = select(decisions.c.case_version + 1).where(
        decisions.c.id.in_(ids), decisions.c.case_id == cases.c.id
    )
    return left.scalar_subquery()


def _extra() -> tuple[Any, ...]:
    return (cases.c.rank_stale, cases.c.lease_sampled, cases.c.sample_probability)


def _not_undone(why: str, advice: str, kind: type[ClaimclfError] = ConflictError) -> ClaimclfError:
    return kind("This decision cannot be undone.", f"Found: {why}.", advice)
