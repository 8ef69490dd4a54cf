"""The review console: one case at a time, and nothing is lost on the way."""

from __future__ import annotations

import getpass
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.dataset.reading import read_table
from claimclf.modeling.scoring.ranking import Ranked
from claimclf.modeling.store.model import Model
from claimclf.people import Person, Role
from claimclf.queue.queries.filters import Filters
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.settings.preferences import Preferences
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.schema import STATEMENT_ID, CaseState, Decision, Lane, Ranking
from claimclf.services import loading, queue
from claimclf.services.triage import triage
from claimclf.ui.review import case, own
from claimclf.ui.wording import moment
from tests.app.screens import as_read
from tests.app.test_shared_queue import BEN, buttons, database, heading, press, says, tick
from tests.app.test_triage_page import GOOD, settled
from tests.builders import reported_csv
from tests.conftest import ROOT

__all__ = ["database"]  # a fixture
#: Who is at the screen where nobody signs in.
ME = Person(getpass.getuser(), Role.ADMIN)
pytestmark = pytest.mark.usefixtures("load_each_model_once")


def review() -> AppTest:
    """The page as a new session of a new server sees it."""
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    return settled(app.switch_page("pages/review.py").run())


@pytest.fixture(scope="module")
def ranked(load_each_model_once: None) -> tuple[Ranked, Model]:
    """Twelve videos, and the model that ranked them."""
    model = loading.load_model(ROOT / "models")
    return triage(read_table(GOOD, "good.csv"), model), model


@pytest.fixture
def filled(database: Database, ranked: tuple[Ranked, Model]) -> Database:
    """A queue of twelve cases."""
    queue.store_ranked(database, ME, *ranked)
    return database


@pytest.fixture
def console(filled: Database) -> AppTest:
    """The page with a case in hand."""
    return press(review(), "Start reviewing")


def n_decided(database: Database) -> int:
    return sum(t.n for t in queue.counts(database, BEN) if t.state is CaseState.DECIDED)


def in_hand(database: Database) -> int:
    lease = queue.held_case(database, ME)
    assert lease is not None
    return lease.case.id


def test_empty_queue_says_where_cases_come_from(database: Database) -> None:
    assert "Add reported videos to it on the page *Triage queue*" in says(review())


def test_cases_come_by_rank_and_decisions_last_with_their_audit_entries(
    console: AppTest, database: Database
) -> None:
    first = heading(console)
    assert "Case" in first[0]
    app = press(console, "Claim, within the rules")
    assert "claim, within the rules." in says(app)
    assert heading(app) != first  # the next one appears by itself
    app = press(app, "Opinion")
    assert n_decided(database) == 2
    assert verify(database).problems == []


def test_undone_case_is_back_on_the_screen(console: AppTest, database: Database) -> None:
    first = heading(console)
    app = press(press(console, "Opinion"), "Undo")
    assert heading(app) == first
    assert n_decided(database) == 0


def test_case_in_hand_survives_a_restart_of_the_server(console: AppTest) -> None:
    assert heading(review()) == heading(console)


def test_rule_that_is_broken_is_asked_for(console: AppTest, database: Database) -> None:
    case = in_hand(database)
    app = press(console, "Claim, breaks the rules")
    assert n_decided(database) == 0
    app = press(app, "Fraud")
    assert "claim, breaks the rules." in says(app)
    (made,) = queue.case_history(database, BEN, case).decisions
    assert made["reason_code"] == "fraud"


def test_question_for_the_rule_can_be_left(console: AppTest, database: Database) -> None:
    app = press(press(console, "Claim, breaks the rules"), "Back")
    press(app, "Opinion")
    assert n_decided(database) == 1


def test_note_goes_with_the_decision(console: AppTest, database: Database) -> None:
    case = in_hand(database)
    note = next(t for t in console.text_input if t.label == "Note")
    press(settled(note.input("seen twice").run()), "Opinion")
    (made,) = queue.case_history(database, BEN, case).decisions
    assert made["note"] == "seen twice"


