"""What a person passed over in a case's present round."""

from __future__ import annotations

from sqlalchemy import exists
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Person
from claimclf.queue.storage.tables import IS_SKIP, cases, decisions


def skipped_by(person: Person) -> ColumnElement[bool]:
    """Return whether a person skipped a case in its present round, as a condition in SQL."""
    return exists().where(
        decisions.c.case_id == cases.c.id,
        decisions.c.round == cases.c.round,
        decisions.c.by == person.name,
        IS_SKIP,
    )
