from __future__ import annotations

import getpass
import json
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from claimclf.cli import main
from claimclf.modeling.learners.recipes import RECIPES
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.store import ModelStore
from claimclf.queue.storage.database import Database
from tests.conftest import ROOT
from tests.queue.builders import UNREACHABLE, logged
from tests.speech import talk, talk_file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    assert run("demo", "--rows", 600, "--labelled", "--output", path).exit_code == 0
    return path


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in main.commands:
        assert f"claimclf {name}" in readme, name


def test_every_option_says_what_it_is_for() -> None:
    for command in main.commands.values():
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{command.name} {parameter.name}"


def test_train_models_evaluate_and_score_work_on_demo_data(labelled: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    trained = run("train", "--data", labelled, "--models", models)
    assert trained.exit_code == 0, trained.output
    listed = json.loads(run("models", "--models", models, "--json").stdout)
    assert [m["name"] for m in listed] == [
        "content-random-forest", "content-xgboost", "course-random-forest", "course-xgboost",
    ]  # fmt: skip
    assert sum(m["champion"] for m in listed) == 1
    assert all(m["data"]["synthetic"] for m in listed)
    done = run(
        "evaluate", "--model", "course-xgboost", "--data", labelled, "--models", models, "--json"
    )
    figures = json.loads(done.stdout)
    assert list(figures) == ["validation", "test"]
    stored = next(m for m in listed if m["name"] == "course-xgboost")["metrics"]
    assert figures == stored


def test_a_share_of_nothing_is_a_dash_for_people_and_null_for_machines(
    shipped: ModelStore, tmp_path: Path
) -> None:
    shutil.copytree(shipped.folder, tmp_path / "models")
    store, name = ModelStore(tmp_path / "models"), "course-xgboost"
    store.set_threshold(name, 0.99999999, "send nothing", "ana", model_card)
    listed = run("models", "--models", store.folder).stdout
    (line,) = [line for line in listed.splitlines() if f" {name} " in line]
    assert "recall 0.0000  precision – (no claim predicted)" in line
    models = json.loads(run("models", "--models", store.folder, "--json").stdout)
    model = next(m for m in models if m["name"] == name)
    assert model["metrics"]["validation"]["precision"] is None
    assert model["undefined"]["validation"] == {"precision": "no claim predicted"}
    assert "– (no claim predicted)" in (store.folder / name / "card.md").read_text("utf-8")


def test_describe_prints_every_figure(labelled: Path) -> None:
    figures = json.loads(run("describe", "--data", labelled, "--json").stdout)
    assert figures["rows"] == 600
    assert figures["columns"] == 12
    assert sum(figures["class_shares"].values()) == pytest.approx(1)
    assert "mean text length of claim" in run("describe", "--data", labelled).stdout


def test_demo_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("demo", "--rows", 50, "--seed", seed, "--output", tmp_path / name)
    first, second, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second != other


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["score", "missing.csv", "--output", "out.csv"], 3),
        (["describe", "--data", "missing.csv"], 3),
        (["train", "--data", "missing.csv"], 3),
        (["evaluate", "--model", "nothing", "--data", "missing.csv"], 9),
        (["demo", "--rows", "0", "--output", "out.csv"], 2),
        (["demo", "--rows", "5", "--output", "no/such/folder/out.csv"], 2),
        (["train", "--data", "{labelled}", "--features", "nonsense"], 2),
        (["score", "{labelled}", "--output", "out.csv", "--mapping", "missing.json"], 3),
        (["score", "{labelled}", "--output", "out.csv", "--reports", "missing.csv"], 3),
        (["score", "{labelled}", "--output", "out.csv", "--column", "report_count=nowhere"], 2),
    ],
)
def test_what_cannot_be_done_ends_with_the_code_of_its_kind_and_one_line(
    arguments: list[str], code: int, labelled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*[argument.format(labelled=labelled) for argument in arguments])
    assert done.exit_code == code
    lines = [line for line in done.stderr.splitlines() if line.startswith("claimclf: ")]
    assert len(lines) == 1
    assert "Traceback" not in done.output
    assert not (tmp_path / "out.csv").exists()


def test_chosen_column_counts_as_reports(tmp_path: Path) -> None:
    videos, out = tmp_path / "videos.csv", tmp_path / "out.csv"
    run("demo", "--rows", 20, "--output", videos)
    frame = pd.read_csv(videos).rename(columns={"report_count": "times flagged"})
    frame.to_csv(videos, index=False)
    without = run("score", videos, "--output", out)
    assert without.exit_code == 0
    assert "No report counts are given" in without.stderr
    chosen = "report_count=times flagged"
    assert run("score", videos, "--output", out, "--column", chosen).exit_code == 0
    ranked = pd.read_csv(out)
    assert ranked["report_count"].tolist() == ranked["times flagged"].tolist()


