"""What a request brings: JSON, an array of it, or a line for each."""

from __future__ import annotations

import json
import threading
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_NDJSON = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")

#: So many times too long a body is still read, and thrown away, before it is refused.
_READ_ON = 16
#: Four megabytes of `{}` take a hundred in memory until they are counted.
_ONE_AT_A_TIME = threading.Lock()


class RefusedError(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        Of HTTP.
    code, message : str
        For programs and for people.
    headers : dict
        To be sent with it.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}


class NotJson:
    """Stands for a line that is no JSON: whoever reads it finds no report in it."""


async def read_body(request: Request, most: int) -> bytes:
    """Return a request's body.

    Raises
    ------
    RefusedError
        It is longer than `most` bytes, whatever its headers say.
    """
    parts, n = [], 0
    async for part in request.stream():
        n += len(part)
        if n <= most:
            parts.append(part)
        elif n > _READ_ON * most:
            raise _too_large(most)
    if n > most:  # read to its end: most clients look at the answer only when all is sent
        raise _too_large(most)
    return b"".join(parts)


def records_of(body: bytes, content_type: str, most: int) -> list[Any]:
    """Return the reports of a body, as they were sent.

    Raises
    ------
    RefusedError
        It is no JSON, holds none or more than `most`.
    """
    with _ONE_AT_A_TIME:
        records = _read(body, content_type.partition(";")[0].strip().lower(), most)
    if not records:
        raise RefusedError(422, "empty", "There is no report in this request.")
    return records


def _read(body: bytes, kind: str, most: int) -> list[Any]:
    if kind in _NDJSON:
        lines = (line for line in body.split(b"\n") if line.strip())
        records = [_line(line) for line in lines]
    else:
        value = json_of(body)
        records = value if isinstance(value, list) else [value]
    if len(records) > most:
        message = f"There are {len(records):,} reports in this request; {most:,} are taken."
        raise RefusedError(413, "too-many", f"{message} Send them in several.")
    return records


def json_of(body: bytes) -> Any:
    """Return what a body says.

    Raises
    ------
    RefusedError
        It is no JSON.
    """
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        message = "The request is no JSON in UTF-8. Give an object, an array, or NDJSON with the "
        raise RefusedError(400, "not-json", message + f"content type {_NDJSON[0]}.") from error


def _line(line: bytes) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return NotJson()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _too_large(most: int) -> RefusedError:
    message = f"The request has more than {most:,} bytes. Send its reports in several."
    return RefusedError(413, "too-large", message)


def refusal(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> Response:
    """Return what a request that is refused is answered with, in the door's own form."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
