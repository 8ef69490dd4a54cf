"""What one session may upload."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from claimclf.api.middleware import uploads as limits
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


def test_files_under_way_count_together_though_they_have_one_name(uploads: Uploads) -> None:
    """Each is held by itself until the last of it has come."""
    statuses: list[int] = []

    async def put(turn: asyncio.Event, after: asyncio.Event) -> None:
        left = [40, 20]

        async def receive() -> Any:
            if len(left) == 1:
                turn.set()
                await after.wait()
            return {"type": "http.request", "body": b"x" * left.pop(0), "more_body": bool(left)}

        async def send(message: Any) -> None:
            if "status" in message:
                statuses.append(message["status"])

        path = "/_stcore/upload_file/one/a"
        scope = {"type": "http", "method": "PUT", "path": path, "headers": []}
        await uploads.limit(scope, receive, send)

    async def both() -> None:
        first, second, end = asyncio.Event(), asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(put(turn, end)) for turn in (first, second)]
        await first.wait()
        await second.wait()
        end.set()
        await asyncio.gather(*tasks)

    asyncio.run(both())
    assert sorted(statuses) == [204, 413]


def test_names_of_sessions_and_files_that_are_none_make_nothing_forgotten(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_MOST_SESSIONS", 3)
    assert uploads.put("one", "a", 90) == 204
    uploads.status = 400
    for n in range(5):
        assert uploads.put(f"none {n}", "a", 50) == 400
        assert uploads.put("one", f"refused {n}", 5) == 400
    uploads.status = 204
    assert uploads.put("one", "b", 20) == 413
    assert uploads.put("one", "a", method="DELETE") == 204
    assert uploads.limit._held == {}, "and nothing stays of what is gone"


def test_three_of_the_largest_files_fit() -> None:
    assert UPLOAD_LIMITS.size is not None
    assert 3 * UPLOAD_LIMITS.size == MOST_BYTES
