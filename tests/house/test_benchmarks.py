"""Benchmarks stay honest: what is broken, worse, new or gone is named; each runs in small."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import (
    command,
    formats,
    model,
    moderators,
    notebook,
    pages,
    processes,
    queue,
    scale,
    score,
    search,
    uploads,
)
from benchmarks import team as teams
from benchmarks.busy import MODERATORS
from benchmarks.report import Result, Run, changes, now_run, read, report, write
from benchmarks.speech_targets import review_share_as, target_lines
from benchmarks.videos import write_videos
from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import first_rows, read_table
from claimclf.dataset.statements import statements
from claimclf.dataset.validation.mapping import understand
from claimclf.dataset.validation.validate import validate
from claimclf.modeling.learners.algorithms import RANDOM_FOREST
from claimclf.modeling.learners.recipes import RECIPES
from claimclf.modeling.learners.search import TreeSearchCV
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import MODELS
from claimclf.schema import (
    AUTHOR_ID,
    DURATION,
    ENGAGEMENT,
    POSTED_AT,
    REPORTED,
    SAVES,
    TRANSCRIPT,
    VIDEO_ID,
)
from claimclf.services.datasets import open_dataset
from claimclf.services.stress import read_texts
from tests.conftest import shared_file
from tests.modeling.learners.test_search import rows
from tests.speech import talk_file

RATIO = Result("page", 2.0, reference="an empty page", limit=3.0, spread=(1.5, 2.5))


def run(*results: Result) -> Run:
    return Run("2026-01-01T00:00+00:00", "2 cores", "Python 3", list(results))


def told(now: Result, before: Result) -> list[str]:
    return list(changes({"pages": run(now)}, {"pages": run(before)}))


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (RATIO, replace(RATIO, value=2.0), []),
        (RATIO, replace(RATIO, value=1.68), []),  # 19 % worse
        (RATIO, replace(RATIO, value=1.65), ["pages: page is worse: 2 times, and 1.65 before."]),
        (RATIO, replace(RATIO, value=9.0), []),  # better
        (replace(RATIO, value=3.1), RATIO, ["not what is promised", "page is worse"]),
        (replace(RATIO, unit="ms"), replace(RATIO, unit="ms", value=1.0), []),  # another machine
    ],
)
def test_only_a_ratio_that_is_a_fifth_worse_is_named(
    now: Result, before: Result, words: list[str]
) -> None:
    lines = told(now, before)
    assert len(lines) == len(words)
    assert all(word in line for word, line in zip(words, lines, strict=True))


def test_ratio_of_which_more_is_better_is_worse_when_it_falls() -> None:
    speed = Result("faster", 2.0, limit=1.8, more_is_better=True)
    assert told(speed, replace(speed, value=2.3)) == []
    assert "faster is worse" in told(speed, replace(speed, value=2.5))[0]
    assert not replace(speed, value=1.7).is_kept
    assert replace(speed, value=1.8).is_kept


def test_new_and_gone_figures_are_named() -> None:
    lines = told(replace(RATIO, name="new one"), replace(RATIO, name="old one"))
    assert lines == ["pages: new one is new.", "pages: old one is gone."]


def test_first_report_compares_with_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "benchmarks.json") == {}
    assert list(changes({"pages": run(RATIO)}, {})) == []


def test_figures_are_kept_for_the_next_time_and_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.json"
    first = {"pages": run(RATIO), "queue": run(Result("decide", 5.0, "ms", limit=20.0))}
    write(first, read(file), file)
    assert read(file) == first
    text = write({"pages": run(replace(RATIO, value=2.9))}, read(file), file)
    assert read(file)["queue"] == first["queue"]
    assert read(file)["pages"].results[0].value == 2.9
    row = "| page | 2.9 times | 1.5 to 2.5 | at most 3 | an empty page | 2 |"
    assert row in text
    assert "- pages: page is worse: 2.9 times, and 2 before." in text
    assert "| decide | 5 ms |  | at most 20 |  |  |" in text


def test_each_figure_of_the_report_has_a_name_of_its_own() -> None:
    """Of two with one name only one would be compared with the last time."""
    for name, figures in read().items():
        names = [result.name for result in figures.results]
        assert len(names) == len(set(names)), name


def test_report_names_machine_versions_and_what_is_not_kept() -> None:
    broken = now_run([replace(RATIO, value=4.0)])
    text = "\n".join(report({"pages": broken}, {}))
    assert "cores" in text
    assert "streamlit" in text
    assert "at most 3 **not kept**" in text


def test_unknown_name_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        benchmarks.main(["nonsense"])
    assert "unknown: nonsense. Choose from score" in capsys.readouterr().err


# Small forms: that they measure what they say; ratios far from the limits, and no times.


def test_score_in_small() -> None:
    (ratio,) = score.results(rows=200, repeats=2)
    assert ratio.spread is not None
    assert 0 < ratio.spread[0] < 50


def test_texts_of_the_whole_command_are_all_different_statements(tmp_path: Path) -> None:
    source, claims = tmp_path / "videos.csv", tmp_path / "claims.csv"
    command._write(source, 300)
    videos = read_table(source)
    told = statements(videos.frame[TRANSCRIPT].astype("str")).ids
    assert (videos.frame[VIDEO_ID].nunique(), len(set(told))) == (300, 300)
    assert notebook.steps(source, claims) > 0
    written = pd.read_csv(claims)
    assert 0 < len(written) < 300
    assert (written["claim_probability"] > 0.5).all()


def test_other_build_scores_the_same_file_with_each_model_of_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def spend(seconds: float, *arguments: object) -> processes.Spent:
        asked.append(arguments)
        return processes.Spent(seconds, 100 * seconds)

    monkeypatch.setattr(command, "claimclf", partial(spend, 1.0))
    monkeypatch.setattr(command, "run", partial(spend, 4.0))
    results = list(command._beside_the_other_build(5, 2, tmp_path, tmp_path / "before"))
    assert [result.value for result in results] == [0.25] * 4
    ours, theirs = asked[0::2], asked[1::2]
    assert [command[1:] for command in theirs] == ours
    assert not list(command._beside_the_other_build(5, 2, tmp_path, None))


@pytest.mark.parametrize("who", ["notebook", scale.CONTENT])
def test_steps_of_scale_in_small(who: str, tmp_path: Path) -> None:
    source, target, report = (tmp_path / name for name in ("in.csv", "out.csv", "told"))
    write_videos(source, 300)
    scale._time_steps(who, source, target, report)
    assert float(report.read_text()) > 0
    ids = [set(pd.read_csv(file)["video_id"]) for file in (source, target)]
    assert ids[0] == ids[1]


def test_both_files_of_formats_hold_the_same_videos(tmp_path: Path) -> None:
    table, lines = tmp_path / "videos.csv", tmp_path / "zeeschuimer.ndjson"
    formats.write_both(table, lines, 50)
    known = understand(first_rows(lines), REPORTED)
    assert known.exporter == "zeeschuimer_tiktok"
    rows = [validate(read_table(path), REPORTED).accepted for path in (table, lines)]
    columns = [VIDEO_ID, TRANSCRIPT, *ENGAGEMENT, SAVES, AUTHOR_ID, POSTED_AT, DURATION]
    given = [name for name in columns if name in rows[1]]
    assert len(given) >= 9
    pd.testing.assert_frame_equal(rows[0][given], rows[1][given])
    assert len(formats._cut(lines, 10_000).read_bytes()) > 10_000


def test_growth_is_the_power_with_which_time_grows() -> None:
    assert scale._exponent({10: 2.0, 100: 20.0, 1_000: 200.0}) == pytest.approx(1)
    assert scale._exponent({10: 1.0, 1_000: 10_000.0}) == pytest.approx(2)


def test_search_in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(search.HOW, "ours", (TreeSearchCV, {}))  # other processes start slowly
    (forest,) = (one for one in RECIPES["course"] if one.algorithm == RANDOM_FOREST)
    small = replace(forest, grid={"n_estimators": [3, 5]})
    wrong = {RANDOM_FOREST: 0.123}
    differing, ratio = search.compared(*rows(), [small], ["ours", "the notebook's call"], wrong)
    assert differing.value == 1  # all cells are equal, but not the best recall to a wrong one
    assert 0.01 < ratio.value < 1_000


def test_model_in_small() -> None:
    store, videos = ModelStore(MODELS), demo_videos(30)
    results = model.explanation_times(store, "content-random-forest", videos).result()
    assert 0.01 < results.value < 1_000
    labelled = model.training_results({"course-random-forest": 2.0, "content-xgboost": 3.0})
    assert [(one.name, one.value) for one in labelled] == [("training, content-xgboost", 1.5)]


def test_share_to_review_follows_the_share_of_claims() -> None:
    # 4 of 4 claims (95 % rounded up) and 3 of 6 opinions are reviewed
    measured = {"review_95": 0.7, "n": 10, "n_claims": 4}
    assert review_share_as(measured, 0.4) == pytest.approx(0.7)
    assert review_share_as(measured, 0.1) == pytest.approx(0.1 + 0.9 * 0.5)


@pytest.mark.dataset
def test_table_says_what_each_set_asks_and_takes_any_labelled_file(
    course_dataset: Path, tmp_path: Path
) -> None:
    own = talk_file(tmp_path / "own.csv", 40)
    store, posts = ModelStore(MODELS), shared_file("data/posts_dev.csv")
    manifest = store.manifest("speech-linear")
    header, *lines = target_lines(store, manifest, open_dataset(course_dataset), [posts, own])
    by_figure = {(line[0], line[1]): line for line in lines}
    assert header[:4] == ("set", "figure", "must", "aim")
    assert by_figure["course test", "recall"][2:] == ("≥ 0.999", "", "1.0000", "met")
    assert by_figure["engagement × 0 to × 300", "lowest recall"][-1] == "met"
    assert by_figure["posts_dev.csv (140)", "AUC"][2:4] == ("≥ 0.8", "≥ 0.84")
    assert by_figure["own.csv (40)", "AUC"][2:4] == ("", "")
    assert 0.5 < float(by_figure["own.csv (40)", "AUC"][4]) <= 1


def test_benchmark_videos_are_distinct_however_many_are_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.videos._AT_ONCE", 70)
    write_videos(tmp_path / "in.csv", 200)
    videos = pd.read_csv(tmp_path / "in.csv")
    assert len(videos) == 200
    assert videos["video_transcription_text"].is_unique
    assert videos["video_id"].is_unique


def test_memory_of_a_command_counts_its_children() -> None:
    child = "import time; held = bytearray(b'x') * 80_000_000; time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    spent = processes.run(sys.executable, "-c", parent)
    assert spent.megabytes > 80
    assert spent.seconds > 1
    with pytest.raises(RuntimeError, match="ended with 3: said"):
        processes.run(
            sys.executable, "-c", "import sys; print('said', file=sys.stderr); sys.exit(3)"
        )


def test_queue_in_small() -> None:
    results = list(queue.measured("SQLite", queue.DATABASES["SQLite"], (40, 80), 4))
    assert len({result.name for result in results}) == len(results) == 11
    assert all(result.value < 50 for result in results if result.unit == "times")


def test_others_are_at_work_while_an_upload_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "REPEATS", 3)
    monkeypatch.setattr(uploads, "FEW", 5)
    figures = [
        *uploads._meanwhile("SQLite", queue.DATABASES["SQLite"], 400, 100),
        *uploads._growth("SQLite", queue.DATABASES["SQLite"], 40),
    ]
    assert len(figures) == 11
    assert all(figure.value > 0 for figure in figures)
    assert {figure.limit for figure in figures} == {None, 250.0, 1_000.0, 50.0, 1.3}


def test_moderators_in_small() -> None:
    results = moderators.results(2.0, MODERATORS[:3], 1_000, 0.0, "SQLite")
    figures = {result.name.partition(": ")[2]: result for result in results}
    assert figures["decisions"].value > 0
    for name in ("errors", "cases closed but not by a press, or the reverse"):
        assert figures[name].is_kept, figures[name]


def test_pages_in_small() -> None:
    results = pages.results(n_cases=60, n_decisions=3, repeats=1, starts=0)
    assert {result.reference for result in results if result.unit == "times"} == {
        pages.EMPTY,
        pages.LEAN,
        pages.GUARD,
    }
    sent = [result for result in results if result.unit == "kB"]
    assert len(sent) == 7
    assert all(result.is_kept for result in sent)


@pytest.fixture(scope="module")
def debates() -> pd.DataFrame:
    rows = read_texts(read_table(shared_file("data/debate_sentences_dev.csv"))).rows
    return teams.quarter_claims(rows).sample(60, random_state=1)


def test_team_that_reads_all_finds_all_and_is_spared_what_comes_after(
    debates: pd.DataFrame,
) -> None:
    reading = teams.learning_while_reviewing(debates, every=0, order=1)
    n_claims = int(is_claim(debates).sum())
    assert n_claims / len(debates) <= reading.share < 1
    read = round(reading.share * len(debates)) - round(0.95 * n_claims + 0.49)
    assert reading.spared == pytest.approx(1 - read / (len(debates) - n_claims))
    assert reading.certified is None, "nothing was drawn"


def test_what_pages_say_of_a_week_stands_beside_what_is_so(
    debates: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in {"_A_WEEK": 40, "_CAPACITY": 20, "_SAMPLE": 0.5, "_SECOND": 1.0}.items():
        monkeypatch.setattr(teams, name, few)
    weeks = teams.weeks_of_work(debates, debates, slips=1.0, n_weeks=2)
    for said, true in weeks.missed:
        assert 0 < said.n_cases + said.n_unknown < 40
        assert true <= said.n_cases + said.n_unknown
    assert len(weeks.alarms) == 2
    assert weeks.n > 0
    assert weeks.same == 0, "one of two is always wrong"
