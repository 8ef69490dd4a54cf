"""An upload that should not have been is taken back, as long as nobody has touched its cases.

Cases that it made are removed. Cases that it met are again as they were before: what an upload
replaces is kept until the next one that brings the same video. Numbers of cases may be given
again; their first version is then a higher one, so that nothing that a screen still shows fits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from claimclf.errors import ConflictError, NotFoundError
from claimclf.people import Capability, Person, require
from claimclf.queue.intake.arriving import settle
from claimclf.queue.intake.batches import Batch, batch_of
from claimclf.queue.intake.grouping import count_groups_anew
from claimclf.queue.intake.reports.changing import recount, take_back_reports
from claimclf.queue.queries.ordering import rank_anew
from claimclf.queue.queries.sampling import drop_cuts
from claimclf.queue.queries.tallying import tally
from claimclf.queue.review.leases import end_lapsed
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.states import Event
from claimclf.queue.storage.tables import (
    IS_HELD,
    REPLACED,
    arrivals,
    audit,
    batches,
    cases,
    group_totals,
    replaced,
    sightings,
)
from claimclf.queue.storage.word_table import index_changed
from claimclf.schema import LANE, TRANSCRIPT, VIDEO_ID, Ranking
from claimclf.units import HOUR

_logger = logging.getLogger(__name__)
_ITS = cases.c.id == replaced.c.case_id
#: Cases that a refusal names; it counts the others.
_NAMED = 20


@dataclass(frozen=True)
class TakenBack:
    """An upload that is not there any more.

    Parameters
    ----------
    batch : Batch
        As it was stored.
    file_name : str
        What was uploaded.
    n_removed, n_restored : int
        Cases that are gone, and those that are as they were before it.
    n_reports : int
        Reports by HTTP that were in it and count no longer.
    """

    batch: Batch
    file_name: str
    n_removed: int
    n_restored: int
    n_reports: int


def take_back(database: Database, person: Person, batch_id: int) -> TakenBack:
    """Undo an upload: one's own, or anybody's as a lead.

    Raises
    ------
    NotFoundError
        There is none of that number.
    NotAllowedError
        Another person uploaded it.
    ConflictError
        Somebody has touched its cases, which are listed; a later upload has brought its videos
        again; it is still coming in; or it was taken back before. Nothing was changed.
    """

    def undo(connection: Connection) -> tuple[TakenBack, set[Ranking]]:
        lock(connection, "ingest")
        at = database.now()
        end_lapsed(connection, at)
        row = _batch(connection, person, batch_id)
        _refuse_touched(connection, row)
        rankings = drop_cuts(connection)
        done = _undone(connection, row)
        _forget_batch(connection, at, person, row)
        facts = {"file": row.file_name, "sha256": row.file_sha256}
        facts |= {"n_removed": done.n_removed, "n_restored": done.n_restored}
        if done.n_reports:
            facts["n_reports"] = done.n_reports
        append(connection, person, at, [Entry("take-back", batch_id=batch_id, details=facts)])
        return done, rankings | drop_cuts(connection)

    done, rankings = database.write(undo)
    settle(database, done.batch, rankings)
    numbers = (batch_id, done.n_removed, done.n_restored)
    _logger.info("Batch %d taken back: %d cases removed, %d as they were before", *numbers)
    return done


def _batch(connection: Connection, person: Person, batch_id: int) -> AnyRow:
    row = connection.execute(select(batches).where(batches.c.id == batch_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no upload {batch_id}.", "", "Look at the list of uploads.")
    if row.uploaded_by != person.name:
        require(person, Capability.LEAD)
    if row.taken_back_at is not None:
        raise _refused(
            batch_id, f"{row.taken_back_by} took it back before", "Nothing is left to do."
        )
    arrives = exists().where(arrivals.c.batch_id == batch_id)
    if connection.scalar(select(arrives)):
        raise _refused(batch_id, "it is still coming in", "Try again when all of it is stored.")
    return row


def _refuse_touched(connection: Connection, row: AnyRow) -> None:
    # Locked, so that nobody takes one meanwhile.
    ids = select(cases.c.id).where(_of(row.id)).order_by(cases.c.id)
    connection.execute(ids.with_for_update())
    touched = connection.execute(_touched(connection, row.id)).all()
    n_its = select(func.count()).select_from(replaced).where(replaced.c.batch_id == row.id)
    n_later = row.n_known - (connection.scalar(n_its) or 0)
    if touched:
        names = ", ".join(f"{case_id} (video {video})" for case_id, video in touched[:_NAMED])
        more = len(touched) - _NAMED
        names += f" and {more:,} more" if more > 0 else ""
        raise _refused(
            row.id,
            f"somebody has worked on {len(touched):,} of its cases, or a later upload has brought "
            f"them again: {names}",
            "Decide on its cases as they are.",
        )
    if n_later:
        found = f"later uploads have brought {n_later:,} of its videos again"
        raise _refused(row.id, found, "Decide on its cases as they are.")


def _touched(connection: Connection, batch_id: int) -> Select[Any]:
    """Return a query for the cases of a batch that are not as it left them."""
    start = select(func.min(audit.c.seq)).where(audit.c.batch_id == batch_id)
    since = connection.scalar(start) or 0
    own = and_(audit.c.action == Event.REPORTED_AGAIN, audit.c.batch_id == batch_id)
    worked = exists().where(audit.c.case_id == cases.c.id, audit.c.seq > since, ~own)
    changed = or_(IS_HELD, cases.c.last_batch_id != batch_id, worked)
    return select(cases.c.id, cases.c[VIDEO_ID]).where(_of(batch_id), changed).order_by(cases.c.id)


def _of(batch_id: int) -> ColumnElement[bool]:
    """Return whether a batch made a case, or changed it last, as a condition in SQL."""
    changed = exists().where(_ITS, replaced.c.batch_id == batch_id)
    return or_(cases.c.first_batch_id == batch_id, changed)


def _refused(batch_id: int, why: str, advice: str) -> ConflictError:
    problem = f"Upload {batch_id} cannot be taken back."
    return ConflictError(problem, f"Found: {why}.", f"Nothing was changed. {advice}")


def _undone(connection: Connection, row: AnyRow) -> TakenBack:
    new, its = cases.c.first_batch_id == row.id, replaced.c.batch_id == row.id
    groups = {group: _names(connection, group, new, its) for group in group_totals}
    ids = list(connection.scalars(select(replaced.c.case_id).where(its)))
    n_reports = take_back_reports(connection, row.id, select(cases.c[VIDEO_ID]).where(_of(row.id)))
    _restore(connection, its)
    hour = (cases.c.waits_since // HOUR).label("hour")
    gone = select(cases.c.state, cases.c[LANE], hour, -func.count()).where(new)
    tally(connection, gone.group_by(cases.c.state, cases.c[LANE], "hour"))
    n_removed = connection.execute(delete(cases).where(new)).rowcount
    for group, names in groups.items():
        count_groups_anew(connection, group, names)
    rank_anew(connection, ids)
    # Reports may have been withdrawn since its cases counted what they count again.
    counted = (
        select(cases.c[VIDEO_ID])
        .join(replaced, _ITS)
        .where(its, cases.c.filed_reports.is_not(None))
    )
    recount(connection, list(connection.scalars(counted)))
    connection.execute(delete(replaced).where(its))
    batch = batch_of(row._asdict())
    return TakenBack(batch, row.file_name, n_removed, len(ids), n_reports)


def _names(
    connection: Connection, group: str, new: ColumnElement[bool], its: ColumnElement[bool]
) -> Sequence[str]:
    """Return which statements or authors gain or lose a video."""
    queries = [
        select(cases.c[group]).where(new),
        select(cases.c[group]).join(replaced, _ITS).where(its),
        select(replaced.c[group]).where(its),
    ]
    names = {name for query in queries for name in connection.scalars(query)}
    return sorted(name for name in names if name is not None)


def _restore(connection: Connection, its: ColumnElement[bool]) -> None:
    """Have known cases as they were; only their version goes on, for screens that show them."""
    before = and_(
        sightings.c.case_id == replaced.c.case_id, sightings.c.batch_id == replaced.c.last_batch_id
    )
    connection.execute(delete(sightings).where(exists().where(before, its)))
    values: dict[str, Any] = {name: replaced.c[name] for name in REPLACED}
    values[TRANSCRIPT] = case(
        (replaced.c.has_other_words, replaced.c[TRANSCRIPT]), else_=cases.c[TRANSCRIPT]
    )
    values |= {"version": cases.c.version + 1, "rank_stale": False}
    connection.execute(update(cases).where(_ITS, its).values(values))
    index_changed(connection)


def _forget_batch(connection: Connection, at: int, person: Person, row: AnyRow) -> None:
    """Mark a batch; the same file may be uploaded again."""
    other = hashlib.sha256(f"{row.file_sha256} taken back as {row.id}".encode()).hexdigest()
    values = {"taken_back_at": at, "taken_back_by": person.name, "file_sha256": other}
    connection.execute(update(batches).where(batches.c.id == row.id).values(values))
