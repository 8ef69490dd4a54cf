"""Who is at the screen, and for how long: the login, roles, and the end of idle sessions.

This module decides and `claimclf.ui.page` draws. Where the Streamlit secrets have a section
`[auth]`, people sign in there; without it there is one local user, on this machine only.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any, NoReturn
from urllib.parse import urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from claimclf.errors import ClaimclfError, NotAllowedError, ServerError
from claimclf.people import CAPABILITIES, Person, Role, local_user
from claimclf.services.serving import exposed, is_local, require_login_packages

IDLE_MINUTES = 30
#: A shorter key could be guessed, and with it anybody's sign-in be forged.
LEAST_SECRET = 32
_MANUAL = "See docs/login.md."
#: After 31 days Streamlit itself takes no cookie any more.
_COOKIE_SECONDS = 31 * 86_400


@dataclass(frozen=True)
class Rules:
    """What the secrets say of people.

    Parameters
    ----------
    roles : mapping of str to Role
        By the person's name.
    role_claim : str or None
        The claim of the token that holds a role or a list of roles.
    idle_seconds : float
        After how long without any interaction a session ends.
    """

    roles: Mapping[str, Role]
    role_claim: str | None
    idle_seconds: float


def rules_of(secrets: Mapping[str, Any]) -> Rules:
    """Read the section `[claimclf]` of the secrets.

    Raises
    ------
    ServerError
        It cannot be understood. Nobody is let in then: half a list may let in the wrong ones.
    """
    section = secrets.get("claimclf", {})
    if not isinstance(section, Mapping):
        raise _unreadable("claimclf", section, "Make it a section, [claimclf]")
    claim = section.get("role_claim")
    if claim is not None and not (isinstance(claim, str) and claim):
        raise _unreadable("role_claim", claim, "Name one claim of the token")
    minutes = section.get("idle_minutes", IDLE_MINUTES)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < inf:
        raise _unreadable("idle_minutes", minutes, "Give a number of minutes above 0")
    return Rules(_listed(section.get("roles", {})), claim, 60.0 * minutes)


def _listed(section: object) -> dict[str, Role]:
    """Return the role of each person that the secrets name."""
    if not isinstance(section, Mapping):
        raise _unreadable("roles", section, "Make it a section, [claimclf.roles]")
    unknown = sorted(set(section) - set(Role))
    if unknown:
        raise _unreadable("roles", ", ".join(unknown), f"Use the roles {', '.join(Role)}")
    found: dict[str, Role] = {}
    for role in CAPABILITIES:  # the widest is put in last, and stays
        names = section.get(role, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise _unreadable(f"roles.{role}", type(names).__name__, "Give a list of addresses")
        found |= {_folded(name): role for name in names}
    return found


def _unreadable(name: str, found: object, advice: str) -> ServerError:
    return ServerError(
        f"{name} in the Streamlit secrets cannot be understood.",
        f"Found: {found}.",
        f"{advice}. {_MANUAL}",
    )


def _folded(name: str) -> str:
    """Write an e-mail address in one way; other names, which hold an issuer, keep their case.

    Only the letters of ASCII lose their case: others could make two people's addresses one.
    """
    name = name.strip()
    return name.lower() if name.isascii() and "://" not in name else name


def widest(roles: Iterable[Role]) -> Role | None:
    """Return the role with the widest rights, analyst only if it is alone; None without any."""
    held = set(roles)
    return next((role for role in reversed(CAPABILITIES) if role in held), None)


@dataclass(frozen=True)
class Login:
    """One sign-in of one person: what is told apart when it is ended.

    Parameters
    ----------
    key : tuple of str
        Unique among sign-ins.
    since : float
        When the token was issued, in seconds since 1970.
    """

    key: tuple[str, ...]
    since: float


def login_of(claims: Mapping[str, Any]) -> Login:
    """Tell one sign-in from all others; one without a time counts as one of 1970."""
    issued = claims.get("iat")
    since = float(issued) if isinstance(issued, int | float) and isfinite(issued) else 0.0
    names = ("iss", "sub", "iat", "sid", "nonce")
    return Login(tuple(str(claims.get(name, "")) for name in names), since)


def name_of(claims: Mapping[str, Any]) -> str:
    """Name a person: the verified e-mail address, else what is unique at the token's issuer.

    Raises
    ------
    NotAllowedError
        The address is said not to be verified, or there is nothing to name the person by.
    """
    email, verified = claims.get("email"), claims.get("email_verified")
    if isinstance(email, str) and "@" in email and "://" not in email and verified is not None:
        if str(verified).lower() != "true":
            raise NotAllowedError(
                "Your e-mail address is not verified.",
                f"Found: {email}, which may be somebody else's.",
                "Verify it where you signed in, then sign out here and in again.",
            )
        return _folded(email)
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not issuer or not subject:
        raise NotAllowedError(
            "Nobody can tell who you are.",
            "Found: a sign-in that names neither a verified e-mail address nor a subject.",
            "Ask who runs the login for one of them in the token.",
        )
    return f"{issuer}#{subject}"


def role_of(name: str, claims: Mapping[str, Any], rules: Rules) -> Role:
    """Return a person's role: the list's before the token's.

    Raises
    ------
    NotAllowedError
        Neither gives one.
    """
    held = rules.roles.get(name) or _claimed(claims, rules.role_claim)
    if held is None:
        raise NotAllowedError(
            "You have no role here.",
            f"Found: {name}, in no list of roles.",
            "Ask an admin of this dashboard for a role, then reload this page.",
        )
    return held


def _claimed(claims: Mapping[str, Any], claim: str | None) -> Role | None:
    value = claims.get(claim) if claim else None
    values = value if isinstance(value, list) else [value]
    names = {one.strip().lower() for one in values if isinstance(one, str)}
    return widest(role for role in Role if role in names)


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
    """

    attendance: Attendance = field(default_factory=Attendance)
    had_login: bool = False
    idle_browsers: dict[str, None] = field(default_factory=dict)


