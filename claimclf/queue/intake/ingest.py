"""An upload becomes a batch and its videos become cases: all of it, or nothing.

Few videos are stored in one transaction. So are the first ones of a queue: nobody waits for
what is not there yet. Many come in step by step, so that other people get their turn between
the steps: see `claimclf.queue.intake.arriving`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
from sqlalchemy import Connection, case, func, select

from claimclf.people import PROGRAM, Person
from claimclf.queue.intake.arriving import arrive, finish_arrivals, ingested, settle
from claimclf.queue.intake.batches import Batch, Upload, count_stored, find_batch, new_batch
from claimclf.queue.intake.grouping import rank_groups
from claimclf.queue.intake.staging import KeysOf, Progress, Videos, stage, staged, temporary
from claimclf.queue.intake.storing import store_staged
from claimclf.queue.queries.sampling import drop_cuts
from claimclf.queue.review.leases import end_lapsed
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import drop_temporary, lock
from claimclf.queue.storage.states import Event
from claimclf.queue.storage.tables import cases
from claimclf.schema import PROBABILITY, TRANSCRIPT, Ranking

__all__ = ["Batch", "Upload", "ingest"]

_logger = logging.getLogger(__name__)

#: So many videos and letters are stored in one transaction: it takes some tenths of a second.
_FEW_ROWS, _FEW_LETTERS = 1_000, 300_000
#: So many are, where they are the first ones.
_MANY_ROWS = 20_000
#: Notes that a batch has come in, which is not asked for again after that.
Noted = Callable[[Connection, int], object]


def ingest(
    database: Database,
    person: Person,
    videos: pd.DataFrame | Videos,
    upload: Upload,
    progress: Progress = lambda done, total: None,
    keys_of: KeysOf | None = None,
    noted: Noted = lambda connection, batch_id: None,
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
        Gets how far the work is, in rows, and n_accepted.
    keys_of : callable or None
        Returns the keys by which statements of earlier uploads are matched; None to match none.
    noted : callable
        Called with a connection and the number of the batch: in the transaction that stores it,
        or after it where it comes in in several or was there before.

    Returns
    -------
    Batch
        The old one if the same file was stored before with the same model.

    Raises
    ------
    StorageError
        Nothing was changed; or, where it says so, the rest comes in when the same file is
        uploaded again.
    """
    known = database.read(lambda connection: find_batch(connection, upload))
    if known is not None and known.is_whole:
        database.write(lambda connection: noted(connection, known.batch.id))
        return replace(known.batch, is_repeated=True)
    seed = database.read(settings_of).sample_seed
    if known is None and _fits_one_step(database, videos):
        finish_arrivals(database)
        batch, was_there = _store_at_once(
            database, person, videos, upload, seed, keys_of, progress, noted
        )
    else:
        batch, was_there = arrive(database, person, videos, upload, seed, keys_of, progress)
        database.write(lambda connection: noted(connection, batch.id))
    _log(batch, was_there)
    return replace(batch, is_repeated=was_there)


def _fits_one_step(database: Database, videos: pd.DataFrame | Videos) -> bool:
    """Return whether nobody waits for long while all of it is stored in one transaction."""
    if len(videos) > _MANY_ROWS:
        return database.read(lambda c: c.scalar(select(cases.c.id).limit(1))) is None
    if len(videos) > _FEW_ROWS:
        return False
    if not isinstance(videos, pd.DataFrame) or TRANSCRIPT not in videos:
        return True
    return bool(videos[TRANSCRIPT].str.len().sum() <= _FEW_LETTERS)


def _store_at_once(
    database: Database,
    person: Person,
    videos: pd.DataFrame | Videos,
    upload: Upload,
    seed: int,
    keys_of: KeysOf | None,
    progress: Progress,
    noted: Noted,
) -> tuple[Batch, bool]:
    """Store an upload; return it, and whether somebody else has done so meanwhile."""
    with database.connected() as connection:
        try:
            database.attempt(
                connection, lambda c: stage(c, videos, seed, keys_of, progress), writes=False
            )
            # By itself: it holds the log's head, for which others would wait.
            database.attempt(connection, lambda c: end_lapsed(c, database.now()), writes=True)
            batch, was_there, rankings = database.attempt(
                connection, lambda c: _store(c, database.now(), person, upload, noted), writes=True
            )
        finally:
            if not connection.invalidated:
                database.attempt(connection, lambda c: drop_temporary(c, temporary), writes=False)
    settle(database, batch, rankings)
    return batch, was_there


def _log(batch: Batch, was_there: bool) -> None:
    if was_there:
        _logger.info("Upload was stored meanwhile, as batch %d", batch.id)
        return
    numbers = (batch.id, batch.n_rows, batch.n_rejected, batch.n_new, batch.n_known)
    _logger.info(
        "Upload stored as batch %d: %d rows, %d rejected, %d new cases, %d known", *numbers
    )


def _store(
    connection: Connection, at: int, person: Person, upload: Upload, noted: Noted
) -> tuple[Batch, bool, set[Ranking]]:
    """Turn what is staged into cases, within one transaction."""
    lock(connection, "ingest")
    known = find_batch(connection, upload)
    if known is not None:
        noted(connection, known.batch.id)
        return known.batch, True, set()
    settings = settings_of(connection)
    unscorable = func.count(case((staged.c[PROBABILITY].is_(None), 1)))
    counted = select(func.count(), unscorable).select_from(staged)
    n, n_unscorable = connection.execute(counted).one()
    number = new_batch(connection, at, person, upload, n, n_unscorable)
    stored = store_staged(connection, at, settings, number, upload)
    rank_groups(connection)
    numbers = {"n_known": stored.n_known, "n_reopened": len(stored.reopened)}
    batch = count_stored(connection, number, n_new=n - stored.n_known, **numbers)
    batch = replace(batch, **stored.compared)
    rankings = drop_cuts(connection)
    noted(connection, number)
    # Last, for from here on whoever decides waits for the log's head.
    append(connection, person, at, [ingested(batch, upload)])
    again = [Entry(Event.REPORTED_AGAIN, case_id, number) for case_id in stored.reopened]
    append(connection, PROGRAM, at, again)  # it is no person who opens them
    return batch, False, rankings
