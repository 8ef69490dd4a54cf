"""What a reason code stands for, and the statements of reasons that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimclf.people import Capability, Person
from claimclf.queue.settings import restrictions as stored
from claimclf.queue.settings import transparency as schema
from claimclf.queue.settings.restrictions import Restriction
from claimclf.queue.storage.database import Database
from claimclf.schema import ReasonCode
from claimclf.services.permissions import needs

if TYPE_CHECKING:
    from claimclf.queue.outbound.reasons.exporting import Statements
    from claimclf.queue.outbound.window import Place

__all__ = ["VALUES", "Restriction", "change_restriction", "restrictions", "statements_of_reasons"]


def _readable(names: tuple[str, ...], prefix: str) -> dict[str, str]:
    return {n: n.removeprefix(prefix).replace("_", " ").capitalize() for n in names}


#: Field of `Restriction` -> the Transparency Database's values for it, with what they are called.
VALUES = {
    "visibility": schema.VISIBILITIES,
    "category": _readable(schema.CATEGORIES, "STATEMENT_CATEGORY_"),
    "keywords": _readable(schema.KEYWORDS, "KEYWORD_"),
    "ground": schema.GROUNDS,
    "territorial_scope": {code: code for code in schema.EUROPEAN_ECONOMIC_AREA},
    "source": schema.SOURCES,
}


@needs(Capability.LOOK)
def restrictions(database: Database, _person: Person) -> dict[ReasonCode, Restriction]:
    """Return what the team has set for each reason code; others are left out."""
    return database.read(stored.restrictions_of)


@needs(Capability.LEAD)
def change_restriction(
    database: Database, person: Person, reason: str, code: ReasonCode, restriction: Restriction
) -> None:
    """Set what a reason code stands for from now on."""
    stored.change_restriction(database, person, reason, code, restriction)


@needs(Capability.READ_LOG)
def statements_of_reasons(
    database: Database, person: Person, start: Place | None = None, stop: Place | None = None
) -> Statements:
    """Return statements of reasons as the DSA Transparency Database takes them.

    Parameters
    ----------
    start, stop : Cursor, int or None
        A window: places in the audit log, or times in microseconds since 1970, UTC.
    """
    from claimclf.queue.outbound.reasons.exporting import export_statements

    return export_statements(database, person, start, stop)
