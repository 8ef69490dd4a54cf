"""Each service of the queue states who may ask for it, and asks nobody else; docs agree."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from claimclf.errors import NotAllowedError
from claimclf.people import Person
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.states import TRANSITIONS
from claimclf.schema import Role
from claimclf.services import queue
from tests.conftest import ROOT

SERVICES: dict[str, Callable[..., Any]] = {
    name: found
    for name, found in vars(queue).items()
    if inspect.isfunction(found)
    and found.__module__ == queue.__name__
    and not name.startswith("_")
    and name != "needs"
}
#: Services that change what others see or that tell everything.
LEADS_ONLY = {
    *("rescore_open", "take_over", "reassign", "reopen"),
    *("change_settings", "settings_history", "team_report"),
}


class Untouched(Database):
    """A database that fails when it is used."""

    def __init__(self) -> None:
        self.used = False

    def __getattribute__(self, name: str) -> Any:
        if name in ("used", "__class__", "__dict__"):
            return super().__getattribute__(name)
        self.used = True
        raise LookupError("used")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", SERVICES)
def test_service_asks_the_database_for_nothing_unless_the_role_may(name: str, role: Role) -> None:
    service, database = SERVICES[name], Untouched()
    roles = service.roles  # type: ignore[attr-defined]
    needed = [
        parameter
        for parameter in inspect.signature(service).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    arguments = [None] * (len(needed) - 2)
    with pytest.raises(Exception) as raised:  # noqa: PT011
        service(database, Person("ana", role), *arguments)
    if role in roles:
        assert not isinstance(raised.value, NotAllowedError)
    else:
        assert isinstance(raised.value, NotAllowedError)
        assert not database.used


def test_roles_cover_more_the_higher_they_are() -> None:
    for name, service in SERVICES.items():
        roles = set(service.roles)  # type: ignore[attr-defined]
        assert Role.ADMIN in roles, name
        assert Role.MODERATOR not in roles or Role.LEAD in roles, name
        assert (name in LEADS_ONLY) <= (Role.MODERATOR not in roles), name


def test_diagram_in_the_docs_is_the_table_in_the_code() -> None:
    written = (ROOT / "docs" / "queue.md").read_text("utf-8")
    drawn = re.findall(r"^\s+(\S+) --> (\S+): (\S+)$", written, re.MULTILINE)
    table = {(str(start or "[*]"), str(to), str(event)) for start, event, to in TRANSITIONS}
    assert len(drawn) == len(TRANSITIONS)
    assert set(drawn) == table
