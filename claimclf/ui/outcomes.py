"""What became of the last click, to be said in the part of the page where the eyes are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeAlias

import streamlit as st

from claimclf.errors import ClaimclfError
from claimclf.ui.messages import plain, say_error

#: Words, an error, or nothing to say.
Outcome: TypeAlias = str | ClaimclfError | None
_OUTCOMES = "outcomes"


def remember(place: str, outcome: Outcome) -> None:
    """Keep what came of a click until it is said, or until the next click there."""
    _all()[place] = outcome


def keeper(place: str) -> Callable[[Outcome], None]:
    """Return what remembers an outcome for this screen while no page is being drawn."""
    outcomes = _all()

    def keep(outcome: Outcome) -> None:
        outcomes[place] = outcome

    return keep


def outcome_at(place: str) -> Outcome:
    """Return what is to be said in a part of the page."""
    return _all().get(place)


def redraw_or_explain(place: str) -> NoReturn:
    """Draw the page anew with what a click changed, or end it here with what went wrong."""
    if not failed(place):
        st.rerun()
    show_outcome(place)
    st.stop()


def failed(place: str) -> bool:
    """Say whether the last click there came to nothing."""
    return isinstance(outcome_at(place), ClaimclfError)


def forget(*places: str) -> None:
    """Say it no more."""
    for place in places:
        _all().pop(place, None)


def show_outcome(place: str) -> None:
    """Say what became of the last click in this part of the page."""
    outcome = outcome_at(place)
    if isinstance(outcome, ClaimclfError):
        say_error(outcome)
    elif outcome:
        st.success(plain(outcome))


def _all() -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = st.session_state.setdefault(_OUTCOMES, {})
    return outcomes
