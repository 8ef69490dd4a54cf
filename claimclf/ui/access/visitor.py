"""Who asks for a page, or for a part of one, asked anew each time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import streamlit as st

from claimclf.errors import NotAllowedError
from claimclf.people import Person, local_user
from claimclf.ui.access import attendance
from claimclf.ui.access.identity import Login, login_of, name_of, role_of
from claimclf.ui.access.machine import require_this_machine
from claimclf.ui.access.rules import Rules, rules_of
from claimclf.ui.access.secrets import all_secrets, check_login, has_login

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks for a page.

    Parameters
    ----------
    person : Person or NotAllowedError
        Who it is, or why somebody who has signed in may see nothing.
    login : Login or None
        None for the one local user.
    idle_seconds : float
        After how long without any interaction the session ends.
    """

    person: Person | NotAllowedError
    login: Login | None = None
    idle_seconds: float = inf

    @property
    def is_over(self) -> bool:
        """Whether the sign-in was ended or not used for too long."""
        return self.login is not None and attendance.MEMORY.attendance.is_over(
            self.login, self.idle_seconds
        )

    @property
    def is_elsewhere(self) -> bool:
        """Whether the same person is at work in another sign-in."""
        return self.login is not None and attendance.MEMORY.attendance.is_elsewhere(
            self.login, self.idle_seconds
        )

    def arrive(self) -> bool:
        """Note that a person did something; False where the sign-in is over already."""
        return self.login is None or attendance.MEMORY.attendance.arrive(
            self.login, self.idle_seconds
        )


def visitor() -> Visitor | None:
    """Say who asks for this page; None where people sign in and nobody has.

    Raises
    ------
    ServerError
        The dashboard is not set up so that anybody may be let in.
    """
    return visitor_of(token_claims)


def token_claims() -> Mapping[str, Any]:
    """Return what the token says of whoever opened this connection; nothing without one."""
    return st.user.to_dict()


def visitor_of(claims_now: Callable[[], Mapping[str, Any]]) -> Visitor | None:
    """Say who it is whose token says this, as `visitor` does.

    Parameters
    ----------
    claims_now : callable
        Returns the claims; called where people sign in.

    Raises
    ------
    ServerError
        As for `visitor`.
    """
    secrets = all_secrets()
    if not has_login(secrets):
        require_this_machine()
        return Visitor(local_user())
    check_login(secrets["auth"])
    rules, claims = rules_of(secrets), claims_now()
    if claims.get("is_logged_in") is not True:
        return None
    return Visitor(_person_of(claims, rules), login_of(claims), rules.idle_seconds)


def _person_of(claims: Mapping[str, Any], rules: Rules) -> Person | NotAllowedError:
    """Return who has signed in, or why they may see nothing, which is logged once."""
    name = "-"
    try:
        name = name_of(claims)
        return Person(name, role_of(name, claims, rules))
    except NotAllowedError as error:
        if attendance.MEMORY.is_first_refusal(login_of(claims)):
            _logger.warning("Refused a sign-in: %s", error.problem, extra={"person": name})
        return error
