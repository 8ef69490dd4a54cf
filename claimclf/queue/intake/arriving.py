"""Many videos come into the queue step by step, and yet all of them or none.

First they are written to a table that nothing else reads, some megabytes at a time: whoever is
stopped there has stored nothing. One short transaction then makes the upload a batch. From
there on it will be stored whole, whatever happens: each step turns some of its videos into
cases and notes how far it came, in one transaction. What a crash has left is finished by the
next upload or backup. Between two steps everybody else has a turn.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import Connection, and_, delete, func, insert, literal, select, update

from claimclf.errors import StorageError
from claimclf.people import PROGRAM, Person, Role
from claimclf.queue.intake.batches import Batch, Upload, count_stored, find_batch, new_batch
from claimclf.queue.intake.grouping import is_any_behind, rank_groups
from claimclf.queue.intake.staging import (
    KeysOf,
    Progress,
    Videos,
    analyse_staged,
    key_rows_of,
    rows_of,
    staged,
    staged_keys,
    temporary,
)
from claimclf.queue.intake.storing import store_staged
from claimclf.queue.queries.sampling import drop_cuts, renew_cuts
from claimclf.queue.review.leases import end_lapsed
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import (
    analyse,
    create_temporary,
    drop_temporary,
    forget,
    forget_all,
    load,
    lock,
)
from claimclf.queue.storage.states import Event
from claimclf.queue.storage.tables import (
    COMPARED,
    arrivals,
    arriving,
    arriving_keys,
    batches,
    cases,
)
from claimclf.queue.storage.turns import turn
from claimclf.schema import PROBABILITY, STATEMENT_ID, Ranking

_logger = logging.getLogger(__name__)

_TURN = "upload"
#: Videos of the first step; those that follow take about so many seconds. On SQLite nobody else
#: writes meanwhile, on PostgreSQL only a known video's case is held.
_FIRST_ROWS, _STEP_SECONDS, _STEP_SECONDS_SQLITE = 200, 0.5, 0.15
_FEWEST_ROWS, _MOST_ROWS = 50, 2_000
#: Left to other people after each step: seconds, and a part of the step's time.
_REST_SECONDS, _REST_SHARE = 0.015, 0.25
#: Keys written in one transaction.
_KEYS = 20_000


@dataclass(frozen=True)
class _Arrival:
    """An upload on its way.

    Parameters
    ----------
    id : int
        Its number among arrivals.
    batch_id : int
        The batch that it becomes.
    person : Person
        Who uploaded it.
    upload : Upload
        Where it comes from.
    n : int
        Its videos.
    """

    id: int
    batch_id: int
    person: Person
    upload: Upload
    n: int


def arrive(
    database: Database,
    person: Person,
    videos: pd.DataFrame | Videos,
    upload: Upload,
    seed: int,
    keys_of: KeysOf | None,
    progress: Progress,
) -> tuple[Batch, bool]:
    """Store an upload of any size, one at a time; finish first what a crash has left.

    Returns
    -------
    Batch
        As it is stored.
    bool
        Whether it was stored before this was called.

    Raises
    ------
    StorageError
        Nothing of it was stored, or the rest is when the same file is uploaded again: it says.
    """
    with turn(database, _TURN):
        finished = _finish_all(database)
        known = database.read(lambda connection: find_batch(connection, upload))
        if known is not None:  # what was left of it may have been stored just now
            return finished.get(known.batch.id, known.batch), known.batch.id not in finished
        number = _bring(database, person, videos, upload, seed, keys_of, _half(progress, 0))
        batch = _finish(database, number, _half(progress, len(videos)))
    return batch, False


def is_any_arriving(connection: Connection) -> bool:
    """Return whether there is a batch of which only a part is stored."""
    batch = select(arrivals.c.id).where(arrivals.c.batch_id.is_not(None)).limit(1)
    return connection.scalar(batch) is not None


def finish_arrivals(database: Database, *, waits: bool = False) -> list[int]:
    """Store the rest of uploads that a crash has left.

    Parameters
    ----------
    waits : bool
        Whether to wait for somebody who is at it; else it is left to them.

    Returns
    -------
    list of int
        Their batches.
    """
    if not database.read(lambda c: c.scalar(select(func.count()).select_from(arrivals))):
        return []
    with turn(database, _TURN, waits=waits) as is_mine:
        return list(_finish_all(database)) if is_mine else []


def _half(progress: Progress, done_before: int) -> Progress:
    """Tell of one of two halves of the work as of a part of the whole."""
    return lambda done, total: progress((done_before + done) // 2, total)


def _finish_all(database: Database) -> dict[int, Batch]:
    """Finish the uploads that are there although it is one's own turn: a crash left them."""
    rows = database.read(lambda c: c.execute(select(arrivals).order_by(arrivals.c.id)).all())
    finished = {}
    for row in rows:
        if row.batch_id is None:
            _drop(database, row.id)
        else:
            finished[row.batch_id] = _finish(database, row.id, lambda done, total: None)
    return finished


