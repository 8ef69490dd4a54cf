"""A model's figures by kind of text are those of its manifest, and none stands alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimclf.modeling.store.by_kind import at_a_glance, at_worst, lanes_in_use, matrix
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.kinds_card import consequence_lines, lane_lines
from claimclf.modeling.store.manifest import Manifest, change_entry
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import CLAIM, OPINION, TextKind


@pytest.fixture
def manifest(shipped: ModelStore) -> Manifest:
    return shipped.manifest("speech-linear")


def speech_row(manifest: Manifest) -> dict[str, object]:
    return next(row for row in lanes_in_use(manifest) if row["kind"] == TextKind.SPEECH)


def test_every_kind_has_its_line_with_what_was_stored(manifest: Manifest) -> None:
    own, speech, posts = at_a_glance(manifest)
    assert own.texts == "the course's own texts"
    assert own.figures.startswith(f"recall {manifest.metrics['validation'].recall:.2%} (99.80% to")
    for glance, kind in ((speech, TextKind.SPEECH), (posts, TextKind.POSTS)):
        (row,) = (row for row in manifest.kinds if row["kind"] == kind)
        assert glance.texts == kind
        assert f"AUC {row['auc']:.3f} ({row['auc_low']:.3f} to" in glance.figures
        assert f"recall {row['recall']:.1%}" in glance.figures
        assert f"{row['claims_hidden']:.1%} of the claims hidden" in glance.figures


def test_model_without_real_texts_says_so_and_a_made_up_one_names_no_course(
    shipped: ModelStore,
) -> None:
    course = shipped.manifest("course-xgboost")
    _, speech, posts = at_a_glance(course)
    assert "not learnt" in speech.figures
    assert "not learnt" in posts.figures
    made_up = replace(course, data={**course.data, "synthetic": True})
    assert at_a_glance(made_up)[0].texts == "made-up videos"
    assert "## Figures on made-up videos" in model_card(made_up)


def test_counts_of_a_source_are_given_back_whole(shipped: ModelStore) -> None:
    for name in ("speech-linear", "speech-random-forest", "speech-xgboost"):
        for row in shipped.manifest(name).kinds:
            (tn, fp), (fn, tp) = matrix(row)
            assert (fn + tp, tn + fp) == (row["n_claims"], row["n"] - row["n_claims"])
            assert round(tp / (fn + tp), 5) == row["recall"]
            assert round(tn / (tn + fp), 5) == row["specificity"]


def test_changed_error_rates_bring_the_figures_measured_for_them(manifest: Manifest) -> None:
    rates = {CLAIM: 0.05, OPINION: 0.05}
    changed = replace(
        manifest, kind_error_rates={**manifest.kind_error_rates, "real speech": rates}
    )
    row = speech_row(changed)
    (measured,) = (
        one
        for one in speech_row(manifest)["trade_off"]  # type: ignore[attr-defined]
        if (one[CLAIM], one[OPINION]) == (0.05, 0.05)
    )
    assert row["error_rates"] == rates
    assert {name: row[name] for name in measured if name in row} == {
        name: value for name, value in measured.items() if name in row
    }
    assert f"{measured['claims_hidden']:.1%} of the claims" in at_a_glance(changed)[1].figures
    _, _, speech, _ = lane_lines(changed)
    assert speech[2] == "0.05"
    assert speech[3].startswith(f"{measured['claims_hidden']:.3f} (")


def test_error_rates_that_nobody_measured_have_no_figures(manifest: Manifest) -> None:
    rates = {CLAIM: 0.033, OPINION: 0.1}
    changed = replace(
        manifest, kind_error_rates={**manifest.kind_error_rates, "real speech": rates}
    )
    assert speech_row(changed)["claims_hidden"] is None
    assert "not measured at the error rates in use" in at_a_glance(changed)[1].figures
    _, _, speech, _ = lane_lines(changed)
    assert speech[3] == "not measured"
    assert "real speech" in model_card(changed)


def test_recall_on_real_texts_names_its_cut_off_once_the_threshold_has_moved(
    manifest: Manifest,
) -> None:
    history = [change_entry("ana", "fewer missed", 0.5, 0.2), change_entry("ana", "more", 0.2, 0.3)]
    moved = replace(manifest, threshold=0.3, threshold_history=history)
    assert "recall at cut-off 0.5 67.7%" in at_a_glance(moved)[1].figures
    assert "cut-off" not in at_a_glance(manifest)[1].figures


def test_consequence_counts_cases_like_those_of_the_source(manifest: Manifest) -> None:
    row = speech_row(manifest)
    (line,) = (
        one for one in consequence_lines(manifest) if one.startswith("real speech") and "5%" in one
    )
    (measured,) = (
        one
        for one in row["trade_off"]  # type: ignore[attr-defined]
        if (one[CLAIM], one[OPINION]) == (0.05, 0.1)
    )
    hidden = 1000 * measured["claims_hidden"] * row["n_claims"] / row["n"]  # type: ignore[operator]
    assert f"of 1,000 cases {1000 * measured['no_look']:.0f} need no first look" in line
    assert f"about {hidden:.0f} of" in line


def test_worst_conditions_are_named_and_never_the_mean_of_all(shipped: ModelStore) -> None:
    said = at_worst(shipped.manifest("speech-linear"))
    assert said.startswith("0.0% (0.0% to 0.2%) of the claims caught: empty transcript, in German;")
    assert said.endswith("2.8% (1.7% to 4.6%) hidden where nobody looks: debate_sentences_dev.csv")
    course = at_worst(shipped.manifest("course-xgboost"))
    assert "100.0% (99.8% to 100.0%) hidden where nobody looks: engagement × 0" in course


def test_model_that_was_never_under_stress_says_so(manifest: Manifest) -> None:
    assert at_worst(replace(manifest, stress=[])) == "not measured yet"
    calm = [row for row in manifest.stress if row["condition"] == "unchanged"]
    assert "none hidden under any of 1 condition" in at_worst(replace(manifest, stress=calm))
