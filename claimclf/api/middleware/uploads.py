"""How much one session may upload: the server holds it all in memory."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claimclf.api.middleware.answers import refuse

#: Room for three of the largest files: one takes another's place, and pages have few uploaders.
MOST_BYTES = 600 * 2**20
#: Sessions that are remembered; the server forgets what ended ones have uploaded.
_MOST_SESSIONS = 10_000
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)")


class _TooMuchError(Exception):
    """The session holds too much already."""


class LimitUploads:
    """Count what each session has uploaded and not removed, and refuse what would be too much."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._most_bytes = most_bytes
        #: Session -> file, or request that is under way -> bytes; none of 0 bytes is remembered.
        self._held: dict[str, dict[object, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        upload = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if upload is None or scope["method"] not in ("PUT", "DELETE"):
            await self._app(scope, receive, send)
            return
        session, file = upload.groups()
        # Several may be under way for one file, which is there until a new one is whole.
        request, n_bytes, status = object(), 0, 0

        async def counting() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            self._note(session, request, n_bytes)
            if sum(self._held.get(session, {}).values()) > self._most_bytes:
                raise _TooMuchError
            return message

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, counting, noting)
        except _TooMuchError:
            await refuse(scope, receive, send, _WORDS, 413)
        finally:
            self._note(session, request, 0)
            if 200 <= status < 300:
                self._note(session, file, n_bytes if scope["method"] == "PUT" else 0)

    def _note(self, session: str, what: object, n_bytes: int) -> None:
        """Note what a session holds; of too many the ones used least lately are forgotten.

        Whoever asks in the name of sessions that are none has nothing remembered.
        """
        held = self._held.pop(session, {})
        held.pop(what, None)
        if n_bytes:
            held[what] = n_bytes
        if held:
            self._held[session] = held
        while len(self._held) > _MOST_SESSIONS:
            del self._held[next(iter(self._held))]


_WORDS = (
    f"This session has uploaded {MOST_BYTES // 2**20} MB and removed none of it. Remove a file "
    "that is no longer needed, or reload the page."
)