def test_late_click_is_told_decides_nothing_twice_and_keeps_the_note(
    console: AppTest, database: Database
) -> None:
    note = next(t for t in console.text_input if t.label == "Note")
    app = settled(note.input("half a thought").run())
    held = queue.held_case(database, ME)
    assert held is not None
    lead = Person("lea", Role.LEAD)
    theirs = queue.take_over(database, lead, held.case.id)
    verdict = Verdict(Decision.OPINION)
    queue.decide(database, lead, held.case.id, theirs.token, theirs.case.version, verdict)
    first = heading(app)
    app = press(app, "Opinion")
    assert "lea decided this first" in " ".join(e.value for e in app.error)
    assert not has(app, "Take this case again")
    assert next(t for t in app.text_input if t.label == "Note").value == "half a thought"
    past = queue.case_history(database, BEN, held.case.id)
    assert [row["by"] for row in past.decisions] == ["lea"]
    assert heading(press(app, "Next case")) != first


def has(app: AppTest, label: str) -> bool:
    return any(b.label.startswith(label) for b in app.button)


def test_case_that_came_free_can_be_taken_again(console: AppTest, database: Database) -> None:
    held = queue.held_case(database, ME)
    assert held is not None
    queue.release(database, ME, held.case.id, held.token)
    app = settled(console.run())
    assert "Your hold on this case is over" in " ".join(e.value for e in app.error)
    app = press(app, "Take this case again")
    assert in_hand(database) == held.case.id
    press(app, "Opinion")
    assert n_decided(database) == 1


def test_skipped_case_goes_to_somebody_else_and_not_to_me_again(
    console: AppTest, database: Database
) -> None:
    skipped = in_hand(database)
    press(console, "Skip")
    assert in_hand(database) != skipped
    theirs = queue.next_case(database, BEN)
    assert theirs is not None
    assert theirs.case.id == skipped


def test_stopping_gives_the_case_back(console: AppTest, database: Database) -> None:
    case = in_hand(database)
    app = press(console, "Stop")
    assert queue.held_case(database, ME) is None
    theirs = queue.next_case(database, BEN)
    assert theirs is not None
    assert theirs.case.id == case
    assert has(app, "Start reviewing")


def listed(console: AppTest) -> AppTest:
    """The list of a statement that five videos share."""
    app = press(console, "Opinion")  # the next one's statement is common
    return press(app, "Look at all 5")


def the_list(app: AppTest) -> Any:
    """The table of a statement's cases; what happened to the case in hand is another one."""
    (table,) = (one for one in app.dataframe if "differs" in one.value)
    return table


def leave_out(app: AppTest, *rows: int) -> AppTest:
    key = "out-" + the_list(app).proto.id.rpartition("out-")[2]
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return settled(app.run())


def decide_on_all(app: AppTest, label: str) -> AppTest:
    next(r for r in app.radio if r.label == "Decision").set_value(Decision.OPINION)
    return press(app, label)


def test_whole_statement_is_looked_at_then_decided_and_undone_as_one(
    console: AppTest, database: Database
) -> None:
    app = listed(console)
    assert n_decided(database) == 1  # looking decides nothing
    assert len(the_list(app).value) == 5
    app = decide_on_all(app, "Decide on 5 cases")
    assert n_decided(database) == 6
    app = press(app, "Undo")
    assert n_decided(database) == 1
    assert verify(database).problems == []


def test_list_of_a_statement_is_left_without_a_decision(
    console: AppTest, database: Database
) -> None:
    app = press(listed(console), "Back")
    assert not app.radio
    press(app, "Opinion")
    assert n_decided(database) == 2


def test_case_that_is_left_out_of_a_statement_stays_open(
    console: AppTest, database: Database
) -> None:
    app = leave_out(listed(console), 0, 3)
    left = [int(the_list(app).value["case"].iloc[row]) for row in (0, 3)]
    app = decide_on_all(app, "Decide on 3 cases")
    assert "3 cases: opinion." in says(app)
    assert f"2 cases left out by you: cases {left[0]}, {left[1]}." in says(app)
    for number in left:
        assert queue.case_history(database, BEN, number).case.state is CaseState.OPEN


