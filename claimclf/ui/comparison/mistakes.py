"""What a model got wrong, readable, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf import charts
from claimclf.schema import PROBABILITY, TRANSCRIPT, VIDEO_ID
from claimclf.services.comparison import mistakes, rows_of
from claimclf.ui.messages import plain
from claimclf.ui.state.models import loaded_model

if TYPE_CHECKING:
    from claimclf.services.comparison import Judged
    from claimclf.services.datasets import Dataset

MOST_SHOWN = 100


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
        st.info(other_dataset(model))
        return
    ids = wrong[VIDEO_ID].head(MOST_SHOWN).tolist()
    chosen = st.selectbox("Why did it say so? Choose a video", ids)
    place = int(wrong.index[wrong[VIDEO_ID] == chosen][0])
    from claimclf.services.explaining import contributions_of

    why = contributions_of(loaded_model(model.name), rows.iloc[[place]])
    video = wrong.loc[place]
    st.text(str(video[TRANSCRIPT]))
    st.caption(f"{video['mistake']}, claim probability {video[PROBABILITY]:.3f}")
    st.plotly_chart(charts.contributions(why.of(0), why.bias, why.unit))


def other_dataset(model: Judged) -> str:
    """Say why there are no transcripts and columns to show."""
    return (
        f"{plain(model.name)} was measured on {plain(model.manifest.data['name'])}, which is "
        "not the dataset in use: transcripts and columns are not known here. Choose that file "
        "on the page *Dataset* to see them."
    )
