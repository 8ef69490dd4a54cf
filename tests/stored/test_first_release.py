"""What the first release stored is opened by this one; see `release-0.1/README.md`."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sqlalchemy import select
from xgboost import XGBClassifier

from claimclf.dataset.reading import read_table
from claimclf.dataset.statements import statement_keys, statements
from claimclf.dataset.validation.validate import validate
from claimclf.modeling.learners.search import Progress, TreeSearchCV
from claimclf.modeling.scoring.score import score
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.stored import FORMATS, TRUSTED_TYPES
from claimclf.people import Person, Role
from claimclf.queue.intake.ingest import ingest
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions
from claimclf.schema import LANE, PROBABILITY, REASON, REPORTED, TRANSCRIPT, Ranking
from claimclf.services import queue
from claimclf.services.streaming import Sizes, Source, score_file
from claimclf.streaming import parts
from tests.queue.builders import Clock, upload, videos
from tests.queue.conftest import NewUrl, Server, clock, database, migrated, new_url, server

__all__ = ["Clock", "NewUrl", "Server", "clock", "database", "migrated", "new_url", "server"]

RELEASE = Path(__file__).parent / "release-0.1"
EXPECTED: dict[str, Any] = json.loads((RELEASE / "expected.json").read_text("utf-8"))
MODELS: dict[str, dict[str, Any]] = EXPECTED["models"]
QUEUE: dict[str, Any] = EXPECTED["queue"]
SEARCHES: dict[str, Any] = EXPECTED["searches"]
CASEY = Person("casey.admin", Role.ADMIN)
DECIDED = ("round", "decision", "reason_code", "note", "by", "undone_by", "bulk_id", "sampled")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy: opening a queue or resuming a run changes files."""
    return Path(shutil.copytree(RELEASE, tmp_path / "release"))


@pytest.fixture
def store(release: Path) -> ModelStore:
    return ModelStore(release / "models")


def test_nothing_is_wrong_with_the_models(store: ModelStore) -> None:
    assert store.problems() == []
    assert store.names() == sorted(MODELS)
    best = champion(store)
    assert best is not None
    assert best.name == EXPECTED["champion"]
    assert [entry.reason for entry in store.pointer_history()] == [
        entry["reason"] for entry in EXPECTED["champion_history"]
    ]


@pytest.mark.parametrize("name", MODELS)
def test_each_model_says_what_it_said(name: str, store: ModelStore) -> None:
    expected, model = MODELS[name], store.load(name)
    assert model.manifest.version == expected["version"]
    assert [entry["old"] for entry in model.manifest.threshold_history] == expected[
        "thresholds_before"
    ]
    videos = score(validate(read_table(RELEASE / "five.csv"), REPORTED), model).predictions
    # XGBoost's last digits depend on the processor.
    assert np.allclose(videos[PROBABILITY], expected["claim_probability"], rtol=1e-6, atol=0)
    assert videos[LANE].tolist() == expected["lane"]
    assert videos[REASON].tolist() == expected["reason"]


def test_every_name_that_a_release_wrote_is_trusted_and_there() -> None:
    for dotted in (name for names in FORMATS.values() for name in names):
        module, _, name = dotted.rpartition(".")
        assert hasattr(import_module(module), name), dotted
        assert dotted in TRUSTED_TYPES


