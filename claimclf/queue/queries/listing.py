"""What a screen shows: a page of cases, one case with all that happened to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, func, not_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Person
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.ordering import KEYS, beyond
from claimclf.queue.queries.sampling import DRAWN, cut_of
from claimclf.queue.queries.searching import Search, search
from claimclf.queue.queries.second_looks import looks_again
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import COLUMNS, AnyRow, Case, case_of, find_case
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import among
from claimclf.queue.storage.tables import CLOSES, audit, cases, decisions, texts
from claimclf.schema import VIDEO_ID, CaseState, Ranking

PAGE = 50
#: How far a page's total is counted; beyond it, screens show "more than".
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Listed:
    """A case in the table.

    Parameters
    ----------
    case : Case
        The case.
    is_above_cut : bool
        Whether today's capacity reaches it.
    """

    case: Case
    is_above_cut: bool


@dataclass(frozen=True)
class Page:
    """A stretch of the queue.

    Parameters
    ----------
    rows : list of Listed
        By rank.
    total : int
        Cases that fulfil the filters, as far as they were counted: at most `MOST_COUNTED`,
        fewer where those that fulfil all filters lie too far apart.
    has_more_than_counted : bool
        Whether there may be more than `total`.
    after : list or None
        Give it to `page` for the stretch that follows; None at the end.
    """

    rows: list[Listed]
    total: int
    has_more_than_counted: bool
    after: list[Any] | None


@dataclass(frozen=True)
class Event:
    """One entry of the audit log about a case.

    Parameters
    ----------
    at : int
        Microseconds since 1970, UTC.
    actor, role, action : str
        Who did what.
    details : dict
        As recorded.
    """

    at: int
    actor: str
    role: str
    action: str
    details: dict[str, Any]


@dataclass(frozen=True)
class History:
    """One case and all that happened to it.

    Parameters
    ----------
    case : Case
        As it is now.
    decisions : list of dict
        Each decision with what was predicted at that moment, the oldest first. `text` is the
        transcript as it was decided on; None where there was none, or it was not kept yet.
    events : list of Event
        The oldest first.
    """

    case: Case
    decisions: list[dict[str, Any]]
    events: list[Event]


def page(
    database: Database,
    filters: Filters | None = None,
    ranking: Ranking | None = None,
    after: list[Any] | None = None,
    size: int = PAGE,
) -> Page:
    """Return a stretch of the queue by rank, held cases included.

    Parameters
    ----------
    filters : Filters or None
        None for all open cases.
    ranking : Ranking or None
        None for the team's own.
    after : list or None
        `Page.after` of the stretch before; None for the first.
    """
    chosen = filters or Filters()

    def look(connection: Connection) -> Page:
        settings, now = settings_of(connection), database.now()
        order = ranking or settings.ranking
        cut = cut_of(connection, settings, order, now)
        keys = [key.label(f"key_{number}") for number, key in enumerate(KEYS[order])]
        plan = search(connection, chosen, order, now, MOST_COUNTED)
        query = select(*COLUMNS, *keys, cut.below().label("below")).where(*plan.conditions)
        if after is not None:
            query = query.where(beyond(order, after))
        rows = connection.execute(query.order_by(*plan.order).limit(size + 1)).all()
        total, more = _counted(connection, plan)
        shown = [Listed(case_of(row), not row.below) for row in rows[:size]]
        last = _key_of(rows[size - 1], len(keys)) if len(rows) > size else None
        return Page(shown, max(total, len(shown)), more, last)

    return database.read(look)


def history(database: Database, case_id: int, person: Person | None = None) -> History:
    """Return one case with its decisions and everything that happened to it.

    Who decides on a case is not to know whether it was drawn for the audit sample: only the log
    as a whole tells of that.

    Parameters
    ----------
    person : Person or None
        Who asks, if anybody. Where they are looking again at a decided case, it ends before the
        decision.

    Raises
    ------
    UnknownCaseError
        There is no such case.
    """

    def look(connection: Connection) -> History:
        case = find_case(connection, case_id)
        made = select(decisions, texts.c.text).outerjoin(
            texts, texts.c.hash == decisions.c.text_hash
        )
        made = made.where(decisions.c.case_id == case_id).order_by(decisions.c.id)
        its = and_(audit.c.case_id == case_id, audit.c.action != DRAWN)
        logged = select(audit).where(its).order_by(audit.c.seq)
        if person is not None and looks_again(connection, case_id, person):
            case = replace(case, state=CaseState.OPEN)
            made = made.where(decisions.c.round < case.round)
            logged = logged.where(audit.c.seq < _decided_in(case_id, case.round))
        return History(
            case,
            [row._asdict() for row in connection.execute(made)],
            [_event(row) for row in connection.execute(logged)],
        )

    return database.read(look)


def _decided_in(case_id: int, number: int) -> ColumnElement[int]:
    """Return the entry of the decision that closed a round of a case."""
    closes = select(decisions.c.id).where(
        decisions.c.case_id == case_id, decisions.c.round == number, CLOSES
    )
    entry = select(func.min(audit.c.seq)).where(audit.c.decision_id.in_(closes))
    return entry.scalar_subquery()


def _event(row: AnyRow) -> Event:
    return Event(row.at, row.actor, row.role, row.action, json.loads(row.details))


def _key_of(row: AnyRow, length: int) -> list[Any]:
    return [getattr(row, f"key_{number}") for number in range(length)]


def _counted(connection: Connection, plan: Search) -> tuple[int, bool]:
    """Count what fulfils the filters, no further than a person would read."""
    counted = len(plan.some)
    if plan.rest:
        which = (among(connection, cases.c.id, plan.some), *plan.rest)
        some = select(cases.c.id).where(*which).limit(MOST_COUNTED + 1).subquery()
        counted = connection.scalar(select(func.count()).select_from(some)) or 0
    return min(counted, MOST_COUNTED), counted > MOST_COUNTED or not plan.has_all


def has_case_beside(database: Database, prefix: str) -> bool:
    """Say whether any case is of a video whose id does not begin with `prefix`."""
    beside = not_(cases.c[VIDEO_ID].startswith(prefix, autoescape=True))
    query = select(cases.c.id).where(beside).limit(1)
    return database.read(lambda connection: connection.scalar(query)) is not None
