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
from typing import NoReturn

import h11
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from claimclf.api.door.bodies import refusal
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
#: Seconds for which a request waits for a process that has just been started, ...
_STARTING = 15.0
#: ... for more of its own body, for an answer, ...
_STALLED, _ANSWERING = 30.0, 120.0
#: ... before a process that ended is started again, and until one that is to end is ended.
_PAUSE, _ENDING = 1.0, 10.0
_CHUNK = 1 << 16
#: Characters of the folder for temporary files: 107 are the most of a socket's whole path.
_LONGEST_PLACE = 75
_RETRY = {"Retry-After": "5", "Cache-Control": "no-store"}

_logger = logging.getLogger(__name__)


class _StalledError(Exception):
    """Who asked sends nothing more."""


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
        self._place = ""

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
            self._place = str(Path(folder) / "door")
            keeping = asyncio.create_task(self._keep())
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
        except h11.LocalProtocolError:
            response = refusal(400, "request", "The request's address or headers are not HTTP's.")
        except _StalledError:
            response = refusal(408, "stalled", f"Nothing came for {_STALLED:.0f} seconds.")
        except (OSError, EOFError, h11.RemoteProtocolError):  # a time-out is an OSError
            message = "This cannot be done now. Send the same again: what was taken counts once."
            response = refusal(503, "away", message, _RETRY)
        await response(scope, receive, send)

    async def _passed_on(self, request: Request) -> Response:
        """Send a request on, and return what is answered: also before all of it was sent."""
        wire = h11.Connection(h11.CLIENT)
        head = wire.send(_head(request)) or b""
        reader, writer = await self._connected()
        answering = asyncio.create_task(_answer(wire, reader))
        sending = asyncio.create_task(_send(request, head, wire, writer))
        try:
            await asyncio.wait({answering, sending}, return_when=asyncio.FIRST_COMPLETED)
            return await (answering if answering.done() else sending)
        finally:
            writer.close()
            answering.cancel()
            sending.cancel()
            await asyncio.gather(answering, sending, return_exceptions=True)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the process, which may just have been started."""
        give_up = asyncio.get_running_loop().time() + _STARTING
        while True:
            try:
                return await asyncio.open_unix_connection(self._place)
            except OSError:
                if asyncio.get_running_loop().time() > give_up:
                    raise
                await asyncio.sleep(0.05)

    async def _keep(self) -> None:
        """Start the process, and start it again where it ended."""
        command = (sys.executable, "-m", "claimclf.api.door.apart", self._place)
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


def _head(request: Request) -> h11.Request:
    """Return what is passed on before a body."""
    dropped = _HOP_BY_HOP
    if is_chunked := "transfer-encoding" in request.headers:
        dropped |= {b"content-length"}
    headers = [pair for pair in request.headers.raw if pair[0] not in dropped]
    headers += [(b"transfer-encoding", b"chunked")] if is_chunked else []
    headers += [(b"connection", b"close")]
    query = request.scope["query_string"]
    target = request.scope["raw_path"] + (b"?" + query if query else b"")
    return h11.Request(method=request.method, headers=headers, target=target)


async def _send(
    request: Request, head: bytes, wire: h11.Connection, writer: asyncio.StreamWriter
) -> NoReturn:
    """Send a request as it comes, and wait: it is the answer that ends this.

    Raises
    ------
    ClientDisconnect
        Who asked is gone.
    _StalledError
        Who asked sends nothing more.
    TimeoutError
        Nothing is answered.
    """
    body = request.stream()
    try:
        writer.write(head)
        while (chunk := await _next(body)) is not None:
            writer.write(wire.send(h11.Data(data=chunk)) or b"")
            await writer.drain()
        writer.write(wire.send(h11.EndOfMessage()) or b"")
    except ConnectionError:  # what was answered before says why
        await asyncio.sleep(_ANSWERING)
    async with asyncio.timeout(_ANSWERING):
        while (await request.receive())["type"] != "http.disconnect":
            pass
    raise ClientDisconnect


async def _next(body: AsyncIterator[bytes]) -> bytes | None:
    """Return what comes next of a body; None at its end."""
    try:
        async with asyncio.timeout(_STALLED):
            return await anext(body, None)
    except TimeoutError as error:
        raise _StalledError from error


async def _answer(wire: h11.Connection, reader: asyncio.StreamReader) -> Response:
    response, parts = Response(), []
    while not isinstance(event := wire.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            wire.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            response.status_code = event.status_code
            kept = [pair for pair in event.headers.raw_items() if pair[0].lower() not in _OWN]
            response.raw_headers = [(name.lower(), value) for name, value in kept]
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError("it ended before it answered")
    response.body = b"".join(parts)
    response.headers["content-length"] = str(len(response.body))
    return response


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder of this user's alone, where sockets may be: their paths are short."""
    place = None if len(tempfile.gettempdir()) <= _LONGEST_PLACE else "/tmp"  # noqa: S108
    return tempfile.TemporaryDirectory(prefix="claimclf-", dir=place, ignore_cleanup_errors=True)