def test_check_of_the_store_names_a_type_that_has_gone(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("claimclf.modeling.features.opening")
    problems = {str(problem) for problem in store.problems()}
    assert len(problems) == 3  # of the three models that read how a transcript begins
    assert all("claimclf.modeling.features.opening" in problem for problem in problems)


@pytest.mark.parametrize(("run", "n_blocks"), [("several", 12), ("one", 1)])
def test_interrupted_run_of_another_format_of_parts_is_scored_anew(
    run: str, n_blocks: int, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = release / "run" / f".{run}.csv.scoring"
    for described in folder.glob("*.json"):
        text = described.read_text("utf-8").replace("{folder}", str(folder))
        described.write_text(text, "utf-8")
    scored = []

    def counted(*arguments: Any) -> Any:
        scored.append(arguments)
        return score(*arguments)

    monkeypatch.setattr(parts, "score", counted)
    model = ModelStore(release / "models").load(EXPECTED["champion"])
    source = Source(release / "run" / "videos.csv", model, release / "models", {})
    sizes = Sizes(block=3000) if run == "several" else Sizes()
    output, rejects = release / "run" / f"{run}.csv", release / "run" / f"{run}-rejects.csv"
    score_file(source, output, rejects, sizes=sizes)
    assert len(scored) == n_blocks + 1  # one made-up video is scored to warm up
    again = release / "again.csv"
    score_file(replace(source, path=shutil.copy(source.path, release / "copy.csv")), again)
    assert output.read_bytes() == again.read_bytes()
    before, now = (pd.read_csv(p).set_index("video_id") for p in (RELEASE / "scored.csv", output))
    # What was rejected for a cell that no model needs is accepted, with a note, since.
    assert set(before.index) < set(now.index)
    before = before[before["claim_probability"].notna()]  # without a report count nothing was
    same = ["lane", "prediction", "claim_probability", "report_count"]
    pd.testing.assert_frame_equal(now.loc[before.index, same], before[same], check_dtype=False)
    noted = pd.read_csv(rejects)
    assert len(now) + (noted["outcome"] == "rejected").sum() == 59  # one row repeats a video
    assert not folder.exists()


def searched_rows() -> tuple[Any, Any]:
    """What `release-0.1/make.py` searched on."""
    i = np.arange(60)
    features = np.stack([i * i % 11, i * 7 % 13, i % 5], axis=1).astype(float)
    return features, (features[:, 0] + i * 3 % 7 > 7).astype(int)


@pytest.mark.parametrize(
    ("name", "model", "grid"),
    [
        (
            "forest",
            RandomForestClassifier(random_state=0),
            {"n_estimators": [2, 4], "max_depth": [2, None], "min_samples_split": [2, 3]},
        ),
        (
            "booster",
            XGBClassifier(random_state=1, n_jobs=1),
            {"n_estimators": [2, 4], "max_depth": [1, 3]},
        ),
        ("alone", LogisticRegression(), {"C": [0.1, 1.0]}),
    ],
)
def test_interrupted_search_goes_on_with_the_fits_that_are_there(
    name: str, model: Any, grid: Any, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library, version in SEARCHES["libraries"].items():  # other versions would fit anew
        monkeypatch.setattr(import_module(library), "__version__", version)
    steps: list[Progress] = []

    def search(checkpoint: Path | None) -> Any:
        searching = TreeSearchCV(
            model,
            grid,
            scoring=["recall", "f1"],
            refit="recall",
            cv=3,
            checkpoint=checkpoint,
            on_progress=steps.append,
        )
        return searching.fit(*searched_rows()).cv_results_

    resumed = search(release / "search" / name)
    assert steps[0].done == SEARCHES[name]["fits_done"]
    anew = search(None)
    assert resumed["params"] == anew["params"]
    for column in ("mean_test_recall", "mean_test_f1"):
        assert np.allclose(resumed[column], anew[column], rtol=1e-6, atol=0)


def opened(url: str) -> Database:
    at: int = QUEUE["at"]
    return Database(url, clock=lambda: at)


def test_queue_opens_with_all_that_was_decided(release: Path) -> None:
    stored = opened(f"sqlite:///{release / 'queue.db'}")
    assert_is_the_queue(stored)
    held = queue.held_cases(stored, CASEY)
    assert [(case.case_id, case.holder) for case in held] == [
        (QUEUE["held"]["case_id"], QUEUE["held"]["holder"])
    ]
    settings = queue.settings_in_force(stored, CASEY)
    assert (settings.lease_minutes, settings.sample_rate) == (20, 0.2)
    assert [view.name for view in queue.saved_views(stored, CASEY)] == [QUEUE["view"]["name"]]
    verified = queue.verify_audit(stored, CASEY)
    assert (verified.head, verified.problems) == (QUEUE["audit"]["head"], [])
    stored.close()


def test_statement_that_stood_alone_keeps_its_id_for_what_says_the_same(release: Path) -> None:
    stored = opened(f"sqlite:///{release / 'queue.db'}")
    rows = stored.read(lambda c: c.execute(select(cases.c.statement_id, cases.c[TRANSCRIPT])).all())
    said = pd.DataFrame(rows, columns=["known", TRANSCRIPT]).dropna().drop_duplicates("known")
    now = statements(said[TRANSCRIPT].astype("str")).ids
    alone = said[now.eq(said["known"])]
    assert len(alone) > len(said) / 2
    again = videos(
        len(alone),
        **{TRANSCRIPT: alone[TRANSCRIPT].tolist(), "statement_id": now[alone.index].tolist()},
    )
    ingest(stored, CASEY, again, upload("c"), keys_of=statement_keys)
    query = select(cases.c.statement_id).where(cases.c.video_id.in_(again["video_id"].tolist()))
    ids = stored.read(lambda c: c.scalars(query).all())
    assert sorted(ids) == sorted(alone["known"])
    stored.close()


def test_backup_is_restored_on_either_database(release: Path, database: Database) -> None:
    queue.restore(database, CASEY, release / "backup.zip")
    assert_is_the_queue(database)
    assert queue.verify_audit(database, CASEY).problems == []


def assert_is_the_queue(database: Database) -> None:
    columns = [cases.c.video_id, *(decisions.c[name] for name in DECIDED)]
    joined = select(*columns).join(cases, decisions.c.case_id == cases.c.id)
    recorded = database.read(lambda c: c.execute(joined.order_by(decisions.c.id)).mappings().all())
    assert [dict(row) for row in recorded] == [
        {name: decision[name] for name in ("video_id", *DECIDED)} for decision in QUEUE["decisions"]
    ]
    states = database.read(lambda c: c.execute(select(cases.c.state)).scalars().all())
    assert Counter(states) == QUEUE["states"]
    for ranking, expected in QUEUE["open_by_rank"].items():
        page = queue.list_cases(database, CASEY, ranking=Ranking(ranking), size=100)
        assert [row.case.video["video_id"] for row in page.rows] == expected
