"""The parts of the comparison page, from the cut-off down to a single mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.errors import ModelError
from claimclf.modeling.evaluation import curves
from claimclf.modeling.evaluation.measuring import predict_claim, report_by_class
from claimclf.modeling.evaluation.slices import slices
from claimclf.modeling.store.card import closing_questions
from claimclf.modeling.store.manifest import Manifest
from claimclf.schema import PROBABILITY, TRANSCRIPT, VIDEO_ID
from claimclf.services.comparison import (
    NAMED_RECALLS,
    Judged,
    figures_at,
    mistakes,
    paired,
    rows_of,
)
from claimclf.services.datasets import Dataset
from claimclf.ui.page import drawn_once, plain, say_error
from claimclf.ui.state import loaded_model, model_store

OWN, ONE = "each model's own", "one for all"
MOST_SHOWN = 100
_LEVELS = {"fine": ":material/check_circle:", "watch": ":material/visibility:"}


def choose_cutoffs(models: Sequence[Judged]) -> dict[str, float]:
    """Let a person move one cut-off for all, or ask for a recall by name."""
    how = st.segmented_control(
        "Cut-off: a video with a higher probability is sent to review",
        [OWN, ONE, *NAMED_RECALLS],
        default=OWN,
    )
    if how == ONE:
        cut = st.slider("Cut-off for all models", 0.0, 1.0, 0.5, 0.005, format="%.3f")
        return {model.name: cut for model in models}
    if how in NAMED_RECALLS:
        return {model.name: model.cutoffs.for_recall(NAMED_RECALLS[how]) for model in models}
    return {model.name: model.manifest.threshold for model in models}


_Draw = Callable[[Sequence[Judged], dict[str, float]], None]


def _once(draw: _Draw) -> _Draw:
    """Draw once for each set of models and cut-offs."""

    @wraps(draw)
    def drawn(models: Sequence[Judged], cut: dict[str, float]) -> None:
        files = [(model.name, model.manifest.files) for model in models]
        _drawn(draw.__name__, files, cut, draw, models)

    return drawn


@drawn_once
def _drawn(
    name: str, files: list[Any], cut: dict[str, float], _draw: _Draw, _models: Sequence[Judged]
) -> None:
    _draw(_models, cut)


@_once
def show_figures(models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Show recall first, then what it costs; one confusion matrix a model below."""
    figures = figures_at(models, cut)
    readable = {name: _readable_figures(dict(found)) for name, found in figures.iterrows()}
    st.table(pd.DataFrame(readable))
    for place, model in zip(st.columns(len(models)), models, strict=True):
        matrix = model.cutoffs.at(cut[model.name]).metrics.confusion_matrix
        place.plotly_chart(
            charts.confusion_matrix(matrix, f"{model.name}, validation"),
            key=f"matrix-{model.name}",
        )


def _readable_figures(figures: Mapping[Any, float]) -> dict[str, str]:
    """Write one model's figures, what matters most on top, every rate with its interval."""

    def rate(name: str) -> str:
        low, high = figures[f"{name}_low"], figures[f"{name}_high"]
        return f"{figures[name]:.4f} ({low:.4f} to {high:.4f})"

    return {
        "recall (95 % interval)": rate("recall"),
        "claims missed": f"{figures['missed_claims']:,.0f}",
        "share sent to review": rate("review_share"),
        "opinions sent to review": f"{figures['extra_reviews']:,.0f}",
        "precision": rate("precision"),
        "specificity": rate("specificity"),
        "accuracy": rate("accuracy"),
        "F1": f"{figures['f1']:.4f}",
        "cut-off": f"{figures['threshold']:.4g}",
    }