# Bringing it ---------------------------------------------------------------------------------


def _bring(
    database: Database,
    person: Person,
    videos: pd.DataFrame | Videos,
    upload: Upload,
    seed: int,
    keys_of: KeysOf | None,
    progress: Progress,
) -> int:
    """Write an upload where it can be stored from, and make it a batch."""
    first = {"role": str(person.role), "n_done": 0, "n_merged": upload.n_merged}
    first["by_http"] = upload.by_http
    new = insert(arrivals).values(first).returning(arrivals.c.id)
    number = int(database.write(lambda c: c.scalar(new)) or 0)
    try:
        n, n_unscorable = _write_videos(database, number, rows_of(videos, seed, progress))
        for keys in key_rows_of(videos, keys_of):
            _write_keys(database, number, sorted((name, key) for key, name in keys))
        database.write(partial(_accept, database.now(), person, upload, number, n, n_unscorable))
    except BaseException:
        _drop_quietly(database, number)
        raise
    return number


def _write_videos(database: Database, number: int, chunks: Any) -> tuple[int, int]:
    """Return how many there are, and how many cannot be scored."""
    probability = list(staged.c.keys()).index(PROBABILITY)
    n = n_unscorable = 0
    for rows in chunks:
        numbered = [(number, place, *row) for place, row in enumerate(rows, n)]
        _write(database, arriving, numbered)
        n += len(rows)
        n_unscorable += sum(row[probability] is None for row in rows)
    return n, n_unscorable


def _write_keys(database: Database, number: int, keys: list[tuple[str, int]]) -> None:
    for start in range(0, len(keys), _KEYS):
        rows = [(number, *key) for key in keys[start : start + _KEYS]]
        _write(database, arriving_keys, rows)


def _write(database: Database, table: Any, rows: list[Any]) -> None:
    started = time.monotonic()
    database.write(lambda connection: load(connection, table, rows), safe=False)
    _rest(started)


def _accept(
    at: int,
    person: Person,
    upload: Upload,
    number: int,
    n: int,
    n_unscorable: int,
    connection: Connection,
) -> None:
    """Make an upload a batch: from here on it will be stored whole."""
    batch_id = new_batch(connection, at, person, upload, n, n_unscorable)
    this = arrivals.c.id == number
    connection.execute(update(arrivals).where(this).values(batch_id=batch_id))
    facts = {"file": upload.file_name, "sha256": upload.file_sha256, "n": n}
    append(connection, person, at, [Entry("arrive", batch_id=batch_id, details=facts)])


def _drop_quietly(database: Database, number: int) -> None:
    """Give back the room of an upload that failed; the next one does so where this cannot."""
    try:
        _drop(database, number)
    except StorageError:
        _logger.warning("Upload failed; what it wrote is removed by the next one")


