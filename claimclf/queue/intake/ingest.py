"""An upload becomes a batch and its videos become cases: all of it, or nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import (
    Connection,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy import literal as sql_literal
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Person
from claimclf.queue.intake.knowledge import compare_reports, complete_known
from claimclf.queue.intake.matching import match_known_statements
from claimclf.queue.intake.staging import (
    KeysOf,
    Progress,
    Videos,
    group_totals,
    stage,
    staged,
    temporary,
)
from claimclf.queue.queries.ordering import rank_of, rank_of_case
from claimclf.queue.queries.sampling import drop_cuts
from claimclf.queue.queries.tallying import tally
from claimclf.queue.queries.word_index import keep_words_indexed
from claimclf.queue.review.leases import end_lapsed
from claimclf.queue.settings.team import Settings, settings_of
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import ENGAGEMENT, FIXED, PREDICTED, VIDEO
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import analyse, bulk_insert, drop_temporary, lock
from claimclf.queue.storage.states import Event, after
from claimclf.queue.storage.tables import BY_VIDEO, IS_FREE, SPARSE, batches, cases, sightings
from claimclf.schema import (
    AUTHOR_ID,
    FIRST_REPORTED,
    LANE,
    LAST_REPORTED,
    PROBABILITY,
    REPORT_COUNT,
    STATEMENT_ID,
    VIDEO_ID,
    VIEWS,
    CaseState,
)
from claimclf.units import HOUR

_logger = logging.getLogger(__name__)

_GROUPS = {STATEMENT_ID: "rank_statement", AUTHOR_ID: "rank_author"}
_SAME = cases.c[VIDEO_ID] == staged.c[VIDEO_ID]


@dataclass(frozen=True)
class Upload:
    """Where a batch comes from.

    Parameters
    ----------
    file_name, file_sha256 : str
        The file, and the hash of its bytes.
    model_name, model_version : str
        What predicted its videos.
    n_rejected : int
        Rows that were not accepted.
    n_merged : int
        Accepted rows that repeat a video and are part of it.
    """

    file_name: str
    file_sha256: str
    model_name: str
    model_version: str
    n_rejected: int = 0
    n_merged: int = 0


@dataclass(frozen=True)
class Batch:
    """An upload as it was stored.

    Parameters
    ----------
    id : int
        Its number.
    uploaded_by : str
        Who.
    at : int
        When: microseconds since 1970, UTC.
    n_rows, n_accepted, n_rejected, n_unscorable : int
        Rows of the file; accepted + rejected = all rows.
    n_new, n_known, n_reopened : int
        Videos that made a case, that met one, and that opened it again.
    n_raised, n_same, n_lower : int
        Known videos with more reports than before, as many, and fewer; the larger number stays.
    is_repeated : bool
        Whether this very file was stored before, and nothing was changed now.
    """

    id: int
    uploaded_by: str
    at: int
    n_rows: int
    n_accepted: int
    n_rejected: int
    n_unscorable: int
    n_new: int
    n_known: int
    n_reopened: int
    n_raised: int = 0
    n_same: int = 0
    n_lower: int = 0
    is_repeated: bool = False


def ingest(
    database: Database,
    person: Person,
    videos: pd.DataFrame | Videos,
    upload: Upload,
    progress: Progress = lambda done, total: None,
    keys_of: KeysOf | None = None,
) -> Batch:
    """Store a ranked upload while other people go on working.

    A known video's reports and their times move forward only; its engagement is the newest
    upload's; what the upload lacks stays as it is known. Cases that somebody holds keep
    prediction and rank.

    Parameters
    ----------
    videos : DataFrame, shape (n_accepted, n_columns), or Videos
        Accepted videos with predictions and statements, as `claimclf.modeling.scoring.ranking`
        ranks them; each video once.
    progress : callable
        Gets the rows staged so far and n_accepted; other people see none of them yet.
    keys_of : callable or None
        Returns the keys by which statements of earlier uploads are matched; None to match none.

    Returns
    -------
    Batch
        The old one if the same file was stored before with the same model.

    Raises
    ------
    StorageError
        Nothing was changed.
    """
    settings = database.read(settings_of)
    with database.connected() as connection:
        old = database.attempt(connection, lambda c: _stored(c, upload), writes=False)
        if old is not None:
            return old
        try:
            database.attempt(
                connection,
                lambda c: stage(c, videos, settings.sample_seed, keys_of, progress),
                writes=False,
            )
            batch = database.attempt(
                connection, lambda c: _store(c, database.now(), person, upload), writes=True
            )
            _log(batch)
            return batch
        finally:
            if not connection.invalidated:
                database.attempt(connection, lambda c: drop_temporary(c, temporary), writes=False)


def _log(batch: Batch) -> None:
    if batch.is_repeated:
        _logger.info("Upload was stored meanwhile, as batch %d", batch.id)
        return
    numbers = (batch.id, batch.n_rows, batch.n_rejected, batch.n_new, batch.n_known)
    _logger.info(
        "Upload stored as batch %d: %d rows, %d rejected, %d new cases, %d known", *numbers
    )


def _stored(connection: Connection, upload: Upload) -> Batch | None:
    row = connection.execute(
        select(batches).where(
            batches.c.file_sha256 == upload.file_sha256,
            batches.c.model_name == upload.model_name,
            batches.c.model_version == upload.model_version,
        )
    ).one_or_none()
    return None if row is None else _batch_of(row._asdict(), is_repeated=True)


def _store(connection: Connection, at: int, person: Person, upload: Upload) -> Batch:
    """Turn what is staged into cases, within one transaction."""
    lock(connection, "ingest")
    old = _stored(connection, upload)
    if old is not None:
        return old
    settings = settings_of(connection)
    end_lapsed(connection, at)
    batch_id = _new_batch(connection, at, person, upload)
    complete_known(connection)
    compared = compare_reports(connection)
    match_known_statements(connection)
    n_known = _update_known(connection, at, settings, batch_id, upload)
    _fill_totals(connection, n_known)
    _insert_new(connection, _new_values(at, settings, batch_id, upload), n_known)
    _rank_groups(connection)
    reopened = _reopened(connection, batch_id) if n_known else []
    drop_cuts(connection)
    counts: dict[str, Any] = {
        "n_new": batches.c.n_accepted - upload.n_merged - n_known,
        "n_known": n_known,
    }
    counts |= {"n_reopened": len(reopened)}
    finished = update(batches).where(batches.c.id == batch_id).values(counts).returning(batches)
    batch = _batch_of(connection.execute(finished).one()._asdict() | compared)
    facts = {"file": upload.file_name, "sha256": upload.file_sha256, "n_new": batch.n_new}
    facts |= {"n_known": n_known, "n_reopened": len(reopened), **compared}
    entries = [Entry("ingest", batch_id=batch_id, details=facts)]
    entries += [Entry(Event.REPORTED_AGAIN, number, batch_id) for number in reopened]
    append(connection, person, at, entries)
    # Many new rows: PostgreSQL would look for the next case as if there were few of them.
    analyse(connection, cases)
    return batch


def _batch_of(values: dict[str, Any], *, is_repeated: bool = False) -> Batch:
    names = Batch.__dataclass_fields__
    return Batch(
        **{name: value for name, value in values.items() if name in names},
        is_repeated=is_repeated,
    )


def _new_batch(connection: Connection, at: int, person: Person, upload: Upload) -> int:
    unscorable = func.count(case((staged.c[PROBABILITY].is_(None), 1)))
    n_accepted, n_unscorable = connection.execute(
        select(func.count(), unscorable).select_from(staged)
    ).one()
    values = {
        "file_name": upload.file_name,
        "file_sha256": upload.file_sha256,
        "model_name": upload.model_name,
        "model_version": upload.model_version,
        "uploaded_by": person.name,
        "at": at,
        "n_rows": n_accepted + upload.n_merged + upload.n_rejected,
        "n_accepted": n_accepted + upload.n_merged,
        "n_rejected": upload.n_rejected,
        "n_unscorable": n_unscorable,
        **dict.fromkeys(("n_new", "n_known", "n_reopened"), 0),
    }
    number: int = connection.execute(
        insert(batches).values(values).returning(batches.c.id)
    ).scalar_one()
    return number


def _update_known(
    connection: Connection, at: int, settings: Settings, batch_id: int, upload: Upload
) -> int:
    """Bring known videos up to date, opening again what was reported much more since."""
    reports = _larger(REPORT_COUNT)
    grown = and_(
        cases.c.state == CaseState.DECIDED,
        staged.c[REPORT_COUNT] > cases.c.decided_reports,
        staged.c[REPORT_COUNT] >= settings.reopen_factor * cases.c.decided_reports,
    )
    moves = or_(IS_FREE, grown)
    views = func.coalesce(staged.c[VIEWS], cases.c[VIEWS])
    new: dict[str, Any] = {
        **{name: staged.c[name] for name in (*FIXED, *PREDICTED)},
        **rank_of(staged.c[LANE], staged.c[PROBABILITY], reports, views),
        "model_name": upload.model_name,
        "model_version": upload.model_version,
        "sample_probability": settings.sample_rate,
        "version": cases.c.version + 1,
    }
    values: dict[str, Any] = {}
    values |= {name: case((moves, value), else_=cases.c[name]) for name, value in new.items()}
    values |= {name: func.coalesce(staged.c[name], cases.c[name]) for name in ENGAGEMENT}
    opened = {"state": after(CaseState.DECIDED, Event.REPORTED_AGAIN), "state_at": at}
    opened |= {
        "waits_since": at,
        "round": cases.c.round + 1,
        "reported_again": True,
        "opened_batch_id": batch_id,
    }
    values |= {name: case((grown, value), else_=cases.c[name]) for name, value in opened.items()}
    values |= {
        REPORT_COUNT: reports,
        FIRST_REPORTED: _smaller(FIRST_REPORTED),
        LAST_REPORTED: _larger(LAST_REPORTED),
        "rank_stale": ~moves,
        "last_batch_id": batch_id,
    }
    _keep_sightings(connection)
    return connection.execute(update(cases).where(_SAME).values(values)).rowcount


def _keep_sightings(connection: Connection) -> None:
    """Keep how many reports there were where there are more now: how fast they come."""
    names = ["case_id", "batch_id", REPORT_COUNT, LAST_REPORTED]
    was = (cases.c.id, cases.c.last_batch_id, cases.c[REPORT_COUNT], cases.c[LAST_REPORTED])
    grown = staged.c[REPORT_COUNT] > cases.c[REPORT_COUNT]
    rows = select(*was).join_from(staged, cases, _SAME).where(grown)
    connection.execute(insert(sightings).from_select(names, rows))


def _fill_totals(connection: Connection, n_known: int) -> None:
    """Add to the totals of the upload's groups what is known of them: known videos count once."""
    for group, table in group_totals.items():
        if n_known:
            own = select(staged.c[group], func.sum(staged.c[REPORT_COUNT]).label("reports"))
            twice = own.join_from(staged, cases, _SAME).group_by(staged.c[group]).subquery()
            less = {"reports": table.c.reports - twice.c.reports}
            connection.execute(update(table).where(table.c[group] == twice.c[group]).values(less))
        sums = (func.sum(cases.c[REPORT_COUNT]).label("reports"), func.count().label("n"))
        touched = select(cases.c[group], *sums).join_from(table, cases, _in_group(group))
        known = touched.group_by(cases.c[group]).subquery()
        more = {"reports": table.c.reports + known.c.reports, "n_known": known.c.n}
        connection.execute(update(table).where(table.c[group] == known.c[group]).values(more))


