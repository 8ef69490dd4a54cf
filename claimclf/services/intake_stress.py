"""Many senders at once, on this machine: what is lost, what counts twice, and how long it takes."""

from __future__ import annotations

import http.client
import json
import math
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import NamedTuple

from claimclf.errors import UnavailableError
from claimclf.people import local_user
from claimclf.queue.storage.database import Database
from claimclf.services.serving import ADDRESS
from claimclf.services.tokens import Scope, make_token

#: Part of the requests that are sent a second time.
_REPEATED = 0.2
_READY_SECONDS, _DRAIN_SECONDS, _SEND_SECONDS = 60, 120, 60
_WORDS = ("drones", "moon", "water", "sugar", "vaccine", "bank", "river", "engine", "salt", "bees")


@dataclass(frozen=True)
class Load:
    """How much is sent.

    Parameters
    ----------
    reports : int
        In all.
    processes : int
        Senders at once.
    batch : int
        Reports of a request.
    videos : int
        Videos that they are about.
    per_second : float
        Reports that are sent in a second by all together; 0 for as many as are taken.
    """

    reports: int = 2_000
    processes: int = 4
    batch: int = 100
    videos: int = 200
    per_second: float = 0

    @property
    def interval(self) -> float:
        """Seconds from one request of a sender to its next; 0 for none."""
        return self.batch * self.processes / self.per_second if self.per_second else 0.0


