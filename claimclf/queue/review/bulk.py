"""One decision for many cases, made and undone as one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from claimclf.errors import InvalidRequestError
from claimclf.people import Person
from claimclf.queue.queries.holding import held_by
from claimclf.queue.queries.sampling import keep_cut
from claimclf.queue.review.decisions import Verdict, check, closing, record_all, undo_all
from claimclf.queue.review.leases import end_lapsed
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import COLUMNS
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.states import event_of
from claimclf.queue.storage.tables import IS_HELD, IS_OPEN, cases, decisions
from claimclf.schema import PRIMARY_DECISIONS, STATEMENT_ID, CaseState

#: Most cases of one bulk.
MOST = 1_000


@dataclass(frozen=True)
class Bulk:
    """Many decisions that were made as one.

    Parameters
    ----------
    id : str
        For `undo_bulk`; empty where nothing was left to decide.
    decided : list of int
        Cases, by number.
    left_out : list of int
        Cases that another person holds, or that were decided meanwhile.
    """

    id: str
    decided: list[int]
    left_out: list[int]


def decide_cases(
    database: Database, person: Person, case_ids: Sequence[int], verdict: Verdict
) -> Bulk:
    """Decide on all chosen cases that are open and not held by another person.

    Raises
    ------
    InvalidRequestError
        More than `MOST` cases, or the verdict does not close a case or lacks its reason.
    """
    ids = sorted(set(case_ids))
    return _decide(database, person, cases.c.id.in_(ids), verdict, ids)


def decide_statement(
    database: Database, person: Person, statement_id: str, verdict: Verdict
) -> Bulk:
    """Decide on all open cases of a statement that no other person holds.

    Raises
    ------
    InvalidRequestError
        As for `decide_cases`.
    """
    return _decide(database, person, cases.c[STATEMENT_ID] == statement_id, verdict, None)


def undo_bulk(database: Database, person: Person, bulk_id: str) -> list[int]:
    """Take back a whole bulk; return its cases.

    Raises
    ------
    NotFoundError, NotAllowedError
        There is none of that name, or another person made it.
    ConflictError
        It is too old, undone already, or one of its cases has changed since: then all stay
        decided.
    """

    def take_back(connection: Connection) -> list[int]:
        at = database.now()
        rows = connection.execute(
            select(decisions).where(decisions.c.bulk_id == bulk_id).order_by(decisions.c.id)
        ).all()
        return undo_all(connection, person, at, rows, settings_of(connection).undo)

    return database.write(take_back)


def _decide(
    database: Database,
    person: Person,
    chosen: ColumnElement[bool],
    verdict: Verdict,
    ids: list[int] | None,
) -> Bulk:
    check(verdict)
    if verdict.decision not in PRIMARY_DECISIONS:
        raise InvalidRequestError(
            "Only a decision that closes a case can be made for many.",
            f"Found: '{verdict.decision}'.",
            f"Choose one of {', '.join(PRIMARY_DECISIONS)}.",
        )

    def record(connection: Connection) -> Bulk:
        at = database.now()
        end_lapsed(connection, at)
        query = select(cases.c.id, cases.c.lease_holder, IS_OPEN.label("open"))
        rows = connection.execute(
            query.where(chosen, IS_OPEN if ids is None else cases.c.id.is_not(None))
            .order_by(cases.c.id)
            .limit(MOST + 1)
            .with_for_update(of=cases)
        ).all()
        _check_number(len(rows if ids is None else ids))
        free = [row.id for row in rows if row.open and row.lease_holder in (None, person.name)]
        left_out = sorted({*(ids or []), *(row.id for row in rows)} - set(free))
        if not free:
            return Bulk("", [], left_out)
        return Bulk(_close(connection, database, person, verdict, free, at), free, left_out)

    return database.write(record)


def _close(
    connection: Connection,
    database: Database,
    person: Person,
    verdict: Verdict,
    ids: list[int],
    at: int,
) -> str:
    settings = settings_of(connection)
    cut = keep_cut(connection, settings, settings.ranking, at)
    free = and_(IS_OPEN, or_(~IS_HELD, held_by(person.name, at)))
    sampled = and_(IS_OPEN, cut.in_sample())
    # First the sample, for a closed case has no place below or above the cut.
    connection.execute(update(cases).where(cases.c.id.in_(ids)).values(lease_sampled=sampled))
    change = update(cases).where(cases.c.id.in_(ids), free)
    values = closing(CaseState.OPEN, event_of(verdict.decision), at)
    returned = (*COLUMNS, cases.c.lease_sampled, cases.c.sample_probability)
    rows = connection.execute(change.values(values).returning(*returned)).all()
    rows = sorted(rows, key=lambda row: row.id)
    bulk_id = secrets.token_hex(8)
    were = [CaseState.OPEN] * len(rows)
    record_all(connection, person, at, verdict, rows, were, bulk_id=bulk_id)
    return bulk_id


def _check_number(n_cases: int) -> None:
    if n_cases > MOST:
        raise InvalidRequestError(
            "These are too many cases for one decision.",
            f"Found: more than {MOST:,}.",
            "Choose fewer, or decide on them in several steps.",
        )
