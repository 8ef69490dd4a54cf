"""What one browser session has on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.ui.bulk.account import Account
from claimclf.ui.guard import screen_person

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from claimclf.errors import LostLeaseError
    from claimclf.people import Person
    from claimclf.queue.queries.filters import Filters
    from claimclf.queue.queries.statement import Preview
    from claimclf.queue.review.leases import Lease
    from claimclf.queue.storage.database import Database
    from claimclf.schema import Ranking

_DESK = "desk"


@dataclass(frozen=True)
class Done:
    """The last decision.

    Parameters
    ----------
    account : Account
        What was decided, and what became of cases that were not.
    take_back : callable or None
        Undoes it for a person; a skip is not taken back.
    case_id : int or None
        The case that comes back to the screen with it.
    """

    account: Account
    take_back: Callable[[Database, Person], object] | None = None
    case_id: int | None = None


@dataclass
class Desk:
    """What one browser session has on the screen.

    Parameters
    ----------
    lease : Lease or None
        The case in hand.
    lost : str
        Why it is not in hand any more; it stays on the screen with what was typed.
    may_take : bool
        Whether a lost case may be taken again: nobody decided it or holds it.
    last : Done or None
        The last decision.
    asks_rule : bool
        Whether a rule has to be named before a decision is taken.
    listed : Preview or None
        The cases of a statement as they are shown, to be decided on together.
    shows_media : bool
        Whether the video's link is unfolded.
    reviewed : int
        Cases since the last pause.
    asked : object
        What was asked when the screen was drawn last, and of which case.
    listed_by : tuple or None
        Filters and ranking of the list from which a case was opened: the next ones are of it.
    which : dict
        What was chosen last under *Which cases*; Streamlit forgets it on another page.
    sent : set of str
        Drafts of notes that the browser may forget.
    side : int
        Which of two places the buttons are in: see `fresh_place`.
    """

    lease: Lease | None = None
    lost: str = ""
    may_take: bool = False
    last: Done | None = None
    asks_rule: bool = False
    listed: Preview | None = None
    shows_media: bool = False
    reviewed: int = 0
    asked: object = None
    listed_by: tuple[Filters, Ranking] | None = None
    which: dict[str, Any] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    side: int = 0

    def holds(self, lease: Lease) -> bool:
        """Say whether a press that was meant for a case finds it on the screen still."""
        return self.lease is not None and self.lease.token == lease.token

    def put(self, lease: Lease | None) -> None:
        """Put another case on the screen, or none."""
        self.lease, self.lost, self.listed = lease, "", None
        self.asks_rule = self.shows_media = False

    def lose(self, why: LostLeaseError) -> None:
        """Leave a case on the screen that is not in hand any more, and say why."""
        self.lost, self.may_take = str(why), why.may_take

    def finish(self, done: Done, n: int = 1) -> None:
        """Count decided cases, and remember how to take them back."""
        self.reviewed += n
        self.last = done


@dataclass(frozen=True)
class Console:
    """Which cases are reviewed.

    Parameters
    ----------
    database : Database
    filters : Filters
        Which cases.
    ranking : Ranking
        What puts one before another.
    """

    database: Database
    filters: Filters
    ranking: Ranking


def fresh_place() -> DeltaGenerator:
    """Return where buttons go that are named after the case in hand and what is asked of it.

    Streamlit keeps a button in the page, unseen, until the run that draws another one in its
    place is over; and for good where a part that is drawn every few seconds comes right behind.
    Buttons of another case are drawn in another place, and those before go with theirs at once.
    """
    at_desk = desk()
    token = at_desk.lease and at_desk.lease.token
    asked = (token, at_desk.lost, at_desk.asks_rule, at_desk.listed is not None)
    if asked != at_desk.asked:
        at_desk.asked, at_desk.side = asked, 1 - at_desk.side
    if at_desk.side:
        st.empty()
        return st.container()
    place = st.container()
    st.empty()
    return place


def desk() -> Desk:
    """Return what this browser session has on the screen; another person begins with nothing."""
    person, at_desk = st.session_state.get(_DESK, (None, None))
    if at_desk is None or person != screen_person():
        at_desk = Desk()
        st.session_state[_DESK] = (screen_person(), at_desk)
    return at_desk  # type: ignore[no-any-return]