class Answered(NamedTuple):
    """When a request was due and when it was answered, in seconds of this machine's clock."""

    due: float
    at: float


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Parameters
    ----------
    n : int
        Reports that were accepted.
    n_dropped, n_doubled : int
        Reports that no case counts, and counts without a report.
    seconds : float
        From the first request until all were accepted.
    drained : float
        Until all were in the queue, from then on.
    latencies : list of float
        Milliseconds of each request from when it was due, in ascending order.
    """

    n: int
    n_dropped: int
    n_doubled: int
    seconds: float
    drained: float
    latencies: list[float]

    def percentile(self, share: float) -> float:
        """Return the latency that a share of requests stays below."""
        place = min(math.ceil(share * len(self.latencies)), len(self.latencies)) - 1
        return self.latencies[max(place, 0)]


def video_of(number: int, videos: int) -> str:
    """Return what a report is about."""
    return f"stress-{number % videos:06d}"


def record_of(number: int, videos: int) -> dict[str, object]:
    """Return a report; the first of each video tells what is said in it."""
    record: dict[str, object] = {
        "id": f"r{number}",
        "video_id": video_of(number, videos),
        "at": "2026-11-01T00:00:00Z",
        "reporter": f"user {number % 997}",
    }
    if number < videos:
        words = " ".join(_WORDS[(number // 10**k) % 10] for k in range(4))
        record["video"] = {"video_transcription_text": f"someone said that {words} {number}"}
    return record


def post(address: tuple[str, int], token: str, body: bytes, key: str) -> tuple[int, bytes]:
    """Send one request; return status and answer."""
    connection = http.client.HTTPConnection(*address, timeout=_SEND_SECONDS)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/reports", body, {**headers, "Idempotency-Key": key})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def send_share(
    address: tuple[str, int], token: str, load: Load, share: int, patience: float = 0
) -> list[Answered]:
    """Send one sender's part, some of it twice; return what became of each request.

    Parameters
    ----------
    patience : float
        Seconds for which a server that does not answer with 202 is asked again.
    """
    rng = random.Random(share)  # noqa: S311
    numbers = range(share, load.reports, load.processes)
    answered: list[Answered] = []
    due = time.monotonic() + load.interval * share / load.processes
    for start in range(0, len(numbers), load.batch):
        some = numbers[start : start + load.batch]
        body = json.dumps([record_of(number, load.videos) for number in some]).encode()
        for again in range(2 if rng.random() < _REPEATED else 1):
            # With another key the reports' own ids must do.
            key = f"{share}-{start}-{again if rng.random() < 0.5 else 0}"
            time.sleep(max(due - time.monotonic(), 0))
            due = due if load.interval else time.monotonic()
            answered.append(Answered(due, _sent(address, token, body, key, patience)))
            due += load.interval
    return answered


def _sent(address: tuple[str, int], token: str, body: bytes, key: str, patience: float) -> float:
    """Send a request until it is taken; return when it was."""
    give_up = time.monotonic() + patience
    while True:
        try:
            status, answer = post(address, token, body, key)
        except (OSError, http.client.HTTPException) as error:
            status, answer = 0, str(error).encode()
        if status == 202:
            return time.monotonic()
        if time.monotonic() > give_up:
            raise UnavailableError(
                "The server does not take reports.",
                f"Found: {status or 'no answer'}, {answer[:200].decode('utf-8', 'replace')}.",
                "Look at its log.",
            )
        time.sleep(0.1)


def stress_intake(url: str, load: Load) -> Outcome:
    """Start a server of its own on loopback, send reports to it, and count what became of them.

    Parameters
    ----------
    url : str
        A queue that may be used for it; an empty one.
    """
    database = Database(url)
    scopes = [Scope.REPORT, Scope.READ]
    token = make_token(database, local_user(), f"stress-{time.time_ns()}", scopes, "stress")
    with served(url) as address:
        answered = send_all(address, token, load)
        drained = wait_until_stored(url)
    dropped, doubled = account(url, load)
    database.close()
    # The senders' own start is none of the server's time.
    seconds = max(one.at for one in answered) - min(one.due for one in answered)
    latencies = sorted(1000 * (one.at - one.due) for one in answered)
    return Outcome(load.reports, dropped, doubled, seconds, drained, latencies)


def send_all(
    address: tuple[str, int], token: str, load: Load, patience: float = 0
) -> list[Answered]:
    """Send everything from several processes; return what became of each request."""
    n = load.processes
    with ProcessPoolExecutor(n, mp_context=get_context("spawn")) as pool:
        columns = ([address] * n, [token] * n, [load] * n, range(n), [patience] * n)
        shares = list(pool.map(send_share, *columns))
    return [answered for share in shares for answered in share]


def wait_until_stored(url: str) -> float:
    """Wait until no report waits; return the seconds."""
    from claimclf.queue.intake.reports.pending import backlog

    database, started = Database(url), time.monotonic()
    while database.read(backlog)[0]:
        if time.monotonic() - started > _DRAIN_SECONDS:
            break
        time.sleep(0.05)
    database.close()
    return time.monotonic() - started


def account(url: str, load: Load) -> tuple[int, int]:
    """Return how many reports no case counts, and how many counts have no report."""
    from claimclf.queue.outbound.feed import case_of_video

    due = [0] * load.videos
    for number in range(load.reports):
        due[number % load.videos] += 1
    database, dropped, doubled = Database(url), 0, 0
    for number, n in enumerate(due):
        case = case_of_video(database, video_of(number, load.videos))
        counted = 0 if case is None else int(case["report_count"])
        dropped, doubled = dropped + max(n - counted, 0), doubled + max(counted - n, 0)
    database.close()
    return dropped, doubled


@contextmanager
def served(url: str, port: int | None = None) -> Iterator[tuple[str, int]]:
    """Run a server for reports alone, on loopback, for as long as the block lasts."""
    place = (ADDRESS, port or _free_port())
    process = start_server(url, place[1])
    try:
        _wait_for(place, process)
        yield place
    finally:
        process.terminate()
        process.wait(30)


def start_server(url: str, port: int) -> subprocess.Popen[bytes]:
    """Start a server for reports alone."""
    command: Sequence[str] = [sys.executable, "-m", "claimclf.api.door.alone", str(port), url]
    return subprocess.Popen(command)  # noqa: S603


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def _wait_for(place: tuple[str, int], process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            socket.create_connection(place, 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise UnavailableError("The server for reports does not start.", "", "Look at what it said.")
