"""A large queue that people have worked on, as pages meet it."""

from __future__ import annotations

from itertools import cycle, islice

from sqlalchemy import event

from benchmarks.queue import LEAD, videos
from claimclf.configuration import models_folder
from claimclf.people import Person
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.review.decisions import Verdict, decide
from claimclf.queue.review.leases import next_case
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision
from claimclf.services.loading import load_model

MODERATORS = tuple(Person(f"moderator-{n:02}@example.org") for n in range(16))
_VERDICT = Verdict(Decision.OPINION)


def fill(url: str, n_cases: int, n_decisions: int = 0) -> None:
    """Store cases, scored by the model in use as far as the queue knows, and decide on some.

    Parameters
    ----------
    url : str
        An empty queue's database.
    n_cases, n_decisions : int
        The decisions are of today, by sixteen people in turn.
    """
    database = Database(url)
    if database.is_sqlite:  # the database is made for one run, so a power cut may spoil it

        @event.listens_for(database.engine, "connect")
        def hurry(connection: object, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]

    model = load_model(models_folder())
    upload = Upload("bench.csv", "0" * 64, model.name, model.manifest.version)
    ingest(database, LEAD, videos(n_cases), upload)
    for person in islice(cycle(MODERATORS), n_decisions):
        lease = next_case(database, person)
        if lease is None:
            raise ValueError(f"{n_decisions} decisions need more than {n_cases} cases")
        decide(database, person, lease.case.id, lease.token, lease.case.version, _VERDICT)
    database.close()
