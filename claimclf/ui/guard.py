"""Who is at the screen is asked before anything is drawn or done: the only way to do either.

A page's parts are drawn again by themselves, and a click's callback runs before its page does.
Both would go on for somebody who signed out in another tab, was idle for too long or has lost
the role. So `fragment` stands in place of `st.fragment`, `action` around everything that a click
does, and `at_click` around files that are made when they are asked for. What they wrap is given
the person as of now, and does not run at all where that is not whom the page was drawn for:
the whole page is drawn anew instead, which says why, and the person's hold on a case ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, NoReturn, ParamSpec, TypeVar

import streamlit as st

from claimclf import logs
from claimclf.errors import ClaimclfError, NotAllowedError
from claimclf.people import Person
from claimclf.ui import outcomes
from claimclf.ui.access import visitor as visitors
from claimclf.ui.access.holds import end_hold
from claimclf.ui.access.visitor import Visitor
from claimclf.ui.unforeseen import foreseen

_logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

_SCREEN, _NOTICE, _IS_CLOSED = "screen_person", "screen_notice", "screen_is_closed"
_NOT_DONE = "What was pressed since was not done."
#: Module and name -> what is guarded. Tests walk along them.
FRAGMENTS: dict[str, Callable[..., None]] = {}
ACTIONS: dict[str, Callable[..., None]] = {}


def fragment(
    *, run_every: float | None = None
) -> Callable[[Callable[Concatenate[Person, P], None]], Callable[P, None]]:
    """Draw a part of a page by itself, as `st.fragment` does, for whom the page was drawn.

    Parameters
    ----------
    run_every : float or None
        Seconds after which it is drawn again; that is no activity of a person.

    Returns
    -------
    callable
        Decorates a function whose first argument is the person who is there now.
    """

    def decorate(draw: Callable[Concatenate[Person, P], None]) -> Callable[P, None]:
        @st.fragment(run_every=run_every)
        @wraps(draw)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            draw(_person_now(), *args, **kwargs)

        FRAGMENTS[_name(draw)] = guarded
        return guarded

    return decorate


def action(
    place: str | None = None,
) -> Callable[[Callable[Concatenate[Person, P], outcomes.Outcome]], Callable[P, None]]:
    """Do something because of a click, and remember what to say of it; it counts as activity.

    Parameters
    ----------
    place : str or None
        The part of the page where the outcome is said; None where there is nothing to say.

    Returns
    -------
    callable
        Decorates a function whose first argument is the person who is there now, and which
        returns words on what was done, or None.
    """

    def decorate(work: Callable[Concatenate[Person, P], outcomes.Outcome]) -> Callable[P, None]:
        @wraps(work)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            person = _person_now(acts=True)
            outcome: outcomes.Outcome
            try:
                outcome = work(person, *args, **kwargs)
            except ClaimclfError as error:
                outcome = error
            if place is not None:
                outcomes.remember(place, outcome)

        ACTIONS[_name(work)] = guarded
        return guarded

    return decorate


def at_click(make: Callable[[], bytes], place: str | None = None) -> Callable[[], bytes]:
    """Return what makes a file once its button is pressed, for whom the button was drawn.

    Streamlit calls it outside of any page. All that it says of a file that cannot be made is
    that it cannot, and it logs what is raised with all that it came from: so what is raised
    came from nothing, and why is remembered for a part of the page.

    Parameters
    ----------
    place : str or None
        The part of the page where it is said why a file could not be made.
    """
    keep = outcomes.keeper(place) if place is not None else None
    person, claims = screen_person(), dict(visitors.token_claims())

    def made() -> bytes:
        now = _looked_up(lambda: visitors.visitor_of(lambda: claims))
        if now is None or now.person != person or not now.arrive():
            end_hold(person, now)
            raise NotAllowedError(
                "Your session has ended, or your role has changed.", "", "Reload the page."
            )
        with logs.belonging_to(person=person.name, request=logs.new_id()):
            content, problem = _made(make)
        if keep is not None:
            keep(problem)
        if problem is not None:
            _logger.warning("A file could not be made: %s", problem.code)
            raise RuntimeError(problem.code)
        return content

    return made


def _made(make: Callable[[], bytes]) -> tuple[bytes, ClaimclfError | None]:
    try:
        return make(), None
    except Exception as error:
        return b"", foreseen(error)


def screen_person() -> Person:
    """Return whom the page was drawn for."""
    person: Person | None = st.session_state.get(_SCREEN)
    if person is None:
        raise LookupError("no page was opened: call open_page first")
    return person


def take_screen(now: Visitor | None) -> None:
    """Note for whom a page is drawn; None where nobody may see it.

    What is asked of a page that is not there any more has the page drawn that is there now.

    Where it was drawn for the same person in another role, it is drawn once more: what was
    pressed on the old screen is not pressed on the new one. A hold that goes with the old role,
    or with a sign-in that is over, ends.
    """
    before: Person | None = st.session_state.pop(_SCREEN, None)
    person = _admitted(now)
    if person is None:
        st.session_state[_IS_CLOSED] = True
    else:
        st.session_state[_SCREEN] = person
    if before is None or before == person:
        return
    end_hold(before, now)
    if person is None:
        st.session_state[_NOTICE] = _NOT_DONE
    else:
        changed = f"Your role has changed from {before.role} to {person.role}."
        st.session_state[_NOTICE] = f"{changed} {_NOT_DONE}"
        st.rerun()


def take_notice() -> str:
    """Return what to say of a page that was drawn anew, once."""
    return str(st.session_state.pop(_NOTICE, ""))


def _person_now(*, acts: bool = False) -> Person:
    """Return who is there, or draw the page anew where that is not whom it was drawn for."""
    if _SCREEN not in st.session_state and _IS_CLOSED in st.session_state:
        st.rerun()  # a late click on a part of it, or one after the first that was turned away
    before, now = screen_person(), _looked_up(visitors.visitor)
    person = _admitted(now)
    logs.belong_to(person=before.name, request=logs.new_id())
    if now is None or person != before or (acts and not now.arrive()):
        _turn_away(before, now)
    return person


def _turn_away(before: Person, now: Visitor | None) -> NoReturn:
    """End the hold at once, then have the page say what happened."""
    end_hold(before, now)
    st.rerun()


def _looked_up(look: Callable[[], Visitor | None]) -> Visitor | None:
    try:
        return look()
    except ClaimclfError:  # which the page says when it is drawn anew
        return None


def _admitted(now: Visitor | None) -> Person | None:
    """Return who may be at a screen; None where the sign-in is over or gives no role."""
    if now is None or now.is_over or isinstance(now.person, NotAllowedError):
        return None
    return now.person


def _name(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
