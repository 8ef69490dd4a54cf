"""What is logged of a service belongs to the person and the case; refusals are warnings."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from claimclf.errors import NotAllowedError, UnavailableError
from claimclf.logs import FIELDS, _context
from claimclf.modeling.store import store as model_store
from claimclf.modeling.store.store import ModelStore
from claimclf.people import Capability, Person, Role
from claimclf.queue.storage.database import Database
from claimclf.services import models, queue
from claimclf.services.permissions import needs
from tests.conftest import Logged
from tests.queue.builders import ANNA, fill, take

ADA = Person("ada@example.org", Role.ANALYST)


@needs(Capability.LOOK)
def ask(_database: Database, _person: Person, case_id: int = 0, more: str = "") -> dict[str, str]:
    return dict(_context.get())


@pytest.mark.parametrize("how", ["place", "name"])
def test_lines_belong_to_who_asks_and_to_the_case_that_is_asked_for(
    database: Database, how: str
) -> None:
    context = ask(database, ADA, 7) if how == "place" else ask(database, ADA, more="", case_id=7)
    assert context == {"person": "ada@example.org", "case": "7"}
    assert ask(database, ADA) == {"person": "ada@example.org"}
    assert set(context) <= set(FIELDS)
    assert _context.get() == {}  # and no further line does


def test_refused_service_is_a_warning(database: Database, logged: Logged) -> None:
    with pytest.raises(NotAllowedError):
        queue.team_report(database, ANNA, 0, 1)
    with pytest.raises(NotAllowedError):
        queue.next_case(database, ADA)
    assert logged.lines == [
        ("WARNING", "Refused team_report: it needs the capability 'lead'"),
        ("WARNING", "Refused next_case: it needs the capability 'review'"),
    ]


def test_case_that_somebody_else_holds_is_no_warning(database: Database, logged: Logged) -> None:
    fill(database, 2)
    take(database)
    assert [line for line in logged.lines if line[0] != "INFO"] == []
    assert logged.records[0].levelno == logging.INFO


def test_change_of_a_model_is_logged_and_one_that_fails_is_a_warning(
    database: Database,
    shipped: ModelStore,
    tmp_path: Path,
    logged: Logged,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(shipped.folder, tmp_path / "models")
    store, name = ModelStore(tmp_path / "models"), "course-random-forest"
    models.overrule(database, ADA, store, name, "what somebody wrote")
    assert logged.lines == [("INFO", f"model-champion-set: {name}")]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_store, "commit", full)
    monkeypatch.setattr(model_store, "write_text", full)
    with pytest.raises(UnavailableError, match="No space left"):
        models.overrule(database, ADA, store, "course-xgboost", "what somebody wrote")
    assert logged.lines[1:] == [
        ("WARNING", "A change, model-champion-set, failed after its entry in the audit log")
    ]
