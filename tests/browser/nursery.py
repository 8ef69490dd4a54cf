"""Servers that are copies of one process, which has imported what every server needs.

A server of its own takes several seconds of a core before all its pages are there. A copy is as
real: a process with its own memory, environment and port, that can be killed. What a server does
from its first moment on is for tests that start one with `claimclf serve`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

from claimclf.paths import ROOT


class Copied:
    """A server's process, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        #: As for a process that ended without a word of why.
        self.returncode = -1

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return self.returncode
        return None

    def terminate(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a copied server", timeout)
            time.sleep(0.01)
        return self.returncode


class Nursery:
    """The process whose copies serve."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def serve(self, port: int, environment: dict[str, str]) -> Copied:
        """Start `claimclf serve` on a port."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        print(json.dumps([port, environment]), file=asked, flush=True)
        return Copied(int(answers.readline()))


@cache
def nursery() -> Nursery:
    """Return the one of this process; it ends with it, since nobody can ask it any more."""
    return Nursery()


def _import_all() -> None:
    from claimclf.api.warming import HEAVY

    for module in (*HEAVY, "streamlit.web.cli", "claimclf.cli.serving", "plotly.graph_objects"):
        import_module(module)


def _serve(port: int, environment: dict[str, str]) -> NoReturn:
    """Be `claimclf serve`; where that would replace the process, go on in it."""
    from streamlit.web import cli as streamlit

    from claimclf.cli import main

    os.environ.clear()
    os.environ.update(environment)

    def go_on(_program: str, command: list[str]) -> Any:
        sys.argv = command[2:]
        streamlit.main(prog_name="streamlit")

    os.execv = go_on  # type: ignore[assignment]
    main(["serve", "--port", str(port)])
    os._exit(0)


def _answer() -> None:
    """Make a copy for each line that comes, and say its number."""
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has ended is gone at once
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            _serve(*json.loads(line))
        print(pid, flush=True)


if __name__ == "__main__":
    _answer()
