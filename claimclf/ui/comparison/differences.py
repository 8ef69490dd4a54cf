"""Whether one model is really better, video by video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ModelError
from claimclf.services.comparison import paired
from claimclf.ui.comparison.mistakes import MOST_SHOWN
from claimclf.ui.messages import plain, say_error

if TYPE_CHECKING:
    from claimclf.services.comparison import Judged


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