def test_taken_port_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [Path(sys.executable).with_name("claimclf"), "serve", "--port"]
        done = subprocess.run(
            [*map(str, command), str(taken.getsockname()[1])], capture_output=True, text=True
        )
    assert done.returncode == 8
    assert "cannot be used" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.dataset
def test_course_videos_keep_all_rows_in_rank_order(reported_course: Path, tmp_path: Path) -> None:
    out, rejects = tmp_path / "out.csv", tmp_path / "rejects.csv"
    done = run(
        "score",
        reported_course,
        "--output",
        out,
        "--rejects",
        rejects,
        "--model",
        "content-random-forest",
    )
    assert done.exit_code == 0, done.output
    ranked = pd.read_csv(out, dtype={"video_id": "str"})
    assert len(ranked) + len(pd.read_csv(rejects)) == 19_382
    assert (ranked["lane"].tail(298) == "uncertain").all()
    assert ranked["claim_probability"].isna().sum() == 298
    review = ranked[(ranked["lane"] != "opinions") & ranked["claim_probability"].notna()]
    assert review["rank"].tolist() == list(range(1, len(review) + 1))
    assert review["report_count"].is_monotonic_decreasing
    assert set(review["lane"]) == {"claims", "uncertain"}
    assert 0 < (review["lane"] == "uncertain").sum() < 100
    assert review.loc[review["lane"] == "uncertain", "reason"].notna().all()
    same = ranked.groupby("statement_id")["report_count"].sum()
    assert (ranked["statement_reports"] == ranked["statement_id"].map(same)).sum() == 19_084


def test_champion_and_threshold_are_changed_with_a_reason_only(
    tmp_path: Path, shipped: ModelStore
) -> None:
    models = tmp_path / "models"
    shutil.copytree(shipped.folder, models)
    first = run("champion", "--models", models).stdout
    assert first.startswith("speech-linear\nThe champ")
    assert run("champion", "course-xgboost", "--models", models).exit_code == 2
    done = run("champion", "course-xgboost", "--reason", "a trial", "--models", models)
    assert done.stdout.splitlines()[0] == "course-xgboost"
    assert "a trial" in done.stdout
    arguments = ["threshold", "course-xgboost", "--recall", 0.999, "--models", models]
    assert run(*arguments).exit_code == 2
    done = run(*arguments, "--reason", "miss fewer")
    assert done.exit_code == 0
    assert ModelStore(models).manifest("course-xgboost").metrics["validation"].recall >= 0.999
    assert run("threshold", "course-xgboost", "--reason", "x", "--models", models).exit_code == 2


def test_error_rates_are_set_with_a_reason_only(tmp_path: Path, shipped: ModelStore) -> None:
    models, name = tmp_path / "models", "content-xgboost"
    shutil.copytree(shipped.folder, models)
    arguments = ["error-rates", name, "--claims", 0.002, "--models", models]
    assert run(*arguments).exit_code == 2
    done = run(*arguments, "--reason", "miss fewer")
    assert done.stdout == f"{name}: error rates 0.005 for opinions, 0.002 for claims\n"
    assert run("error-rates", name, "--reason", "x", "--models", models).exit_code == 2


