"""Many processes that race through a queue until nothing is left; a program of its own.

usage: python -m tests.queue.race URL N_WORKERS

A worker goes home after some cases. One in 20 of all that ever start, and two of the first,
are killed instead: at some call of some function, in the middle of a transaction. Another
takes the place of each. Prints how many started and how many were killed.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import time
import traceback

from claimclf.errors import LostLeaseError
from claimclf.people import Person
from claimclf.queue.queries.tallying import counts
from claimclf.queue.review import decisions, leases
from claimclf.queue.review.decisions import Verdict, decide
from claimclf.queue.review.leases import next_case
from claimclf.queue.storage.database import Database, now
from claimclf.schema import CaseState, Decision

#: How a worker's process ends, unless it is killed.
NOTHING_LEFT, FAILED, GONE_HOME = range(3)
#: Where a worker is killed, at the latest at that call of it.
_POINTS = [(leases, "append"), (leases, "_changed"), (decisions, "append"), (decisions, "insert")]
_LAST_CALL = 8
#: Cases after which a worker goes home.
_SHIFT = 50


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def is_doomed(number: int) -> bool:
    return number in (0, 1) or number % 20 == 6


def arm(chance: random.Random) -> None:
    """Have this worker die where it begins some call of some function."""
    module, name = chance.choice(_POINTS)
    function, calls = getattr(module, name), itertools.count(1)
    last = chance.randint(1, _LAST_CALL)

    def run_or_die(*args: object, **named: object) -> object:
        if next(calls) == last:
            die()
        return function(*args, **named)

    setattr(module, name, run_or_die)


def work(url: str, number: int) -> None:
    # Each worker's clock is a little off, and some leases end in the middle of the work.
    chance = random.Random(number)  # noqa: S311
    off = chance.randrange(-1_000_000, 1_000_000)
    database, person = Database(url, lambda: now() + off), Person(f"worker-{number}")
    if is_doomed(number):
        arm(chance)
    n_decided = 0
    while n_decided < _SHIFT or is_doomed(number):
        lease = next_case(database, person)
        if lease is None:
            if all(tally.state != CaseState.OPEN for tally in counts(database)):
                break
            time.sleep(0.05)  # the rest is in hands; some of them are dead
            continue
        if chance.random() < 0.02:
            database.now = lambda: now() + off + 3_600_000_000  # so late that all leases lapse
            next_case(database, Person(f"{person.name} later"))
            database.now = lambda: now() + off
        try:
            verdict = Verdict(Decision.OPINION)
            decide(database, person, lease.case.id, lease.token, lease.case.version, verdict)
        except LostLeaseError:
            continue
        n_decided += 1
    if is_doomed(number):
        die()  # the others were so fast that it has not come to that call
    if n_decided == _SHIFT:
        os._exit(GONE_HOME)


def start(url: str, number: int) -> int:
    """Start a worker; return the number of its process."""
    process = os.fork()
    if process:
        return process
    try:
        work(url, number)
    except BaseException:
        traceback.print_exc()
        os._exit(FAILED)
    os._exit(NOTHING_LEFT)


def main(url: str, n_workers: int) -> None:
    numbers = itertools.count()
    # Those that die go first: in a short race nothing might be left for them.
    first = sorted(itertools.islice(numbers, n_workers), key=is_doomed, reverse=True)
    running = {start(url, number) for number in first}
    n_started, n_killed = n_workers, 0
    while running:
        process, status = os.wait()
        running.remove(process)
        if os.WIFSIGNALED(status):
            n_killed += 1
        elif os.WEXITSTATUS(status) == FAILED:
            sys.exit("a worker failed")
        if os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == GONE_HOME:
            running.add(start(url, next(numbers)))
            n_started += 1
    print(n_started, n_killed)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
