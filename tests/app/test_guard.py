"""Nobody sees or does anything on a screen that is not theirs any more.

The walks find every page, every fragment and every action by themselves: a new one is in them.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.scriptrunner import RerunException
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

import claimclf.ui
from claimclf.configuration import DATABASE
from claimclf.errors import NotAllowedError
from claimclf.people import Role
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision
from claimclf.services import queue
from claimclf.ui import guard
from claimclf.ui.access import attendance
from claimclf.ui.access.identity import login_of
from claimclf.ui.access.visitor import visitor
from claimclf.ui.folds import was_opened
from claimclf.ui.frame.pages import PAGES
from claimclf.ui.lead.period import report_of
from claimclf.ui.state import upload
from tests.app.screens import Screen, entries
from tests.app.test_access import clock, memory
from tests.app.test_shared_queue import table_key
from tests.builders import labelled_csv, reported_csv
from tests.queue.builders import ANNA, BORIS, fill, take
from tests.ui.access.sign_ins import AUTH, MINUTE, NOW, Clock

__all__ = ["clock", "memory"]  # fixtures
pytestmark = pytest.mark.usefixtures("load_each_model_once", "memory")

#: Stands in every text of a user.
MARK = "zebra"
#: Person, role and action of the entry that says that a hold has ended.
SIGNED_OFF = ("claimclf", "admin", "sign-off")

for module in pkgutil.walk_packages(claimclf.ui.__path__, "claimclf.ui."):
    import_module(module.name)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
    monkeypatch.setattr(upload, "_DEMO_ROWS", 20)
    st.cache_resource.clear()
    database = Database(url)
    words = [f"someone said that {MARK} {n} is in place {n}" for n in range(12)]
    fill(database, 12, video_transcription_text=words, statement_id="s1")
    return database


# What happens to a person while the screen is there.


def sign_out_elsewhere(screen: Screen, clock: Clock) -> None:
    attendance.MEMORY.attendance.end(login_of(screen.app.user))


def be_idle(screen: Screen, clock: Clock) -> None:
    clock.now += 31 * MINUTE


def have_role(role: Role | None) -> Callable[[Screen, Clock], None]:
    def change(screen: Screen, clock: Clock) -> None:
        roles = {role: [screen.person.name]} if role else {}
        screen.app.secrets = {"auth": AUTH, "claimclf": {"roles": roles}}

    return change


#: What happens -> the role before, the change, the role after it.
CHANGES = {
    "a moderator signed out in another tab": (Role.MODERATOR, sign_out_elsewhere, None),
    "an admin signed out in another tab": (Role.ADMIN, sign_out_elsewhere, None),
    "an admin did nothing for too long": (Role.ADMIN, be_idle, None),
    "a lead was taken off the list": (Role.LEAD, have_role(None), None),
    "a moderator became an analyst": (Role.MODERATOR, have_role(Role.ANALYST), Role.ANALYST),
    "an admin became an analyst": (Role.ADMIN, have_role(Role.ANALYST), Role.ANALYST),
    "an admin became a moderator": (Role.ADMIN, have_role(Role.MODERATOR), Role.MODERATOR),
}


# What is on the screens.


def show_case(screen: Screen) -> None:
    assert any(b.label == "Stop, give it back" for b in screen.app.button)


def choose_rows(screen: Screen) -> None:
    rows = {"selection": {"rows": [2, 4], "columns": [], "cells": []}}
    screen.app.session_state[table_key(screen.app)] = rows
    screen.run()


def give_upload(screen: Screen) -> None:
    view = next(g for g in screen.app.get("button_group") if "Shared queue" in g.options)
    view.set_value("Upload")
    screen.run()
    content = reported_csv(3, video_transcription_text=f"someone read that a {MARK} swims")
    screen.app.file_uploader(key="queue_upload").set_value((f"{MARK}.csv", content, "text/csv"))
    screen.run()


def give_dataset(screen: Screen) -> None:
    file = (f"{MARK}.csv", labelled_csv(40), "text/csv")
    screen.app.file_uploader[0].set_value(file)
    screen.run()


def look_at_open_cases(screen: Screen) -> None:
    what = next(g for g in screen.app.get("button_group") if "Shared queue" in g.options)
    what.set_value("Shared queue")
    screen.run()


def others_work(screen: Screen) -> None:
    escalated = take(screen.database, BORIS)
    verdict = Verdict(Decision.ESCALATE, note=f"is a {MARK} one?")
    case = escalated.case
    queue.decide(screen.database, BORIS, case.id, escalated.token, case.version, verdict)
    take(screen.database, ANNA)
    report_of.clear()
    screen.run()


def nothing_more(screen: Screen) -> None:
    return


def open_folds(screen: Screen) -> None:
    for key in ("why-champion", "decisions", "learning", "training"):
        screen.app.session_state[was_opened(key)] = True
    screen.run()
    assert any(b.label == "Save the threshold" for b in screen.app.button)


#: What is drawn -> its page, and what a person does there first.
SCREENS = {
    "start": ("app.py", nothing_more),
    "review": ("pages/review.py", show_case),
    "list": ("pages/triage_queue.py", choose_rows),
    "upload": ("pages/triage_queue.py", give_upload),
    "lead's view": ("pages/lead_view.py", others_work),
    "dataset": ("pages/dataset.py", give_dataset),
    "open cases": ("pages/dataset.py", look_at_open_cases),
    "comparison": ("pages/model_comparison.py", open_folds),
    "learning": ("pages/learning.py", nothing_more),
}


def test_walk_knows_every_page() -> None:
    assert {file for file, _ in SCREENS.values()} == set(PAGES)


def left_open(name: str, role: Role, database: Database, clock: Clock) -> Screen:
    """A screen of somebody who holds a case, with users' words on it."""
    file, prepare = SCREENS[name]
    clock.now = NOW
    attendance.MEMORY.attendance = attendance.Attendance(clock)
    screen = Screen(role, database)
    if queue.held_case(database, screen.person) is None:
        assert queue.next_case(database, screen.person) is not None
    screen.open(file)
    prepare(screen)
    assert screen.holds()
    if prepare not in (nothing_more, open_folds):  # no words of users are there
        assert MARK.encode() in screen.runs[-1]
    return screen


