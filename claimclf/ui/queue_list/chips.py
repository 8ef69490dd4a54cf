"""The filters in use as words, each of which can be taken away by a click."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from claimclf.people import Person
from claimclf.queue.queries.filters import Filters
from claimclf.schema import Ranking
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.queue_list.filters import Choice, fill
from claimclf.ui.wording import LANGUAGES, RANKINGS, chance

#: Name of a filter -> how it is said, and the fields of it that go back to letting all through.
_SAID: Mapping[str, tuple[Callable[[Filters], str], tuple[str, ...]]] = {
    "text": (lambda one: f"words: {one.text}", ("text",)),
    "reports": (lambda one: f"at least {one.min_reports:,} reports", ("min_reports",)),
    "chance": (
        lambda one: (
            f"chance {chance(one.min_probability or 0.0)} to "
            f"{chance(1.0 if one.max_probability is None else one.max_probability)}"
        ),
        ("min_probability", "max_probability"),
    ),
    "language": (
        lambda one: f"language {', '.join(LANGUAGES[each] for each in one.language)}",
        ("language",),
    ),
    "verified": (lambda one: ", ".join(one.verified), ("verified",)),
    "ban": (lambda one: f"author {', '.join(one.ban)}", ("ban",)),
    "statement": (lambda one: f"statement {one.statement_id}", ("statement_id",)),
    "age": (lambda one: _age(one), ("older_than_hours", "newer_than_hours")),
    "again": (lambda _: "reported again since a decision", ("again",)),
    "holder": (lambda _: "held by me", ("holder",)),
    "escalated": (lambda _: "escalated to leads", ("escalated",)),
}


def said(filters: Filters) -> dict[str, str]:
    """Say each filter in use but the lanes, by its name."""
    nothing = Filters()
    return {
        name: words(filters)
        for name, (words, parts) in _SAID.items()
        if any(getattr(filters, part) != getattr(nothing, part) for part in parts)
    }


def in_words(filters: Filters, ranking: Ranking) -> str:
    """Say which cases are listed and what puts one before another, as one sentence."""
    lanes = ", ".join(filters.lanes) or "all lanes"
    return f"{'; '.join([lanes, *said(filters).values()])}; by {RANKINGS[ranking]}"


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
    parts: dict[str, Any] = {part: getattr(nothing, part) for part in _SAID[name][1]}
    fill(replace(filters, **parts), ranking)


def _age(filters: Filters) -> str:
    older, newer = filters.older_than_hours, filters.newer_than_hours
    ends = [
        *([] if older is None else [f"for {older:,.0f} hours or longer"]),
        *([] if newer is None else [f"under {newer:,.0f} hours"]),
    ]
    return f"waiting {' and '.join(ends)}"
