"""The form in which a lead changes what the team has set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.schema import Ranking
from claimclf.services.queue import SETTINGS_IN_WORDS
from claimclf.ui.lead.actions import SETTINGS, show_outcome
from claimclf.ui.lead.settings.changing import change_settings
from claimclf.ui.lead.settings.values import (
    A_DAY,
    NO_LIMIT,
    PERCENT,
    PERCENTS,
    capacity_in_form,
    time_zones,
)
from claimclf.ui.wording import RANKINGS

if TYPE_CHECKING:
    from claimclf.queue.settings.team import Settings


def show_form(settings: Settings, n_changes: int) -> None:
    """Let what the team has set be changed for a reason.

    Parameters
    ----------
    n_changes : int
        Changes so far.
    """
    with st.form("settings"):
        values = _ask_settings(settings)
        # Another key after each change: the reason of the last one is not that of the next.
        reason = st.text_input(
            "Reason for the change", key=f"reason-{n_changes}", placeholder="a few words"
        )
        if st.form_submit_button("Change the settings"):
            change_settings(settings, reason, values)
            st.rerun()
    show_outcome(SETTINGS)


def _ask_settings(now: Settings) -> dict[str, Any]:
    """Read the settings as they stand in the form, by the names that they have here."""
    kind, amount = capacity_in_form(now.capacity)
    first, second, third = st.columns(3, vertical_alignment="bottom")
    kinds = [NO_LIMIT, A_DAY, PERCENT]
    rankings = list(Ranking)
    values: dict[str, Any] = {
        "kind": first.selectbox(SETTINGS_IN_WORDS["capacity"], kinds, index=kinds.index(kind)),
        "amount": second.number_input("How many, or what share", value=amount, format="%g"),
        "ranking": third.selectbox(
            SETTINGS_IN_WORDS["ranking"],
            rankings,
            index=rankings.index(now.ranking),
            format_func=RANKINGS.__getitem__,
        ),
    }
    numbers = {
        "lease_minutes": now.lease_minutes,
        "undo_minutes": now.undo_minutes,
        "reopen_factor": now.reopen_factor,
        **{name: 100 * getattr(now, name) for name in PERCENTS},
    }
    places = [place for _ in range(2) for place in st.columns(3, vertical_alignment="bottom")]
    for place, (name, value) in zip(places, numbers.items(), strict=True):
        # No bounds here: a field that refuses what is typed does not say why.
        values[name] = place.number_input(SETTINGS_IN_WORDS[name], value=float(value), format="%g")
    zones = time_zones()
    values["time_zone"] = st.selectbox(
        SETTINGS_IN_WORDS["time_zone"],
        zones,
        index=zones.index(now.time_zone) if now.time_zone in zones else None,
        help="A day of the team begins at midnight there: for capacity, for today and in charts.",
    )
    return values
