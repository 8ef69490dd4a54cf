"""The routes as an OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

from claimclf import __version__
from claimclf.api.door.routes import WAYS, Way
from claimclf.services.intake import MOST_EVENTS

_ALWAYS = {
    401: "No token that counts was shown.",
    403: "The token is not good for this.",
    429: "Too many requests with this token: see Retry-After.",
    503: "The queue's database is away: nothing was done, see Retry-After.",
}
_SAID = {
    200: "Done.",
    202: "Everything accepted is stored for good; it is in the queue within seconds.",
    404: "There is nothing of that name.",
    409: "The Idempotency-Key came with another request before.",
    413: "The request is too large, now and later: send its reports in several.",
    422: "What was sent cannot be used; it says where and why.",
}
_TEXT = {"type": "string"}
_REPORT = {
    "type": "object",
    "required": ["id", "video_id", "at"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "maxLength": 200},
        "video_id": {"type": "string", "maxLength": 200},
        "at": {"type": "string", "format": "date-time"},
        "reason": {"type": "string", "maxLength": 500},
        "reporter": {"type": "string", "maxLength": 200, "description": "Kept as a hash only."},
        "video": {"type": "object", "description": "Columns of an upload; see docs/api.md."},
    },
}
_BODIES: dict[str, dict[str, Any]] = {
    "post_reports": {
        "application/json": {
            "schema": {"oneOf": [_REPORT, {"type": "array", "items": _REPORT, "minItems": 1}]}
        },
        "application/x-ndjson": {"schema": _TEXT},
    },
    "patch_report": {
        "application/json": {
            "schema": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": {
                    name: _REPORT["properties"][name]  # type: ignore[index]
                    for name in ("at", "reason", "video")
                },
            }
        }
    },
    "post_set_aside": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["reporter", "reason"],
                "additionalProperties": False,
                "properties": {"reporter": _TEXT, "reason": _TEXT},
            }
        }
    },
}
_PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "post_reports": [{"name": "Idempotency-Key", "in": "header", "schema": _TEXT}],
    "get_decisions": [
        {"name": "since", "in": "query", "schema": _TEXT},
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS},
        },
    ],
}


def document() -> dict[str, Any]:
    """Return the OpenAPI document of all routes."""
    paths: dict[str, dict[str, Any]] = {}
    for way in WAYS:
        paths.setdefault(way.path, {})[way.method.lower()] = _operation(way)
    return {
        "openapi": "3.1.0",
        "info": {"title": "claimclf", "version": __version__},
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(way: Way) -> dict[str, Any]:
    name = way.answer.__name__
    statuses = {**{status: _SAID[status] for status in way.statuses}, **_ALWAYS}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": (way.answer.__doc__ or "").strip(),
        "description": f"Needs a token good for '{way.scope or 'anything'}'.",
        "responses": {
            str(status): {"description": statuses[status]} for status in sorted(statuses)
        },
    }
    places = [
        {"name": place, "in": "path", "required": True, "schema": _TEXT}
        for place in re.findall(r"\{(\w+)\}", way.path)
    ]
    if parameters := places + _PARAMETERS.get(name, []):
        operation["parameters"] = parameters
    if name in _BODIES:
        operation["requestBody"] = {"required": True, "content": _BODIES[name]}
    return operation
