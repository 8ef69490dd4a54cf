"""Reports that come in by HTTP, and what is told to who sends them."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from claimclf.errors import ClaimclfError, InvalidRequestError, NotFoundError
from claimclf.logs import unforeseen
from claimclf.people import Capability, Person
from claimclf.queue.intake.reports import changing, contract, pending, receiving
from claimclf.queue.intake.reports.receiving import Key
from claimclf.queue.outbound import feed
from claimclf.queue.outbound.window import Cursor, read_place
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.turns import turn
from claimclf.services.permissions import needs

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.modeling.store.model import Model

__all__ = ["MOST_RECORDS", "Fault", "Key", "digest_of", "read_changes", "read_cursor"]

Fault = contract.Fault
#: Reports of one request; events of one answer.
MOST_RECORDS, MOST_EVENTS = 1_000, feed.MOST
_TURN = "reports"
#: Where so many reports are at fault, it is not the reports.
_MOST_UNSCORED = 100
_logger = logging.getLogger(__name__)


@needs(Capability.REVIEW)
def receive_reports(
    database: Database, person: Person, sender: str, records: Sequence[Any], key: Key | None
) -> dict[str, Any]:
    """Store reports that are new; say of each what became of it."""
    return receiving.receive(database, person, sender, records, key)


@needs(Capability.REVIEW)
def withdraw_report(database: Database, person: Person, sender: str, report_id: str) -> str:
    """Take a report back: it counts no longer; return its state."""
    return changing.withdraw(database, person, sender, report_id)


@needs(Capability.REVIEW)
def amend_report(
    database: Database, person: Person, sender: str, report_id: str, changes: dict[str, Any]
) -> None:
    """Change what a report says."""
    changing.amend(database, person, sender, report_id, changes)


@needs(Capability.REVIEW)
def set_aside_reporter(
    database: Database, person: Person, sender: str, reporter: str, reason: str
) -> int:
    """Let no report of somebody count whose video nobody has decided on; return how many."""
    return changing.set_aside(database, person, sender, reporter, reason)


@needs(Capability.LOOK)
def video_case(database: Database, _person: Person, video_id: str) -> dict[str, Any]:
    """Return a video's case with the decision that holds.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = feed.case_of_video(database, video_id)
    if found is None:
        advice = "Reports that were just accepted become cases within seconds."
        raise NotFoundError("There is no case of this video.", "", advice)
    return found


@needs(Capability.READ_LOG)
def decisions_since(
    database: Database, _person: Person, start: Cursor | None, size: int = MOST_EVENTS
) -> dict[str, Any]:
    """Return what was decided since a cursor, in the order of the log, and the next cursor."""
    events, cursor, has_more = feed.events_since(database, start, size)
    return {"events": events, "cursor": cursor, "more": has_more}


@needs(Capability.LOOK)
def waiting_reports(database: Database, _person: Person) -> dict[str, Any]:
    """Return how many reports wait to become cases, and for how long the first of them has."""
    n, since = database.read(pending.backlog)
    waits = 0.0 if since is None else max(database.now() - since, 0) / 1_000_000
    return {"reports": n, "oldest_seconds": round(waits, 3)}


@needs(Capability.REVIEW)
def store_waiting(
    database: Database,
    _person: Person,
    model: Model,
    goes_on: Callable[[float, bool], bool] = lambda seconds, has_more: True,
    unscored: set[str] | None = None,
) -> int:
    """Score reports that wait and put them into the queue; return how many.

    Only one does so at a time; where another does, nothing is done here. Stopped anywhere, the
    next call does what is left, and nothing counts twice.

    Parameters
    ----------
    goes_on : callable
        Called after each batch with the seconds that it took and whether others wait behind it;
        returns whether to look for more.
    unscored : set of str, optional
        Hashes of reports that wait on; those that cannot be stored are added.
    """
    unscored = set() if unscored is None else unscored
    n, most = 0, pending.MOST
    with turn(database, _TURN, waits=False) as is_mine:
        while is_mine and (waiting := pending.next_pending(database, most, unscored)):
            started, size = time.monotonic(), len(waiting.digests)
            if _is_stored(database, waiting, model, unscored):
                n += size
                most = min(2 * most, pending.MOST)
            else:
                most = max(size // 2, 1)
            is_mine = goes_on(time.monotonic() - started, waiting.has_more)
    receiving.forget_requests(database)
    return n


def _is_stored(
    database: Database, waiting: pending.Pending, model: Model, unscored: set[str]
) -> bool:
    """Store a batch; where one report is at fault, it alone is left out, for all others wait.

    It is not lost: it waits on, and is tried again by another model or after the next start.
    """
    try:
        _store(database, waiting, model)
    except ClaimclfError:
        raise
    except Exception as error:
        if len(unscored) >= _MOST_UNSCORED:
            raise
        if len(waiting.digests) == 1:
            unscored.update(waiting.digests.values())
            _logger.error("A report waits, for it cannot be scored: error %s", unforeseen(error))
        return False
    return True


def read_changes(record: Any, now: int) -> dict[str, Any] | list[Fault]:
    """Return what a request amends, or everything that is wrong with it.

    Parameters
    ----------
    now : int
        Microseconds since 1970, UTC.
    """
    return contract.read_changes(record, now)


def read_cursor(written: str) -> Cursor:
    """Return the cursor that a request names.

    Raises
    ------
    InvalidRequestError
        It is none.
    """
    place = read_place(written)
    if not isinstance(place, Cursor):
        raise InvalidRequestError(
            "This is no cursor.", "", "Give the cursor of the last answer, or none for all."
        )
    return place


def digest_of(body: bytes) -> str:
    """Return the hash of a request's body."""
    return hashlib.sha256(body).hexdigest()


def _store(database: Database, waiting: pending.Pending, model: Model) -> None:
    from claimclf.dataset.statements import statement_keys
    from claimclf.queue.intake import ingest

    said = json.dumps([waiting.sender, sorted(waiting.digests.items())])
    upload = ingest.Upload(
        f"reports of {waiting.sender}",
        hashlib.sha256(said.encode()).hexdigest(),
        model.name,
        model.manifest.version,
        n_merged=len(waiting.digests) - len(waiting.videos),
        by_http=True,
    )
    person = Person(f"api:{waiting.sender}")
    keys_of: Callable[..., Any] = statement_keys
    ingest.ingest(
        database,
        person,
        _ranked(waiting.videos, model),
        upload,
        keys_of=keys_of,
        noted=lambda connection, batch: pending.mark_queued(connection, waiting, batch),
    )


def _ranked(videos: Sequence[dict[str, Any]], model: Model) -> pd.DataFrame:
    """Score and rank videos as an upload's are."""
    from claimclf.modeling.scoring.ranking import in_order, sort_keys, totals
    from claimclf.modeling.scoring.score import predicted
    from claimclf.schema import Ranking
    from claimclf.services.reported import frame_of

    frame = frame_of(videos)
    scored = frame.join(predicted(model, frame))
    scored = scored.join(totals(scored))
    return scored.iloc[in_order(sort_keys(scored, Ranking.REPORTS))]