def test_video_that_comes_while_a_statement_is_looked_at_is_untouched_and_named(
    console: AppTest, database: Database, ranked: tuple[Ranked, Model]
) -> None:
    app = listed(console)
    text = the_list(app).value["text"].iloc[0]
    late = reported_csv(1, video_id=["9000000001"], video_transcription_text=[text])
    queue.store_ranked(database, ME, triage(read_table(late, "late.csv"), ranked[1]), ranked[1])
    app = decide_on_all(app, "Decide on 5 cases")
    assert n_decided(database) == 6
    assert "1 case of the statement not on your list, untouched: case 13." in says(app)
    assert queue.case_history(database, BEN, 13).case.state is CaseState.OPEN


def test_list_of_a_statement_says_who_holds_the_others(
    console: AppTest, database: Database
) -> None:
    app = press(console, "Opinion")
    number = next(
        row.case.id
        for row in queue.list_cases(database, ME).rows
        if row.case.id != in_hand(database)
        and row.case.video[STATEMENT_ID]
        == queue.case_history(database, BEN, in_hand(database)).case.video[STATEMENT_ID]
    )
    queue.take_case(database, BEN, number)
    app = press(app, "Look at all 5")
    assert f"ben holds case {number}: not part of it." in " ".join(c.value for c in app.caption)
    assert "Decide on 4 cases" in [button.label for button in app.button]


def test_lanes_that_are_not_wanted_do_not_come(filled: Database) -> None:
    preferences = Preferences(without=(Lane.CLAIMS, Lane.UNCERTAIN))
    queue.save_preferences(filled, ME, preferences)
    app = press(review(), "Start reviewing")
    assert "All the lanes you chose are ones you do not want to see" in says(app)
    assert queue.held_case(filled, ME) is None


def test_pause_is_suggested_after_the_chosen_number(console: AppTest, database: Database) -> None:
    queue.save_preferences(database, ME, Preferences(pause_after=2))
    app = press(console, "Opinion")
    assert "since the last pause" not in says(app)
    app = press(app, "Opinion")
    assert "2 cases since the last pause" in says(app)
    assert "since the last pause" not in says(press(app, "I had a pause"))