@_once
def show_reports(models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Show the classification report of each model."""
    digits = dict.fromkeys(("precision", "recall", "f1-score"), "{:.4f}")
    for place, model in zip(st.columns(len(models)), models, strict=True):
        predicted = predict_claim(model.probability, cut[model.name])
        report = report_by_class(model.truth, predicted)
        place.markdown(f"**{plain(model.name)}**")
        place.dataframe(report.style.format({**digits, "support": "{:,}"}))


@_once
def show_curves(models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Show how the models do at every cut-off, and whether a probability means what it says."""

    def by_model(curve: Callable[..., pd.DataFrame]) -> dict[str, pd.DataFrame]:
        return {model.name: curve(model.truth, model.probability) for model in models}

    left, right = st.columns(2)
    left.markdown("**Cumulative claims caught**")
    left.plotly_chart(charts.gains(by_model(curves.gains)))
    right.markdown("**Precision and recall**")
    right.plotly_chart(charts.precision_recall(by_model(curves.precision_recall)))
    left.markdown("**ROC**")
    left.plotly_chart(charts.roc(by_model(curves.roc)))
    right.markdown("**Reliability (calibration)**")
    right.plotly_chart(charts.reliability(by_model(curves.reliability)))
    scores = {
        model.name: {
            "Brier score (0 is best)": curves.brier(model.truth, model.probability),
            "area under ROC": curves.areas(model.truth, model.probability).roc_auc,
            "average precision": curves.areas(model.truth, model.probability).average_precision,
        }
        for model in models
    }
    st.dataframe(pd.DataFrame(scores).T.style.format("{:.5f}"))
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**Scores by class: {plain(model.name)}**")
        bins = curves.score_histogram(model.truth, model.probability)
        place.plotly_chart(
            charts.score_histogram(bins, cut[model.name]), key=f"scores-{model.name}"
        )


def show_differences(models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Say whether one model is really better, video by video."""
    if len(models) < 2:
        st.info("Choose a second model above to test one against the other.")
        return
    first = models[0]
    for second in models[1:]:
        try:
            pair = paired(first, second, cut)
        except ModelError as error:
            say_error(error)
            continue
        test = pair.test
        verdict = "differ more than chance explains" if test.p_value < 0.05 else "may be equal"
        st.markdown(
            f"**{plain(first.name)}** alone is right about **{test.only_a:,}** videos, "
            f"**{plain(second.name)}** alone about **{test.only_b:,}**. Exact McNemar test: "
            f"p = {test.p_value:.4g}; the two {verdict}."
        )
        st.dataframe(pair.disagreements.head(MOST_SHOWN), hide_index=True)


def show_slices(models: Sequence[Judged], cut: dict[str, float], dataset: Dataset) -> None:
    """Show where a model is weak; small slices are greyed."""
    rate = st.segmented_control("Rate", ["recall", "specificity"], default="recall") or "recall"
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**{plain(model.name)}**")
        with place:
            files = sorted(model.manifest.files.items())
            _draw_slices(files, cut[model.name], dataset.sha256, rate, model, dataset)


@drawn_once
def _draw_slices(
    files: list[tuple[str, str]],
    threshold: float,
    sha256: str,
    rate: str,
    _model: Judged,
    _dataset: Dataset,
) -> None:
    rows = rows_of(_model, _dataset)
    if rows is None:
        st.info(_other_dataset(_model))
        return
    parts = slices(rows, predict_claim(_model.probability, threshold))
    st.plotly_chart(charts.slices(parts, rate), key=f"slices-{_model.name}")
    with st.expander("The same as a table"):
        st.dataframe(parts, hide_index=True)


def show_mistakes(models: Sequence[Judged], cut: dict[str, float], dataset: Dataset) -> None:
    """Show what a model got wrong, readable, and why for a chosen one."""
    name = st.selectbox("Model", [model.name for model in models])
    model = next(model for model in models if model.name == name)
    rows = rows_of(model, dataset)
    wrong = mistakes(model, cut[model.name], rows)
    if wrong.empty:
        st.success("Nothing is wrong at this cut-off.")
        return
    counts = wrong["mistake"].value_counts()
    st.markdown(" · ".join(f"**{n:,}** {kind}s" for kind, n in counts.items()))
    st.dataframe(wrong.head(MOST_SHOWN), hide_index=True)
    if rows is None:
        st.info(_other_dataset(model))
        return
    ids = wrong[VIDEO_ID].head(MOST_SHOWN).tolist()
    chosen = st.selectbox("Why did it say so? Choose a video", ids)
    place = int(wrong.index[wrong[VIDEO_ID] == chosen][0])
    from claimclf.modeling.explaining.contributions import contributions  # imports all learners

    why = contributions(loaded_model(model.name).pipeline, rows.iloc[[place]])
    video = wrong.loc[place]
    st.text(str(video[TRANSCRIPT]))
    st.caption(f"{video['mistake']}, claim probability {video[PROBABILITY]:.3f}")
    st.plotly_chart(charts.contributions(why.of(0), why.bias, why.unit))


def _other_dataset(model: Judged) -> str:
    return (
        f"{plain(model.name)} was measured on {plain(model.manifest.data['name'])}, which is "
        "not the dataset in use: transcripts and columns are not known here. Choose that file "
        "on the page *Dataset* to see them."
    )


def show_importances(models: Sequence[Judged]) -> None:
    """Show the model's own importances beside what shuffling a column costs."""
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**{plain(model.name)}**")
        place.plotly_chart(
            charts.importances(model.manifest.importances, "The model's own importances"),
            key=f"importances-{model.name}",
        )
        place.plotly_chart(
            charts.importances(
                {row["column"]: row["drop_accuracy"] for row in model.manifest.permutation},
                "Accuracy lost when a column is shuffled (validation)",
            ),
            key=f"permutation-{model.name}",
        )


def show_checks(models: Sequence[Judged]) -> None:
    """Show the coded checks with number and advice."""
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**{plain(model.name)}**")
        for check in model.manifest.checks:
            icon = _LEVELS.get(check["level"], ":material/warning:")
            place.markdown(
                f"{icon} **{plain(check['title'])}** (`{check['code']}`, {check['level']})  \n"
                f"{plain(check['advice'])}"
            )


def show_card(models: Sequence[Judged]) -> None:
    """Answer the course's closing questions from the figures."""
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**{plain(model.name)}**")
        place.markdown(closing_questions(model.manifest))


def show_test_set(best: Manifest) -> None:
    """Show the champion's figures on the test set."""
    st.caption(
        "Opened for the champion only: a test set that is looked at for every choice is a "
        "test no more."
    )
    left, right = st.columns(2)
    matrix = best.metrics["test"].confusion_matrix
    left.plotly_chart(charts.confusion_matrix(matrix, f"{best.name}, test"), key="matrix-test")
    stored = model_store().predictions(best.name)
    rows = stored[stored["split"] == "test"]
    truth = (rows["claim_status"] == "claim").astype(int).to_numpy()
    report = report_by_class(truth, predict_claim(rows[PROBABILITY].to_numpy(), best.threshold))
    digits = dict.fromkeys(("precision", "recall", "f1-score"), "{:.4f}")
    right.markdown("**Classification report, test**")
    right.dataframe(report.style.format({**digits, "support": "{:,}"}))
