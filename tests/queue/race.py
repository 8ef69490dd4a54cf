"""Many processes that race through a queue until nothing is left; a program of its own.

usage: python -m tests.queue.race URL N_WORKERS

One worker in 20 kills itself at some moment of its way, in the middle of a transaction or
between two, and another takes its place. Prints how many were killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback

from claimclf.errors import LostLeaseError
from claimclf.queue import decisions, leases
from claimclf.queue.database import Database, now
from claimclf.queue.decisions import Verdict, decide
from claimclf.queue.leases import next_case
from claimclf.queue.listing import counts
from claimclf.queue.people import Person
from claimclf.schema import CaseState, Decision


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(seed: int, chance: random.Random) -> None:
    """Have one worker in 20 die the first time that it gets to some point."""
    if seed % 20 == 3:
        module, name = chance.choice(
            [(leases, "append"), (decisions, "append"), (decisions, "insert"), (leases, "_changed")]
        )
        setattr(module, name, die)


def work(url: str, name: str, seed: int) -> None:
    # Each worker's clock is a little off, and some leases end in the middle of the work.
    chance = random.Random(seed)  # noqa: S311
    off = chance.randrange(-1_000_000, 1_000_000)
    database, person = Database(url, lambda: now() + off), Person(name)
    arm(seed, chance)
    while True:
        lease = next_case(database, person)
        if lease is None:
            if all(state != CaseState.OPEN for state, _ in counts(database)):
                return
            time.sleep(0.05)  # the rest is in hands; some of them are dead
            continue
        if chance.random() < 0.02:
            database.now = lambda: now() + off + 3_600_000_000  # so late that all leases lapse
            next_case(database, Person(f"{name} later"))
            database.now = lambda: now() + off
        try:
            verdict = Verdict(Decision.OPINION)
            decide(database, person, lease.case.id, lease.token, lease.case.version, verdict)
        except LostLeaseError:
            continue


def start(url: str, number: int) -> int:
    """Start a worker; return the number of its process."""
    process = os.fork()
    if process:
        return process
    try:
        work(url, f"worker-{number}", number)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(url: str, n_workers: int) -> None:
    # Those that die go first: in a short race nothing might be left for them.
    started = sorted(range(n_workers), key=lambda number: number % 20 != 3)
    running = {start(url, number) for number in started}
    killed, next_number = 0, n_workers
    while running:
        process, status = os.wait()
        running.remove(process)
        if os.WIFSIGNALED(status):
            killed += 1
            running.add(start(url, next_number))
            next_number += 1
        elif status:
            sys.exit("a worker failed")
    print(killed)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
