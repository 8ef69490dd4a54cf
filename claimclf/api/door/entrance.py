"""The one way in: token, then route, then limits. Cookies are not looked at."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from claimclf.api.door.answering import Asked, Room
from claimclf.api.door.bodies import RefusedError, read_body, refusal
from claimclf.api.door.limits import Limits, Rate
from claimclf.api.door.routes import PATHS, WAYS, Way
from claimclf.errors import (
    ClaimclfError,
    ConflictError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
    UnavailableError,
)
from claimclf.logs import unforeseen
from claimclf.services import tokens
from claimclf.services.tokens import Token

_BEARER = "bearer "
#: Seconds after which a database that is away may be back.
_RETRY = "5"
_STATUSES: tuple[tuple[type[ClaimclfError], int], ...] = (
    (InvalidRequestError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (NotAllowedError, 403),
    (UnavailableError, 503),
)


class Entrance:
    """Answers whoever shows a token that counts."""

    def __init__(self, room: Room, limits: Limits | None = None, below: str = "") -> None:
        self._room = room
        self._below = below
        self._limits = limits or Limits()
        self._rate = Rate(self._limits)
        self._keyring = tokens.Keyring(room.database)

    def routes(self) -> list[BaseRoute]:
        """Return what an application serves it at: all methods, all paths below."""
        return [Route(self._below + path, self, include_in_schema=False) for path in PATHS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        request, route = Request(scope, receive), ["none"]
        try:
            response = await self._answer(request, route)
        except ClientDisconnect:
            return
        except RefusedError as error:
            response = refusal(error.status, error.code, error.message, error.headers)
        except ClaimclfError as error:
            response = _failure(error)
        except Exception as error:  # whatever else: no request may end without an answer
            name = unforeseen(error)
            message = f"This could not be done. Tell who runs the server: error {name}."
            response = refusal(500, "unforeseen", message)
        response.headers["Cache-Control"] = "no-store"
        self._room.counts.note_request(route[0], response.status_code)
        await response(scope, receive, send)

    async def _answer(self, request: Request, route: list[str]) -> Response:
        token = await run_in_threadpool(self._shown, request)
        way, place = _way(request, request.scope["path"].removeprefix(self._below))
        route[0] = f"{way.method} {way.path}"
        if way.scope is not None and way.scope not in token.scopes:
            message = f"The token '{token.name}' is not good for '{way.scope}'."
            raise RefusedError(403, "scope", message)
        wait = self._rate.seconds_to_wait(token.name)
        if wait:
            message = "There were too many requests with this token. Wait, or send more at once."
            raise RefusedError(429, "too-many-requests", message, {"Retry-After": str(wait)})
        body = await read_body(request, self._limits.body)
        scope = way.scope or token.scopes[0]
        asked = Asked(
            self._room,
            token,
            tokens.person_of(token, scope),
            place,
            request.query_params,
            request.headers,
            body,
        )
        return await run_in_threadpool(way.answer, asked)

    def _shown(self, request: Request) -> Token:
        written = request.headers.get("authorization", "")
        token = None
        if written.lower().startswith(_BEARER):
            token = self._keyring.find(written[len(_BEARER) :].strip())
        if token is None:
            message = "Show a token that counts: Authorization: Bearer TOKEN."
            raise RefusedError(401, "token", message, {"WWW-Authenticate": "Bearer"})
        return token


def _way(request: Request, path: str) -> tuple[Way, dict[str, str]]:
    fitting = [(way, place) for way in WAYS if (place := way.match(path)) is not None]
    for way, place in fitting:
        if way.method == request.method:
            return way, place
    if fitting:
        allowed = ", ".join(way.method for way, _ in fitting)
        raise RefusedError(405, "method", f"Here is only {allowed}.", {"Allow": allowed})
    raise RefusedError(404, "path", "There is nothing here. See /api/v1/openapi.json.")


def _failure(error: ClaimclfError) -> Response:
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
    headers = {"Retry-After": _RETRY} if status == 503 else {}
    message = str(error) if status < 500 else error.problem
    return refusal(status, error.code, message, headers)
