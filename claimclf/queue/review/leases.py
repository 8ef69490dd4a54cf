"""Who holds which case, and for how long: no two people ever hold the same one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, and_, case, false, func, not_, select, update
from sqlalchemy.sql.elements import ColumnElement

from claimclf.errors import InvalidRequestError
from claimclf.people import PROGRAM, Capability, Person, require
from claimclf.queue.queries.conditions import places_of
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.holding import held_by, running
from claimclf.queue.queries.ordering import OPINIONS, rank_anew
from claimclf.queue.queries.sampling import DRAWN, Cut, keep_cut, serves_sample
from claimclf.queue.queries.searching import search
from claimclf.queue.queries.second_looks import is_barred, next_looks, taken_back_by
from claimclf.queue.queries.skips import skipped_by
from claimclf.queue.review.refusals import lost
from claimclf.queue.review.texts import brought_meanwhile
from claimclf.queue.settings.team import Settings, settings_of
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import COLUMNS, AnyRow, Case, case_of, find_case
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.tables import IS_DRAWN, IS_HELD, IS_OPEN, cases, decisions
from claimclf.schema import CaseState, Decision, Look, Ranking
from claimclf.units import DAY

#: A case that was handed on waits so long for its new holder: they may be in tomorrow.
HANDED_ON = DAY
#: A case that nobody holds.
NO_LEASE: dict[str, Any] = {
    "lease_token": None,
    "lease_holder": None,
    "lease_started": None,
    "lease_until": None,
    "lease_sampled": None,
    "lease_from": None,
    "lease_look": None,
}


_LEASED = (cases.c.lease_token, cases.c.lease_look)


@dataclass(frozen=True)
class Lease:
    """A person's hold on a case.

    Parameters
    ----------
    case : Case
        What is held.
    token : str
        Proves the hold; a decision must name it.
    until : int
        When it runs out unless renewed, microseconds since 1970, UTC.
    other_text_of : str or None
        The file that brought another text for the case since it is held, as far as it was looked
        for: when it is renewed. The case keeps the text that is shown.
    """

    case: Case
    token: str
    until: int
    other_text_of: str | None = None


def next_case(
    database: Database,
    person: Person,
    filters: Filters | None = None,
    ranking: Ranking | None = None,
) -> Lease | None:
    """Take the highest-ranked case that nobody holds; the one already held, if there is one.

    Parameters
    ----------
    filters : Filters or None
        Which cases; None for all that are open.
    ranking : Ranking or None
        None for the team's own.

    Returns
    -------
    Lease or None
        None where no such case is left. A lease does not reveal whether the case is one of the
        audit sample.

    Raises
    ------
    NotAllowedError
        Escalated cases are for leads.
    """
    chosen = filters or Filters()
    if chosen.escalated:
        require(person, Capability.LEAD)

    def take(connection: Connection) -> Lease | None:
        lock(connection, f"person {person.name}")
        at = database.now()
        end_lapsed(connection, at)
        held = _held(connection, person, at)
        if held is not None:
            return held
        settings = settings_of(connection)
        order = ranking or settings.ranking
        cut = keep_cut(connection, settings, order, at)
        not_mine = [not_(IS_HELD), not_(skipped_by(person)), not_(is_barred(person))]
        plan = search(connection, chosen, order, at)
        first = select(cases.c.id).where(*plan.conditions, *not_mine)
        turns = [_Turn(first.order_by(*plan.order))]
        if _may_be_sampled(chosen, cut) and serves_sample(connection, settings, cut):
            loose = (*plan.loose, *not_mine)
            by_draw = select(cases.c.id).where(*loose, IS_DRAWN, cut.in_sample())
            turns.insert(0, _Turn(by_draw.order_by(cases.c.sample_draw), is_drawn=True))
        before, behind = next_looks(connection, person, chosen, settings, at)
        again = ([_Turn(*one) for one in looks] for looks in (before, behind))
        for turn in [*next(again), *turns, *next(again)]:
            lease = _take(connection, person, turn, settings, cut, at)
            if lease is not None:
                return lease
        return None

    return database.write(take)


def held(database: Database, person: Person) -> Lease | None:
    """Return the case that a person holds, the longest held first, or None; takes none."""
    return database.read(lambda connection: _held(connection, person, database.now()))


def take_case(database: Database, person: Person, case_id: int) -> Lease:
    """Take one open case that was chosen from the table, and release any other that is held.

    Raises
    ------
    LostLeaseError
        Somebody else holds it, or it is not open any more.
    UnknownCaseError
        There is no such case.
    """

    def take(connection: Connection) -> Lease:
        lock(connection, f"person {person.name}")
        at = database.now()
        end_lapsed(connection, at)
        held = _held(connection, person, at, cases.c.id == case_id)
        if held is not None:
            return held
        settings = settings_of(connection)
        cut = keep_cut(connection, settings, settings.ranking, at)
        waiting = and_(cases.c.state.in_(open_to(person)), not_(is_barred(person)))
        query = select(cases.c.id).where(cases.c.id == case_id, waiting, not_(IS_HELD))
        lease = _take(connection, person, _Turn(query), settings, cut, at)
        again, look = taken_back_by(connection, person, case_id)
        if lease is None and look is not None:
            lease = _take(connection, person, _Turn(again, look), settings, cut, at)
        if lease is None:
            raise lost(connection, case_id, person, at)
        others = and_(held_by(person.name, at), cases.c.id != case_id)
        end(connection, person, at, "release", others)
        return lease

    return database.write(take)


def renew(database: Database, person: Person, case_id: int, token: str) -> Lease:
    """Hold a case for another while; the screen does so as long as the case is on it.

    Raises
    ------
    LostLeaseError
        The lease is over, or another person decided.
    UnknownCaseError
        There is no such case.
    """

    def extend(connection: Connection) -> Lease:
        at = database.now()
        until = at + settings_of(connection).lease
        values = {"lease_until": until, "lease_from": None}
        row = _changed(connection, mine(person, case_id, token, at), **values)
        if row is None:
            raise lost(connection, case_id, person, at, token)
        return replace(_lease(row), other_text_of=brought_meanwhile(connection, case_id))

    return database.write(extend)


def release(database: Database, person: Person, case_id: int, token: str) -> None:
    """Release a case; nothing happens where it is not held any more."""

    def end_own(connection: Connection) -> None:
        at = database.now()
        end(connection, person, at, "release", mine(person, case_id, token, at))

    database.write(end_own)


def end_holds(database: Database, name: str) -> int:
    """Return to the queue whatever somebody holds, who has left or may not hold it any more.

    Returns
    -------
    int
        Cases that came free.
    """

    def leave(connection: Connection) -> int:
        at = database.now()
        return end(connection, PROGRAM, at, "sign-off", held_by(name, at))

    if database.read(lambda connection: _held(connection, Person(name), database.now())) is None:
        return 0  # without waiting for whoever writes
    return database.write(leave)


def hand_on(database: Database, person: Person, case_id: int, token: str, to: Person) -> Lease:
    """Give one's own case to another person, who gets it as their next one.

    It waits for them for a day, until they look at it.

    Raises
    ------
    LostLeaseError
        As for `renew`.
    InvalidRequestError
        As for `reassign`.
    """
    _check_can_decide(database, case_id, to)
    return _move(database, person, case_id, to, "hand-on", token)


def take_over(database: Database, person: Person, case_id: int) -> Lease:
    """Take a case over from whoever holds it, as a lead.

    Raises
    ------
    LostLeaseError
        The case is decided.
    NotAllowedError
        The person is no lead.
    """
    require(person, Capability.LEAD)
    return _move(database, person, case_id, person, "take-over", None)


def reassign(database: Database, person: Person, case_id: int, to: Person) -> Lease:
    """Give a waiting case to another person, as a lead, whoever holds it now.

    Raises
    ------
    LostLeaseError
        The case is decided.
    NotAllowedError
        The person is no lead.
    InvalidRequestError
        No person is named, or one whose role cannot decide on it.
    UnknownCaseError
        There is no such case.
    """
    require(person, Capability.LEAD)
    _check_can_decide(database, case_id, to)
    return _move(database, person, case_id, to, "reassign", None)


def _check_can_decide(database: Database, case_id: int, to: Person) -> None:
    if not to.name.strip():
        raise InvalidRequestError("A name is missing.", "", "Say who should get the case.")
    state = database.read(lambda connection: find_case(connection, case_id)).state
    needed = Capability.LEAD if state is CaseState.ESCALATED else Capability.REVIEW
    if not to.may(needed):
        raise InvalidRequestError(
            f"{to.name} cannot decide on this case.",
            f"Found: case {case_id} is {state}, {to.name} is {to.role}.",
            "Give it to a lead.",
        )


def mine(person: Person, case_id: int, token: str, at: int) -> ColumnElement[bool]:
    """Return whether a person holds a case with that token, as a condition in SQL."""
    return and_(cases.c.id == case_id, cases.c.lease_token == token, held_by(person.name, at))


def open_to(person: Person) -> tuple[CaseState, ...]:
    """Return the states of the cases that a person may take."""
    leads = person.may(Capability.LEAD)
    return (CaseState.OPEN, CaseState.ESCALATED) if leads else (CaseState.OPEN,)


def end_lapsed(connection: Connection, at: int) -> None:
    """Return the cases to the queue whose lease ran out."""
    # True for every lease; it makes SQLite and PostgreSQL use the index of leases.
    has_end = cases.c.lease_until > 0
    end(connection, PROGRAM, at, "lapse", and_(IS_HELD, has_end, not_(running(at))))


def end(
    connection: Connection, person: Person, at: int, action: str, which: ColumnElement[bool]
) -> int:
    """End leases, with their rank brought up to date and an entry each; return how many."""
    chosen = select(cases.c.id, cases.c.lease_holder, cases.c.rank_stale).where(which)
    rows = connection.execute(chosen.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    rows = sorted(rows, key=lambda row: row.id)
    ids = [row.id for row in rows]
    connection.execute(update(cases).where(cases.c.id.in_(ids)).values(NO_LEASE))
    rank_anew(connection, [row.id for row in rows if row.rank_stale])
    entries = [Entry(action, row.id, details={"holder": row.lease_holder}) for row in rows]
    append(connection, person, at, entries)
    return len(rows)


def _held(
    connection: Connection, person: Person, at: int, *conditions: ColumnElement[bool]
) -> Lease | None:
    """Return what a person holds, the longest first."""
    query = select(*COLUMNS, *_LEASED).where(held_by(person.name, at), *conditions)
    row = connection.execute(query.order_by(cases.c.lease_started).limit(1)).one_or_none()
    return None if row is None else _lease(row)


def _lease(row: AnyRow) -> Lease:
    """Return what somebody holds; who looks again at a case is not shown that it is decided."""
    case = case_of(row)
    if row.lease_look is not None and case.state is CaseState.DECIDED:
        case = replace(case, state=CaseState.OPEN)
    return Lease(case, row.lease_token, row.lease_until)


def _may_be_sampled(filters: Filters, cut: Cut) -> bool:
    """Return whether the filters leave anything of the sample."""
    return not filters.escalated and (cut.key is not None or OPINIONS in places_of(filters))


@dataclass(frozen=True)
class _Turn:
    """Where the next case may come from: open cases, in order, or decided ones for a look."""

    query: Select[Any]
    look: Look | None = None
    is_drawn: bool = False


def _take(
    connection: Connection,
    person: Person,
    turn: _Turn,
    settings: Settings,
    cut: Cut,
    at: int,
) -> Lease | None:
    """Take the first case of a query in one conditional update.

    Where it is drawn for the sample the log says so first, and that nobody chose it.
    """
    locked = turn.query.limit(1).with_for_update(skip_locked=True, of=cases)
    first = locked.correlate(None).scalar_subquery()
    values = {
        "lease_token": secrets.token_hex(16),
        "lease_holder": person.name,
        "lease_started": at,
        "lease_until": at + settings.lease,
        "lease_sampled": _sampled(cut),
        "lease_look": turn.look and str(turn.look),
    }
    row = _changed(connection, and_(cases.c.id == first, not_(IS_HELD)), **values)
    if row is None:
        return None
    if turn.is_drawn:
        append(connection, PROGRAM, at, [Entry(DRAWN, row.id, details={"for": person.name})])
    append(connection, person, at, [Entry("lease", row.id)])
    return _lease(row)


def _sampled(cut: Cut) -> ColumnElement[bool]:
    """Return whether a case is served as part of the sample; an escalated one as it was then."""
    escalated = (
        select(decisions.c.sampled)
        .where(
            decisions.c.case_id == cases.c.id,
            decisions.c.round == cases.c.round,
            decisions.c.decision == Decision.ESCALATE,
            decisions.c.undone_at.is_(None),
        )
        .order_by(decisions.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return case((IS_OPEN, cut.in_sample()), else_=func.coalesce(escalated, false()))


def _changed(connection: Connection, which: ColumnElement[bool], **values: Any) -> AnyRow | None:
    change = update(cases).where(which).values(**values)
    return connection.execute(change.returning(*COLUMNS, *_LEASED)).one_or_none()


def _move(
    database: Database, person: Person, case_id: int, to: Person, action: str, token: str | None
) -> Lease:
    def move(connection: Connection) -> Lease:
        at = database.now()
        end_lapsed(connection, at)
        held = and_(cases.c.id == case_id, cases.c.state.in_(open_to(to)), not_(is_barred(to)))
        if token is not None:
            held = and_(held, mine(person, case_id, token, at))
        before = find_case(connection, case_id)
        settings = settings_of(connection)
        cut = keep_cut(connection, settings, settings.ranking, at)
        is_given = to.name != person.name
        values = {
            "lease_token": secrets.token_hex(16),
            "lease_holder": to.name,
            "lease_started": at,
            "lease_until": at + (HANDED_ON if is_given else settings.lease),
            "lease_from": person.name if is_given else None,
            "lease_sampled": func.coalesce(cases.c.lease_sampled, _sampled(cut)),
        }
        row = _changed(connection, held, **values)
        if row is None:
            raise lost(connection, case_id, person, at, token, to)
        details = {"from": before.holder, "to": to.name}
        append(connection, person, at, [Entry(action, case_id, details=details)])
        return _lease(row)

    return database.write(move)