MEMORY = Memory()
_MOST_BROWSERS = 1_000


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
        return self.login is not None and MEMORY.attendance.is_over(self.login, self.idle_seconds)

    def arrive(self) -> bool:
        """Note that a person did something; False where the sign-in is over already."""
        return self.login is None or MEMORY.attendance.arrive(self.login, self.idle_seconds)


def visitor() -> Visitor | None:
    """Say who asks for this page; None where people sign in and nobody has.

    Raises
    ------
    ServerError
        The dashboard is not set up so that anybody may be let in.
    """
    secrets = _secrets()
    if not _has_login(secrets):
        _require_this_machine()
        return Visitor(local_user())
    _check_login(secrets["auth"])
    rules = rules_of(secrets)
    claims = st.user.to_dict()
    if claims.get("is_logged_in") is not True:
        return None
    person: Person | NotAllowedError
    try:
        name = name_of(claims)
        person = Person(name, role_of(name, claims, rules))
    except NotAllowedError as error:
        person = error
    return Visitor(person, login_of(claims), rules.idle_seconds)


def person_at_work() -> Person:
    """Return who is at the screen, asked anew each time: a session may have ended since.

    Raises
    ------
    NotAllowedError
        Nobody who may be there.
    """
    found = visitor()
    if found is None or found.is_over:
        raise _ended()
    if isinstance(found.person, NotAllowedError):
        raise found.person
    return found.person


def _ended() -> NotAllowedError:
    return NotAllowedError("Your session has ended.", "", "Reload the page and sign in.")


def note_activity() -> None:
    """Note that a person acted within a fragment, whose reruns do not pass `open_page`.

    Call it first in what a click does there, before anything is done.

    Raises
    ------
    NotAllowedError
        The session has ended: what was asked for must not be done.
    """
    found = visitor()
    if found is None or not found.arrive():
        raise _ended()
    if isinstance(found.person, NotAllowedError):
        raise found.person


def signs_in() -> bool:
    """Say whether people sign in here, rather than one local user being at work."""
    return "auth" in _secrets()


def is_still(person: Person) -> bool:
    """Say whether the screen is still this person's, in this role; asking is no activity."""
    try:
        return person_at_work() == person
    except ClaimclfError:
        return False


def sign_out(login: Login) -> NoReturn:
    """End a sign-in in all its tabs, and send this one to the sign-in page."""
    MEMORY.attendance.end(login)
    st.logout()
    st.stop()


