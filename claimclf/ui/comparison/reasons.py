"""What a model goes by, what to know of it, and whether to use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf import charts
from claimclf.services.stored_models import answers
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.services.comparison import Judged

_LEVELS = {"fine": ":material/check_circle:", "watch": ":material/visibility:"}


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
        place.markdown(answers(model.manifest))
