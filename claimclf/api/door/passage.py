"""The way from the pages' server to the door, which is a process of its own.

What reports cost is paid there, and pages do not wait for it. Both speak HTTP over a UNIX socket
that nobody else may reach.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpcore
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from claimclf.api.door.routes import PATHS, is_behind_token

#: What is between two neighbours alone, and not passed on.
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"expect",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
#: What each server says for itself.
_OWN = _HOP_BY_HOP | {b"content-length", b"date", b"server"}
#: Seconds after which the door closes a connection that nobody uses; this side does so before.
IDLE = 60
#: Seconds for which a request waits for a process that has just been started, ...
_STARTING = 15.0
#: ... for an answer, ...
_ANSWERING = 120.0
#: ... before a process that ended is started again, and until one that is to end is ended.
_PAUSE, _ENDING = 1.0, 10.0
#: Characters of the folder for temporary files: 107 are the most of a socket's whole path.
_LONGEST_PLACE = 75
_RETRY = {"Retry-After": "5", "Cache-Control": "no-store"}

_logger = logging.getLogger(__name__)


class Passage:
    """Keeps the door's process running, and passes requests on to it.

    Parameters
    ----------
    below : str
        Path below which everything is served; empty for the root.
    """

    def __init__(self, below: str = "") -> None:
        self._below = below
        self._process: Process | None = None
        self._pool: httpcore.AsyncConnectionPool | None = None

    @property
    def routes(self) -> list[BaseRoute]:
        """What an application passes on: all methods, all paths below."""
        return [Route(self._below + path, self, include_in_schema=False) for path in PATHS]

    def has(self, path: str) -> bool:
        """Return whether what lies at a path asks for a token of its own."""
        return path.startswith(self._below) and is_behind_token(path[len(self._below) :])

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run the process for as long as the block lasts."""
        with _folder() as folder:
            place = str(Path(folder) / "door")
            async with httpcore.AsyncConnectionPool(
                uds=place, max_connections=None, keepalive_expiry=IDLE / 2
            ) as self._pool:
                keeping = asyncio.create_task(self._keep(place))
                try:
                    yield
                finally:
                    keeping.cancel()
                    with suppress(asyncio.CancelledError):
                        await keeping
                    await self._end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        try:
            response = await self._passed_on(Request(scope, receive))
        except ClientDisconnect:
            return
        except httpcore.LocalProtocolError:
            response = _refusal(400, "request", "The request's address or headers are not HTTP's.")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            message = "This cannot be done now. Send the same again: what was taken counts once."
            response = _refusal(503, "away", message, _RETRY)
        await response(scope, receive, send)

    async def _passed_on(self, request: Request) -> Response:
        headers = [pair for pair in request.headers.raw if pair[0] not in _HOP_BY_HOP]
        if is_chunked := "transfer-encoding" in request.headers:
            headers = [pair for pair in headers if pair[0] != b"content-length"]
        if self._pool is None:
            raise httpcore.ConnectError("the server has not started, or is about to end")
        has_body = is_chunked or "content-length" in request.headers
        target = request.scope["raw_path"] + b"?" + request.scope["query_string"]
        give_up = asyncio.get_running_loop().time() + _STARTING
        while True:
            try:
                answer = await self._pool.request(
                    request.method,
                    httpcore.URL(scheme=b"http", host=b"door", target=target.rstrip(b"?")),
                    headers=headers,
                    content=request.stream() if has_body else None,
                    extensions={"timeout": {"read": _ANSWERING}},
                )
            except httpcore.ConnectError:  # before anything of the body was read
                if asyncio.get_running_loop().time() > give_up:
                    raise
                await asyncio.sleep(0.05)
            else:
                kept = [pair for pair in answer.headers if pair[0].lower() not in _OWN]
                response = Response(answer.content, answer.status)
                response.raw_headers += kept
                return response

    async def _keep(self, place: str) -> None:
        """Start the process, and start it again where it ended."""
        command = (sys.executable, "-m", "claimclf.api.door.apart", place)
        while True:
            # A terminal's Ctrl-C is for the pages' server alone, which ends this one.
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *command, stdin=PIPE, start_new_session=True
                )
            except OSError as error:  # no memory, or too many processes
                _logger.error("What takes reports cannot be started: %s", error.strerror)
            else:
                status = await self._process.wait()
                _logger.error("What takes reports ended with %d, and is started again", status)
            await asyncio.sleep(_PAUSE)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _ENDING)
        except TimeoutError:
            process.kill()
            await process.wait()


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder of this user's alone, where sockets may be: their paths are short."""
    place = None if len(tempfile.gettempdir()) <= _LONGEST_PLACE else "/tmp"  # noqa: S108
    return tempfile.TemporaryDirectory(prefix="claimclf-", dir=place, ignore_cleanup_errors=True)


def _refusal(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
