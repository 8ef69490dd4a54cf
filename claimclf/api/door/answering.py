"""One function a route, each calling one service; they run on threads, beside the pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from claimclf.api.door.bodies import RefusedError, json_of, records_of
from claimclf.api.door.counting import Counts
from claimclf.people import Person
from claimclf.services import intake
from claimclf.services.intake import MOST_EVENTS, MOST_RECORDS, Key
from claimclf.services.tokens import Token

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Room:
    """What all requests share.

    Parameters
    ----------
    database : Database
        The queue's.
    wake : callable
        Called where there are new reports to score.
    model : callable
        Returns the name of the model that scores, or None.
    n_unscored : callable
        Returns how many reports cannot be scored.
    document : callable
        Returns the OpenAPI document.
    counts : Counts
        Of this server.
    """

    database: Any
    wake: Any = lambda: None
    model: Any = lambda: None
    n_unscored: Any = lambda: 0
    document: Any = dict
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True)
class Asked:
    """A request whose token counts and whose route is known.

    Parameters
    ----------
    room : Room
        What all share.
    token : Token
        What was shown.
    person : Person
        Who acts by it.
    place : mapping of str to str
        Variables of the path.
    query, headers : mapping of str to str
        As sent.
    body : bytes
        Of a bounded size.
    """

    room: Room
    token: Token
    person: Person
    place: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def post_reports(asked: Asked) -> Response:
    """Take reports in."""
    records = records_of(asked.body, asked.headers.get("content-type", ""), MOST_RECORDS)
    written, key = asked.headers.get("idempotency-key"), None
    if written is not None:
        if not 1 <= len(written) <= 200 or not written.isprintable():
            raise RefusedError(400, "key", "An Idempotency-Key has 1 to 200 readable characters.")
        key = Key(written, intake.digest_of(asked.body))
    answer = intake.receive_reports(
        asked.room.database, asked.person, asked.token.sender, records, key
    )
    asked.room.counts.note_reports(answer)
    asked.room.wake()
    return JSONResponse(answer, 202 if answer["accepted"] or answer["known"] else 422)


def delete_report(asked: Asked) -> Response:
    """Withdraw a report; one that did not count before stays what it is."""
    state = intake.withdraw_report(
        asked.room.database, asked.person, asked.token.sender, asked.place["report_id"]
    )
    return JSONResponse({"id": asked.place["report_id"], "status": state})


def patch_report(asked: Asked) -> Response:
    """Amend a report."""
    changes = intake.read_changes(json_of(asked.body), asked.room.database.now())
    if isinstance(changes, list):
        errors = [fault.__dict__ for fault in changes]
        return JSONResponse({"id": asked.place["report_id"], "errors": errors}, 422)
    intake.amend_report(
        asked.room.database, asked.person, asked.token.sender, asked.place["report_id"], changes
    )
    asked.room.wake()
    return JSONResponse({"id": asked.place["report_id"], "status": "amended"}, 202)


def post_set_aside(asked: Asked) -> Response:
    """Set the reports of a reporter in bad faith aside."""
    said = json_of(asked.body)
    fields = ("reporter", "reason")
    if not isinstance(said, dict) or set(said) != set(fields) or not all(said.values()):
        raise RefusedError(422, "fields", "Give an object with a reporter and a reason.")
    n = intake.set_aside_reporter(
        asked.room.database, asked.person, asked.token.sender, said["reporter"], said["reason"]
    )
    return JSONResponse({"set_aside": n})


def get_case(asked: Asked) -> Response:
    """Tell of a video's case."""
    found = intake.video_case(asked.room.database, asked.person, asked.place["video_id"])
    return JSONResponse(found)


def get_decisions(asked: Asked) -> Response:
    """Tell what was decided since a cursor."""
    since, limit = asked.query.get("since"), asked.query.get("limit", str(MOST_EVENTS))
    if not re.fullmatch("[0-9]{1,9}", limit) or not 1 <= int(limit) <= MOST_EVENTS:
        raise RefusedError(422, "limit", f"Give a limit from 1 to {MOST_EVENTS}.")
    cursor = None if since is None else intake.read_cursor(since)
    told = intake.decisions_since(asked.room.database, asked.person, cursor, int(limit))
    return JSONResponse(told)


def get_health(asked: Asked) -> Response:
    """Tell whether database and model are there, and what waits."""
    waiting = intake.waiting_reports(asked.room.database, asked.person)
    model, n_unscored = asked.room.model(), asked.room.n_unscored()
    said = {"database": "ok", "model": model, "waiting": waiting, "unscored": n_unscored}
    status = "some reports cannot be scored" if n_unscored else "ok"
    return JSONResponse({"status": status if model else "no model yet", **said})


def get_metrics(asked: Asked) -> Response:
    """Tell Prometheus what was counted."""
    waiting = intake.waiting_reports(asked.room.database, asked.person)
    return PlainTextResponse(asked.room.counts.text(waiting), media_type=_PROMETHEUS)


def get_openapi(asked: Asked) -> Response:
    """Tell what routes there are."""
    return JSONResponse(asked.room.document())