def _new_values(at: int, settings: Settings, batch_id: int, upload: Upload) -> dict[str, Any]:
    """Return what a new case is made of: SQL or plain values, by column."""
    own = -staged.c[REPORT_COUNT]
    return {
        **{name: staged.c[name] for name in (*VIDEO, *PREDICTED, "sample_draw")},
        **rank_of_case(staged),
        **{
            rank: func.coalesce(-group_totals[group].c.reports, own)
            for group, rank in _GROUPS.items()
        },
        "state": CaseState.OPEN,
        "state_at": at,
        "waits_since": at,
        "round": 1,
        "version": 1,
        "reported_again": False,
        "skip_count": 0,
        "rank_stale": False,
        "first_batch_id": batch_id,
        "opened_batch_id": batch_id,
        "last_batch_id": batch_id,
        "sample_probability": settings.sample_rate,
        "model_name": upload.model_name,
        "model_version": upload.model_version,
    }


def _insert_new(connection: Connection, values: dict[str, Any], n_known: int) -> None:
    source: Any = staged
    for group, table in group_totals.items():
        source = source.outerjoin(table, table.c[group] == staged.c[group])
    cells = [
        value if isinstance(value, ColumnElement) else sql_literal(value, cases.c[name].type)
        for name, value in values.items()
    ]
    # Looked for only where there are any: it takes a tenth of the whole time.
    new = [~exists().where(_SAME).correlate(staged)] if n_known else []
    hour = sql_literal(values["waits_since"] // HOUR)
    counted = select(sql_literal(CaseState.OPEN), staged.c[LANE], hour, func.count())
    tally(connection, counted.where(*new).group_by(staged.c[LANE]))
    rows = select(*cells).select_from(source).where(*new)
    keep = [*SPARSE, BY_VIDEO] if n_known else SPARSE  # known ones are looked up meanwhile
    with bulk_insert(connection, cases, staged, keep), keep_words_indexed(connection):
        connection.execute(insert(cases).from_select(list(values), rows))


def _rank_groups(connection: Connection) -> None:
    """Rank other videos of groups whose total has changed; held ones are marked as stale."""
    for group, rank in _GROUPS.items():
        table: Table = group_totals[group]
        changed = and_(
            table.c.n_known > 0,  # new videos have the right total from the start
            _in_group(group),
            cases.c[rank] != -table.c.reports,
        )
        values = {
            rank: case((IS_FREE, -table.c.reports), else_=cases.c[rank]),
            "rank_stale": ~IS_FREE,
        }
        connection.execute(update(cases).where(changed).values(values))
        connection.execute(delete(table))


def _in_group(group: str) -> ColumnElement[bool]:
    return cases.c[group] == group_totals[group].c[group]


def _reopened(connection: Connection, batch_id: int) -> list[int]:
    query = select(cases.c.id).join_from(staged, cases, _SAME)
    again = and_(cases.c.opened_batch_id == batch_id, cases.c.first_batch_id != batch_id)
    return list(connection.scalars(query.where(again).order_by(cases.c.id)))


def _larger(name: str) -> ColumnElement[Any]:
    old, new = cases.c[name], staged.c[name]
    return case((or_(old.is_(None), new > old), new), else_=old)


def _smaller(name: str) -> ColumnElement[Any]:
    old, new = cases.c[name], staged.c[name]
    return case((or_(old.is_(None), new < old), new), else_=old)