def _drop(database: Database, number: int) -> None:
    last = database.read(lambda c: c.scalar(select(func.max(arriving.c.place)))) or 0
    for start in range(0, last + 1, _MOST_ROWS):
        database.write(partial(forget, table=arriving, which=arriving.c.place < start + _MOST_ROWS))
    database.write(partial(_forget_arrival, number))


def _forget_arrival(number: int, connection: Connection) -> None:
    for table in (arriving, arriving_keys):
        forget_all(connection, table)
    connection.execute(delete(arrivals).where(arrivals.c.id == number))


# Storing it ----------------------------------------------------------------------------------


def _finish(database: Database, number: int, progress: Progress) -> Batch:
    """Store an upload's videos from where it stands, step by step."""
    arrival = database.read(partial(_find, number))
    try:
        _store_steps(database, arrival, progress)
        rank_the_rest(database)
        batch, rankings = database.write(partial(_close, database, arrival))
    except StorageError as error:
        raise StorageError(
            error.problem,
            error.found,
            "A part of the upload is in the queue, and the rest is kept. Upload the same file "
            f"again to go on. {error.advice.removeprefix('Nothing was changed. ')}",
        ) from error
    settle(database, batch, rankings)
    return batch


def settle(database: Database, batch: Batch, rankings: set[Ranking]) -> None:
    """Do what may follow once an upload is stored."""
    rank_the_rest(database)
    renew_cuts(database, rankings)
    _learn_size(database, batch.n_new)


def rank_the_rest(database: Database) -> None:
    """Bring all cases to the rank of their groups, some at a time."""
    if not database.read(is_any_behind):
        return
    started = time.monotonic()
    while database.write(_rank_step, safe=False):
        _rest(started)
        started = time.monotonic()


def _find(number: int, connection: Connection) -> _Arrival:
    query = select(arrivals.c.role, arrivals.c.n_merged, arrivals.c.by_http, batches).join_from(
        arrivals, batches, batches.c.id == arrivals.c.batch_id
    )
    row = connection.execute(query.where(arrivals.c.id == number)).one()
    file = (row.file_name, row.file_sha256, row.model_name, row.model_version)
    upload = Upload(*file, row.n_rejected, row.n_merged, row.by_http)
    person = Person(row.uploaded_by, Role(row.role))
    return _Arrival(number, row.id, person, upload, row.n_accepted - row.n_merged)


def _store_steps(database: Database, arrival: _Arrival, progress: Progress) -> None:
    database.write(lambda connection: end_lapsed(connection, database.now()))
    with database.connected() as connection:
        database.attempt(connection, lambda c: create_temporary(c, temporary), writes=False)
        n_rows, done = _FIRST_ROWS, 0
        aim = _STEP_SECONDS_SQLITE if database.is_sqlite else _STEP_SECONDS
        try:
            while done < arrival.n:
                step = partial(_store_step, database.now(), arrival, n_rows)
                started = time.monotonic()
                done = database.attempt(connection, step, writes=True, safe=False)
                seconds = _rest(started)
                n_rows = _adapted(n_rows, seconds, aim)
                progress(done, arrival.n)
        finally:
            if not connection.invalidated:
                database.attempt(connection, lambda c: drop_temporary(c, temporary), writes=False)


def _adapted(n_rows: int, seconds: float, aim: float) -> int:
    """Return how many videos to take in the next step, given how long the last one took."""
    fitting = n_rows * min(max(aim / seconds, 0.5), 2)
    return round(min(max(fitting, _FEWEST_ROWS), _MOST_ROWS))