def sign_out_idle(login: Login) -> None:
    """End a sign-in that was not used for too long; the sign-in page will say so.

    Only the first tab that notices it signs the browser out. A later one, such as a tab that
    slept, would throw out the person who has signed in again meanwhile.
    """
    if not MEMORY.attendance.end(login):
        return
    browser = _browser()
    if browser:
        while len(MEMORY.idle_browsers) >= _MOST_BROWSERS:
            MEMORY.idle_browsers.pop(next(iter(MEMORY.idle_browsers)), None)
        MEMORY.idle_browsers[browser] = None
    st.logout()


def was_idle() -> bool:
    """Say whether this browser was just signed out because nobody did anything."""
    browser = _browser()
    if browser in MEMORY.idle_browsers:
        MEMORY.idle_browsers.pop(browser, None)
        st.session_state["was_idle"] = True  # as long as the sign-in page is there
    return bool(st.session_state.get("was_idle"))


def idle_minutes() -> float:
    """Return after how many minutes without any interaction a session ends."""
    return rules_of(_secrets()).idle_seconds / 60


def providers() -> list[str | None]:
    """Name what one can sign in with; None is the one without a name."""
    return _providers(_secrets().get("auth", {}))


def _providers(auth: Mapping[str, Any]) -> list[str | None]:
    named = [
        name
        for name, section in auth.items()
        if isinstance(section, Mapping) and "client_id" in section
    ]
    return [*([None] if "client_id" in auth else []), *named]


def _secrets() -> Mapping[str, Any]:
    """Return all Streamlit secrets; none where there is no file of them.

    Raises
    ------
    ServerError
        There is a file and it cannot be read: perhaps it holds a login.
    """
    try:
        found: Mapping[str, Any] = st.secrets.to_dict()
    except (StreamlitSecretNotFoundError, OSError, UnicodeError) as error:
        missing = not any(os.path.lexists(file) for file in st.get_option("secrets.files"))
        if isinstance(error, StreamlitSecretNotFoundError) and missing:
            return {}
        raise ServerError(
            "The Streamlit secrets cannot be read.",
            f"Found: {type(error).__name__} while reading them.",
            "Correct the file, which must be TOML in UTF-8, and reload this page.",
        ) from error
    return found


def _has_login(secrets: Mapping[str, Any]) -> bool:
    if "auth" in secrets:
        MEMORY.had_login = True
    elif MEMORY.had_login:
        raise ServerError(
            "The login is gone from the Streamlit secrets.",
            "Found: no section [auth], which was there before.",
            "Put it back, or start the server anew to go without.",
        )
    return "auth" in secrets


def _check_login(auth: object) -> None:
    """Refuse a login that cannot work, or that anybody could forge."""
    if not isinstance(auth, Mapping) or not _providers(auth):
        raise _unreadable("auth", "nothing to sign in with", "Give its client_id and the rest")
    if not auth.get("redirect_uri"):
        raise _unreadable("auth", "no redirect_uri", "Give the address that ends in oauth2callback")
    length = len(str(auth.get("cookie_secret", "")))
    if length < LEAST_SECRET:
        raise _unreadable(
            "auth",
            f"a cookie_secret of {length} characters, with which anybody could forge a sign-in",
            f"Give at least {LEAST_SECRET} random ones",
        )
    require_login_packages()


def _require_this_machine() -> None:
    """Refuse everybody where others than this machine's user could come in."""
    address = st.get_option("server.address") or ""
    if not is_local(address):
        raise exposed(address)
    # A page of another host that points its name at this machine, or a proxy.
    host = _host()
    if host is not None and not _is_this_machine(host):
        raise exposed(host)


def _is_this_machine(host: str) -> bool:
    try:
        return is_local(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # nothing that a browser sends
        return False


def _host() -> str | None:
    """Return what the browser calls this server, None outside of one."""
    host = st.context.headers.get("Host")
    return host if isinstance(host, str) else None


def _browser() -> str | None:
    """Name this browser by the token that Streamlit gives it against forged requests.

    Its cookie is masked anew with each page: `2|mask|masked token|time`.
    """
    try:
        _, mask, masked, _ = st.context.cookies.get("_streamlit_xsrf", "").strip('"').split("|")
        key, token = bytes.fromhex(mask), bytes.fromhex(masked)
    except (ValueError, TypeError, AttributeError):
        return None
    return bytes(byte ^ key[i % len(key)] for i, byte in enumerate(token)).hex() if key else None
