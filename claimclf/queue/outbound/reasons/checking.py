"""Whether the DSA Transparency Database would take a statement: the rules of its schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from claimclf.queue.settings import transparency as schema

_PUID = re.compile(r"[A-Za-z0-9_-]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_CONTENT, _FIRST_APPLICATION = date(2000, 1, 1), date(2020, 1, 1)
_KINDS = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")
#: Always there, whatever was decided.
REQUIRED = (
    *("decision_ground", "content_type", "category", "content_date", "application_date"),
    *("decision_facts", "source_type", "automated_detection", "automated_decision", "puid"),
    "territorial_scope",
)
_ONE_OF: dict[str, Collection[str]] = {
    "decision_ground": schema.GROUNDS,
    "category": schema.CATEGORIES,
    "source_type": schema.SOURCES,
    "automated_detection": ("Yes", "No"),
    "automated_decision": (
        *("AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY"),
        "AUTOMATED_DECISION_NOT_AUTOMATED",
    ),
}
_SOME_OF: dict[str, Collection[str]] = {
    "decision_visibility": schema.VISIBILITIES,
    "content_type": (
        *("CONTENT_TYPE_APP", "CONTENT_TYPE_AUDIO", "CONTENT_TYPE_IMAGE", "CONTENT_TYPE_PRODUCT"),
        *("CONTENT_TYPE_SYNTHETIC_MEDIA", "CONTENT_TYPE_TEXT", "CONTENT_TYPE_VIDEO"),
        "CONTENT_TYPE_OTHER",
    ),
    "category_specification": schema.KEYWORDS,
    "territorial_scope": schema.EUROPEAN_ECONOMIC_AREA,
}
_LONGEST = {
    "decision_facts": schema.LONGEST_FACTS,
    "illegal_content_explanation": schema.LONGEST_EXPLANATION,
    "incompatible_content_explanation": schema.LONGEST_EXPLANATION,
    "illegal_content_legal_ground": schema.LONGEST_GROUND,
    "incompatible_content_ground": schema.LONGEST_GROUND,
    "decision_visibility_other": schema.LONGEST_OTHER,
    "category_specification_other": schema.LONGEST_OTHER,
    "decision_ground_reference_url": schema.LONGEST_URL,
    "puid": schema.LONGEST_PUID,
}


@dataclass(frozen=True)
class Problem:
    """What the database would refuse.

    Parameters
    ----------
    attribute : str
        Where.
    problem : str
        What is wrong there, to be read after the attribute's name.
    """

    attribute: str
    problem: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.attribute} {self.problem}"


def problems_of(statement: Mapping[str, Any]) -> list[Problem]:
    """Return everything for which a statement would be refused; empty where it would be taken."""
    checks: tuple[Callable[[Mapping[str, Any]], list[Problem]], ...] = (
        *(_missing, _foreign, _conditional, _unneeded, _too_long, _days),
        _puid,
    )
    return [problem for check in checks for problem in check(statement)]


def _missing(statement: Mapping[str, Any]) -> list[Problem]:
    gone = [Problem(name, "is missing") for name in REQUIRED if _is_empty(statement.get(name))]
    if all(_is_empty(statement.get(name)) for name in _KINDS):
        gone.append(Problem("decision_visibility", f"is missing, as are {', '.join(_KINDS[1:])}"))
    return gone


def _foreign(statement: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name, allowed in _ONE_OF.items():
        value = statement.get(name)
        if not _is_empty(value) and value not in allowed:
            problems.append(Problem(name, f"is none of the schema's values: {value}"))
    for name, allowed in _SOME_OF.items():
        values = statement.get(name)
        if _is_empty(values):
            continue
        if not isinstance(values, list):
            problems.append(Problem(name, "is no list"))
            continue
        problems += [
            Problem(name, f"holds none of the schema's values: {value}")
            for value in values
            if value not in allowed
        ]
    return problems


def _depending(statement: Mapping[str, Any]) -> dict[str, bool]:
    """Return attributes that depend on others -> whether they must be there."""
    ground = statement.get("decision_ground")
    return {
        "illegal_content_legal_ground": ground == schema.ILLEGAL,
        "illegal_content_explanation": ground == schema.ILLEGAL,
        "incompatible_content_ground": ground == schema.INCOMPATIBLE,
        "incompatible_content_explanation": ground == schema.INCOMPATIBLE,
        "decision_visibility_other": schema.OTHER_VISIBILITY
        in (statement.get("decision_visibility") or ()),
        "category_specification_other": schema.OTHER_KEYWORD
        in (statement.get("category_specification") or ()),
    }


def _conditional(statement: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(name, "is missing")
        for name, is_needed in _depending(statement).items()
        if is_needed and _is_empty(statement.get(name))
    ]


def _unneeded(statement: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(name, "says something of what is not chosen")
        for name, is_needed in _depending(statement).items()
        if not is_needed and not _is_empty(statement.get(name))
    ]


def _too_long(statement: Mapping[str, Any]) -> list[Problem]:
    lengths = {name: len(statement.get(name) or "") for name in _LONGEST}
    return [
        Problem(name, f"is too long: {n:,} characters, {_LONGEST[name]:,} are taken")
        for name, n in lengths.items()
        if n > _LONGEST[name]
    ]


def _days(statement: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name, first in (("content_date", _FIRST_CONTENT), ("application_date", _FIRST_APPLICATION)):
        written = statement.get(name)
        if _is_empty(written):
            continue
        day = _day(written)
        if day is None:
            problems.append(Problem(name, f"is no day such as 2026-11-29: {written}"))
        elif day < first:
            problems.append(Problem(name, f"is before {first}: {written}"))
    return problems


def _puid(statement: Mapping[str, Any]) -> list[Problem]:
    puid = statement.get("puid")
    if _is_empty(puid) or _PUID.fullmatch(str(puid)):
        return []
    return [Problem("puid", "holds more than letters, digits, - and _")]


def _day(written: Any) -> date | None:
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(str(written)) else None
    except ValueError:
        return None


def _is_empty(value: Any) -> bool:
    return not value or (isinstance(value, str) and not value.strip())
