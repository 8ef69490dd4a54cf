"""What one session may upload."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from claimclf.api.middleware.uploads import MOST_BYTES, LimitUploads
from claimclf.schema import UPLOAD_LIMITS

MOST = 100


class Uploads:
    """A server that takes every file, or refuses it with a status."""

    def __init__(self) -> None:
        self.status = 204
        self.limit = LimitUploads(self._app, MOST)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        more = scope["method"] == "PUT"
        while more:
            more = (await receive())["more_body"]
        await send({"type": "http.response.start", "status": self.status, "headers": []})

    def put(self, session: str, file: str, *chunks: int, method: str = "PUT") -> int:
        """Send a file in chunks of so many bytes; return the status of the answer."""
        left, sent = list(chunks), []

        async def receive() -> Any:
            return {
                "type": "http.request",
                "body": b"x" * left.pop(0),
                "more_body": bool(left),
            }

        async def send(message: Any) -> None:
            sent.append(message)

        path = f"/_stcore/upload_file/{session}/{file}"
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        asyncio.run(self.limit(scope, receive, send))  # type: ignore[arg-type]
        return int(sent[0]["status"])


@pytest.fixture
def uploads() -> Uploads:
    return Uploads()


def test_session_uploads_up_to_the_limit_and_others_have_their_own(uploads: Uploads) -> None:
    assert uploads.put("one", "a", 30, 30) == 204
    assert uploads.put("one", "b", 30, 11) == 413
    assert uploads.put("one", "c", 40) == 204
    assert uploads.put("two", "a", 100) == 204
    assert uploads.put("one", "d", 1) == 413


def test_file_that_is_removed_or_was_refused_counts_no_more(uploads: Uploads) -> None:
    assert uploads.put("one", "a", 90) == 204
    assert uploads.put("one", "a", method="DELETE") == 204
    uploads.status = 400
    assert uploads.put("one", "b", 90) == 400
    uploads.status = 204
    assert uploads.put("one", "c", 90) == 204


def test_removing_that_is_refused_frees_nothing(uploads: Uploads) -> None:
    assert uploads.put("one", "a", 90) == 204
    uploads.status = 403
    assert uploads.put("one", "a", method="DELETE") == 403
    uploads.status = 204
    assert uploads.put("one", "b", 20) == 413


def test_file_in_the_place_of_another_counts_once_it_is_there(uploads: Uploads) -> None:
    assert uploads.put("one", "a", 50) == 204
    assert uploads.put("one", "a", 50) == 204
    assert uploads.put("one", "b", 50) == 204
    assert uploads.put("one", "c", 1) == 413


def test_three_of_the_largest_files_fit() -> None:
    assert UPLOAD_LIMITS.size is not None
    assert 3 * UPLOAD_LIMITS.size == MOST_BYTES
