"""Second looks: drawn when a case is decided, answered without a word of it, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from claimclf.errors import ClaimclfError, ConflictError, NotAllowedError, NotFoundError
from claimclf.people import Person
from claimclf.queue.queries.sampling import draw
from claimclf.queue.queries.second_looks import FIRST_LOOK, STANDS, WAITS
from claimclf.queue.settings.team import Settings
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import AnyRow, Case, find_case
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.tables import cases, decisions, second_looks
from claimclf.schema import VIDEO_ID, CaseState, Decision, Look

#: The entry of an answer, and of one that was taken back.
LOOKED, TAKEN_BACK = "second-look", "undo-second-look"
#: A look that nobody has answered.
_UNANSWERED: dict[str, Any] = dict.fromkeys(("decision", "reason_code", "note", "at"))


def draw_second_looks(
    connection: Connection,
    settings: Settings,
    rows: Sequence[AnyRow],
    numbers: Sequence[int],
    at: int,
) -> None:
    """Draw some of the decisions that were just made, for another person to look at.

    Nobody chooses which: it depends on the seed, the video and the round alone.

    Parameters
    ----------
    rows : sequence of Row
        The cases, with number, round and video.
    numbers : sequence of int
        Of their decisions.
    """
    rate = settings.second_look_rate
    drawn = [
        (row.id, number)
        for row, number in zip(rows, numbers, strict=True)
        if draw(settings.sample_seed, f"second look {row.round} {getattr(row, VIDEO_ID)}") < rate
    ]
    for case_id, number in drawn:
        _add(connection, case_id, number, Look.DRAWN, at, rate)


def add_appeal(connection: Connection, case_id: int, at: int) -> None:
    """Keep that a case's last decision is to be looked at again by others."""
    last = (
        select(func.max(decisions.c.id))
        .join(cases, cases.c.id == decisions.c.case_id)
        .where(STANDS, cases.c.id == case_id)
    )
    number = connection.scalar(last)
    if number is not None:
        _add(connection, case_id, number, Look.APPEAL, at, 1.0)


def answer(
    connection: Connection,
    person: Person,
    at: int,
    case_id: int,
    kind: Look,
    said: Mapping[str, str | None],
) -> int:
    """Record what a person says who looks again, and return the look's number.

    The case stays as it is decided. A skipped look waits for somebody else.

    Parameters
    ----------
    said : mapping
        `decision`, `reason_code` and `note`.
    """
    first = connection.execute(
        select(decisions.c.id, decisions.c.round)
        .join(cases, cases.c.id == decisions.c.case_id)
        .where(cases.c.id == case_id, STANDS)
    ).one()
    number = None
    if said["decision"] != Decision.SKIP:
        number = _waiting(connection, person, first.id, kind)
    if number is None:
        number = _add(connection, case_id, first.id, kind, at, 1.0)
    change = update(second_looks).where(second_looks.c.id == number)
    connection.execute(change.values(**said, by=person.name, at=at))
    details = {**said, "kind": str(kind), "look": number, "round": first.round}
    entry = Entry(LOOKED, case_id, decision_id=first.id, details=details)
    append(connection, person, at, [entry])
    return number


def take_back(connection: Connection, person: Person, at: int, number: int, window: int) -> Case:
    """Take back what a person said who looked again; they may look once more.

    Raises
    ------
    NotFoundError, NotAllowedError
        There is no such look, or another person's.
    ConflictError
        It is too old, taken back already, or a lead has ruled on it.
    """
    query = select(second_looks).where(second_looks.c.id == number)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise _refused(
            "there is no such decision", "Choose one of the case's history.", NotFoundError
        )
    if row.by != person.name:
        advice = "Ask a lead to reopen the case."
        raise _refused(f"{row.by or 'nobody'} made it", advice, NotAllowedError)
    if row.at is None:
        raise _refused("it is undone already", "Look at the case's history.")
    if row.decision == Decision.SKIP:
        raise _refused("the case was skipped, not decided", "Choose it from the table.")
    if row.final_at is not None or row.seen_at is not None:
        raise _refused("the case has changed since", "Ask a lead to reopen it.")
    if at - row.at > window:
        raise _refused("it is too long ago", "Ask a lead to reopen the case.")
    change = update(second_looks).where(second_looks.c.id == number)
    connection.execute(change.values(_UNANSWERED))
    details = {"look": number, "kind": row.kind}
    entry = Entry(TAKEN_BACK, row.case_id, decision_id=row.decision_id, details=details)
    append(connection, person, at, [entry])
    return replace(find_case(connection, row.case_id), state=CaseState.OPEN)


def _refused(why: str, advice: str, kind: type[ClaimclfError] = ConflictError) -> ClaimclfError:
    return kind("This decision cannot be undone.", f"Found: {why}.", advice)


def _waiting(connection: Connection, person: Person, first: int, kind: Look) -> int | None:
    """Return the look that waits: one that was drawn for anybody, others for who took it back."""
    looks = second_looks.c
    query = select(looks.id).where(looks.decision_id == first, looks.kind == str(kind), WAITS)
    if kind is not Look.DRAWN:
        query = query.where(looks.by == person.name)
    return connection.scalar(query.order_by(looks.id).limit(1))


def _add(
    connection: Connection, case_id: int, number: int, kind: Look, at: int, probability: float
) -> int:
    lock(connection, "second looks")  # of two at once, both would find the same last number
    last = connection.scalar(select(func.max(second_looks.c.id)))
    look = FIRST_LOOK if last is None else last + 1
    row = {"id": look, "case_id": case_id, "decision_id": number, "kind": str(kind)}
    connection.execute(insert(second_looks).values(**row, asked_at=at, probability=probability))
    return look
