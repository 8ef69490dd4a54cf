"""What is set for the whole team is not set by just anybody, whichever service asked first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from claimclf.errors import NotAllowedError
from claimclf.people import Person, Role
from claimclf.queue.settings import transparency
from claimclf.queue.settings.restrictions import Restriction, change_restriction
from claimclf.queue.settings.team import change_settings, settings_of
from claimclf.queue.settings.tokens import make_token, revoke_token
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit
from claimclf.schema import ReasonCode

ADMIN = Person("ada", Role.ADMIN)
RESTRICTION = Restriction(
    (next(iter(transparency.VISIBILITIES)),),
    next(iter(transparency.CATEGORIES)),
    next(iter(transparency.GROUNDS)),
    "clause 4",
    "It says so.",
)
_LEADS, _ADMINS = {Role.LEAD, Role.ADMIN}, {Role.ADMIN}
#: Who may -> what they do.
CHANGES: list[tuple[set[Role], Callable[[Database, Person], object]]] = [
    (_LEADS, lambda d, p: change_settings(d, p, "to try it", capacity=7)),
    (
        _LEADS,
        lambda d, p: change_restriction(d, p, "to try it", ReasonCode.FRAUD, RESTRICTION),
    ),
    (_ADMINS, lambda d, p: make_token(d, p, "another", ["report"])),
    (_ADMINS, lambda d, p: revoke_token(d, p, "shop")),
]


def n_entries(database: Database) -> int:
    return int(database.read(lambda c: c.scalar(select(func.count()).select_from(audit))) or 0)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("those", "change"), CHANGES)
def test_only_who_may_changes_what_is_set_for_all(
    database: Database, those: set[Role], change: Callable[[Database, Person], object], role: Role
) -> None:
    make_token(database, ADMIN, "shop", ["report"])
    person, before = Person("pat", role), database.read(settings_of)
    if role in those:
        change(database, person)
        assert n_entries(database) == 2
    else:
        with pytest.raises(NotAllowedError, match=f"pat is {role}"):
            change(database, person)
        assert (database.read(settings_of), n_entries(database)) == (before, 1)
