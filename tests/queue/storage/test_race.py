"""Many processes race through many cases; some are killed, some leases run out."""

from __future__ import annotations

import os
import subprocess
import sys

from sqlalchemy import func, select

from claimclf.paths import ROOT
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.audit import DECIDED, verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit, cases, decisions
from tests.queue.builders import LEAD, fill
from tests.queue.conftest import NewUrl

#: The full race, 16 and 10,000, takes minutes: CLAIMCLF_RACE=16,10000 runs it.
N_WORKERS, N_CASES = (int(n) for n in os.environ.get("CLAIMCLF_RACE", "6,120").split(","))


def run_all(url: str) -> tuple[int, int]:
    """Run workers until nothing is left; return how many started and how many were killed."""
    command = [sys.executable, "-m", "tests.queue.race", url, str(N_WORKERS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    n_started, n_killed = map(int, done.stdout.split())
    return n_started, n_killed


def test_every_case_is_decided_exactly_once(new_url: NewUrl) -> None:
    url = new_url()
    database = Database(url)
    fill(database, N_CASES)
    change_settings(database, LEAD, "a race", lease_minutes=0.1)
    n_started, n_killed = run_all(url)
    assert n_killed >= max(2, n_started // 20)
    database.prepare()
    with database.engine.connect() as connection:
        states = connection.execute(
            select(cases.c.state, func.count()).group_by(cases.c.state)
        ).all()
        per_case = connection.scalars(
            select(func.count()).where(decisions.c.undone_at.is_(None)).group_by("case_id")
        ).all()
        entries = connection.scalar(select(func.count()).where(audit.c.action == DECIDED))
    assert [tuple(row) for row in states] == [("decided", N_CASES)]
    assert list(per_case) == [1] * N_CASES
    assert entries == N_CASES
    assert verify(database).problems == []
    database.close()
