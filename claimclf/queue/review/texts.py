"""The texts that people decided on, each once, as they were at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, and_, select

from claimclf.queue.storage.audit import hash_of
from claimclf.queue.storage.dialects import insert_missing
from claimclf.queue.storage.tables import IS_HELD, batches, cases, replaced, texts


def keep_texts(connection: Connection, decided_on: Iterable[str | None]) -> None:
    """Store transcripts that are not there yet; they stay when a later upload brings others."""
    by_hash = {hash_of(text): text for text in decided_on if text is not None}
    for digest in sorted(map(str, by_hash)):  # in one order, against deadlocks
        insert_missing(connection, texts, {"hash": digest, "text": by_hash[digest]})


def brought_meanwhile(connection: Connection, case_id: int) -> str | None:
    """Return the file that brought another text while a case is held; None where none did.

    Who holds it decides on the text that is shown, and is told of the other one.
    """
    latest = and_(
        replaced.c.case_id == cases.c.id,
        replaced.c.batch_id == cases.c.last_batch_id,
        replaced.c.has_other_words,
    )
    # What comes while a case is held leaves its rank behind.
    held = and_(cases.c.id == case_id, IS_HELD, cases.c.rank_stale)
    query = select(batches.c.file_name).join_from(cases, replaced, latest)
    name: str | None = connection.scalar(
        query.join(batches, batches.c.id == replaced.c.batch_id).where(held)
    )
    return name