WALKS = [
    (happens, name)
    for happens, (role, _, _) in CHANGES.items()
    for name, (file, _) in SCREENS.items()
    if role in PAGES[file].roles
]


@pytest.mark.parametrize(("happens", "name"), WALKS, ids=[" - ".join(walk) for walk in WALKS])
def test_screen_shows_and_does_nothing_after(
    happens: str, name: str, database: Database, clock: Clock
) -> None:
    role, change, role_after = CHANGES[happens]
    stays_open = role_after in PAGES[SCREENS[name][0]].roles
    # The whole page with every button pressed; then each part, with the buttons that its own
    # code looks at: those of callbacks would have the page drawn before the part.
    parts: list[str | None] = [None]
    for n, part in enumerate(parts):
        screen = left_open(name, role, database, clock)
        if n == 0:
            parts += screen.fragments
            assert set(screen.callbacks) <= set(guard.ACTIONS.values())
            assert screen.functions <= {inspect.unwrap(one) for one in guard.FRAGMENTS.values()}
        last = entries(database)[-1][0]
        change(screen, clock)
        screen.press_all(*([part] if part else []), callbacks=part is None)
        old, *drawn_anew = screen.runs
        assert MARK.encode() not in old
        assert stays_open or not any(MARK.encode() in run for run in drawn_anew)
        assert [entry[1:] for entry in entries(database, last)] == [SIGNED_OFF]
        assert not screen.holds()
        assert_said(screen, role_after, stays_open)
    assert len(parts) > 1


def assert_said(screen: Screen, role_after: Role | None, stays_open: bool) -> None:
    """A sentence says what happened, with a way on."""
    if role_after is None:
        ended = "Your session has ended" in screen.says
        assert ended or "You have no role here" in screen.says
        assert ended is ("What was pressed since was not done." in screen.says)
        labels = [button.label for button in screen.app.button]
        assert labels in (["Sign in again"], ["Sign out"])
        return
    changed = f"Your role has changed from {screen.role} to {role_after}."
    assert changed in screen.says
    assert stays_open or f"is {role_after}. Choose another page" in screen.says


# Each fragment and each action by itself, asked for directly.


#: What a page of one line does; a test puts it here.
PAGE: list[Callable[[], None]] = []


def run_page() -> None:
    from tests.app.test_guard import PAGE

    PAGE[0]()


@pytest.mark.parametrize("happens", CHANGES)
def test_no_fragment_is_drawn_and_nothing_done_after(
    happens: str, database: Database, clock: Clock
) -> None:
    role, change, _ = CHANGES[happens]
    screen = Screen(role, database, AppTest.from_function(run_page, default_timeout=60))
    guarded = {**guard.FRAGMENTS, **guard.ACTIONS}
    turned_away = {}

    def ask_for_each() -> None:
        for name, function in guarded.items():
            last = entries(database)[-1][0]
            assert queue.next_case(database, screen.person) is not None
            try:
                function(*[None] * 9)  # whatever the arguments: who is there is asked first
            except RerunException:
                turned_away[name] = [entry[1:] for entry in entries(database, last + 1)]
            assert not screen.holds(), name
        st.stop()

    PAGE[:] = [lambda: guard.take_screen(visitor())]
    screen.run()
    change(screen, clock)
    PAGE[:] = [ask_for_each]
    screen.run()
    assert turned_away == {name: [SIGNED_OFF] for name in guarded}


