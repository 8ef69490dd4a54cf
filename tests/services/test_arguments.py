"""What a person gives never breaks another's screen: refused in words, or stored and shown."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import streamlit
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from claimclf.errors import ClaimclfError, InvalidRequestError
from claimclf.people import PROGRAM, Person, Role, is_reserved, local_user
from claimclf.queue.queries.decided import DecidedFilters
from claimclf.queue.queries.filters import Filters
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.settings.bounds import SETTINGS
from claimclf.queue.settings.preferences import Preferences
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision, Lane, Language, Ranking, ReasonCode
from claimclf.services import queue
from claimclf.services.arguments import CHECKS, OWN
from claimclf.ui.frame.pages import PAGES
from tests.builders import LIKE_THE_PROGRAM
from tests.conftest import ROOT
from tests.queue.builders import ANNA, LEAD, fill
from tests.services.test_permissions import FUNCTIONS, MAY_ASK

ADMIN = Person("ada", Role.ADMIN)
LONG = "a million characters"  # stands for them until a service is asked: reports stay readable
TEXTS = [
    "a\0b",
    "\ud800",
    LONG,
    "",
    " ",
    "\x1b[2J",
    "=1+1",
    "<b>[x](http://x.example)",
    "\u202e",
    "ok",
]
NUMBERS = [10**20, -(10**20), -1, 0, 0.5, 1, 2**31, 2**63, float("nan"), float("inf"), 1e308, True]
hostile: st.SearchStrategy[Any] = st.sampled_from([*TEXTS, *NUMBERS, None, b"\xff", (), [LONG]])
texts, numbers = st.sampled_from(TEXTS), st.sampled_from(NUMBERS)
cases = st.one_of(st.sampled_from([1, 2, 3]), hostile)


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(values), hostile)


filters = st.builds(
    Filters,
    lanes=some((), (Lane.CLAIMS,)),
    min_reports=some(0),
    language=some((), (Language.OTHER,)),
    verified=some((), ("a\0",)),
    statement_id=some(None, "statement-1"),
    text=some("thing"),
    escalated=st.booleans(),
    min_probability=some(None),
    holder=some("anna"),
    older_than_hours=some(None),
)
SETTING_NAMES = st.sampled_from([*SETTINGS, "time_zone", "ranking", *TEXTS, None, 1])
#: Parameter -> what it is given: now and then something that fits.
GIVEN: dict[str, st.SearchStrategy[Any]] = {
    "case_id": cases,
    "name": texts,
    "reason": some("a reason"),
    "filters": filters,
    "ranking": some(Ranking.REPORTS),
    "decided": st.builds(DecidedFilters, some("thing"), some("anna"), some((), ("opinion",))),
    "verdict": st.builds(
        Verdict, some(*Decision), some(None, ReasonCode.OTHER), some("", "a note \n😀")
    ),
    "to": st.builds(Person, some("boris", "claimclf")),
    "values": st.dictionaries(SETTING_NAMES, hostile, max_size=3),
    "what": some("cases"),
    "since": some(0),
    "until": some(10**15),
    "after": some(None, ["a\0"], [LONG], [float("nan")] * 3),
}
CHOSEN = {
    "queue.save_preferences": st.builds(
        Preferences, some(True), some(True), some(5), some((), tuple(Lane))
    ),
}
#: Services of the queue that read no files, write none and score nothing.
ASKED = sorted(
    name
    for name in MAY_ASK
    if name.startswith("queue.")
    and not {"source", "ranked", "model", "file"}
    & set(inspect.signature(FUNCTIONS[name]).parameters)
    and name != "queue.deliver_events"
)


def calls(name: str) -> st.SearchStrategy[dict[str, Any]]:
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters)[2:]
    chosen = CHOSEN.get(name, st.lists(st.tuples(cases, some(1)), max_size=3))
    given = {**GIVEN, "chosen": chosen, "left_out": st.lists(cases, max_size=2)}
    return st.fixed_dictionaries({one: given.get(one, hostile) for one in parameters})


people = st.builds(Person, some("anna", "boris", PROGRAM.name), st.just(Role.ADMIN))
round_of_calls = st.fixed_dictionaries(
    {name: st.tuples(people | st.just(ADMIN), calls(name)) for name in ASKED}
)


@pytest.mark.parametrize("name", MAY_ASK)
def test_every_parameter_of_a_service_has_its_bounds(name: str) -> None:
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters)[2:]
    assert set(parameters) <= set(CHECKS) | OWN


@pytest.fixture
def filled(database: Database) -> Database:
    fill(database, 4)
    return database


def grown(value: Any) -> Any:
    """Put the million characters where they are meant."""
    if isinstance(value, str) and value == LONG:
        return "x" * 10**6
    if isinstance(value, list | tuple):
        return type(value)(map(grown, value))
    if isinstance(value, dict):
        return {grown(key): grown(one) for key, one in value.items()}
    if is_dataclass(value):
        return replace(
            value, **{one.name: grown(getattr(value, one.name)) for one in fields(value)}
        )  # type: ignore[type-var]
    return value


def refused_in_words(error: ClaimclfError) -> None:
    said = str(error)
    assert len(said) < 1_000
    said.encode()
    assert not set(said) & {"\0", "\x1b"}


@pytest.mark.parametrize("name", LIKE_THE_PROGRAM)
def test_nobody_acts_under_the_name_of_the_program(database: Database, name: str) -> None:
    for person in (Person(name), Person(name, Role.ADMIN)):
        with pytest.raises(InvalidRequestError, match=r"is reserved|cannot be kept"):
            queue.next_case(database, person)
    fill(database)
    lease = queue.next_case(database, ANNA)
    assert lease is not None
    with pytest.raises(InvalidRequestError, match=r"is reserved|cannot be kept"):
        queue.hand_on(database, ANNA, lease.case.id, lease.token, Person(name))
    with pytest.raises(InvalidRequestError, match=r"is reserved|cannot be kept"):
        queue.reassign(database, LEAD, lease.case.id, Person(name))


@pytest.mark.parametrize("name", ["anna", "claimclfs", "claimclf@example.org", "clara"])
def test_other_names_are_a_persons(name: str) -> None:
    assert not is_reserved(name)


@pytest.mark.parametrize("name", LIKE_THE_PROGRAM)
def test_shell_does_not_act_under_the_name_of_the_program(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: name)
    assert not is_reserved(local_user().name)
    assert local_user().name != PROGRAM.name


def test_owner_of_the_machine_who_is_called_like_the_program_has_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "claimclf")
    assert local_user().name == "claimclf (local user)"


def test_capacity_that_no_database_holds_is_refused(filled: Database) -> None:
    with pytest.raises(InvalidRequestError, match=r"Capacity.*more than 19 digits"):
        queue.change_settings(filled, LEAD, "a joke", {"capacity": 99999999999999999999})
    assert queue.list_cases(filled, ANNA).rows


def test_whatever_is_given_to_services_every_page_opens(
    filled: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(round_of_calls)
    def feed(calls: dict[str, tuple[Person, dict[str, Any]]]) -> None:
        for name, (person, arguments) in calls.items():
            try:
                FUNCTIONS[name](filled, grown(person), **grown(arguments))
            except ClaimclfError as error:
                refused_in_words(error)

    feed()
    copied = queue.backup(filled, ADMIN, tmp_path / "queue.backup")
    assert copied.members
    monkeypatch.setenv("CLAIMCLF_DATABASE_URL", filled.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    streamlit.cache_resource.clear()  # of an earlier test, whose database is no more
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for file in PAGES:
        if file != "app.py":
            app.switch_page(file)
        app.run()
        assert list(app.exception) == []
        assert [error.value for error in app.error] == []
    streamlit.cache_resource.clear()
