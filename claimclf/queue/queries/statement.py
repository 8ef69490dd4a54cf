"""The open cases of one statement, to be looked at before one decision is made for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, and_, func, not_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Person
from claimclf.queue.queries.differences import differing
from claimclf.queue.queries.holding import Held, held_by, held_now, running
from claimclf.queue.queries.ordering import sorted_by
from claimclf.queue.queries.skips import skipped_by
from claimclf.queue.settings.bounds import IDS, LONGEST_ID, check_number, check_text
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import AnyRow, find_case
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import ending
from claimclf.queue.storage.tables import IS_HELD, IS_OPEN, cases
from claimclf.schema import (
    AUTHOR_ID,
    LANE,
    PROBABILITY,
    REPORT_COUNT,
    STATEMENT_ID,
    TRANSCRIPT,
    VIDEO_ID,
    Lane,
)

#: Characters of a text that are read: its end, where the statement stands.
LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Member:
    """An open case of the statement that the person may decide on.

    Parameters
    ----------
    case_id, version : int
        Name it as it is shown: a decision sends both.
    video_id : str
        The video.
    author_id : str or None
        Who made it.
    lane : Lane
        Where its prediction puts it.
    probability : float or None
        Claim probability, from 0 to 1.
    reports : int
        How many reports it has.
    text : str
        The end of its transcript, at most `LONGEST_TEXT` characters.
    is_cut : bool
        Whether the transcript is longer than that.
    differs : list of (int, int)
        Beginning and end in `text` of words that the text it is compared with has not.
    is_skipped : bool
        Whether the person passed it over in this round.
    """

    case_id: int
    version: int
    video_id: str
    author_id: str | None
    lane: Lane
    probability: float | None
    reports: int
    text: str
    is_cut: bool
    differs: list[tuple[int, int]]
    is_skipped: bool


@dataclass(frozen=True)
class Preview:
    """What one decision for a statement would change.

    Parameters
    ----------
    statement_id : str
        Which.
    members : list of Member
        Open cases that nobody else holds, by rank; at most `limit`.
    n_open : int
        All open cases of the statement: members, those that others hold, and those beyond
        the limit.
    held : list of Held
        Open cases of the statement in other people's hands; they stay as they are.
    limit : int
        Most cases of one decision.
    """

    statement_id: str
    members: list[Member]
    n_open: int
    held: list[Held]
    limit: int

    @property
    def n_beyond(self) -> int:
        """How many cases are beyond the limit: for another decision after this one."""
        return max(self.n_open - len(self.held) - len(self.members), 0)


def preview(
    database: Database, person: Person, statement_id: str, limit: int, case_id: int | None = None
) -> Preview:
    """Return the open cases of a statement, with what tells each from the first.

    Parameters
    ----------
    limit : int
        Most members.
    case_id : int or None
        The case on the screen, with which the others are compared; None for the first of them.

    Raises
    ------
    InvalidRequestError
        No statement has such a name, or no case such a number.
    UnknownCaseError
        There is no such case.
    """
    check_text(statement_id, "The statement", LONGEST_ID, required=True, lines=False)
    if case_id is not None:
        check_number(case_id, "The number of a case", IDS)

    def look(connection: Connection) -> Preview:
        at = database.now()
        same = and_(cases.c[STATEMENT_ID] == statement_id, IS_OPEN)
        n_open = connection.scalar(select(func.count()).select_from(cases).where(same)) or 0
        rows = _rows(connection, person, same, limit, at)
        reference = rows[0].text if rows else ""
        if case_id is not None:
            reference = find_case(connection, case_id).video[TRANSCRIPT] or ""
        members = _members(rows, reference)
        others = [held for held in held_now(connection, at, same) if held.holder != person.name]
        return Preview(statement_id, members, n_open, others, limit)

    return database.read(look)


def _rows(
    connection: Connection, person: Person, same: ColumnElement[bool], limit: int, at: int
) -> list[AnyRow]:
    names = ("id", "version", VIDEO_ID, AUTHOR_ID, LANE, PROBABILITY, REPORT_COUNT)
    text = func.coalesce(ending(connection, cases.c[TRANSCRIPT], LONGEST_TEXT), "")
    length = func.length(func.coalesce(cases.c[TRANSCRIPT], ""))
    free = or_(not_(and_(IS_HELD, running(at))), held_by(person.name, at))
    query = select(
        *(cases.c[name] for name in names),
        text.label("text"),
        (length > LONGEST_TEXT).label("is_cut"),
        skipped_by(person).label("is_skipped"),
    ).where(same, free)
    order = sorted_by(settings_of(connection).ranking)
    return list(connection.execute(query.order_by(*order).limit(limit)))


def _members(rows: list[AnyRow], reference: str) -> list[Member]:
    compared = lru_cache(maxsize=None)(lambda text: differing(text, reference))
    return [
        Member(
            case_id=row.id,
            version=row.version,
            video_id=row.video_id,
            author_id=row.author_id,
            lane=Lane(row.lane),
            probability=getattr(row, PROBABILITY),
            reports=getattr(row, REPORT_COUNT),
            text=row.text,
            is_cut=bool(row.is_cut),
            differs=compared(row.text),
            is_skipped=bool(row.is_skipped),
        )
        for row in rows
    ]
