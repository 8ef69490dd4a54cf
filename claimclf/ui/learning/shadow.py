"""A challenger in the shadow: what would be different, and using it or going back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf.configuration import models_folder
from claimclf.errors import ModelError
from claimclf.people import Person
from claimclf.schema import Decision
from claimclf.services import promotion, shadow
from claimclf.services.queue import change_settings, settings_in_force
from claimclf.services.stored_models import challengers
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import explained, plain, say_error
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.models import champion, model_store, stored_manifests
from claimclf.ui.wording import DECISIONS

if TYPE_CHECKING:
    from claimclf.queue.settings.team import Settings
    from claimclf.queue.storage.database import Database
    from claimclf.services.shadow import ShadowReport

_PLACE = "shadow"
_NOBODY = "none"


def show_shadow(database: Database, person: Person) -> None:
    """Show what a challenger would do otherwise, and let it be used, or the one before it."""
    with explained():
        settings = settings_in_force(database, person)
    outcomes.show_outcome(_PLACE)
    outcomes.forget(_PLACE)
    best = champion()
    names = list(challengers(stored_manifests()).index)
    st.subheader("In use")
    st.markdown(f"**{plain(best.name) if best else 'no model'}**")
    _offer_using([name for name in names if best is None or name != best.name])
    st.subheader("In the shadow")
    _offer_shadow(names, settings)
    try:
        report = shadow.shadow_report(database, person, models_folder())
    except ModelError as error:
        say_error(error)
        report = None
    if report is not None:
        _show_report(report)
    st.subheader("By itself")
    _offer_rule(settings)


def _offer_using(names: list[str]) -> None:
    if names:
        with st.form("promote"):
            which, why = st.columns([1, 2])
            which.selectbox("Challenger", names, key="promote-name")
            why.text_input("Why it is used", key="promote-reason", placeholder="a few words")
            st.form_submit_button("Use it from now on", on_click=promote)
    else:
        st.info("No challenger is stored. Teach one on the page *Model comparison*.")
    before = promotion.before(model_store())
    if before is not None:
        st.button(f"Back to {plain(before)}", icon=":material/undo:", on_click=go_back)


@action(_PLACE)
def promote(person: Person) -> str:
    """Use a challenger from now on."""
    name, reason = st.session_state["promote-name"], st.session_state["promote-reason"]
    done = promotion.promote(queue_database(), person, models_folder(), name, reason)
    return _said(done)


@action(_PLACE)
def go_back(person: Person) -> str:
    """Use the model again that was in use before."""
    return _said(promotion.go_back(queue_database(), person, models_folder()))


def _said(done: promotion.Promoted) -> str:
    scored = done.rescored
    if scored is None:
        return f"{done.pointer.name} is in use. A lead has to score the open cases anew."
    left = f"; {scored.n_left:,} were taken or changed meanwhile" if scored.n_left else ""
    return f"{done.pointer.name} is in use: {scored.n_rescored:,} open cases scored anew{left}."


def _offer_shadow(names: list[str], settings: Settings) -> None:
    st.markdown(
        "A challenger in the shadow scores what comes in beside the model in use. Nobody who "
        "reviews sees anything of it."
    )
    options = [_NOBODY, *names]
    with st.form("shadow"):
        which, why = st.columns([1, 2])
        now = settings.shadow if settings.shadow in names else _NOBODY
        which.selectbox("In the shadow", options, index=options.index(now), key="shadow-name")
        why.text_input("Why", key="shadow-reason", placeholder="a few words")
        st.form_submit_button("Let it score", on_click=set_shadow)


@action(_PLACE)
def set_shadow(person: Person) -> str:
    """Let a challenger score in the shadow from now on, open cases first."""
    name, reason = st.session_state["shadow-name"], st.session_state["shadow-reason"]
    chosen = None if name == _NOBODY else name
    database, folder = queue_database(), models_folder()
    shadow.set_shadow(database, person, folder, chosen, reason)
    if chosen is None:
        return "No challenger scores in the shadow."
    n = shadow.score_shadow(database, person, folder)
    return f"{chosen} scores in the shadow: {n:,} open cases so far, and what comes in."


def _show_report(report: ShadowReport) -> None:
    st.markdown(advice(report))
    if not report.n:
        return
    tiles = {
        "Scored": report.n,
        "Would come earlier": report.n_earlier,
        "Claims it would hide": report.n_hidden,
        "Claims only it shows": report.n_shown,
    }
    for place, (label, n) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        place.metric(label, f"{n:,}")
    for title, table, n in (
        ("Claims that it would have hidden", report.hidden, report.n_hidden),
        ("Claims that only it would have shown", report.shown, report.n_shown),
        ("Open cases that would come earlier", report.earlier, report.n_earlier),
    ):
        if n:
            more = f", the first {len(table):,}" if n > len(table) else ""
            with st.expander(f"{title} ({n:,}{more})"):
                st.dataframe(_readable(table), hide_index=True)
    with st.expander("Lanes: now in rows, with the challenger in columns"):
        st.dataframe(report.lanes)


def advice(report: ShadowReport) -> str:
    """Say what the shadow tells so far."""
    test, name = report.test, plain(report.challenger)
    if not report.n:
        return f"{name} has scored no case yet: it scores what comes in from now on."
    if not test.only_a + test.only_b:
        return (
            f"Of {report.n:,} cases that {name} has scored, {report.n_decided:,} are decided; on "
            "none of these only one of both is right. Wait for more decisions."
        )
    sure = "no chance" if test.p_value < promotion.SIGNIFICANT else "it may be chance"
    return (
        f"Of {report.n:,} cases that {name} has scored, {report.n_decided:,} are decided. Where "
        f"only one is right it is {name} on {test.only_b:,} and the model in use on "
        f"{test.only_a:,} (p {test.p_value:.3f}: {sure})."
    )


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    if "decision" not in table:
        return table
    return table.assign(decision=[DECISIONS[Decision(value)] for value in table["decision"]])


def _offer_rule(settings: Settings) -> None:
    margin = settings.promotion_margin
    if margin is None:
        st.markdown(
            "**No challenger is used by itself.** A rule of yours may say so: where it is better "
            "by the paired test on later decisions, and on no source worse than you allow."
        )
    else:
        st.markdown(
            "**A challenger is used by itself** where it is better by the paired test on later "
            f"decisions, and its AUC is lower by at most {margin:g} on each source."
        )
    with st.form("rule"):
        loss, why = st.columns([1, 2])
        loss.number_input("At most lost (AUC)", value=margin, format="%g", key="rule-margin")
        why.text_input("Why", key="rule-reason", placeholder="a few words")
        st.form_submit_button("Set the rule; empty for none", on_click=set_rule)


@action(_PLACE)
def set_rule(person: Person) -> str:
    """Let a better challenger be used by itself, or no more."""
    margin, reason = st.session_state["rule-margin"], st.session_state["rule-reason"]
    change_settings(queue_database(), person, reason, {"promotion_margin": margin})
    return "No challenger is used by itself." if margin is None else "The rule is set."
