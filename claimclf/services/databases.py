"""The queue's database, opened for those who have no part in how it is stored."""

from __future__ import annotations

from collections.abc import Callable

from claimclf.queue.storage.database import Database


def open_queue(url: str | None = None, on_wait: Callable[[], object] = lambda: None) -> Database:
    """Open the queue's database, and bring its tables up to date when they are first needed.

    Parameters
    ----------
    url : str or None
        Its address; None for the one that is set up, or a file of the project.
    on_wait : callable
        Called where somebody has to wait because the database is busy.
    """
    return Database(url, on_wait=on_wait)
