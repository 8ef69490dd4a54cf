"""A Streamlit server that notes how long each run of a page took: python -m benchmarks.timed.

The time is taken around the run itself, in the thread that does it: nothing of the client, the
network or the browser is in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamlit.runtime.scriptrunner import ScriptRunner

from claimclf.paths import ROOT
from tests.browser.dashboard import TOKEN, free_port, wait_until_served


@dataclass(frozen=True)
class TimedServer:
    """A server that runs.

    Parameters
    ----------
    address : str
        As in `http://127.0.0.1:8501`.
    log : Path
        One line a run: its seconds.
    process : Popen
        The server.
    """

    address: str
    log: Path
    process: subprocess.Popen[bytes]

    def seconds(self) -> list[float]:
        """Return the time of each run so far, in order."""
        return [float(json.loads(line)) for line in self.log.read_text("utf-8").splitlines()]

    def last(self) -> float:
        """Return the time of the last run, which may be noted just after its last message."""
        time.sleep(0.02)
        return self.seconds()[-1]


@contextmanager
def timed_server(
    script: Path,
    log: Path,
    folder: Path = ROOT,
    python: str | Path = sys.executable,
    **environment: str,
) -> Iterator[TimedServer]:
    """Serve a script on a free port of this machine; end the server afterwards.

    Parameters
    ----------
    script, log : Path
        What to serve, and where to note times.
    folder : Path
        Where the server is started: its configuration is that of this folder.
    python : str or Path
        Whose packages it has.
    **environment : str
        For the server.
    """
    port = free_port()
    log.write_text("", "utf-8")
    command = [str(python), "-m", "benchmarks.timed", str(port), str(log), str(script)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLAIMCLF_TOKEN": TOKEN, **environment},
        stdout=quiet,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(address, process)
        yield TimedServer(address, log, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def main(port: str, log: str, script: str) -> None:
    """Run Streamlit with the clock in place."""
    from streamlit.web.cli import main as streamlit

    run = ScriptRunner._run_script

    def timed(runner: Any, *arguments: Any) -> None:
        started = time.perf_counter()
        try:
            run(runner, *arguments)
        finally:
            with open(log, "a", encoding="utf-8") as stream:
                stream.write(f"{time.perf_counter() - started}\n")

    ScriptRunner._run_script = timed  # type: ignore[method-assign]
    sys.argv = ["streamlit", "run", script, f"--server.port={port}", "--server.headless=true"]
    streamlit()


if __name__ == "__main__":
    main(*sys.argv[1:])
