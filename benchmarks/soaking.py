"""A process of the soak: a moderator who decides, or a platform that uploads, until it is killed.

`python -m benchmarks.soaking KIND URL CLOCK NAME SEED` says on its standard output what it is
about to do and what it has done, a line of JSON each. What was done is said once the service has
answered: whoever reads the lines knows what was promised, and what may have happened at the end.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import struct
import sys
import time
from pathlib import Path
from typing import Any

from claimclf.errors import ClaimclfError
from claimclf.people import Person, Role
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.review.leases import Lease
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision
from claimclf.services import queue
from tests.queue.builders import videos

_NUMBER = struct.Struct("<q")
#: Seconds of pause between two cases, between two uploads, and after a refusal.
THINKING, PAUSE, AGAIN = 0.15, 2.0, 0.1
#: Videos of an upload that are new, and that were there before.
NEW, KNOWN = 40, 8
_VERDICTS = (
    *(Verdict(Decision.OPINION), Verdict(Decision.WITHIN_RULES, note="as the last one")) * 4,
    Verdict(Decision.SKIP),
    Verdict(Decision.ESCALATE),
)


class SharedClock:
    """A clock in a file, which one process drives and all others read."""

    def __init__(self, file: Path, start: int | None = None) -> None:
        if start is not None:
            file.write_bytes(_NUMBER.pack(start))
        with file.open("r+b") as stream:
            self._memory = mmap.mmap(stream.fileno(), _NUMBER.size)

    def __call__(self) -> int:
        """Return the time, microseconds since 1970."""
        return int(_NUMBER.unpack(self._memory[:])[0])

    def set(self, time: int) -> None:
        """Let it be that time, microseconds since 1970."""
        self._memory[:] = _NUMBER.pack(time)


def say(what: str, **details: Any) -> None:
    """Write a line at once: whoever is killed next has said it."""
    os.write(1, json.dumps({"what": what, **details}).encode() + b"\n")


def moderate(database: Database, person: Person, chance: random.Random) -> None:
    """Decide on one case, or give it back, or take one's last decision back."""
    lease = queue.next_case(database, person)
    if lease is None:
        time.sleep(THINKING)
        return
    time.sleep(chance.expovariate(1 / THINKING))
    pick = chance.random()
    if pick < 0.05:
        queue.release(database, person, lease.case.id, lease.token)
        return
    made = _decide(database, person, lease, chance.choice(_VERDICTS))
    if pick > 0.93 and made is not None:
        say("will undo", decision=made)
        queue.undo(database, person, made)
        say("undone", decision=made)


def _decide(database: Database, person: Person, lease: Lease, verdict: Verdict) -> int | None:
    case = lease.case
    say("will decide", case=case.id, version=case.version, decision=verdict.decision)
    made = queue.decide(database, person, case.id, lease.token, case.version, verdict)
    say("decided", decision=made.id, case=case.id, version=case.version, kind=verdict.decision)
    return None if verdict.decision is Decision.SKIP else made.id


class Platform:
    """Uploads new videos, and known ones with more reports, a file at a time."""

    def __init__(self, database: Database, person: Person, first: int) -> None:
        self._database, self._person, self._number = database, person, first

    def upload(self) -> None:
        """Bring the next file; the same again where it is not known to be there."""
        number = self._number
        start = max(number * NEW - KNOWN, 0)
        table = videos((number + 1) * NEW).iloc[start:].reset_index(drop=True)
        table = table.assign(report_count=10 + 15 * (number % 7))
        say("will upload", number=number)
        file = Upload(f"{number}.csv", f"{number:064d}", "forest", "1")
        batch = ingest(self._database, self._person, table, file)
        say("uploaded", number=number, is_repeated=batch.is_repeated)
        self._number += 1


def main(kind: str, url: str, clock: str, name: str, seed: str) -> None:
    """Work until killed."""
    chance = random.Random(seed)  # noqa: S311
    database = Database(url, SharedClock(Path(clock)))
    person = Person(name, Role.MODERATOR)
    platform = Platform(database, person, int(seed) if kind == "platform" else 0)
    while True:
        try:
            if kind == "platform":
                platform.upload()
                time.sleep(PAUSE)
            else:
                moderate(database, person, chance)
        except ClaimclfError as error:
            say("refused", kind=error.code, problem=error.problem)
            time.sleep(AGAIN)
        except Exception as error:  # which is what must never be
            say("unforeseen", problem=f"{type(error).__name__}: {error}")
            time.sleep(AGAIN)


if __name__ == "__main__":
    main(*sys.argv[1:])