def test_second_click_after_the_end_is_turned_away_like_the_first(
    database: Database, clock: Clock
) -> None:
    """The page was drawn anew by then; a client may go on asking for what was on the old one."""
    screen = Screen(Role.ADMIN, database, AppTest.from_function(run_page, default_timeout=60))
    guarded = {**guard.FRAGMENTS, **guard.ACTIONS}
    turned_away = set()

    def ask_for_each() -> None:
        for name, function in guarded.items():
            try:
                function(*[None] * 9)
            except RerunException:
                turned_away.add(name)
        st.stop()

    PAGE[:] = [lambda: guard.take_screen(visitor())]
    screen.run()
    sign_out_elsewhere(screen, clock)
    screen.run()
    last = entries(database)
    PAGE[:] = [ask_for_each]
    screen.run()
    assert turned_away == set(guarded)
    assert entries(database) == last


def test_guarded_are_all_that_there_are() -> None:
    """An empty registry would make the walks above walk nowhere."""
    assert {name.split(".")[2] for name in guard.FRAGMENTS} == {
        *("counts", "frame", "lead", "queue_list", "review", "start", "upload")
    }
    assert len(guard.ACTIONS) >= 30


# A hold that somebody may keep.


def test_hold_stays_where_the_person_is_at_work_in_another_sign_in(
    database: Database, clock: Clock
) -> None:
    screen = left_open("review", Role.MODERATOR, database, clock)
    other = Screen(Role.MODERATOR, database)
    other.app.user = {**screen.app.user, "nonce": "n2"}
    other.open("pages/triage_queue.py")
    sign_out_elsewhere(screen, clock)
    screen.run(screen.fragments[0])
    assert "Your session has ended" in screen.says
    assert screen.holds()
    clock.now += 31 * MINUTE
    other.run(other.fragments[0])
    assert not screen.holds()


def test_hold_stays_where_a_role_became_wider(database: Database, clock: Clock) -> None:
    screen = left_open("review", Role.MODERATOR, database, clock)
    have_role(Role.LEAD)(screen, clock)
    screen.run()
    assert "Your role has changed from moderator to lead." in screen.says
    assert screen.holds()


def test_signing_out_gives_the_case_back_at_once(database: Database, clock: Clock) -> None:
    screen = left_open("review", Role.MODERATOR, database, clock)
    next(button for button in screen.app.button if button.label == "Sign out").click()
    screen.run()
    assert not screen.holds()


def test_escalated_case_is_not_left_to_who_is_no_lead_any_more(
    database: Database, clock: Clock
) -> None:
    others_work(screen := Screen(Role.LEAD, database))
    escalated = next(case for case in queue.team_report(database, screen.person, 0, 1).escalations)
    queue.take_case(database, screen.person, escalated.case_id)
    screen.open("pages/review.py")
    assert f"Case {escalated.case_id}" in [subheader.value for subheader in screen.app.subheader]
    have_role(Role.MODERATOR)(screen, clock)
    screen.run()
    assert not screen.holds()
    assert not screen.app.subheader
    assert [button.label for button in screen.app.main.get("button")][:1] == ["Keep"]


# Files that are made when they are asked for, outside of any page.


@pytest.mark.parametrize(
    "happens", ["an admin became an analyst", "an admin did nothing for too long"]
)
def test_file_is_made_only_for_whom_its_button_was_drawn(
    happens: str, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Callable[[], bytes]] = {}

    def note(self: MediaFileManager, make: Callable[[], bytes], *args: Any, **_: Any) -> str:
        made[str(args)] = make
        return "file"

    def set_up_as(screen: Screen) -> None:
        """Have the secrets of the server, outside of any page."""
        secrets = Secrets()
        secrets._secrets = dict(screen.app.secrets)
        monkeypatch.setattr(st, "secrets", secrets)

    monkeypatch.setattr(MediaFileManager, "add_deferred", note)
    screen = left_open("upload", Role.ADMIN, database, clock)
    set_up_as(screen)
    # The ranked upload, and the template and the export of decisions that stood there before it.
    firsts = {make().partition(b",")[0] for make in made.values()}
    assert firsts == {b"rank", b"decision_id", b"#"}
    CHANGES[happens][1](screen, clock)
    set_up_as(screen)
    for make in made.values():
        with pytest.raises(NotAllowedError, match="Your session has ended, or your role"):
            make()
    assert not screen.holds()
