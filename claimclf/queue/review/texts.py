"""The texts that people decided on, each once, as they were at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from claimclf.queue.storage.audit import hash_of
from claimclf.queue.storage.dialects import insert_missing
from claimclf.queue.storage.tables import texts


def keep_texts(connection: Connection, decided_on: Iterable[str | None]) -> None:
    """Store transcripts that are not there yet; they stay when a later upload brings others."""
    by_hash = {hash_of(text): text for text in decided_on if text is not None}
    for digest in sorted(map(str, by_hash)):  # in one order, against deadlocks
        insert_missing(connection, texts, {"hash": digest, "text": by_hash[digest]})
