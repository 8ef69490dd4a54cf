"""Does things to a queue, each in a process that is killed without warning in the middle.

Reads lines of URL WORK POINT, and answers each with the signal that ended its process.

WORK is migrate, ingest, decide or bulk; POINT names the function after which it dies, and is
empty for the end of all.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable

from claimclf.queue.bulk import decide_statement
from claimclf.queue.database import Database
from tests.queue.builders import ANNA, OPINION, done, fill


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., object]) -> Callable[..., None]:
    def run_and_die(*args: object, **named: object) -> None:
        function(*args, **named)
        die()

    return run_and_die


def work(url: str, work: str, point: str) -> None:
    if point:
        module, _, name = point.rpartition(".")
        path = "alembic.op" if module == "op" else f"claimclf.queue.{module}"
        place = importlib.import_module(path)
        setattr(place, name, after(getattr(place, name)))
    database = Database(url)
    {
        "migrate": database.prepare,
        "ingest": lambda: fill(database, 20, "b", report_count=100),
        "decide": lambda: done(database),
        "bulk": lambda: decide_statement(database, ANNA, "a", OPINION),
    }[work]()
    die()


def main() -> None:
    for line in sys.stdin:
        process = os.fork()
        if not process:
            try:
                work(*line.rstrip("\n").split(" "))
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(process, 0)
        print(os.WTERMSIG(status), flush=True)


if __name__ == "__main__":
    main()
