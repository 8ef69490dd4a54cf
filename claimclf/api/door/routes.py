"""What there is, by method and path, with the scope that each needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.responses import Response

from claimclf.api.door import answering
from claimclf.api.door.answering import Asked
from claimclf.services.tokens import Scope


@dataclass(frozen=True)
class Way:
    """One route.

    Parameters
    ----------
    method, path : str
        As in `GET` and `/api/v1/cases/{video_id}`.
    scope : Scope or None
        What the token must be good for; None for any that counts.
    answer : callable
        Answers a request.
    statuses : tuple of int
        What it answers with, beside what every route does.
    """

    method: str
    path: str
    scope: Scope | None
    answer: Callable[[Asked], Response]
    statuses: tuple[int, ...] = (200,)

    def match(self, path: str) -> dict[str, str] | None:
        """Return the variables of a path; None where it is another route's."""
        # A sender's own names may hold a slash, and stand at the end.
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", self.path), path)
        return None if found is None else found.groupdict()


class _Anything(PathConvertor):
    """The rest of a path, also where a line ends in it: none may go past the token."""

    regex = "(?s:.*)"


#: What lies below it, and `METRICS`, is behind a token.
API, METRICS = "/api/", "/metrics"
register_url_convertor("anything", _Anything())
PATHS = (f"{API}{{rest:anything}}", API.rstrip("/"), METRICS)
WAYS = (
    Way("POST", "/api/v1/reports", Scope.REPORT, answering.post_reports, (202, 409, 413, 422)),
    Way(
        "DELETE",
        "/api/v1/reports/{report_id}",
        Scope.REPORT,
        answering.delete_report,
        (200, 404),
    ),
    Way(
        "PATCH",
        "/api/v1/reports/{report_id}",
        Scope.REPORT,
        answering.patch_report,
        (202, 404, 413, 422),
    ),
    Way(
        "POST",
        "/api/v1/reporters/set-aside",
        Scope.REPORT,
        answering.post_set_aside,
        (200, 413, 422),
    ),
    Way("GET", "/api/v1/cases/{video_id}", Scope.READ, answering.get_case, (200, 404)),
    Way("GET", "/api/v1/decisions", Scope.READ, answering.get_decisions, (200, 422)),
    Way("GET", "/api/v1/health", None, answering.get_health),
    Way("GET", "/api/v1/openapi.json", None, answering.get_openapi),
    Way("GET", METRICS, Scope.METRICS, answering.get_metrics),
)


def is_behind_token(path: str) -> bool:
    """Return whether a path is one that only a token opens."""
    return path.startswith(API) or path in (METRICS, API.rstrip("/"))
