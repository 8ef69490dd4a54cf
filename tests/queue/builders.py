"""Ranked videos, people and a clock for tests of the queue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from claimclf.people import Person, Role
from claimclf.queue.intake.ingest import Batch, Upload, ingest
from claimclf.queue.queries.statement import preview
from claimclf.queue.review.bulk import MOST, Bulk, decide_statement
from claimclf.queue.review.decisions import Decided, Verdict, decide
from claimclf.queue.review.leases import Lease, next_case
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit, cases
from claimclf.schema import Decision
from claimclf.units import MINUTE

ANNA, BORIS = Person("anna"), Person("boris")
LEAD = Person("lena", Role.LEAD)
OPINION = Verdict(Decision.OPINION)
WITHIN = Verdict(Decision.WITHIN_RULES)
SKIP = Verdict(Decision.SKIP)
ESCALATE = Verdict(Decision.ESCALATE)
#: Nobody listens there, and there is no such folder.
UNREACHABLE = ["postgresql://127.0.0.1:1/queue", "sqlite:////no/such/folder/queue.db"]


@dataclass
class Clock:
    """A clock that goes only when it is told to."""

    time: int = 1_800_000_000_000_000

    def __call__(self) -> int:
        return self.time

    def step(self, minutes: float) -> None:
        self.time += round(minutes * MINUTE)


def videos(n: int = 5, **columns: Any) -> pd.DataFrame:
    """Return n ranked videos; the first has the most reports. `columns` replace or add some."""
    number = np.arange(n)
    table = {
        "video_id": [f"video-{n:07d}" for n in number],
        "video_transcription_text": [
            # Statements that differ in one word are one: these differ in two.
            f"someone said that thing {n} is true of place {n}"
            for n in number
        ],
        "video_duration_sec": 30.0,
        "verified_status": "not verified",
        "author_ban_status": "active",
        "video_view_count": 1000,
        "video_like_count": 10,
        "video_share_count": 5,
        "video_download_count": 2,
        "video_comment_count": 1,
        "report_count": n * 10 - number,
        "lane": "claims",
        "prediction": "claim",
        "claim_probability": 0.9,
        "reason": None,
        "statement_id": [f"statement-{n}" for n in number],
    }
    return pd.DataFrame({**table, **columns})


def upload(name: str = "a", model: str = "forest") -> Upload:
    return Upload(f"{name}.csv", name * 64, model, "1")


def fill(database: Database, n: int = 5, name: str = "a", **columns: Any) -> Batch:
    return ingest(database, LEAD, videos(n, **columns), upload(name))


def take(database: Database, person: Person = ANNA, **how: Any) -> Lease:
    lease = next_case(database, person, **how)
    assert lease is not None
    return lease


def done(database: Database, person: Person = ANNA, verdict: Verdict = OPINION) -> Decided:
    """Take the next case and decide on it."""
    lease = take(database, person)
    return decide(database, person, lease.case.id, lease.token, lease.case.version, verdict)


def logged(database: Database) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Return who, in which role, did what, with its details, in the order of the log."""
    query = select(audit.c.actor, audit.c.role, audit.c.action, audit.c.details)
    rows = database.read(lambda c: c.execute(query.order_by(audit.c.seq)).all())
    return [(row.actor, row.role, row.action, json.loads(row.details)) for row in rows]


def shown(database: Database, *case_ids: int) -> list[tuple[int, int]]:
    """Return cases with their versions, as a list shows them."""
    query = select(cases.c.id, cases.c.version).where(cases.c.id.in_(case_ids))
    versions = database.read(lambda c: dict(tuple(row) for row in c.execute(query)))
    return [(number, versions.get(number, 1)) for number in case_ids]


def decide_all(database: Database, person: Person, statement_id: str, verdict: Verdict) -> Bulk:
    """Look at a statement's list, and decide on all that stands there."""
    members = preview(database, person, statement_id, MOST).members
    chosen = [(member.case_id, member.version) for member in members]
    return decide_statement(database, person, statement_id, chosen, verdict)
