"""The dataset page with one's own data, by upload and by path."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from claimclf.configuration import DATABASE, SPEECH
from claimclf.dataset.demo import demo_videos
from claimclf.paths import ROOT
from claimclf.queue.storage.database import Database
from tests.app.test_triage_page import give
from tests.builders import labelled_csv, reported_csv
from tests.queue.builders import ESCALATE, done, fill

APP = str(ROOT / "app.py")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    app = AppTest.from_file(APP, default_timeout=120).run()
    return settled(app.switch_page("pages/dataset.py").run())


def settled(app: AppTest) -> AppTest:
    assert list(app.exception) == []
    return app


def in_use(app: AppTest) -> str:
    return next(c.value for c in app.caption if c.value.startswith("In use"))


def rows(app: AppTest) -> str:
    line = next(m.value for m in app.markdown if "** rows" in m.value)
    return str(line.partition("** rows")[0].strip("*"))


def test_upload_is_used_until_one_goes_back(page: AppTest) -> None:
    assert "synthetic demo data" in in_use(page)
    page.file_uploader[0].set_value(("mine.csv", labelled_csv(40), "text/csv"))
    app = settled(page.run())
    assert "mine\\.csv" in in_use(app)
    assert rows(app) == "40"
    back = next(b for b in app.button if b.label == "Go back to the default dataset")
    app = settled(back.click().run())
    assert "synthetic demo data" in in_use(app)


def test_path_is_opened_and_is_not_undone_by_the_next_rerun(page: AppTest, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    demo_videos(30, 5, labelled=True).to_csv(path, index=False)
    page.file_uploader[0].set_value(("mine.csv", labelled_csv(40), "text/csv"))
    app = settled(page.run())
    app.text_input[0].set_value(str(path))
    app = settled(next(b for b in app.button if b.label == "Open this file").click().run())
    assert "other\\.csv" in in_use(app)
    assert "other\\.csv" in in_use(settled(app.run()))


def test_missing_path_is_explained_and_the_page_stays_usable(page: AppTest) -> None:
    page.text_input[0].set_value("no/such/file.csv")
    app = settled(next(b for b in page.button if b.label == "Open this file").click().run())
    assert "cannot be opened" in app.error[0].value
    assert "In use" in in_use(settled(app.run()))


@pytest.mark.parametrize(
    ("content", "names_columns"),
    [
        ("root:secret-hash:19000:0\nbin:x\n", False),
        ("secret-hash,secret-hash\n1,2\n", False),
        ("video_id,secret-hash\n1,2\n", False),
        ("video_id,video_duration_sec,own\n1,2,3\n", True),
    ],
)
def test_error_of_a_path_names_columns_of_a_table_of_ours_alone(
    page: AppTest, tmp_path: Path, content: str, names_columns: bool
) -> None:
    file = tmp_path / "shadow"
    file.write_text(content, "utf-8")
    page.text_input[0].set_value(str(file))
    app = settled(next(b for b in page.button if b.label == "Open this file").click().run())
    said = app.error[0].value
    assert ("own" in said and "missing" in said) is names_columns
    assert "secret" not in said
    assert names_columns or "no table of labelled videos" in said


@pytest.mark.parametrize("path", ["x\0y", "x" * 5_000])
def test_path_that_no_file_can_have_is_said_in_words(page: AppTest, path: str) -> None:
    page.text_input[0].set_value(path)
    app = settled(next(b for b in page.button if b.label == "Open this file").click().run())
    assert "The path cannot be used" in app.error[0].value


def test_dataset_without_a_complete_row_says_what_to_do(page: AppTest) -> None:
    content = labelled_csv(5, video_transcription_text=[""] * 5)
    page.file_uploader[0].set_value(("empty.csv", content, "text/csv"))
    app = settled(page.run())
    assert "nothing to draw" in app.warning[0].value


def test_columns_chosen_one_by_one_are_all_kept(page: AppTest) -> None:
    content = labelled_csv(40).replace(b"claim_status", b"verdict").replace(b"video_id", b"key")
    page.file_uploader[0].set_value(("mine.csv", content, "text/csv"))
    app = settled(page.run())
    for pair, own in (("claim", "verdict"), ("video\\_id", "key")):
        picker = next(box for box in app.selectbox if box.label.startswith(pair))
        picker.set_value(own)
        submit = next(b for b in app.button if b.label == "Use these columns")
        app = settled(submit.click().run())
    assert "mine\\.csv" in in_use(app)


def look(app: AppTest, what: str) -> AppTest:
    return settled(next(g for g in app.get("button_group")).set_value(what).run())


def line(app: AppTest, word: str) -> str:
    """The line of figures, as it is read."""
    return str(next(m.value for m in app.markdown if f"** {word}" in m.value)).replace("**", "")


def sources(app: AppTest) -> dict[str, dict[str, object]]:
    table = next(t.value for t in app.dataframe if "languages" in t.value)
    return {row["source"]: row for row in table.to_dict("records")}


def test_open_cases_are_looked_at_by_what_is_predicted_and_where_their_words_are_from(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
    app = look(page, "Shared queue")
    assert "No case is open" in app.info[0].value
    database = Database(url)
    spoken = ["ich habe gelesen dass die Preise steigen"] * 3
    texts = [*spoken, "we have cut the taxes", "they were with us", None]
    said = ["transcript", "transcript", None, "caption", "caption", None]
    predicted = [*["claim"] * 4, "opinion", None]
    fill(
        database,
        6,
        video_transcription_text=texts,
        text_source=said,
        prediction=predicted,
        lane=[*["claims"] * 4, "opinions", "uncertain"],
    )
    done(database, verdict=ESCALATE)
    database.close()
    app = settled(app.run())
    assert line(app, "open cases") == (
        "5 open cases · 1 upload · 1 without text · 3 claims · 1 uncertain · 1 opinion"
    )
    rows = sources(app)
    assert rows["a.csv: what is said"]["languages"] == "German 100%"
    assert rows["a.csv: the caption"]["languages"] == "English 100%"
    assert rows["a.csv: what is said"]["texts"] == 2
    assert "what the model predicts" in app.caption[0].value
    titles = [expander.label for expander in app.expander]
    assert any("could not be scored" in title for title in titles)


@pytest.mark.usefixtures("load_each_model_once")
def test_upload_of_this_session_is_looked_at(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    app = look(page, "My upload")
    assert "Nothing was uploaded" in app.info[0].value
    texts = [*["someone read that a hedgehog can swim"] * 11, ""]
    content = reported_csv(12, video_transcription_text=texts)
    app = give(settled(app.switch_page("pages/triage_queue.py").run()), content)
    app = look(settled(app.switch_page("pages/dataset.py").run()), "My upload")
    assert line(app, "rows").startswith("12 rows · 12 accepted · 0 rejected · 11 claims")
    assert sources(app)["what is said"]["texts"] == 11
    assert "8.3% could not be scored" in [one.label.replace("\\", "") for one in app.expander]


def test_labelled_texts_of_this_machine_and_ones_own_are_a_source_each(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SPEECH.variable, str(tmp_path))
    app = look(page, "Real speech")
    assert "No labelled texts are here" in app.info[0].value
    texts = "label,text\n1,We have cut the taxes by half.\n0,I think they were with us.\n"
    (tmp_path / "debates.csv").write_text(texts, "utf-8")
    (tmp_path / "broken.csv").write_text("other\n1\n", "utf-8")
    (tmp_path / "README.md").write_text("no table", "utf-8")
    app.file_uploader[0].set_value([("*mine*.csv", b"label,text\n1,Hola a todos\n", "text/csv")])
    app = settled(app.run())
    assert "broken\\.csv is left out: Columns" in app.warning[0].value
    assert (
        line(app, "rows") == "3 rows · 2 sources · 2 claims · 1 opinion · 0 repeated · 0 rejected"
    )
    assert set(sources(app)) == {"debates.csv (real speech)", "*mine*.csv (real speech)"}
    assert sources(app)["debates.csv (real speech)"]["languages"] == "English 100%"
    assert any("\\*mine\\*" in caption.value for caption in app.caption)
    app = settled(next(b for b in app.button if b.label == "Take my texts away").click().run())
    assert set(sources(app)) == {"debates.csv (real speech)"}
