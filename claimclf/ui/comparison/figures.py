"""In what models differ, recall first, then what it costs; by class, and on the test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.services.by_source import cut_off_on, differing, matrix_on, readable_on
from claimclf.services.comparison import class_report, figures_at, judge
from claimclf.services.figures import DASH, with_interval, written
from claimclf.ui.cached import drawn_once
from claimclf.ui.comparison.drawing import once_for_models
from claimclf.ui.messages import plain
from claimclf.ui.state.models import model_store

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.comparison import Judged

_REPORT: Any = {**dict.fromkeys(("precision", "recall", "f1-score"), "{:.4f}"), "support": "{:,}"}


def show_figures(models: Sequence[Judged], cut: dict[str, float], source: str | None) -> None:
    """Show in what models differ, figures and confusion matrices; what is equal is folded away.

    Parameters
    ----------
    models : sequence of Judged
        At least one.
    cut : dict of str to float
        Each one's cut-off on the validation split.
    source : str or None
        A source as `services.by_source` names it; None for the validation split.
    """
    if source is None:
        _draw_on_validation(models, cut)
    else:
        manifests = [model.manifest for model in models]
        titles = [f"{m.name}, cut-off {cut_off_on(m):g}" for m in manifests]
        matrices = [matrix_on(m, source) for m in manifests]
        _draw(readable_on(manifests, source), matrices, titles)


@once_for_models
def _draw_on_validation(models: Sequence[Judged], cut: dict[str, float]) -> None:
    figures = figures_at(models, cut)
    readable = {name: _readable_figures(dict(row)) for name, row in figures.iterrows()}
    matrices = [m.cutoffs.at(cut[m.name]).metrics.confusion_matrix for m in models]
    _draw(pd.DataFrame(readable), matrices, [f"{m.name}, validation" for m in models])


def _draw(
    figures: pd.DataFrame, matrices: Sequence[Sequence[Sequence[int]]], titles: Sequence[str]
) -> None:
    differ, equal = differing(figures)
    alike = len(matrices) > 1 and all(matrix == matrices[0] for matrix in matrices)
    if not alike:
        _draw_matrices(matrices, titles)
    if differ.empty:
        st.info("Nothing differs here. Choose other texts, another cut-off or other models.")
    else:
        st.table(differ)
    if len(equal) or alike:
        with st.expander(_folded(len(equal), alike)):
            st.table(equal)
            if alike:
                _draw_matrices(matrices, titles)


def _folded(equal: int, alike: bool) -> str:
    figures = f"{equal} figure{' is' if equal == 1 else 's are'} equal"
    return f"{figures}, and so are the confusion matrices" if alike else figures


@drawn_once
def _draw_matrices(matrices: Sequence[Sequence[Sequence[int]]], titles: Sequence[str]) -> None:
    for place, matrix, title in zip(st.columns(len(titles)), matrices, titles, strict=True):
        (kept_out, extra), (missed, caught) = matrix
        place.plotly_chart(
            charts.confusion_matrix(matrix, title),
            key=f"matrix-{title}",
            alt=f"{title}: {caught:,} claims caught, {missed:,} missed; {kept_out:,} opinions "
            f"left out, {extra:,} sent to review",
        )


def _readable_figures(figures: Mapping[Any, float]) -> dict[str, str]:
    """Write one model's figures, what matters most on top, every rate with its interval."""

    def rate(name: str) -> str:
        return with_interval(figures, name, ".4f")

    return {
        "recall (95 % interval)": rate("recall"),
        "claims missed": f"{figures['missed_claims']:,.0f}",
        "share sent to review": rate("review_share"),
        "opinions sent to review": f"{figures['extra_reviews']:,.0f}",
        "precision": rate("precision"),
        "specificity": rate("specificity"),
        "accuracy": rate("accuracy"),
        "F1": written(figures["f1"], "f1"),
        "cut-off": f"{figures['threshold']:.4g}",
    }


@once_for_models
def show_reports(models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Show the classification report of each model."""
    for place, model in zip(st.columns(len(models)), models, strict=True):
        place.markdown(f"**{plain(model.name)}**")
        with place:
            _show_report(class_report(model, cut[model.name]))


def show_test_set(best: Manifest) -> None:
    """Show the champion's figures on the test set."""
    st.caption(
        "Opened for the champion only: a test set that is looked at for every choice is a "
        "test no more."
    )
    left, right = st.columns(2)
    matrix = best.metrics["test"].confusion_matrix
    left.plotly_chart(charts.confusion_matrix(matrix, f"{best.name}, test"), key="matrix-test")
    report = class_report(judge(model_store(), best.name, "test"), best.threshold)
    right.markdown("**Classification report, test**")
    with right:
        _show_report(report)


def _show_report(report: pd.DataFrame) -> None:
    st.dataframe(report.style.format(_REPORT, na_rep=DASH))
    if report.isna().any(axis=None):
        st.caption(
            f"{DASH}: nothing to count. A class that is never predicted has no precision, one that "
            "does not occur no recall."
        )
