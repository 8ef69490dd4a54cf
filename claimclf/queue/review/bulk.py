"""One decision for many cases, made and undone as one, and only for those that were shown."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, select, update

from claimclf.errors import InvalidRequestError
from claimclf.people import Person
from claimclf.queue.queries.sampling import keep_cut
from claimclf.queue.queries.second_looks import is_barred
from claimclf.queue.review.accounting import Left, account
from claimclf.queue.review.decisions import Verdict, check, closing, record_all, undo_all
from claimclf.queue.review.leases import end_lapsed
from claimclf.queue.settings.bounds import IDS, LONGEST_ID, VERSIONS, check_number, check_text
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import COLUMNS
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import among
from claimclf.queue.storage.states import event_of
from claimclf.queue.storage.tables import IS_OPEN, cases, decisions
from claimclf.schema import PRIMARY_DECISIONS, STATEMENT_ID, CaseState

#: Most cases of one bulk.
MOST = 1_000


class Shown(NamedTuple):
    """A case as it stood on a screen: its number and its version."""

    case_id: int
    version: int


@dataclass(frozen=True)
class Bulk:
    """Many decisions that were made as one.

    The cases of `decided` and `left` together are those that were sent, each once.

    Parameters
    ----------
    id : str
        For `undo_bulk`; empty where nothing was left to decide.
    decided : list of int
        Cases that have the decision now, by number.
    left : list of Left
        The others, by number, each with the reason.
    newcomers : list of int
        Open cases of the statement that were not on the list that was shown, by number: they
        came since, or the list was full. At most `MOST`. Nothing was done to them.
    n_newcomers : int
        How many there are of them.
    """

    id: str
    decided: list[int]
    left: list[Left]
    newcomers: list[int]
    n_newcomers: int

    @property
    def left_out(self) -> list[int]:
        """The numbers of `left`."""
        return [case.case_id for case in self.left]


def decide_cases(
    database: Database, person: Person, chosen: Sequence[tuple[int, int]], verdict: Verdict
) -> Bulk:
    """Decide on all chosen cases that are as they were shown, open and in nobody else's hands.

    Parameters
    ----------
    chosen : sequence of (int, int)
        Numbers and versions of the cases as they stood on the screen.

    Raises
    ------
    InvalidRequestError
        More than `MOST` cases, one of them in two versions, or the verdict does not close a
        case or lacks its reason.
    """
    versions = _checked(chosen, verdict)

    def record(connection: Connection) -> Bulk:
        bulk_id, decided, left = _decide(connection, database, person, verdict, versions)
        return Bulk(bulk_id, decided, left, [], 0)

    return database.write(record)


def decide_statement(
    database: Database,
    person: Person,
    statement_id: str,
    chosen: Sequence[tuple[int, int]],
    verdict: Verdict,
    left_out: Sequence[int] = (),
) -> Bulk:
    """Decide on those cases of a statement that were shown and chosen, as `decide_cases` does.

    Parameters
    ----------
    chosen : sequence of (int, int)
        Numbers and versions of the cases as they stood on the list.
    left_out : sequence of int
        Cases that stood on the list as well and were left out: they are no newcomers.

    Raises
    ------
    InvalidRequestError
        As for `decide_cases`.
    """
    versions = _checked(chosen, verdict)
    check_text(statement_id, "The statement", LONGEST_ID, required=True, lines=False)
    for number in left_out:
        check_number(number, "The number of a case", IDS)

    def record(connection: Connection) -> Bulk:
        bulk_id, decided, left = _decide(connection, database, person, verdict, versions)
        same = (cases.c[STATEMENT_ID] == statement_id, IS_OPEN)
        waiting = set(connection.scalars(select(cases.c.id).where(*same)))
        new = sorted(waiting - set(versions) - set(left_out))
        return Bulk(bulk_id, decided, left, new[:MOST], len(new))

    return database.write(record)


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
    check_text(bulk_id, "The name of the decisions", LONGEST_ID, lines=False)

    def take_back(connection: Connection) -> list[int]:
        at = database.now()
        rows = connection.execute(
            select(decisions).where(decisions.c.bulk_id == bulk_id).order_by(decisions.c.id)
        ).all()
        return undo_all(connection, person, at, rows, settings_of(connection).undo)

    return database.write(take_back)


def _checked(chosen: Sequence[tuple[int, int]], verdict: Verdict) -> dict[int, int]:
    """Return the version that was shown of each case."""
    check(verdict)
    if verdict.decision not in PRIMARY_DECISIONS:
        raise InvalidRequestError(
            "Only a decision that closes a case can be made for many.",
            f"Found: '{verdict.decision}'.",
            f"Choose one of {', '.join(PRIMARY_DECISIONS)}.",
        )
    if len(chosen) > MOST:
        raise InvalidRequestError(
            "These are too many cases for one decision.",
            f"Found: more than {MOST:,}.",
            "Choose fewer, or decide on them in several steps.",
        )
    versions: dict[int, int] = {}
    for case_id, version in chosen:
        check_number(case_id, "The number of a case", IDS)
        check_number(version, "The version of a case", VERSIONS)
        if versions.setdefault(case_id, version) != version:
            found = f"Found: case {case_id} in two versions."
            raise InvalidRequestError("A case is chosen twice.", found, "Look at the list again.")
    return versions


def _decide(
    connection: Connection,
    database: Database,
    person: Person,
    verdict: Verdict,
    versions: dict[int, int],
) -> tuple[str, list[int], list[Left]]:
    at = database.now()
    end_lapsed(connection, at)
    columns = (cases.c.id, cases.c.version, cases.c.state, cases.c.round)
    barred = is_barred(person).label("is_barred")
    query = select(*columns, cases.c.lease_holder, cases.c.lease_until, barred)
    query = query.where(among(connection, cases.c.id, list(versions))).order_by(cases.c.id)
    rows = connection.execute(query.with_for_update(of=cases)).all()
    free, left = account(connection, person, rows, versions)
    if not free:
        return "", [], left
    return _close(connection, database, person, verdict, free, at), free, left


def _close(
    connection: Connection,
    database: Database,
    person: Person,
    verdict: Verdict,
    ids: list[int],
    at: int,
) -> str:
    """Close cases that this transaction has locked, and return the bulk's name."""
    settings = settings_of(connection)
    cut = keep_cut(connection, settings, settings.ranking, at)
    sampled = and_(IS_OPEN, cut.in_sample())
    # First the sample, for a closed case has no place below or above the cut.
    connection.execute(update(cases).where(cases.c.id.in_(ids)).values(lease_sampled=sampled))
    change = update(cases).where(cases.c.id.in_(ids))
    values = closing(CaseState.OPEN, event_of(verdict.decision), at)
    returned = (*COLUMNS, cases.c.lease_sampled, cases.c.sample_probability)
    rows = connection.execute(change.values(values).returning(*returned)).all()
    rows = sorted(rows, key=lambda row: row.id)
    bulk_id = secrets.token_hex(8)
    were = [CaseState.OPEN] * len(rows)
    record_all(connection, person, at, verdict, rows, were, bulk_id=bulk_id)
    return bulk_id