def _store_step(at: int, arrival: _Arrival, n_rows: int, connection: Connection) -> int:
    """Turn the next videos into cases; return how many of the upload are by now."""
    lock(connection, "ingest")
    this = arrivals.c.id == arrival.id
    done = int(connection.scalar(select(arrivals.c.n_done).where(this)) or 0)
    next_done = min(done + n_rows, arrival.n)
    _stage_next(connection, arrival.id, done, next_done)
    settings = settings_of(connection)
    stored = store_staged(connection, at, settings, arrival.batch_id, arrival.upload)
    n_new = next_done - done - stored.n_known
    numbers = {"n_new": n_new, "n_known": stored.n_known, "n_reopened": len(stored.reopened)}
    count_stored(connection, arrival.batch_id, **numbers)
    compared = {name: arrivals.c[name] + n for name, n in stored.compared.items()}
    connection.execute(update(arrivals).where(this).values(n_done=next_done, **compared))
    entries = [Entry(Event.REPORTED_AGAIN, n, arrival.batch_id) for n in stored.reopened]
    append(connection, PROGRAM, at, entries)  # it is no person who opens them
    return next_done


def _stage_next(connection: Connection, number: int, start: int, stop: int) -> None:
    """Have the next videos staged, and nothing else."""
    for table in (staged, staged_keys):
        connection.execute(delete(table))
    names = list(staged.c.keys())
    places = (arriving.c.place >= start, arriving.c.place < stop)
    these = and_(arriving.c.arrival_id == number, *places)
    rows = select(*(arriving.c[name] for name in names)).where(these).order_by(arriving.c.place)
    connection.execute(insert(staged).from_select(names, rows))
    statements = select(staged.c[STATEMENT_ID]).where(staged.c[STATEMENT_ID].is_not(None))
    keys = select(arriving_keys.c.key, arriving_keys.c[STATEMENT_ID]).where(
        arriving_keys.c.arrival_id == number, arriving_keys.c[STATEMENT_ID].in_(statements)
    )
    connection.execute(insert(staged_keys).from_select(["key", STATEMENT_ID], keys))
    forget(connection, arriving, these)
    analyse_staged(connection)


def _rank_step(connection: Connection) -> bool:
    lock(connection, "ingest")
    return rank_groups(connection)


def _close(
    database: Database, arrival: _Arrival, connection: Connection
) -> tuple[Batch, set[Ranking]]:
    """Say that all of an upload is stored; return it, and which rankings need another cut."""
    lock(connection, "ingest")
    batch = count_stored(connection, arrival.batch_id, n_new=0)
    compared = select(*(arrivals.c[name] for name in COMPARED)).where(arrivals.c.id == arrival.id)
    batch = replace(batch, **connection.execute(compared).one()._asdict())
    _forget_arrival(arrival.id, connection)
    rankings = drop_cuts(connection)
    append(connection, arrival.person, database.now(), [ingested(batch, arrival.upload)])
    return batch, rankings


def ingested(batch: Batch, upload: Upload) -> Entry:
    """Return the audit log's entry of an upload that is stored."""
    facts = {"file": upload.file_name, "sha256": upload.file_sha256, "n_new": batch.n_new}
    facts |= {"n_known": batch.n_known, "n_reopened": batch.n_reopened}
    facts |= {"n_raised": batch.n_raised, "n_same": batch.n_same, "n_lower": batch.n_lower}
    return Entry("ingest", batch_id=batch.id, details=facts)


def _learn_size(database: Database, n_new: int) -> None:
    """Have PostgreSQL's planner know of many new cases: it plans as if there were few of them.

    In a transaction of its own, since others write meanwhile; SQLite needs none.
    """
    if database.is_sqlite or not n_new:
        return
    some = select(literal(1)).select_from(cases).limit(10 * n_new).subquery()
    if database.read(lambda c: c.scalar(select(func.count()).select_from(some))) == 10 * n_new:
        return  # a tenth at most; its own measure does for that
    database.write(lambda connection: analyse(connection, cases))


def _rest(started: float) -> float:
    """Let others have their turn; return how long the step has taken."""
    seconds = time.monotonic() - started
    time.sleep(max(_REST_SECONDS, _REST_SHARE * seconds))
    return seconds
