"""Another model comes into use with a reason, goes with one click, and by itself only by a rule."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from claimclf.errors import (
    ConflictError,
    InvalidRequestError,
    ModelError,
    ModelNotFoundError,
    NotAllowedError,
    StorageError,
)
from claimclf.modeling.evaluation.statistics import PairedTest
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.store import ModelStore
from claimclf.people import Person, Role
from claimclf.queue.queries.final_decisions import final_decisions
from claimclf.queue.settings.team import Settings, change_settings, settings_of
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, shadow_scores
from claimclf.services import promotion, shadow
from claimclf.services.promotion import Measured, fulfils, promote_by_rule
from tests.queue.builders import (
    ANNA,
    LEAD,
    OPINION,
    UNREACHABLE,
    WITHIN,
    done,
    fill,
    logged,
    take,
)

ANALYST = Person("ana", Role.ANALYST)
BASE, OTHER = "speech-linear", "challenger-1"
BETTER = Measured(PairedTest(2, 20, 0.0001), {"queue": (0.8, 0.9), "audit sample": (0.8, 0.79)})


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path) -> ModelStore:
    """The shipped model, and a challenger that says the same."""
    folder = tmp_path / "models"
    others = shutil.ignore_patterns("content-*", "course-*", "speech-random*", "speech-xg*")
    shutil.copytree(shipped.folder, folder, ignore=others)
    shutil.copytree(folder / BASE, folder / OTHER)
    manifest = folder / OTHER / "manifest.json"
    text = manifest.read_text("utf-8").replace(f'"{BASE}"', f'"{OTHER}"')
    text = text.replace('"data": {', '"data": {"learnt_from": {"base": "x", "statements": 1},')
    manifest.write_text(text, "utf-8")
    return ModelStore(folder)


def in_use(store: ModelStore) -> str:
    best = champion(store)
    assert best is not None
    return best.name


def predicted_by(database: Database) -> list[str]:
    query = select(cases.c.model_name).order_by(cases.c.id)
    return database.read(lambda c: list(c.scalars(query)))


def test_promoted_model_is_in_use_and_back_again_with_both_in_the_log(
    database: Database, store: ModelStore
) -> None:
    fill(database, 3)
    take(database)
    made = promotion.promote(database, LEAD, store.folder, OTHER, "better on our posts")
    assert in_use(store) == OTHER
    assert made.rescored is not None
    assert (made.rescored.n_rescored, made.rescored.n_left) == (2, 0)
    assert predicted_by(database) == ["forest", OTHER, OTHER]  # the held one stays as it is
    promotion.go_back(database, LEAD, store.folder)
    assert in_use(store) == BASE
    assert predicted_by(database) == ["forest", BASE, BASE]
    entries = [d for _, _, action, d in logged(database) if action == "model-champion-set"]
    assert [(one["new"], one["reason"]) for one in entries] == [
        (OTHER, "better on our posts"),
        (BASE, f"Back from {OTHER}."),
    ]
    promotion.go_back(database, LEAD, store.folder)  # and forth again
    assert in_use(store) == OTHER


def test_analyst_uses_another_model_and_leaves_the_cases_to_a_lead(
    database: Database, store: ModelStore
) -> None:
    fill(database, 2)
    assert promotion.promote(database, ANALYST, store.folder, OTHER, "better").rescored is None
    assert predicted_by(database) == ["forest", "forest"]
    with pytest.raises(NotAllowedError):
        promotion.promote(database, ANNA, store.folder, OTHER, "better")


def test_without_a_reason_or_a_model_the_champion_stays(
    database: Database, store: ModelStore
) -> None:
    with pytest.raises(InvalidRequestError):
        promotion.promote(database, LEAD, store.folder, OTHER, " ")
    with pytest.raises(ModelNotFoundError):
        promotion.promote(database, LEAD, store.folder, "challenger-9", "better")
    with pytest.raises(ConflictError, match="No model was in use before"):
        promotion.go_back(database, LEAD, store.folder)
    assert in_use(store) == BASE


def test_damaged_challenger_is_not_used(database: Database, store: ModelStore) -> None:
    for file in (store.folder / OTHER).glob("*"):
        if file.name != "manifest.json":
            file.write_bytes(b"damaged")
    with pytest.raises(ModelError):
        promotion.promote(database, LEAD, store.folder, OTHER, "better")
    assert in_use(store) == BASE


def test_model_before_that_is_gone_is_not_offered(database: Database, store: ModelStore) -> None:
    promotion.promote(database, LEAD, store.folder, OTHER, "better")
    promotion.go_back(database, LEAD, store.folder)
    shutil.rmtree(store.folder / OTHER)
    assert promotion.before(store) is None
    with pytest.raises(ConflictError):
        promotion.go_back(database, LEAD, store.folder)


def test_no_change_that_the_log_cannot_tell_of(store: ModelStore) -> None:
    away = Database(UNREACHABLE[0])
    with pytest.raises(StorageError):
        promotion.promote(away, LEAD, store.folder, OTHER, "better")
    assert in_use(store) == BASE


def test_without_a_rule_nothing_is_used_by_itself(database: Database, store: ModelStore) -> None:
    assert promote_by_rule(database, ANALYST, store.folder, BASE, OTHER, BETTER) == ""
    assert in_use(store) == BASE


def test_by_the_leads_rule_a_better_one_is_used_and_the_log_says_so(
    database: Database, store: ModelStore
) -> None:
    fill(database, 2)
    change_settings(database, LEAD, "we trust the test", promotion_margin=0.02)
    reason = promote_by_rule(database, ANALYST, store.folder, BASE, OTHER, BETTER)
    assert in_use(store) == OTHER
    assert predicted_by(database) == [OTHER, OTHER]
    (entry,) = [one for one in logged(database) if one[2] == "model-champion-set"]
    assert (entry[0], entry[3]["reason"]) == ("ana", reason)
    assert "lena has set (we trust the test)" in reason
    assert "audit sample 0.800 to 0.790" in reason


@pytest.mark.parametrize(
    ("measured", "margin"),
    [
        (BETTER, None),
        (BETTER, 0.005),  # one source is worse by more
        (Measured(PairedTest(20, 2, 0.0001), {"queue": (0.8, 0.9)}), 0.02),  # worse
        (Measured(PairedTest(2, 6, 0.29), {"queue": (0.8, 0.9)}), 0.02),  # by chance, perhaps
        (Measured(PairedTest(2, 20, 0.0001), {}), 0.02),  # no source was measured
    ],
)
def test_rule_is_not_fulfilled(measured: Measured, margin: float | None) -> None:
    assert not fulfils(Settings(promotion_margin=margin), measured)


def test_rule_speaks_of_the_model_in_use_alone(database: Database, store: ModelStore) -> None:
    change_settings(database, LEAD, "we trust the test", promotion_margin=0.02)
    assert promote_by_rule(database, ANALYST, store.folder, "another", OTHER, BETTER) == ""
    assert promote_by_rule(database, ANALYST, store.folder, BASE, OTHER, None) == ""
    assert in_use(store) == BASE


def test_shadow_scores_what_came_in_and_tells_what_would_be_different(
    database: Database, store: ModelStore
) -> None:
    said = [
        "the earth is flat according to a report of scientists",
        "i think this song is lovely and my favourite",
        "a colleague read that bees sleep for eight hours",
    ]
    lanes = ["opinions", "claims", "claims"]
    fill(database, 3, video_transcription_text=said, lane=lanes, claim_probability=[0.1, 0.9, 0.9])
    assert shadow.shadow_report(database, LEAD, store.folder) is None
    shadow.set_shadow(database, LEAD, store.folder, OTHER, "to see")
    assert shadow.score_shadow(database, ANNA, store.folder) == 3
    made = scores(database, lane="opinions", claim_probability=0.2)
    done(database, ANNA, WITHIN)
    report = shadow.shadow_report(database, LEAD, store.folder)
    assert report is not None
    assert (report.challenger, report.n, report.n_decided) == (OTHER, made, 1)
    # The case of most reports in the lane claims was decided a claim, which it would hide.
    assert (report.n_hidden, report.n_shown) == (1, 0)
    assert report.hidden["case"].tolist() == [2]
    assert report.hidden["text"].tolist() == [said[1]]
    assert (report.test.only_a, report.test.only_b) == (1, 0)
    assert int(report.lanes.to_numpy().sum()) == 3


def test_places_with_the_challenger_are_those_of_the_queue(
    database: Database, store: ModelStore
) -> None:
    fill(database, 3, lane=["claims", "claims", "opinions"], claim_probability=[0.9, 0.8, 0.1])
    shadow.set_shadow(database, LEAD, store.folder, OTHER, "to see")
    shadow.score_shadow(database, ANNA, store.folder)
    scores(database, lane="claims", claim_probability=0.9)
    scores(database, 1, lane="opinions", claim_probability=0.1)
    report = shadow.shadow_report(database, LEAD, store.folder)
    assert report is not None
    assert report.earlier[["case", "now", "with the challenger"]].to_numpy().tolist() == [
        [2, 2, 1],
        [3, 3, 2],
    ]


def scores(database: Database, case_id: int | None = None, **said: Any) -> int:
    """Let the challenger say something else of one case, or of all."""
    change = shadow_scores.update().values(**said)
    if case_id is not None:
        change = change.where(shadow_scores.c.case_id == case_id)
    return database.write(lambda c: c.execute(change).rowcount)


def test_challenger_that_is_gone_stops_no_upload_and_is_named(
    database: Database, store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    shadow.set_shadow(database, LEAD, store.folder, OTHER, "to see")
    shutil.rmtree(store.folder / OTHER)
    fill(database, 2)
    shadow.score_beside(database, ANNA, store.folder)
    assert "has not scored what came in" in caplog.text
    with pytest.raises(ModelNotFoundError, match=OTHER):
        shadow.shadow_report(database, LEAD, store.folder)
    with pytest.raises(ModelNotFoundError):
        shadow.set_shadow(database, LEAD, store.folder, OTHER, "again")
    assert in_use(store) == BASE
    shadow.set_shadow(database, LEAD, store.folder, None, "it is gone")
    assert database.read(settings_of).shadow is None


def test_decisions_on_cases_whose_model_is_gone_are_learnt_from(database: Database) -> None:
    fill(database, 2)  # predicted by a model that no store has
    done(database, ANNA, OPINION)
    assert [row.decision for row in final_decisions(database)] == ["opinion"]
