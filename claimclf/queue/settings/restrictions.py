"""What a decision with a reason code restricts, and on which ground: set by the team, once a code.

It is what a statement of reasons needs and a decision does not say. Changes are stored as those of
other settings are, with person, time and reason; the audit log has each with what was before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, func, insert, select

from claimclf.errors import InvalidRequestError
from claimclf.people import Capability, Person, require
from claimclf.queue.settings import transparency as schema
from claimclf.queue.settings.bounds import LONGEST_REASON, check_text, shown
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import settings as table
from claimclf.schema import ReasonCode

_PREFIX = "restriction:"
#: Values that a refusal names; else it names where they stand.
_FEW = 8


@dataclass(frozen=True)
class Restriction:
    """What follows from a decision with a reason code, in the Transparency Database's own values.

    Parameters
    ----------
    visibility : tuple of str
        What is done to the video; at least one of `transparency.VISIBILITIES`.
    category : str
        One of `transparency.CATEGORIES`.
    ground : str
        One of `transparency.GROUNDS`.
    reference : str
        The law, or the clause of the terms; at most 500 characters.
    explanation : str
        Why the content is illegal or incompatible on that ground; at most 2,000 characters.
    territorial_scope : tuple of str
        Countries, of `transparency.EUROPEAN_ECONOMIC_AREA`.
    keywords : tuple of str
        Of `transparency.KEYWORDS`; may be empty.
    visibility_other, keyword_other : str
        What `other` means where it is chosen; at most 500 characters.
    url : str
        Where the law or the terms can be read; may be empty.
    source : str
        How reports come to the team: one of `transparency.SOURCES`.
    """

    visibility: tuple[str, ...]
    category: str
    ground: str
    reference: str
    explanation: str
    territorial_scope: tuple[str, ...] = schema.EUROPEAN_ECONOMIC_AREA
    keywords: tuple[str, ...] = ()
    visibility_other: str = ""
    keyword_other: str = ""
    url: str = ""
    source: str = "SOURCE_ARTICLE_16"


def restrictions_of(connection: Connection, at: int | None = None) -> dict[ReasonCode, Restriction]:
    """Return what the team has set, by reason code; codes for which nothing is set are left out.

    Parameters
    ----------
    at : int or None
        As it was at that time, microseconds since 1970, UTC; None for what is in force.
    """
    known = table.c.name.startswith(_PREFIX)
    latest = select(func.max(table.c.id)).where(known).group_by(table.c.name)
    if at is not None:
        latest = latest.where(table.c.at <= at)
    rows = connection.execute(select(table.c.name, table.c.value).where(table.c.id.in_(latest)))
    values = {row.name.removeprefix(_PREFIX): json.loads(row.value) for row in rows}
    return {code: _read(values[code]) for code in ReasonCode if code in values}


def check_stored(connection: Connection) -> None:
    """Refuse what is stored of reason codes and could not be read.

    Raises
    ------
    ValueError, TypeError, AttributeError, RecursionError, InvalidRequestError
        Some is of another kind than it should be.
    """
    for restriction in restrictions_of(connection).values():
        check_restriction(restriction)


def change_restriction(
    database: Database, person: Person, reason: str, code: ReasonCode, restriction: Restriction
) -> None:
    """Set what a reason code stands for from now on, and record why.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    InvalidRequestError
        No reason, no such reason code, or a value that the Transparency Database does not take.
    """
    require(person, Capability.LEAD)
    check_text(reason, "A reason", LONGEST_REASON, required=True)
    check_code(code)
    check_restriction(restriction)

    def change(connection: Connection) -> None:
        at, name = database.now(), f"{_PREFIX}{code}"
        old = restrictions_of(connection).get(ReasonCode(code))
        row = {"name": name, "value": json.dumps(asdict(restriction)), "at": at}
        connection.execute(insert(table).values(**row, by=person.name, reason=reason))
        changed = {"old": None if old is None else asdict(old), "new": asdict(restriction)}
        details = {name: changed, "reason": reason}
        append(connection, person, at, [Entry("settings", details=details)])

    database.write(change)


def check_code(code: Any) -> None:
    """Refuse what is no reason code.

    Raises
    ------
    InvalidRequestError
        It is none.
    """
    _check_choice("The reason code", code, list(ReasonCode))


def check_restriction(restriction: Any) -> None:
    """Refuse what the Transparency Database would not take of a reason code.

    Raises
    ------
    InvalidRequestError
        A value is none of the schema's, a text is missing or too long, or `other` is chosen
        without a note.
    """
    if not isinstance(restriction, Restriction):
        raise _refused("What a reason code stands for", type(restriction).__name__, "Choose again.")
    _check_all("What is done to the video", restriction.visibility, schema.VISIBILITIES)
    _check_all("The countries", restriction.territorial_scope, schema.EUROPEAN_ECONOMIC_AREA)
    _check_all("The keywords", restriction.keywords, schema.KEYWORDS, required=False)
    _check_choice("The category", restriction.category, schema.CATEGORIES)
    _check_choice("The ground", restriction.ground, schema.GROUNDS)
    _check_choice("How reports come in", restriction.source, schema.SOURCES)
    check_text(restriction.reference, "The law or the clause", schema.LONGEST_GROUND, required=True)
    longest = schema.LONGEST_EXPLANATION
    check_text(restriction.explanation, "The explanation", longest, required=True)
    check_text(restriction.url, "The address", schema.LONGEST_URL, lines=False)
    for what, note, is_needed in (
        (
            "restriction",
            restriction.visibility_other,
            schema.OTHER_VISIBILITY in restriction.visibility,
        ),
        ("keyword", restriction.keyword_other, schema.OTHER_KEYWORD in restriction.keywords),
    ):
        check_text(note, f"The note on the other {what}", schema.LONGEST_OTHER, required=is_needed)


def _read(values: Mapping[str, Any]) -> Restriction:
    names = {field.name for field in fields(Restriction)}
    stored: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if name in names
    }
    return Restriction(**stored)


def _check_all(what: str, values: Any, allowed: Iterable[str], *, required: bool = True) -> None:
    if not isinstance(values, tuple) or (required and not values):
        raise _refused(what, "nothing", "Choose at least one.")
    for value in values:
        _check_choice(what, value, allowed)


def _check_choice(what: str, value: Any, allowed: Iterable[str]) -> None:
    names = list(allowed)
    if value not in names:
        few = ", ".join(names) if len(names) <= _FEW else "those of docs/statements-of-reasons.md"
        raise _refused(what, shown(value), f"Choose from {few}.")


def _refused(what: str, found: str, advice: str) -> InvalidRequestError:
    return InvalidRequestError(f"{what} cannot be used.", f"Found: {found}.", advice)
