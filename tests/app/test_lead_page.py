"""The lead's page: figures, escalations, other people's cases and settings."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.configuration import DATABASE
from claimclf.people import Capability, Person, Role
from claimclf.queue.outbound.webhook.delivery import deliver_due
from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.outbound.webhook.outbox import begin
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.review.leases import Lease
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision
from claimclf.services import queue
from claimclf.ui.access import visitor as visitors
from claimclf.ui.frame import pages
from tests.conftest import ROOT
from tests.queue.builders import fill

ANNA, BEN = Person("anna"), Person("ben")
LEA = Person("lea", Role.LEAD)
#: Who is at the screen where nobody signs in.
ME = Person(getpass.getuser(), Role.ADMIN)
NOTE = "<b>is it</b> *satire*?"
REASON = "Reason for the change"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    st.cache_resource.clear()
    return Database(url)


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    return settled(app.switch_page("pages/lead_view.py").run())


def settled(app: AppTest) -> AppTest:
    assert list(app.exception) == []
    return app


def press(app: AppTest, label: str) -> AppTest:
    return settled(next(b for b in app.button if b.label == label).click().run())


def choose(app: AppTest, label: str, value: object) -> AppTest:
    return settled(next(s for s in app.selectbox if s.label == label).select(value).run())


def enter(app: AppTest, label: str, value: object) -> None:
    """Fill in a field of the form, which is told to nobody before it is sent."""
    fields = [*app.number_input, *app.selectbox, *app.text_input]
    next(field for field in fields if field.label == label).set_value(value)


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def says(app: AppTest) -> str:
    """All messages as they are read: without the backslashes that keep them plain text."""
    shown = " ".join(str(one.value) for one in [*app.success, *app.error, *app.info])
    return re.sub(r"\\(.)", r"\1", shown)


def table(app: AppTest, column: str) -> list[object]:
    """Return the cells of the first table that has the column."""
    return list(next(t.value for t in app.dataframe if column in t.value)[column])


def take(database: Database, person: Person) -> Lease:
    lease = queue.next_case(database, person)
    assert lease is not None
    return lease


def say(database: Database, person: Person, decision: Decision, note: str = "") -> int:
    lease = take(database, person)
    verdict = Verdict(decision, note=note)
    queue.decide(database, person, lease.case.id, lease.token, lease.case.version, verdict)
    return lease.case.id


def test_empty_queue_says_what_to_do_and_can_be_set_up(database: Database) -> None:
    app = opened()
    assert "Nothing waits and nothing happened in this period." in says(app)
    assert not app.metric
    assert any(button.label == "Change the settings" for button in app.button)


def test_figures_of_the_period_are_shown(database: Database) -> None:
    fill(database, 12)
    for _ in range(2):
        say(database, ANNA, Decision.OPINION)
    say(database, BEN, Decision.SKIP)
    take(database, BEN)
    app = opened()
    shown = tiles(app)
    assert (shown["Waiting now"], shown["Arrived"], shown["Decided"]) == ("10", "12", "2")
    assert (shown["Skipped"], shown["Undone"], shown["Cases in hands"]) == ("1", "0", "1")
    assert shown["Half decided within"] == "not reached yet"
    waits = next(t.value for t in app.dataframe if "half decided within" in t.value)
    assert waits["half decided within"].isna().all()
    assert any("not reached yet" in caption.value for caption in app.caption)
    people = next(t.value for t in app.dataframe if "breaks rules" in t.value).set_index("who")
    assert people.loc["anna", "decided"] == people.loc["all together", "opinion"] == 2
    assert people.loc["ben", "skipped"] == 1
    settled(app.get("button_group")[0].set_value("28 days").run())
    age = {"The oldest waits for": ""}  # which has grown since
    assert tiles(app) | age == shown | age


def test_setting_is_changed_with_a_reason_and_stands_in_the_history(database: Database) -> None:
    app = opened()
    enter(app, "Capacity", "cases a day")
    enter(app, "How many, or what share", 150)
    enter(app, "Audit sample (%)", 5)
    enter(app, REASON, "two of us *this* week")
    app = press(app, "Change the settings")
    assert "Capacity: 150 cases a day; Audit sample (%): 5." in says(app)
    settings = queue.settings_in_force(database, LEA)
    assert (settings.capacity, settings.sample_rate, settings.lease_minutes) == (150, 0.05, 10)
    assert table(app, "setting") == ["Audit sample (%)", "Capacity"]
    assert table(app, "from") == ["2", "no limit"]
    assert table(app, "to") == ["5", "150 cases a day"]
    assert set(table(app, "reason")) == {"two of us *this* week"}
    enter(app, "Capacity", "% of what is open")
    enter(app, "How many, or what share", 25)
    enter(app, REASON, "a share")
    press(app, "Change the settings")
    assert queue.settings_in_force(database, LEA).capacity == 0.25


@pytest.mark.parametrize(
    ("label", "value", "reason", "words"),
    [
        ("A case is held for (minutes)", 15, "", "A reason is missing."),
        (
            "A case is held for (minutes)",
            -5,
            "why not",
            "held for (minutes)' is out of range. Found: -5.0. Choose from",
        ),
        ("Audit sample (%)", 150, "why not", "Found: 150 %. Choose from 0 to 100 %."),
        ("Undo within (minutes)", 30, "why not", "Nothing is different."),
    ],
)
def test_change_that_makes_no_sense_is_refused_in_words(
    database: Database, label: str, value: float, reason: str, words: str
) -> None:
    app = opened()
    enter(app, label, value)
    enter(app, REASON, reason)
    app = press(app, "Change the settings")
    assert words in says(app)
    assert queue.settings_history(database, LEA) == []


@pytest.mark.parametrize(
    ("kind", "amount", "words"),
    [
        ("% of what is open", 100, "Found: 100 % of what is open. Give a share above 0"),
        ("cases a day", 0.5, "Found: 0.5 cases a day. Give a whole number"),
        ("cases a day", -1, "Found: -1 cases a day."),
    ],
)
def test_capacity_that_would_mean_something_else_is_refused(
    database: Database, kind: str, amount: float, words: str
) -> None:
    app = opened()
    enter(app, "Capacity", kind)
    enter(app, "How many, or what share", amount)
    enter(app, REASON, "why not")
    assert words in says(press(app, "Change the settings"))
    assert queue.settings_history(database, LEA) == []


def test_escalated_case_is_seen_and_taken(database: Database) -> None:
    fill(database, 3)
    first = say(database, ANNA, Decision.ESCALATE, NOTE)
    second = say(database, ANNA, Decision.ESCALATE)
    app = opened()
    assert table(app, "note") == [NOTE, ""]
    assert table(app, "by") == ["anna", "anna"]
    for name in ("waits for", "per case"):  # a number is sorted as one
        assert {type(value) for value in table(app, name)} == {float}
    choose(app, "Escalated case", second)
    app = press(app, "Take")
    assert f"Case {second} is yours now. Decide on it on the page Review." in says(app)
    mine = queue.held_case(database, ME)
    assert mine is not None
    assert mine.case.id == second
    assert table(app, "held by") == ["", getpass.getuser()]
    # What is left to take is the other one; a lead who was at work here can be given it.
    say(database, LEA, Decision.OPINION)
    app = press(app, "Look again")  # figures are kept for some seconds
    choose(app, "Give to the lead", "lea")
    app = press(app, "Give")
    assert f"lea has case {first} now" in says(app)


def test_held_case_is_reassigned_and_taken_over(database: Database) -> None:
    fill(database, 5)
    take(database, ANNA)
    theirs = take(database, BEN)
    app = opened()
    choose(app, "Case in hands", theirs.case.id)
    choose(app, "Reassign to", "anna")
    app = press(app, "Reassign")
    assert f"anna has case {theirs.case.id} now" in says(app)
    assert queue.held_case(database, BEN) is None
    app = press(app, "Reassign")
    assert "A name is missing. Say who should get the case." in says(app)
    app = press(app, "Take over")
    assert f"Case {theirs.case.id} is yours now." in says(app)
    held = next(t.value for t in app.dataframe if "comes back" in t.value)
    assert dict(zip(held["case"], held["who"], strict=True)) == {
        theirs.case.id: getpass.getuser(),
        theirs.case.id - 1: "anna",
    }


def test_late_click_is_told_and_moves_no_other_case(database: Database) -> None:
    fill(database, 5)
    take(database, ANNA)
    theirs = take(database, BEN)
    app = choose(opened(), "Case in hands", theirs.case.id)
    opinion = Verdict(Decision.OPINION)
    queue.decide(database, BEN, theirs.case.id, theirs.token, theirs.case.version, opinion)
    app = press(app, "Take over")
    assert "ben decided this first." in says(app)
    assert queue.held_case(database, ANNA) is not None
    assert queue.held_case(database, ME) is None


def test_moderator_is_refused_by_the_service_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = pages.PAGES["pages/lead_view.py"]._replace(needs=Capability.LOOK)
    monkeypatch.setitem(pages.PAGES, "pages/lead_view.py", open_to_all)
    monkeypatch.setattr(visitors, "visitor", lambda: visitors.Visitor(BEN))
    app = opened()
    assert "This needs the role lead or admin. Found: ben is moderator." in says(app)
    assert not app.metric
    assert not app.button or {button.label for button in app.button} == {"Look again"}


def test_moderator_does_not_even_open_the_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "visitor", lambda: visitors.Visitor(BEN))
    app = opened()
    assert "The page Lead's view needs the role lead or admin." in says(app)
    assert not app.button


def test_what_the_platform_could_not_be_told_is_listed_and_put_up_again(
    database: Database,
) -> None:
    begin(database, ME)
    fill(database, 3)
    case_id = say(database, ANNA, Decision.OPINION)
    webhook = Webhook("https://x.example", "a secret of 24 characters", tries=1)
    deliver_due(database, webhook, lambda *_: "answer 503")
    app = opened()
    assert "What the platform could not be told" in [one.value for one in app.subheader]
    assert table(app, "reason") == ["answer 503"]
    assert next(t.value for t in app.dataframe if "reason" in t.value)["case"].tolist() == [case_id]
    app = press(app, "Put it up again")
    assert "1 put up again." in says(app)
    assert "What the platform could not be told" not in [one.value for one in app.subheader]
    assert deliver_due(database, webhook, lambda *_: "").n_delivered == 1


def test_lead_page_says_nothing_of_a_platform_that_was_told_all(database: Database) -> None:
    begin(database, ME)
    fill(database, 3)
    say(database, ANNA, Decision.OPINION)
    app = opened()
    assert "What the platform could not be told" not in [one.value for one in app.subheader]
    assert "Put it up again" not in [button.label for button in app.button]
