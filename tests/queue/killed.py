"""Does things to a queue, each in a process that is killed without warning in the middle.

Reads lines of URL WORK CALL POINT, and answers each with the signal that ended its process: 0
where the work was done before it came to that.

WORK is migrate, ingest, arrive (the same upload, in steps), decide, bulk or take-back (of
upload 2). POINT names the
function after whose call number CALL the process dies: `statement` stands for the changes that
SQL makes, and nothing at all for the end of the work.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable

# What a migration needs, so that not each process has to load it anew.
import alembic.command
import alembic.op  # noqa: F401
from sqlalchemy import Engine, event

from claimclf.queue.intake import arriving, staging
from claimclf.queue.intake import ingest as ingesting
from claimclf.queue.intake.taking_back import take_back
from claimclf.queue.storage.database import Database
from tests.queue.builders import ANNA, LEAD, OPINION, decide_all, done, fill

#: Cases that are decided one after the other.
N_DECIDED = 3
#: Stretches in which an upload is staged.
N_CHUNKS = 4
_UPLOADED = 20
_CHANGES = ("ALTER", "CREATE", "DELETE", "DROP", "INSERT", "UPDATE")


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., object], call: int = 1) -> Callable[..., object]:
    """Return the function as one that dies at the end of that call of it."""
    left = call

    def run_and_die(*args: object, **named: object) -> object:
        nonlocal left
        result = function(*args, **named)
        left -= 1
        if not left:
            die()
        return result

    return run_and_die


def arm(point: str, call: int) -> None:
    """Have this process die at that call of what the point names."""
    if point == "statement":
        count = after(lambda: None, call)

        def executed(_: object, __: object, statement: str, *___: object) -> None:
            if statement.lstrip().startswith(_CHANGES):
                count()

        event.listen(Engine, "after_cursor_execute", executed)
        return
    module, _, name = point.rpartition(".")
    place = importlib.import_module("alembic.op" if module == "op" else f"claimclf.queue.{module}")
    setattr(place, name, after(getattr(place, name), call))


def in_steps() -> None:
    """Have even few videos come in step by step."""
    ingesting._FEW_ROWS = 0
    arriving._FIRST_ROWS = arriving._FEWEST_ROWS = arriving._MOST_ROWS = _UPLOADED // N_CHUNKS


def decide_some(database: Database) -> None:
    for _ in range(N_DECIDED):
        done(database)


def work(url: str, work: str, call: str, point: str) -> None:
    if point:
        arm(point, int(call))
    staging._CHUNK_ROWS = _UPLOADED // N_CHUNKS
    if work == "arrive":
        in_steps()
    database = Database(url)
    {
        "migrate": database.prepare,
        "ingest": lambda: fill(database, _UPLOADED, "b", report_count=100),
        "arrive": lambda: fill(database, _UPLOADED, "b", report_count=100),
        "decide": lambda: decide_some(database),
        "bulk": lambda: decide_all(database, ANNA, "a", OPINION),
        "take-back": lambda: take_back(database, LEAD, 2),
    }[work]()
    if not point:
        die()
    os._exit(0)


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
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
