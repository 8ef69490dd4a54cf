"""What cannot be learnt is said in a sentence, breaks nothing, and the champion stays."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from claimclf.errors import ConflictError, TrainingDataError
from claimclf.modeling.scoring.prediction import predict
from claimclf.modeling.store import store as storing
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.store import ModelStore
from claimclf.people import Person, Role
from claimclf.queue.queries.final_decisions import final_decisions
from claimclf.queue.review.decisions import Verdict, decide, reopen
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.schema import CLAIM, OPINION, TRANSCRIPT, Decision
from claimclf.services import learning, promotion
from claimclf.units import DAY
from tests.queue.builders import ANNA, BORIS, LEAD, WITHIN, Clock, done, fill, take
from tests.queue.builders import OPINION as SAYS_OPINION
from tests.speech import talk

ANALYST = Person("ana", Role.ANALYST)
BASE = "speech-linear"


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path) -> ModelStore:
    others = shutil.ignore_patterns("content-*", "course-*", "speech-random*", "speech-xg*")
    shutil.copytree(shipped.folder, tmp_path / "models", ignore=others)
    return ModelStore(tmp_path / "models")


@pytest.fixture
def database(tmp_path: Path, migrated: Path, clock: Clock) -> Iterator[Database]:
    """Learning takes seconds, and what it needs of a database is tested on both elsewhere."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'queue.db')}", clock)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def champion_stays(store: ModelStore) -> object:
    yield
    best = champion(store)
    assert best is not None
    assert best.name == BASE
    store.load(BASE)


def table(n: int = 60, label: str | None = None, by: str = "anna") -> pd.DataFrame:
    said = talk(n)
    labels = np.where(said["label"] == 1, CLAIM, OPINION) if label is None else label
    at = pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC")
    rows = {TRANSCRIPT: said["text"], "label": labels, "origin": "imported"}
    return pd.DataFrame({**rows, "look": None, "by": by, "at": at})


def test_no_decisions(database: Database, store: ModelStore) -> None:
    with pytest.raises(TrainingDataError, match="too few decided statements"):
        learning.learn(database, ANALYST, store.folder)


@pytest.mark.parametrize("label", [CLAIM, OPINION])
def test_one_class_only(database: Database, store: ModelStore, label: str) -> None:
    with pytest.raises(
        TrainingDataError, match=f"Found: .*0 {'opinion' if label == CLAIM else ''}"
    ):
        learning.learn(database, ANALYST, store.folder, [table(label=label)])
    assert store.names() == [BASE]


def test_all_by_one_person_is_said(database: Database, store: ModelStore) -> None:
    lesson = learning.learn(database, ANALYST, store.folder, [table()])
    assert "All decisions are one person's" in " ".join(learning.said(lesson))


def test_contradicting_decisions_on_one_statement_are_left_out_and_counted(
    database: Database, store: ModelStore
) -> None:
    said = "The harbour of Nuuk holds exactly seven ferries this winter."
    both = table().head(2).assign(**{TRANSCRIPT: said, "by": ["anna", "boris"]})
    assert both["label"].nunique() == 2
    lesson = learning.learn(database, ANALYST, store.folder, [table(), both])
    assert lesson.contradicting == 1
    assert "Left out: 1 statement " in " ".join(learning.said(lesson))