CHANGES = [
    ["threshold", "course-xgboost", "--cut-off", 0.3, "--reason", "miss fewer"],
    ["error-rates", "content-xgboost", "--claims", 0.002, "--reason", "miss fewer"],
    ["champion", "course-xgboost", "--reason", "miss fewer"],
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_change_of_a_model_is_in_the_log_of_the_queue_that_is_named(
    tmp_path: Path, shipped: ModelStore, change: list[Any]
) -> None:
    models, url = tmp_path / "models", f"sqlite:///{tmp_path / 'queue.db'}"
    shutil.copytree(shipped.folder, models)
    done = run(*change, "--models", models, "--database", url)
    assert done.exit_code == 0, done.output
    ((actor, role, action, details),) = logged(Database(url))
    assert (actor, role, action) == (getpass.getuser(), "admin", f"model-{change[0]}-set")
    assert (details["model"], details["reason"]) == (change[1], "miss fewer")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
@pytest.mark.parametrize("url", UNREACHABLE)
def test_change_of_a_model_is_refused_in_words_where_the_log_cannot_be_reached(
    tmp_path: Path, shipped: ModelStore, change: list[Any], url: str
) -> None:
    models = tmp_path / "models"
    shutil.copytree(shipped.folder, models)
    done = run(*change, "--models", models, "--database", url)
    assert done.exit_code != 0
    assert done.stderr.startswith("claimclf: ")
    assert len(done.stderr.splitlines()) == 1
    assert "database" in done.stderr
    assert ModelStore(models).manifests() == shipped.manifests()
    assert ModelStore(models).pointer() == shipped.pointer()


def test_training_does_not_begin_where_the_log_cannot_be_reached(
    labelled: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    done = run("train", "--data", labelled, "--models", models, "--database", UNREACHABLE[0])
    assert done.exit_code != 0
    assert "training" not in done.stderr
    assert "database cannot be reached" in done.stderr
    assert not models.exists()


def test_stress_prints_every_condition_and_keeps_them_when_asked(
    labelled: Path, tmp_path: Path
) -> None:
    models, sentences = tmp_path / "models", tmp_path / "elsewhere.csv"
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    logs = ["--models", models, "--database", url]
    assert run("train", "--data", labelled, "--features", "content", *logs).stdout
    sentences.write_text("label,text\n1,the moon is a cheese\n0,how nice\n1,\nx,odd\n")
    name = "content-random-forest"
    arguments = ["stress", "--model", name, "--data", labelled, "--out-of-domain", sentences]
    done = run(*arguments, *logs, "--json")
    assert done.exit_code == 0, done.output
    assert "elsewhere.csv: 1 rows are left out." in done.stderr
    report = json.loads(done.stdout)
    conditions = {row["condition"]: row for row in report["conditions"]}
    assert {"engagement-0", "typos-10", "unseen-framings", "elsewhere.csv"} <= set(conditions)
    last = conditions["elsewhere.csv"]
    assert (last["n"], last["n_claims"], last["kind"]) == (3, 2, "out of domain")
    assert last["claims"] + last["uncertain"] + last["opinions"] == pytest.approx(1)
    assert len(report["trade_off"]) == 6
    assert ModelStore(models).manifest(name).stress != report["conditions"]
    printed = run(*arguments, *logs, "--save")
    assert len(printed.stdout.splitlines()) == len(conditions)
    assert ModelStore(models).manifest(name).stress == report["conditions"]
    assert "elsewhere.csv" in (models / name / "card.md").read_text("utf-8")
    entries = [(action, details["model"]) for *_, action, details in logged(Database(url))]
    stored = [("model-stored", one) for one in (name, "content-xgboost")]
    champion = next(one for action, one in entries if action == "model-champion-set")
    assert entries == [
        *stored,
        ("model-champion-set", champion),
        ("model-stress-set", name),
    ]


def test_search_stores_the_best_model_with_its_table(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tuple(
        replace(recipe, grid={"n_estimators": [5, 10], "max_depth": [2, 3]})
        for recipe in RECIPES["course"]
    )
    monkeypatch.setitem(RECIPES, "course", small)
    models = tmp_path / "models"
    done = run("train", "--data", labelled, "--search", "--models", models)
    assert done.exit_code == 0, done.output
    assert "fits" in done.stderr
    for recipe in small:
        table = ModelStore(models).cv_results(recipe.name)
        assert table is not None
        assert len(table) == 4
        assert table["mean_test_recall"].between(0, 1).all()
        settings = ModelStore(models).manifest(recipe.name).settings
        assert settings["n_estimators"] in (5, 10)
    again = run("train", "--data", labelled, "--search", "--models", models)
    assert f"searching {small[0].name}: 10 of 11 fits" in again.stderr.splitlines()[1]


def test_data_of_one_class_cannot_train_and_leave_the_store_alone(
    labelled: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(labelled)
    frame[frame["claim_status"] == "claim"].to_csv(labelled, index=False)
    for search in ([], ["--search"]):
        done = run("train", "--data", labelled, "--models", tmp_path / "models", *search)
        assert done.exit_code == 3
        assert "too few complete rows of the class 'opinion'" in done.stderr
    assert not (tmp_path / "models").exists()


def test_train_learns_from_speech_and_scores_a_sentence(labelled: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    speech = talk_file(tmp_path / "talk.csv", 300)
    posts = talk_file(tmp_path / "posts.csv", 200, seed=1, tail=" lol this thread #politics")
    trained = run(
        "train", "--data", labelled, "--features", "speech", "--speech", speech,
        "--speech", f"{posts}=0.5", "--models", models,
    )  # fmt: skip
    assert trained.exit_code == 0, trained.output
    listed = json.loads(run("models", "--models", models, "--json").stdout)
    assert [m["name"] for m in listed] == [
        "speech-linear", "speech-random-forest", "speech-xgboost",
    ]  # fmt: skip
    sources = listed[0]["data"]["sources"]
    assert [(s["name"], s["kind"], s["rows"], s["weight"]) for s in sources] == [
        ("talk.csv", "real speech", 300, 1.0),
        ("posts.csv", "real posts", 200, 0.5),
    ]
    kinds = {row["kind"]: row for row in listed[0]["kinds"]}
    assert set(kinds) == {"course", "real speech", "real posts"}
    assert kinds["real speech"]["auc_low"] <= kinds["real speech"]["auc"] <= 1
    plain = run("models", "--models", models).stdout
    assert f"AUC {kinds['real speech']['auc']:.3f} on real speech" in plain
    stressed = run(
        "stress", "--model", "speech-linear", "--data", labelled, "--out-of-domain", speech,
        "--models", models, "--json",
    )  # fmt: skip
    assert stressed.exit_code == 0, stressed.output
    conditions = json.loads(stressed.stdout)["conditions"]
    assert {row["kind"] for row in conditions} == {
        "altered",
        "out of domain",
    }  # no --speech: no refit
    changed = run(
        "error-rates", "speech-linear", "--claims", 0.01, "--kind", "real speech",
        "--reason", "careful", "--models", models,
    )  # fmt: skip
    assert changed.exit_code == 0, changed.output
    assert "0.01 for claims" in changed.output
    assert "Like talk.csv: of 1,000 cases" in changed.output
    refused = run(
        "error-rates", "speech-linear", "--claims", 0.01, "--kind", "songs",
        "--reason", "careful", "--models", models,
    )  # fmt: skip
    assert refused.exit_code != 0
    assert "no error rates of its own for 'songs'" in refused.output


def test_speech_without_texts_or_with_a_bad_weight_says_what_to_do(
    labelled: Path, tmp_path: Path
) -> None:
    models, speech = tmp_path / "models", talk_file(tmp_path / "talk.csv", 60)
    none = run("train", "--data", labelled, "--features", "speech", "--models", models)
    assert none.exit_code != 0
    assert "--speech FILE" in none.output
    bad = run("train", "--data", labelled, "--speech", f"{speech}=heavy", "--models", models)
    assert bad.exit_code != 0
    assert "has no usable weight" in bad.output


def test_learn_teaches_a_challenger_that_scores_and_is_used_on_request_only(
    shipped: ModelStore, labelled: Path, tmp_path: Path
) -> None:
    models, decisions = tmp_path / "models", talk_file(tmp_path / "decided.csv", 80)
    others = shutil.ignore_patterns("content-*", "course-*", "speech-random*", "speech-xg*")
    shutil.copytree(shipped.folder, models, ignore=others)
    database = f"sqlite:///{tmp_path / 'queue.db'}"
    common = ["--models", models, "--database", database]
    empty = run("learn", *common)
    assert empty.exit_code == 3
    assert "Found: 0 opinions and 0 claims" in empty.output
    learnt = run("learn", "--decisions", decisions, "--data", labelled, "--json", *common)
    assert learnt.exit_code == 0, learnt.output
    lesson = json.loads(learnt.stdout)
    assert (lesson["challenger"], lesson["champion"]) == ("challenger-1", "speech-linear")
    assert sum(lesson["sources"].values()) == lesson["rows"]
    plain = run("learn", "--decisions", decisions, "--data", labelled, *common)
    assert "In use is still speech-linear" in plain.stdout
    assert run("champion", "--models", models).stdout.startswith("speech-linear")
    videos = talk(20, 7).assign(video_id=[f"v{n}" for n in range(20)])
    videos.to_csv(tmp_path / "videos.csv", index=False)
    scored = run(
        "score", tmp_path / "videos.csv", "--column", "video_transcription_text=text",
        "--model", "challenger-1", "--models", models, "--output", tmp_path / "out.csv",
    )  # fmt: skip
    assert scored.exit_code == 0, scored.output
    assert len(pd.read_csv(tmp_path / "out.csv")) == 20
    used = run("champion", "challenger-1", "--reason", "better on our posts", *common)
    assert used.exit_code == 0, used.output
    assert run("champion", "--models", models).stdout.startswith("challenger-1")
