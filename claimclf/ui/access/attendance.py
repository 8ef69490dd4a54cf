"""Which sign-ins are over: what this server remembers of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from claimclf.ui.access.identity import Login

#: After 31 days Streamlit itself takes no cookie any more.
_COOKIE_SECONDS = 31 * 86_400
_MOST_REFUSED = 1_000


class Attendance:
    """When each sign-in was last used, for all sessions and tabs of this server.

    A reload or another tab finds it here. After a restart of the server nothing is known; then
    the time at which the token was issued counts as the last use, which can only end a session
    too early. For the same reason a use that is long ago can be forgotten.

    Parameters
    ----------
    clock : callable
        Returns seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._used: dict[tuple[str, ...], float] = {}
        self._ended: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()

    def is_over(self, login: Login, idle_seconds: float) -> bool:
        """Say whether a sign-in was ended or not used for too long."""
        used = self._used.get(login.key, login.since)
        return login.key in self._ended or self._clock() - used > idle_seconds

    def arrive(self, login: Login, idle_seconds: float) -> bool:
        """Note that a person did something; False where the sign-in is over already."""
        with self._lock:
            if self.is_over(login, idle_seconds):
                return False
            self._used = self._since(self._used, idle_seconds)
            self._used[login.key] = self._clock()
            return True

    def end(self, login: Login) -> bool:
        """End a sign-in for all tabs, whatever cookie they hold; False where it was ended."""
        with self._lock:
            if login.key in self._ended:
                return False
            self._ended = self._since(self._ended, _COOKIE_SECONDS)
            self._ended[login.key] = self._clock()
            return True

    def is_elsewhere(self, login: Login, idle_seconds: float) -> bool:
        """Say whether the same person is at work in another sign-in, as on another machine."""
        with self._lock:
            others = [key for key in self._used if key[:2] == login.key[:2] and key != login.key]
        return any(not self.is_over(Login(key, 0.0), idle_seconds) for key in others)

    def _since(
        self, times: dict[tuple[str, ...], float], age: float
    ) -> dict[tuple[str, ...], float]:
        start = self._clock() - age
        return {key: at for key, at in times.items() if at >= start}


@dataclass
class Memory:
    """What this server remembers of sign-ins; out of reach of whoever clears Streamlit's caches.

    Parameters
    ----------
    attendance : Attendance
        When each sign-in was last used.
    had_login : bool
        Whether the secrets had a login: a file that loses it must not make everybody an admin.
    idle_browsers : dict of str to None
        Those that were signed out and are still to be told why, in the order of time.
    refused : dict of tuple to None
        Sign-ins that gave no right to anything, the latest last.
    """

    attendance: Attendance = field(default_factory=Attendance)
    had_login: bool = False
    idle_browsers: dict[str, None] = field(default_factory=dict)
    refused: dict[tuple[str, ...], None] = field(default_factory=dict)

    def is_first_refusal(self, login: Login) -> bool:
        """Note that a sign-in was refused; say whether that is new. Pages ask again and again."""
        if login.key in self.refused:
            return False
        while len(self.refused) >= _MOST_REFUSED:
            self.refused.pop(next(iter(self.refused)), None)
        self.refused[login.key] = None
        return True


MEMORY = Memory()
