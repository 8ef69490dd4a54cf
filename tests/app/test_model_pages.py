"""Pages when the model store is empty, damaged or changed under their hands."""

from __future__ import annotations

import getpass
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.configuration import DATABASE
from claimclf.modeling.learners.recipes import RECIPES
from claimclf.modeling.store.by_kind import at_a_glance
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.champion import RULE, RULE_IN_SHORT, overrule
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import ROOT
from claimclf.queue.review.decisions import decide
from claimclf.queue.storage.database import Database
from claimclf.schema import TRANSCRIPT
from claimclf.services.lanes import consequences
from claimclf.ui.folds import was_opened
from claimclf.ui.state import upload as state
from tests.queue.builders import ANNA, OPINION, UNREACHABLE, WITHIN, fill, logged, take
from tests.speech import talk

APP = str(ROOT / "app.py")


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """A copy of the shipped models that the pages use."""
    shutil.copytree(shipped.folder, tmp_path / "models")
    monkeypatch.setenv("CLAIMCLF_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    monkeypatch.setattr(state, "_DEMO_ROWS", 50)
    st.cache_resource.clear()
    return ModelStore(tmp_path / "models")


def shown(page: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app = app.switch_page(page).run()
    assert not app.exception
    return app


def scored() -> AppTest:
    """The page with made-up videos, scored by the model in use."""
    app = shown("pages/triage_queue.py")
    next(b for b in app.button if b.label == "Try it with made-up videos").click().run()
    assert not app.exception
    return app


def test_queue_says_that_the_champion_is_damaged_and_goes_on(store: ModelStore) -> None:
    next((store.folder / "speech-linear").glob("model-*")).write_bytes(b"")
    app = scored()
    assert "speech\\-linear cannot be loaded" in app.warning[0].value
    assert any("speech\\-xgboost" in caption.value for caption in app.caption)


def test_comparison_names_the_damaged_model_and_shows_the_other(store: ModelStore) -> None:
    next((store.folder / "content-xgboost").glob("predictions-*")).unlink()
    app = shown("pages/model_comparison.py")
    assert "is missing" in app.error[0].value
    assert "Champion: speech\\-linear" in app.success[0].value


def test_loaded_model_stays_in_use_when_its_file_is_damaged_later(store: ModelStore) -> None:
    scored()
    next((store.folder / "speech-linear").glob("model-*")).write_bytes(b"")
    app = scored()
    assert not app.warning
    assert any("speech\\-linear" in caption.value for caption in app.caption)


def test_empty_store_offers_training_and_the_queue_says_so(store: ModelStore) -> None:
    shutil.rmtree(store.folder)
    app = shown("pages/model_comparison.py")
    assert "No model is stored yet" in app.info[0].value
    assert [b.label for b in app.button if "Train" in b.label]
    assert "no usable model" in shown("pages/triage_queue.py").error[0].value
    assert "No model is stored yet" in " ".join(
        text.value for text in AppTest.from_file(APP, default_timeout=60).run().markdown
    )


@pytest.mark.parametrize("page", ["app.py", "pages/model_comparison.py"])
def test_model_in_use_has_its_figures_by_kind_of_text_and_no_other_headline(
    store: ModelStore, page: str
) -> None:
    app = shown(page)
    said = " ".join(str(one.value) for one in [*app.markdown, *app.success]).replace("\\", "")
    for glance in at_a_glance(store.manifest("speech-linear")):
        assert f"**On {glance.texts}**: {glance.figures}" in said
    assert not [metric for metric in app.metric if "%" in str(metric.value)]


def test_figures_of_another_model_in_use_are_its_own(store: ModelStore) -> None:
    overrule(store, "course-xgboost", "a trial of a week", "ana")
    said = " ".join(str(one.value) for one in shown("app.py").markdown).replace("\\", "")
    assert "recall 98.91%" in said
    assert "**On real speech**: not learnt" in said


def test_rule_stands_by_the_champion_with_what_it_looks_at(store: ModelStore) -> None:
    app = unfolded("why-champion")
    assert RULE in [text.value for text in app.markdown]
    assert RULE_IN_SHORT in [text.value for text in app.caption]
    (table,) = (t.value for t in app.table if sorted(t.value.index) == store.names())
    assert table.index[0] == "speech-linear"
    speech = next(c for c in table.columns if "real speech" in c)
    assert (
        table.loc["speech-linear", speech]
        == f"{store.manifest('speech-linear').auc_on('real speech'):.3f}"
    )
    assert table.loc["course-xgboost", speech] == "0.5 (not learnt)"


def test_overruled_champion_is_shown_with_person_and_reason(store: ModelStore) -> None:
    overrule(store, "course-xgboost", "a trial of a week", "ana")
    app = shown("pages/model_comparison.py")
    assert "Champion: course\\-xgboost" in app.success[0].value
    assert any("ana" in c.value and "a trial of a week" in c.value for c in app.caption)


def test_changed_threshold_is_used_at_once(store: ModelStore) -> None:
    overrule(store, "course-random-forest", "it has a threshold alone", "ana")
    before = scored().metric[4]
    assert before.label == "Predicted claims"
    store.set_threshold("course-random-forest", 0.0, "see all", "ana", model_card)
    after = scored().metric[4]
    assert int(after.value) > int(before.value)


def test_changed_error_rates_are_used_at_once(store: ModelStore) -> None:
    before = scored().metric[5]
    assert before.label == "Uncertain"
    rates = {"claim": 0.0001, "opinion": 0.0001}  # too low to rule anything out
    store.set_error_rates("speech-linear", rates, "a trial", "ana", model_card)
    after = scored().metric[5]
    assert int(after.value) > int(before.value)


def test_stress_is_shown_for_every_stored_model(store: ModelStore) -> None:
    app = section(shown("pages/model_comparison.py"), "Under stress")
    table = app.table[-1].value
    assert list(table.columns) == store.names()
    assert table.loc["engagement × 0", "course-random-forest"].startswith("0.563 (")
    assert table.loc["engagement × 0", "content-random-forest"].startswith("1.000 (")
    figure = next(g for g in app.get("button_group") if g.label == "Figure")
    app = figure.set_value("claims in opinions").run()
    assert not app.exception
    assert app.table[-1].value.loc["engagement × 0", "course-xgboost"].startswith("1.000 (")


def test_whole_suite_is_offered_for_models_that_can_be_fitted_anew_here(store: ModelStore) -> None:
    app = section(shown("pages/model_comparison.py"), "Under stress")
    offered = next(box for box in app.selectbox if box.key == "stress_model")
    assert sorted(offered.options) == [name for name in store.names() if "speech" not in name]
    assert any("--speech FILE --save" in caption.value for caption in app.caption)


def reason(app: AppTest, text: str, key: str | None) -> None:
    next(t for t in app.text_input if t.label == "Reason" and t.key == key).input(text)


def test_lanes_of_a_kind_are_chosen_with_the_consequence_in_front(store: ModelStore) -> None:
    app = section(shown("pages/model_comparison.py"), "Lanes")
    promised, prices = (t.value for t in app.table[-3:-1])
    assert promised.index[1] == "real speech: debate_sentences_train.csv"
    assert promised.iloc[1, 0] == "0.025"
    assert promised.iloc[1, 1].startswith("0.025 (0.018 to")
    assert "2.5% (in use)" in prices.index
    assert {"2.0%", "5.0%"} <= set(prices.index)
    app = choose_claims(app, 0.05)
    manifest = store.manifest("speech-linear")
    (expected,) = consequences(manifest, "real speech", {"claim": 0.05, "opinion": 0.1})
    assert "about 12 of 264 claims would be hidden" in expected
    assert expected in [i.value.replace("\\", "") for i in app.info]


def choose_claims(app: AppTest, rate: float) -> AppTest:
    slider = next(s for s in app.select_slider if s.label.startswith("Claims"))
    app = slider.set_value(rate).run()
    assert not app.exception
    return app


def test_error_rates_of_a_kind_are_saved_for_it_alone_and_with_a_reason(store: ModelStore) -> None:
    app = choose_claims(section(shown("pages/model_comparison.py"), "Lanes"), 0.05)
    save = "Save these error rates for real speech"
    next(b for b in app.button if b.label == save).click().run()
    assert "reason" in app.error[0].value.lower()
    reason(app, "fewer reviews", "lanes_reason")
    assert not next(b for b in app.button if b.label == save).click().run().exception
    after = store.manifest("speech-linear")
    (change,) = after.error_rates_history
    assert (change["reason"], change["kind"]) == ("fewer reviews", "real speech")
    assert after.kind_error_rates["real speech"] == {"claim": 0.05, "opinion": 0.1}
    assert after.kind_error_rates["real posts"] == {"claim": 0.02, "opinion": 0.1}
    assert after.error_rates == {"claim": 0.005, "opinion": 0.005}
    assert "5.0% (in use)" in app.table[-2].value.index


def test_rates_set_elsewhere_that_nobody_measured_are_shown_as_such(store: ModelStore) -> None:
    rates, kind = {"claim": 0.033}, "real speech"
    store.set_error_rates("speech-linear", rates, "a trial", "ana", model_card, kind=kind)
    app = section(shown("pages/model_comparison.py"), "Lanes")
    slider = next(s for s in app.select_slider if s.label.startswith("Claims"))
    assert slider.value == 0.033
    assert any("not measured at these rates" in info.value for info in app.info)
    promised = app.table[-3].value
    assert promised.iloc[1, :2].tolist() == ["0.033", "not measured"]
    assert "12 of 264 claims" in " ".join(i.value for i in choose_claims(app, 0.05).info)


def test_error_rates_of_the_course_are_the_models_general_ones(store: ModelStore) -> None:
    app = section(shown("pages/model_comparison.py"), "Lanes")
    app = choose_claims(choice(app, "Kind of text", "course"), 0.01)
    reason(app, "a trial", "lanes_reason")
    next(b for b in app.button if b.label == "Save these error rates for course").click().run()
    assert store.manifest("speech-linear").error_rates == {"claim": 0.01, "opinion": 0.005}


def test_lanes_without_kinds_show_promise_and_price_and_can_be_set_with_a_reason(
    store: ModelStore,
) -> None:
    overrule(store, "content-xgboost", "a trial", "ana")
    app = section(shown("pages/model_comparison.py"), "Lanes")
    assert any(index.endswith("(in use)") for index in app.table[-1].value.index)
    submit = next(b for b in app.button if b.label == "Save the error rates")
    submit.click().run()
    assert "reason" in app.error[0].value.lower()
    reason(app, "fewer reviews", None)
    next(n for n in app.number_input if n.label.startswith("Claims")).set_value(0.01)
    submit = next(b for b in app.button if b.label == "Save the error rates")
    assert not submit.click().run().exception
    (change,) = store.manifest("content-xgboost").error_rates_history
    assert (change["reason"], change["new"]) == ("fewer reviews", {"claim": 0.01, "opinion": 0.005})


def unfolded(*keys: str) -> AppTest:
    """Show the comparison with some of its folds opened."""
    app = shown("pages/model_comparison.py")
    for key in keys:
        app.session_state[was_opened(key)] = True
    return app.run()


def saved(app: AppTest, reason: str) -> AppTest:
    """Press the button that saves the shown cut-off as the model's threshold."""
    next(t for t in app.text_input if t.label == "Reason").input(reason)
    app = next(b for b in app.button if b.label == "Save the threshold").click().run()
    assert not app.exception
    return app


def test_threshold_champion_and_the_way_back_to_the_rule_are_logged(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
    app = saved(unfolded("decisions"), "as it is")
    next(t for t in app.text_input if t.key == "overrule_reason").input("a trial")
    app = next(b for b in app.button if b.label == "Make it champion").click().run()
    app = next(b for b in app.button if b.label == "Go back to the rule").click().run()
    assert not app.exception
    entries = logged(Database(url))
    assert {(actor, role) for actor, role, *_ in entries} == {(getpass.getuser(), "admin")}
    assert [(action, details["reason"][:12]) for *_, action, details in entries] == [
        ("model-threshold-set", "as it is"),
        ("model-champion-set", "a trial"),
        ("model-champion-set", "Back to the "),
    ]


@pytest.mark.parametrize("url", UNREACHABLE)
def test_change_is_refused_in_words_where_the_log_cannot_be_reached(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(DATABASE.variable, url)
    before = store.manifests()
    app = saved(unfolded("decisions"), "as it is")
    assert "database" in app.error[0].value
    assert store.manifests() == before


def section(app: AppTest, name: str) -> AppTest:
    control = next(g for g in app.get("button_group") if g.label == "Look closer")
    app = control.set_value(name).run()
    assert not app.exception
    return app


def choice(app: AppTest, label: str, value: str) -> AppTest:
    control = next(g for g in app.get("button_group") if g.label == label)
    app = control.set_value(value).run()
    assert not app.exception
    return app


def matrices(app: AppTest) -> str:
    """The confusion matrices that stand on the page, titles and counts, folded ones left out."""
    folded = {id(e) for fold in app.expander for e in fold.get("plotly_chart")}
    charts = [e.proto.spec for e in app.main.get("plotly_chart") if id(e) not in folded]
    return " ".join(str(chart) for chart in charts if "predicted claim" in chart)


def compared(app: AppTest) -> AppTest:
    """The table of figures in which the models differ."""
    return next(t for t in app.table if "claims missed" in t.value.index)


VALIDATION = "validation split of the course's own texts"


def test_forest_stands_beside_xgboost_on_real_speech_at_first(store: ModelStore) -> None:
    app = shown("pages/model_comparison.py")
    assert app.multiselect[0].value == ["speech-random-forest", "speech-xgboost"]
    table = compared(app).value
    assert list(table.columns) == ["speech-random-forest", "speech-xgboost"]
    (row,) = (row for row in store.manifest("speech-xgboost").kinds if row["kind"] == "real speech")
    missed = row["n_claims"] - round(row["recall"] * row["n_claims"])
    assert table.loc["claims missed", "speech-xgboost"] == f"{missed} of {row['n_claims']:,}"
    assert f"<b>{missed}" in matrices(app).replace("\\u003c", "<").replace("\\u003e", ">")


def test_equal_figures_and_matrices_are_folded_on_the_courses_validation_split(
    store: ModelStore,
) -> None:
    app = choice(shown("pages/model_comparison.py"), "Measured on", VALIDATION)
    assert "9 figures are equal, and so are the confusion matrices" in [
        e.label for e in app.expander
    ]
    assert "Nothing differs here" in app.info[-1].value
    assert matrices(app) == ""
    cut = next(g for g in app.get("button_group") if g.label.startswith("Cut-off"))
    assert not cut.set_value("recall at least 99 %").run().exception


def test_courses_pair_is_one_click_away(store: ModelStore) -> None:
    app = shown("pages/model_comparison.py")
    app = choice(app, "Random forest beside XGBoost on the feature set", "course")
    table = compared(app).value
    assert list(table.columns) == ["course-random-forest", "course-xgboost"]
    assert table.loc["claims missed", "course-xgboost"] == "21"
    assert "course-xgboost, validation" in matrices(app)


def test_stress_is_drawn_for_the_models_that_are_chosen(store: ModelStore) -> None:
    def drawn(app: AppTest) -> str:
        charts = [chart.proto for chart in app.main.get("plotly_chart")]
        return next(str(c.spec) for c in charts if "in Spanish" in str(c.spec))

    app = shown("pages/model_comparison.py")
    assert "speech-xgboost" in drawn(app)
    app = choice(app, "Random forest beside XGBoost on the feature set", "content")
    assert "content-xgboost" in drawn(app)
    assert "speech-xgboost" not in drawn(app)


@pytest.mark.parametrize("cut", [0.0, 0.505, 0.995])
def test_each_cut_off_that_the_slider_offers_can_be_saved(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: float
) -> None:
    monkeypatch.setenv(DATABASE.variable, f"sqlite:///{tmp_path / 'queue.db'}")
    app = unfolded("decisions")
    app = choice(app, "Random forest beside XGBoost on the feature set", "course")
    control = next(g for g in app.get("button_group") if g.label.startswith("Cut-off"))
    app = control.set_value("one for all").run()
    slider = next(s for s in app.slider if s.label == "Cut-off for all models")
    assert (slider.min, slider.max) == (0.0, 0.995)
    app = saved(slider.set_value(cut).run(), "as the slider says")
    assert store.manifest("course-random-forest").threshold == cut


def test_a_share_of_nothing_is_a_dash_with_its_reason(store: ModelStore) -> None:
    store.set_threshold("course-xgboost", 0.99999999, "send nothing", "ana", model_card)
    app = shown("pages/model_comparison.py")
    app = choice(app, "Random forest beside XGBoost on the feature set", "course")
    table = compared(app).value
    assert table.loc["precision", "course-xgboost"] == "– (no claim predicted)"
    assert table.loc["recall (95 % interval)", "course-xgboost"].startswith("0.0000 (")
    assert table.loc["F1", "course-xgboost"] == "0.0000"
    app = section(app, "Class reports")
    assert any("no precision" in caption.value for caption in app.caption)


def test_models_without_real_texts_are_measured_on_the_validation_split(store: ModelStore) -> None:
    app = shown("pages/model_comparison.py")
    app = app.multiselect[0].set_value(["speech-xgboost", "course-xgboost"]).run()
    assert not app.exception
    assert "Measured on" not in [g.label for g in app.get("button_group")]
    assert list(compared(app).value.columns) == ["speech-xgboost", "course-xgboost"]


@pytest.mark.parametrize("button", ["Train with", "Search all settings"])
def test_models_are_trained_and_searched_on_the_page(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    small = tuple(
        replace(
            recipe,
            settings={**recipe.settings, "n_estimators": 5},
            grid={"n_estimators": [5, 10], "max_depth": [3]},
        )
        for recipe in RECIPES["course"]
    )
    monkeypatch.setitem(RECIPES, "course", small)
    monkeypatch.setitem(RECIPES, "content", ())
    shutil.rmtree(store.folder)
    app = shown("pages/model_comparison.py")
    app = next(b for b in app.button if b.label.startswith(button)).click().run()
    assert not app.exception
    assert "Synthetic demo data" in app.info[0].value
    assert "Champion" in app.success[0].value
    for recipe in small:
        searched = store.cv_results(recipe.name)
        assert (searched is not None) is (button == "Search all settings")


def test_challenger_is_taught_from_the_queue_and_used_with_a_reason(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
    database = Database(url)
    said = talk(60)
    fill(database, 60, video_transcription_text=said["text"].tolist(), statement_id=None)
    app = unfolded("learning", "decisions")
    teach = "Teach a challenger from the queue's decisions"
    next(b for b in app.button if b.label == teach).click().run()
    assert not app.exception
    assert any("0 opinions and 0 claims" in error.value for error in app.error)
    claims = dict(zip(said["text"], said["label"], strict=True))
    for _ in range(60):
        lease = take(database)
        verdict = WITHIN if claims[lease.case.video[TRANSCRIPT]] else OPINION
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, verdict)
    next(b for b in app.button if b.label == teach).click().run()
    assert not app.exception
    assert any("challenger\\-1 has learnt" in one.value for one in app.success), app.error
    assert store.names()[0] == "challenger-1"
    next(s for s in app.selectbox if s.label == "Challenger").select("challenger-1")
    app.text_input(key="challenger_reason").input("better on our posts")
    next(b for b in app.button if b.label == "Use it from now on").click().run()
    assert not app.exception
    assert "Champion: challenger\\-1" in app.success[0].value
    next(b for b in app.button if b.label == "Go back to the rule").click().run()
    assert "Champion: speech\\-linear" in app.success[0].value
    database.close()
