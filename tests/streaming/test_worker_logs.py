"""Workers log as the command that gave them work would: same form, same level, same request."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import AbstractContextManager

import pytest

from claimclf.logs import LOGGER, belonging_to, set_up
from claimclf.streaming.engines import Engine, dask_engine, local_engine
from tests.conftest import ROOT
from tests.house.test_logs import LINE


def work(number: int) -> int:
    logger = logging.getLogger("claimclf.streaming.work")
    logger.info("Item %d", number)
    logger.debug("Not at this level")
    return os.getpid()


def engine(name: str) -> AbstractContextManager[Engine]:
    return local_engine(2) if name == "local" else dask_engine(None, 2)


def run(name: str) -> None:
    set_up(logging.INFO)
    with engine(name) as lent, belonging_to(person="ann", request="r7"):
        processes = set(lent.map(work, range(4)))
    print(len(processes - {os.getpid()}))


@pytest.mark.parametrize("name", ["local", "dask"])
def test_workers_log_through_the_same_setup(name: str) -> None:
    # A process of its own: workers write to the same stderr, and a pool forks what it finds.
    code = f"from tests.streaming.test_worker_logs import run; run({name!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout in {"1\n", "2\n"}
    matches = [LINE.fullmatch(line) for line in done.stderr.splitlines() if "claimclf" in line]
    lines = [match.groupdict() for match in matches if match]
    assert sorted(line["message"] for line in lines) == [f"Item {n}" for n in range(4)]
    assert {line["level"] for line in lines} == {"INFO"}
    assert {(line["person"], line["request"]) for line in lines} == {("ann", "r7")}


def test_engine_in_this_process_logs_as_it_does() -> None:
    before = LOGGER.handlers[:]
    with local_engine(1) as lent:
        assert list(lent.map(work, range(2))) == [os.getpid()] * 2
    assert LOGGER.handlers == before
