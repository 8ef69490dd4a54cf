"""The door as a server has it: its routes, and the thread that works behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.routing import BaseRoute

from claimclf.api.door.answering import Room
from claimclf.api.door.entrance import Entrance
from claimclf.api.door.limits import Limits
from claimclf.api.door.openapi import document
from claimclf.api.door.working import Worker
from claimclf.services.databases import open_queue


@dataclass(frozen=True)
class Door:
    """What programs come in by.

    Parameters
    ----------
    routes : list of BaseRoute
        For an application.
    worker : Worker
        Scores what came in.
    """

    routes: list[BaseRoute]
    worker: Worker

    @contextmanager
    def working(self) -> Iterator[None]:
        """Score what comes in for as long as the block lasts."""
        self.worker.start()
        try:
            yield
        finally:
            self.worker.stop()


def open_door(url: str | None = None, limits: Limits | None = None, below: str = "") -> Door:
    """Return the door of a queue.

    Parameters
    ----------
    url : str or None
        The queue's address; None for the one that is set up.
    limits : Limits, optional
        What is refused.
    below : str
        Path below which everything is served; empty for the root.
    """
    database = open_queue(url)
    worker = Worker(database)
    room = Room(database, worker.wake, worker.model, worker.n_unscored, document)
    return Door(Entrance(room, limits, below).routes(), worker)