def beginning_as_a_copy() -> ForkServerContext:
    """Processes that need not import everything anew."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def test_two_at_once(database: Database, store: ModelStore) -> None:
    context = beginning_as_a_copy()
    url = database.url.render_as_string(hide_password=False)
    ready, go = context.Event(), context.Event()
    other = context.Process(target=hold_the_turn, args=(url, ready, go))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(ConflictError, match="being taught already"):
            learning.learn(database, ANALYST, store.folder, [table()])
    finally:
        go.set()
        other.join()
    assert store.names() == [BASE]


def hold_the_turn(url: str, ready: object, go: object) -> None:
    with learning.turn(Database(url), "learning"):
        ready.set()  # type: ignore[attr-defined]
        go.wait(60)  # type: ignore[attr-defined]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_fitting() -> None:
    learning.learn_decisions = die  # type: ignore[assignment]


def at_a_file() -> None:
    storing.commit = die  # type: ignore[attr-defined]


def at_the_rule() -> None:
    learning.promote_by_rule = die  # type: ignore[assignment]


def learn_and_die(url: str, folder: Path, arm: Callable[[], None]) -> None:
    arm()
    learning.learn(Database(url), ANALYST, folder, [table()])


@pytest.mark.parametrize("arm", [at_fitting, at_a_file, at_the_rule])
def test_learning_that_is_killed_half_way_leaves_the_champion_and_can_be_done_again(
    database: Database, store: ModelStore, arm: Callable[[], None]
) -> None:
    url = database.url.render_as_string(hide_password=False)
    process = beginning_as_a_copy().Process(target=learn_and_die, args=(url, store.folder, arm))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert champion(store) == store.manifest(BASE)
    assert [problem for problem in store.problems() if BASE in str(problem)] == []
    assert store.names() == [BASE] or arm is at_the_rule
    lesson = learning.learn(database, ANALYST, store.folder, [table()])
    assert store.load(lesson.challenger).name == lesson.challenger
    assert verify(database).problems == []


def test_challenger_that_is_worse_in_one_source_is_not_used_by_itself(
    database: Database, store: ModelStore
) -> None:
    change_settings(database, LEAD, "we trust the test", promotion_margin=0.01)
    lesson = learning.learn(database, ANALYST, store.folder, [table(200)])
    assert lesson.later is not None
    worse = {**lesson.later.sources, "another": (0.9, 0.8)}
    measured = promotion.Measured(lesson.later.test, worse)
    challenger = lesson.challenger
    reason = promotion.promote_by_rule(database, ANALYST, store.folder, BASE, challenger, measured)
    assert reason == ""
    if lesson.promoted:  # it was better where that source is not looked at
        promotion.go_back(database, LEAD, store.folder)


def test_clock_that_steps_back_loses_no_decision(
    database: Database, store: ModelStore, clock: Clock
) -> None:
    said = talk(60)
    fill(database, 60, video_transcription_text=said["text"].tolist(), statement_id=None)
    of_text = dict(zip(said["text"], said["label"], strict=True))
    for number in range(60):
        if number == 30:
            clock.time -= 400 * DAY
        lease = take(database, ANNA)
        claim = of_text[lease.case.video[TRANSCRIPT]]
        verdict = Verdict(Decision.WITHIN_RULES if claim else Decision.OPINION)
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, verdict)
    lesson = learning.learn(database, ANALYST, store.folder)
    assert lesson.decisions == 60


def test_later_decision_counts_although_the_clock_says_that_it_was_earlier(
    database: Database, clock: Clock
) -> None:
    fill(database, 1)
    done(database, ANNA, SAYS_OPINION)
    reopen(database, LEAD, 1, "look again")
    clock.time -= 400 * DAY
    done(database, BORIS, WITHIN)
    assert [row.decision for row in final_decisions(database)] == ["claim-within-rules"]


def test_lanes_are_not_calibrated_on_what_the_model_has_learnt_from(
    database: Database, store: ModelStore, clock: Clock
) -> None:
    clock.time = round(pd.Timestamp(store.manifest(BASE).trained_at).timestamp() * 1e6) - DAY
    fill(database, 40)
    for number in range(40):
        done(database, ANNA, WITHIN if number % 2 else SAYS_OPINION)
    with pytest.raises(TrainingDataError, match="Found: 0 opinions and 0 claims"):
        learning.calibrate_lanes(database, ANALYST, store.folder)


def test_calibrated_lanes_say_of_each_text_what_the_model_in_use_says(
    database: Database, store: ModelStore, clock: Clock
) -> None:
    clock.time = round(pd.Timestamp(store.manifest(BASE).trained_at).timestamp() * 1e6) + DAY
    said = talk(80)
    fill(database, 80, video_transcription_text=said["text"].tolist(), statement_id=None)
    of_text = dict(zip(said["text"], said["label"], strict=True))
    for _ in range(80):
        lease = take(database, ANNA)
        verdict = WITHIN if of_text[lease.case.video[TRANSCRIPT]] else SAYS_OPINION
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, verdict)
    name = learning.calibrate_lanes(database, ANALYST, store.folder)
    old, new = (
        predict(store.load(one).predictor, said.rename(columns={"text": TRANSCRIPT}))
        for one in (BASE, name)
    )
    assert np.allclose(old.probability, new.probability)
    assert store.manifest(name).data["learnt_from"]["lanes_only"]
    assert [row["kind"] for row in store.manifest(name).kinds] == ["decided cases"]
    weeks = learning.lanes_by_week(database, LEAD, store.folder)
    assert [(week.label, week.signal.n) for week in weeks] == [("claim", 40), ("opinion", 40)]
