"""A command with the processes that it starts: how long it takes, and the memory of all of them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claimclf.paths import ROOT

_SAMPLE_SECONDS = 0.2
_SHORT_SAMPLE_SECONDS = 0.01


@dataclass(frozen=True)
class Spent:
    """What a command took.

    Parameters
    ----------
    seconds : float
        Wall time, the start of Python included.
    megabytes : float
        Most memory at one time, of all processes together; what they share counts once.
    """

    seconds: float
    megabytes: float


def claimclf(*arguments: object, is_short: bool = False) -> Spent:
    """Run the command line: `claimclf("score", …)`."""
    return run(Path(sys.executable).with_name("claimclf"), *arguments, is_short=is_short)


def run(*arguments: object, is_short: bool = False) -> Spent:
    """Run a command; a short one is looked at more often, so that its time is not rounded up."""
    pause = _SHORT_SAMPLE_SECONDS if is_short else _SAMPLE_SECONDS
    command = [str(argument) for argument in arguments]
    start = time.perf_counter()
    most = 0.0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stderr=errors)
        while process.poll() is None:
            most = max(most, _memory(process.pid))
            time.sleep(pause)
        seconds = time.perf_counter() - start
        if process.returncode:
            errors.seek(0)
            words = " ".join(command)
            raise RuntimeError(f"{words} ended with {process.returncode}: {errors.read()}")
    return Spent(seconds, most)


def _memory(root: int) -> float:
    return sum(map(_own_memory, _tree(root))) / 1024


def _tree(root: int) -> Sequence[int]:
    """Return a process and all below it."""
    processes = [root]
    for process in processes:  # the list grows by the children of each
        try:
            for task in Path(f"/proc/{process}/task").iterdir():
                processes.extend(map(int, (task / "children").read_text("ascii").split()))
        except OSError:  # the process has ended
            continue
    return processes


def _own_memory(process: int) -> int:
    """Return a process's share of memory, in KiB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
