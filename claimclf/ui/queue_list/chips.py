"""The filters in use as words, each of which can be taken away by a click."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from claimclf.people import Person
from claimclf.queue.queries.filters import Filters
from claimclf.schema import Ranking
from claimclf.ui.filter_words import SAID, said
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.queue_list.filters import Choice, fill


def show_chips(choice: Choice) -> None:
    """Offer to take away each filter in use; nothing where there is none."""
    filters, ranking = choice
    in_use = said(filters)
    if not in_use:
        return
    with st.container(horizontal=True, gap="xsmall", key="chips"):
        for name, words in in_use.items():
            st.button(
                plain(words),
                key=f"chip-{name}",
                icon=":material/close:",
                icon_position="right",
                help="Take this filter away",
                on_click=take_away,
                args=(filters, ranking, name),
            )


@action()
def take_away(_person: Person, filters: Filters, ranking: Ranking, name: str) -> None:
    """Let everything through that one filter held back."""
    nothing = Filters()
    parts: dict[str, Any] = {part: getattr(nothing, part) for part in SAID[name][1]}
    fill(replace(filters, **parts), ranking)
