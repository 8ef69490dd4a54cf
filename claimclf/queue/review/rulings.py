"""What leads say of second looks: which decision stands, and which cases are settled."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select, update

from claimclf.errors import ConflictError, NotFoundError
from claimclf.people import Capability, Person, require
from claimclf.queue.queries.second_looks import DIFFERS, STANDS
from claimclf.queue.review.decisions import Verdict, check, closing, open_again, record_all
from claimclf.queue.settings.bounds import LONGEST_REASON, check_text
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import COLUMNS, AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.states import event_of
from claimclf.queue.storage.tables import cases, decisions, second_looks, settled_cases
from claimclf.schema import PRIMARY_DECISIONS, CaseState, Look

#: Entries of the log.
RULED, SETTLED, UNSETTLED = "rule", "settle", "unsettle"
_REOPENED = "A lead rules on two people who differ."


def rule(database: Database, person: Person, look_id: int, verdict: Verdict) -> int:
    """Say, as a lead, which decision stands where a second person differs from the first.

    Where it is the first one, the case stays as it is. Any other is a decision of the lead's own,
    in another round of the case.

    Returns
    -------
    int
        The number of the decision that stands.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    InvalidRequestError
        The verdict does not close a case, or lacks its reason.
    NotFoundError
        There is no such difference.
    ConflictError
        Another lead has ruled, or the case has another decision by now.
    """
    require(person, Capability.LEAD)
    check(verdict)
    if verdict.decision not in PRIMARY_DECISIONS:
        raise ConflictError(
            "A ruling has to close the case.",
            f"Found: '{verdict.decision}'.",
            f"Choose one of {', '.join(PRIMARY_DECISIONS)}.",
        )

    def work(connection: Connection) -> int:
        at = database.now()
        row = _difference(connection, look_id)
        upholds = (row.decision, row.reason_code) == (verdict.decision, verdict.reason_code)
        final = row.first_id
        if not upholds:
            final = _decide_anew(connection, person, at, row, verdict)
        # All who differ from that decision are answered by it.
        change = update(second_looks).where(
            second_looks.c.decision_id == row.first_id, second_looks.c.kind == str(Look.DRAWN)
        )
        values = {"final_decision_id": final, "final_by": person.name, "final_at": at}
        connection.execute(change.where(second_looks.c.at.is_not(None)).values(values))
        details = {**verdict.content, "upholds": upholds}
        entry = Entry(RULED, row.case_id, decision_id=row.first_id, details=details)
        append(connection, person, at, [entry])
        return int(final)

    return database.write(work)


def settle(database: Database, person: Person, case_id: int, reason: str) -> None:
    """Mark a decided case as settled, as a lead: it comes back to others, unmarked.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    InvalidRequestError
        No reason is given.
    ConflictError
        The case is not decided, or is settled already.
    """
    require(person, Capability.LEAD)
    check_text(reason, "A reason", LONGEST_REASON, required=True)

    def work(connection: Connection) -> None:
        at = database.now()
        standing = select(decisions.c.id).join(cases, cases.c.id == decisions.c.case_id)
        number = connection.scalar(standing.where(cases.c.id == case_id, STANDS))
        if number is None:
            raise ConflictError(
                "Only a decided case can be settled.", f"Found: case {case_id}.", "Decide on it."
            )
        # One whose decision has changed since is no settled case any more.
        old = settled_cases.c.case_id == case_id
        if connection.scalar(select(settled_cases.c.decision_id).where(old)) == number:
            raise ConflictError("This case is settled already.", f"Found: case {case_id}.", "")
        connection.execute(delete(settled_cases).where(old))
        row = {"case_id": case_id, "decision_id": number, "by": person.name, "at": at}
        connection.execute(insert(settled_cases).values(**row, reason=reason))
        entry = Entry(SETTLED, case_id, decision_id=number, details={"reason": reason})
        append(connection, person, at, [entry])

    database.write(work)


def unsettle(database: Database, person: Person, case_id: int) -> None:
    """Let a settled case come back no more, as a lead.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    NotFoundError
        The case is not settled.
    """
    require(person, Capability.LEAD)

    def work(connection: Connection) -> None:
        gone = delete(settled_cases).where(settled_cases.c.case_id == case_id)
        number = connection.scalar(gone.returning(settled_cases.c.decision_id))
        if number is None:
            raise NotFoundError("This case is not settled.", f"Found: case {case_id}.", "")
        entry = Entry(UNSETTLED, case_id, decision_id=number)
        append(connection, person, database.now(), [entry])

    database.write(work)


def see_settled(database: Database, person: Person, look_id: int) -> None:
    """Keep that a person has seen in what they differ from a settled case.

    Raises
    ------
    NotFoundError
        There is no such look of theirs.
    """
    looks = second_looks.c
    own = (looks.id == look_id, looks.by == person.name, looks.kind == str(Look.SETTLED))

    def work(connection: Connection) -> None:
        seen = func.coalesce(looks.seen_at, database.now())
        change = update(second_looks).where(*own, looks.at.is_not(None)).values(seen_at=seen)
        if not connection.execute(change).rowcount:
            raise NotFoundError("There is no such case of yours.", "", "Look at the list again.")

    database.write(work)


def _difference(connection: Connection, look_id: int) -> AnyRow:
    """Return the first decision that a second look differs from, with its case locked."""
    query = (
        select(
            decisions.c.id.label("first_id"),
            decisions.c.case_id,
            decisions.c.decision,
            decisions.c.reason_code,
            decisions.c.sampled,
            second_looks.c.final_by,
            STANDS.label("stands"),
        )
        .select_from(second_looks)
        .join(decisions, decisions.c.id == second_looks.c.decision_id)
        .join(cases, cases.c.id == decisions.c.case_id)
        .where(second_looks.c.id == look_id, second_looks.c.kind == str(Look.DRAWN), DIFFERS)
    )
    row = connection.execute(query.with_for_update(of=cases)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such difference.", "", "Look at the list again.")
    if row.final_by is not None or not row.stands:
        why = f"{row.final_by} has ruled" if row.final_by else "the case was decided anew"
        found = f"Found: {why} on case {row.case_id}."
        raise ConflictError("This is ruled on already.", found, "Take the next one.")
    return row


def _decide_anew(
    connection: Connection, person: Person, at: int, row: AnyRow, verdict: Verdict
) -> int:
    open_again(connection, person, at, row.case_id, _REOPENED)
    values = closing(CaseState.OPEN, event_of(verdict.decision), at)
    # It came to the queue in the same way as what it takes the place of.
    values["lease_sampled"] = row.sampled
    change = update(cases).where(cases.c.id == row.case_id).values(values)
    extra = (cases.c.rank_stale, cases.c.lease_sampled, cases.c.sample_probability)
    changed = connection.execute(change.returning(*COLUMNS, *extra)).one()
    were = [CaseState.OPEN]
    (number,) = record_all(connection, person, at, verdict, [changed], were, is_final=True)
    return number
