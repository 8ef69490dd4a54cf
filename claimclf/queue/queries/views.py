"""Filters and a ranking under a name, for everybody; or in a link, to be shared."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, insert, select

from claimclf.errors import InvalidRequestError, NotAllowedError, NotFoundError
from claimclf.people import Capability, Person
from claimclf.queue.queries.filters import Filters
from claimclf.queue.settings.bounds import FILTERS, LONGEST_VIEW_NAME
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.tables import saved_views as table
from claimclf.schema import BAN_STATUS, REPORTED, VERIFIED_STATUS, Lane, Language, Ranking

_RANKING = "ranking"


@dataclass(frozen=True)
class View:
    """Filters and a ranking under a name.

    Parameters
    ----------
    name : str
        Unique among views.
    filters : Filters
        Which cases.
    ranking : Ranking
        What puts one before another.
    by : str
        Who saved it last: it is theirs.
    at : int
        When: microseconds since 1970, UTC.
    """

    name: str
    filters: Filters
    ranking: Ranking
    by: str
    at: int


def save_view(
    database: Database, person: Person, name: str, filters: Filters, ranking: Ranking
) -> View:
    """Keep filters and a ranking under a name; replaces the person's own of that name.

    Parameters
    ----------
    name : str
        At most `LONGEST_VIEW_NAME` characters; space around it and repeated space do not count.

    Raises
    ------
    InvalidRequestError
        The name is empty, too long or cannot be read.
    NotAllowedError
        Another person's view has it; a lead may replace that.
    """
    name = _checked(name)
    query = to_query(filters, ranking)

    def save(connection: Connection) -> View:
        lock(connection, f"view {name}")
        at = database.now()
        _delete_own(connection, person, name)
        row = {"name": name, "wanted": json.dumps(query), "by": person.name, "at": at}
        connection.execute(insert(table).values(row))
        append(connection, person, at, [Entry("save-view", details={"name": name, **query})])
        return View(name, filters, ranking, person.name, at)

    return database.write(save)


def views(database: Database) -> list[View]:
    """Return all views by name, in any case."""
    rows = database.read(lambda connection: connection.execute(select(table)).all())
    return sorted(map(_view, rows), key=lambda view: (view.name.casefold(), view.name))


def delete_view(database: Database, person: Person, name: str) -> None:
    """Forget one's own view, or anybody's as a lead.

    Raises
    ------
    NotFoundError, NotAllowedError
        There is none of that name, or it is another person's.
    """
    name = _checked(name)

    def forget(connection: Connection) -> None:
        lock(connection, f"view {name}")
        at = database.now()
        details = {"name": name, "of": _row_of(connection, name).by}
        _delete_own(connection, person, name)
        append(connection, person, at, [Entry("delete-view", details=details)])

    database.write(forget)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not (_is_text(name) and len(name) <= LONGEST_VIEW_NAME):
        raise InvalidRequestError(
            "A view cannot have that name.",
            f"Found: {len(name)} characters.",
            f"Choose one of 1 to {LONGEST_VIEW_NAME} letters, digits and signs.",
        )
    return name


def _is_text(name: str) -> bool:
    """Return whether a name has visible characters, and no control characters."""
    controls = any(unicodedata.category(char) in ("Cc", "Cs") for char in name)
    return any(map(str.isprintable, name)) and not controls


def _row_of(connection: Connection, name: str) -> AnyRow:
    query = select(table).where(table.c.name == name)
    row = connection.execute(query).one_or_none() if _is_text(name) else None
    if row is None:
        raise NotFoundError("There is no view of that name.", "", "Choose one from the list.")
    return row


def _delete_own(connection: Connection, person: Person, name: str) -> None:
    """Delete the view of that name, if there is one; refuse if it is another person's."""
    deletion = delete(table).where(table.c.name == name).returning(table.c.by)
    by = connection.scalar(deletion)
    if by not in (None, person.name) and not person.may(Capability.LEAD):
        raise NotAllowedError(
            f"The view '{name}' is not yours.", f"Found: {by} saved it.", "Choose another name."
        )


def _view(row: AnyRow) -> View:
    return View(row.name, *from_query(json.loads(row.wanted)), row.by, row.at)


# As text -------------------------------------------------------------------------------------


def to_query(filters: Filters, ranking: Ranking) -> dict[str, str]:
    """Return filters and a ranking as a link's parameters; what filters nothing is left out."""
    query = {_RANKING: str(ranking)}
    for field in fields(Filters):
        value = getattr(filters, field.name)
        if value != field.default:
            query[field.name] = _written(value)
    return query


def from_query(query: Mapping[str, Any]) -> tuple[Filters, Ranking]:
    """Return the filters and the ranking of a link's parameters.

    Whatever is unknown or makes no sense is ignored, never an error: anybody may write a link,
    and another version may have saved it.
    """
    values: dict[str, Any] = {}
    for name, read in {**_READ, _RANKING: Ranking}.items():
        try:
            text = query[name]
            if isinstance(text, str):
                text.encode()  # half of a surrogate pair has no UTF-8
            values[name] = read(text)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            continue
    ranking = values.pop(_RANKING, Ranking.REPORTS)
    if values.get("min_probability", 0) > values.get("max_probability", 1):
        del values["min_probability"], values["max_probability"]
    return Filters(**values), ranking


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    # Half of a surrogate pair has no UTF-8.
    return "1" if value is True else str(value).encode(errors="ignore").decode()


Value = TypeVar("Value", bound=str)


def _some_of(allowed: Iterable[Value]) -> Callable[[str], tuple[Value, ...]]:
    """Return what reads values that stand between commas, in the order of `allowed`."""
    values = tuple(allowed)

    def read(written: str) -> tuple[Value, ...]:
        parts = written.split(",")
        return tuple(value for value in values if value in parts)

    return read


def _words(written: str) -> str:
    if not written.strip():
        raise ValueError("empty")
    return written.strip()


def _flag(written: str) -> bool:
    return {"1": True, "0": False}[written]


def _number(name: str, kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(written: str) -> float:
        number = kind(written)
        if number not in FILTERS[name]:
            raise ValueError(written)
        return number

    return read


_READ: dict[str, Callable[[str], Any]] = {
    "lanes": _some_of(Lane),
    "min_reports": _number("min_reports", int),
    "language": _some_of(Language),
    "verified": _some_of(REPORTED[VERIFIED_STATUS].allowed),
    "ban": _some_of(REPORTED[BAN_STATUS].allowed),
    "statement_id": _words,
    "text": _words,
    "escalated": _flag,
    "min_probability": _number("min_probability", float),
    "max_probability": _number("max_probability", float),
    "again": _flag,
    "holder": _words,
    "older_than_hours": _number("older_than_hours", float),
    "newer_than_hours": _number("newer_than_hours", float),
}