def test_click_that_waits_for_a_large_upload_says_so_and_counts(
    console: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.queue.storage.database._PATIENCE_SECONDS", 0)
    upload = database.engine.raw_connection()
    upload.cursor().execute("BEGIN IMMEDIATE")
    calls: list[str] = []

    def note(words: str, **_: object) -> None:
        calls.append(words)
        upload.rollback()

    monkeypatch.setattr(st, "toast", note)
    press(console, "Opinion")
    assert n_decided(database) == 1
    assert [words.partition(".")[0] for words in calls] == ["A large upload is being stored"]
    upload.close()


def test_console_says_what_others_are_looking_at(console: AppTest, database: Database) -> None:
    def looking(app: AppTest) -> str:
        return next(m.value for m in app.markdown if "in the shared queue" in m.value)

    assert " at case " not in looking(console)  # it is oneself who holds one
    theirs = queue.next_case(database, BEN)
    assert theirs is not None
    assert looking(settled(console.run())).endswith(f" · {BEN.name} at case {theirs.case.id}")


def test_saved_view_says_which_case_comes_next(filled: Database) -> None:
    opinions = Filters(lanes=(Lane.OPINIONS,))
    queue.save_view(filled, BEN, "only opinions", opinions, Ranking.EXPECTED_CLAIMS)
    app = review()
    view = next(box for box in app.selectbox if box.label == "A saved view")
    press(settled(view.select("only opinions").run()), "Start reviewing")
    held = queue.held_case(filled, ME)
    assert held is not None
    assert held.case.lane is Lane.OPINIONS


def lines(app: AppTest) -> str:
    """Plain lines on the screen, as they are read."""
    return as_read(" ".join(str(one.value) for one in [*app.markdown, *app.caption]))


def test_case_is_given_to_a_colleague_and_the_next_one_comes(
    console: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not has(console, "Give")  # without a login there is nobody else
    monkeypatch.setattr("claimclf.ui.review.decision.signs_in", lambda: True)
    given = in_hand(database)
    app = settled(console.run())
    colleague = next(field for field in app.text_input if field.label == "Sign-in name")
    app = press(settled(colleague.input(f" {BEN.name.upper()} ").run()), "Give")
    theirs = queue.held_case(database, BEN)
    assert theirs is not None
    assert theirs.case.id == given
    assert in_hand(database) != given
    until = moment(theirs.until)
    assert f"Case {given} waits for ben until {until}." in says(app)
    line = f"case {given} waits for ben until {until}, handed on by you"
    assert line in lines(app)
    assert f"ben at case {given}" not in lines(app)


def test_case_that_was_handed_on_says_so_to_the_colleague(
    console: AppTest, database: Database
) -> None:
    theirs = queue.next_case(database, BEN)
    assert theirs is not None
    case = theirs.case.id
    given = queue.hand_on(database, BEN, case, theirs.token, ME)
    line = f"case {case} waits for you until {moment(given.until)}, handed on by ben"
    app = settled(console.run())  # another one is in hand
    assert line in lines(app)
    app = press(app, "Opinion")
    assert in_hand(database) == case
    assert "Handed on to you by ben." in lines(app)
    assert line not in lines(settled(app.run()))


def test_case_is_not_given_to_nobody(
    console: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.ui.review.decision.signs_in", lambda: True)
    given = in_hand(database)
    app = press(settled(console.run()), "Give")
    assert "A name is missing" in says(app)
    assert in_hand(database) == given


def test_decision_is_undone_after_a_skip_and_a_reload_with_its_note(
    console: AppTest, database: Database
) -> None:
    case = in_hand(database)
    next(one for one in console.text_input if one.label == "Note").set_value("her own words")
    app = press(press(press(console, "Opinion"), "Opinion"), "Skip")
    assert n_decided(database) == 2
    app = review()  # a new session of a new server
    assert "Undo" not in [button.label for button in app.button], "the list is folded"
    app.session_state[own.UNFOLDED] = True
    app = settled(app.run())
    last = [button for button in app.button if button.label == "Undo"]
    assert len(last) == 2
    app = settled(last[1].click().run())
    assert n_decided(database) == 1
    assert in_hand(database) == case
    assert next(one.value for one in app.text_input if one.label == "Note") == "her own words"


def test_score_and_history_of_a_case_are_looked_up_for_who_unfolds_them(
    console: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    of_case = queue.case_history
    monkeypatch.setattr(queue, "case_history", lambda *a: asked.append(a[-1]) or of_case(*a))
    settled(console.run())
    assert asked == []
    console.session_state[case.UNFOLDED] = True
    app = settled(console.run())
    assert asked == [in_hand(database)]
    (table,) = app.dataframe
    assert list(table.value["what"])[-1] == "lease"


def test_where_no_case_is_left_the_screen_says_who_holds_some_and_when_one_is_free(
    filled: Database,
) -> None:
    queue.next_case(filled, BEN)
    verdict = Verdict(Decision.OPINION)
    while (lease := queue.next_case(filled, ME)) is not None:
        queue.decide(filled, ME, lease.case.id, lease.token, lease.case.version, verdict)
    app = press(review(), "Start reviewing")
    said = " ".join([says(app), *(str(one.value) for one in app.success)])
    assert "In other hands" in said
    assert "ben 1" in said
    assert "The first is free in 10 minutes" in said


def test_where_nobody_holds_any_either_nothing_is_promised(filled: Database) -> None:
    verdict = Verdict(Decision.OPINION)
    while (lease := queue.next_case(filled, ME)) is not None:
        queue.decide(filled, ME, lease.case.id, lease.token, lease.case.version, verdict)
    app = press(review(), "Start reviewing")
    said = " ".join([says(app), *(str(one.value) for one in app.success)])
    assert "No case is left that fits the filters" in said
    assert "In other hands" not in said


def note(app: AppTest) -> str:
    return str(next(t for t in app.text_input if t.label == "Note").value)


def type_note(app: AppTest, text: str) -> AppTest:
    return settled(next(t for t in app.text_input if t.label == "Note").input(text).run())


def test_note_that_was_typed_is_still_there_after_a_visit_to_another_page(
    console: AppTest,
) -> None:
    app = type_note(console, "half a thought")
    app = settled(app.switch_page("pages/triage_queue.py").run())
    app = settled(app.switch_page("pages/review.py").run())
    assert note(app) == "half a thought"


def test_note_of_a_case_that_was_given_back_is_there_when_it_comes_again(
    console: AppTest, database: Database
) -> None:
    before = in_hand(database)
    app = type_note(console, "half a thought")
    app = press(press(app, "Stop"), "Start reviewing")
    assert in_hand(database) == before
    assert note(app) == "half a thought"


def test_note_of_one_case_is_not_that_of_another(console: AppTest, database: Database) -> None:
    before = in_hand(database)
    app = press(type_note(console, "about the first"), "Skip")
    assert in_hand(database) != before
    assert note(app) == ""


def list_of(app: AppTest, lane: Lane) -> AppTest:
    """The list of one lane, with its first case ticked."""
    app = settled(app.switch_page("pages/triage_queue.py").run())
    lanes = next(one for one in app.get("button_group") if one.label == "Lanes")
    return tick(settled(lanes.set_value([lane]).run()), 0)


def test_next_case_after_one_opened_from_a_list_is_of_that_list(filled: Database) -> None:
    app = list_of(review(), Lane.OPINIONS)
    press(app, next(label for label in buttons(app) if label.startswith("Review case")))
    app = settled(app.switch_page("pages/review.py").run())
    first = in_hand(filled)
    app = press(app, "Opinion")
    held = queue.held_case(filled, ME)
    assert held is not None
    assert held.case.id != first
    assert held.case.lane is Lane.OPINIONS
    app = press(press(app, "Choose here instead"), "Opinion")
    held = queue.held_case(filled, ME)
    assert held is not None
    assert held.case.lane is not Lane.OPINIONS


def test_which_cases_come_is_as_it_was_chosen_after_a_visit_to_another_page(
    filled: Database,
) -> None:
    app = review()
    lanes = next(one for one in app.get("button_group") if one.label == "Lanes")
    app = settled(lanes.set_value([Lane.OPINIONS]).run())
    for page in ("pages/triage_queue.py", "pages/review.py"):
        app = settled(app.switch_page(page).run())
    press(app, "Start reviewing")
    held = queue.held_case(filled, ME)
    assert held is not None
    assert held.case.lane is Lane.OPINIONS


def test_saved_view_is_chosen_still_after_a_visit_to_another_page_unless_it_was_deleted(
    filled: Database,
) -> None:
    opinions = Filters(lanes=(Lane.OPINIONS,))
    queue.save_view(filled, ME, "only opinions", opinions, Ranking.REPORTS)

    def visited(app: AppTest) -> AppTest:
        for page in ("pages/triage_queue.py", "pages/review.py"):
            app = settled(app.switch_page(page).run())
        return app

    def view(app: AppTest) -> object:
        return next(box for box in app.selectbox if box.label == "A saved view").value

    app = review()
    box = next(box for box in app.selectbox if box.label == "A saved view")
    app = visited(settled(box.select("only opinions").run()))
    assert view(app) == "only opinions"
    queue.save_view(filled, ME, "another", opinions, Ranking.REPORTS)
    queue.delete_view(filled, ME, "only opinions")
    assert view(visited(app)) is None
