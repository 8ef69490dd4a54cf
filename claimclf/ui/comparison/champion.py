"""Which model is in use, why, and what it misses; changing that, each with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.services.models import back_to_rule, overrule, set_threshold
from claimclf.services.stored_models import RULE, RULE_IN_SHORT, overruled_champion, rule_table
from claimclf.ui import outcomes
from claimclf.ui.by_kind import by_kind
from claimclf.ui.folds import fold
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.models import model_store

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.comparison import Judged

_THRESHOLD, _CHAMPION = "threshold", "champion"


def show_champion(best: Manifest, stored: Sequence[Manifest]) -> None:
    """Name the champion with its figures by kind of text, and say why it is champion."""
    st.success(
        f"**Champion: {plain(best.name)}**, by kind of text (95 % intervals):\n\n{by_kind(best)}",
        icon=":material/trophy:",
    )
    chosen = overruled_champion(model_store())
    if chosen and chosen.name == best.name:
        st.caption(f"Chosen by {plain(chosen.by)} on {chosen.at}: {plain(chosen.reason)}")
    st.caption(RULE_IN_SHORT)
    why = "Why this one: the rule, and each model's figures for it"
    fold(why, lambda: _show_rule(stored), key="why-champion")


def _show_rule(stored: Sequence[Manifest]) -> None:
    st.markdown(RULE)
    st.table(rule_table(stored))


def offer_decisions(models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Save a cut-off as a model's threshold, or overrule the champion; each with a reason."""
    names = [model.name for model in models]
    left, right = st.columns(2)
    with left, st.form("threshold"):
        _ask_threshold(names, cut)
    with right, st.form("champion"):
        _ask_champion(names)
    if overruled_champion(model_store()):
        right.button("Go back to the rule", on_click=return_to_rule)
    for entry in reversed(model_store().pointer_history()):
        st.caption(f"{entry.at}: {plain(entry.name)}, by {plain(entry.by)}. {plain(entry.reason)}")


def _ask_threshold(names: Sequence[str], cut: dict[str, float]) -> None:
    st.markdown("**Save a cut-off as a model's threshold**")
    name = st.selectbox("Model", names)
    st.caption("Now shown: " + ", ".join(f"{plain(n)} {cut[n]:.6g}" for n in names))
    reason = st.text_input("Reason")
    if st.form_submit_button("Save the threshold"):
        save_threshold(name, cut[name], reason)
        outcomes.redraw_or_explain(_THRESHOLD)


def _ask_champion(names: Sequence[str]) -> None:
    st.markdown("**Overrule the champion**")
    name = st.selectbox("New champion", names)
    reason = st.text_input("Reason", key="overrule_reason")
    if st.form_submit_button("Make it champion"):
        choose_champion(name, reason)
        outcomes.redraw_or_explain(_CHAMPION)


@action(_THRESHOLD)
def save_threshold(person: Person, name: str, threshold: float, reason: str) -> None:
    """Save a cut-off as a model's threshold."""
    set_threshold(queue_database(), person, model_store(), name, threshold, reason)


@action(_CHAMPION)
def choose_champion(person: Person, name: str, reason: str) -> None:
    """Make a model champion against the rule."""
    overrule(queue_database(), person, model_store(), name, reason)


@action(_CHAMPION)
def return_to_rule(person: Person) -> None:
    """End the overruling of the champion."""
    back_to_rule(queue_database(), person, model_store())
