"""What one browser session has on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.ui.guard import screen_person

if TYPE_CHECKING:
    from claimclf.people import Person
    from claimclf.queue.queries.filters import Filters
    from claimclf.queue.review.leases import Lease
    from claimclf.queue.storage.database import Database
    from claimclf.schema import Ranking

_DESK = "desk"


@dataclass(frozen=True)
class Done:
    """The last decision.

    Parameters
    ----------
    words : str
        What was decided.
    take_back : callable or None
        Undoes it for a person; a skip is not taken back.
    case_id : int or None
        The case that comes back to the screen with it.
    """

    words: str
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
    last : Done or None
        The last decision.
    asks_rule_for : str
        `one` or `all` where a rule has to be named before a decision is taken.
    shows_keys, shows_media : bool
        What is unfolded.
    reviewed : int
        Cases since the last pause.
    """

    lease: Lease | None = None
    lost: str = ""
    last: Done | None = None
    asks_rule_for: str = ""
    shows_keys: bool = False
    shows_media: bool = False
    reviewed: int = 0

    def put(self, lease: Lease | None) -> None:
        """Put another case on the screen, or none."""
        self.lease, self.lost, self.asks_rule_for, self.shows_media = lease, "", "", False

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


def desk() -> Desk:
    """Return what this browser session has on the screen; another person begins with nothing."""
    person, at_desk = st.session_state.get(_DESK, (None, None))
    if at_desk is None or person != screen_person():
        at_desk = Desk()
        st.session_state[_DESK] = (screen_person(), at_desk)
    return at_desk  # type: ignore[no-any-return]
