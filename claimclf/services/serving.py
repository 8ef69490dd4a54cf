"""Start the dashboard's server, for this machine alone or behind a login."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import string
import sys
from importlib.util import find_spec
from ipaddress import ip_address

from claimclf import __version__
from claimclf.configuration import (
    TOKEN,
    hand_over,
    has_login,
    look_up,
    pass_on,
    readable_by_others,
    served_below,
)
from claimclf.errors import ServerError, UnavailableError
from claimclf.paths import APP, ROOT, SERVER

ADDRESS = "127.0.0.1"
#: A shorter token could be guessed.
LEAST_TOKEN = 32
#: A browser's cookie with the token, followed by the port: it has the same cookies for all servers
#: of this machine.
TOKEN_COOKIE = "claimclf-"  # noqa: S105
#: Tells the server which address to say once it is up, and which to open in a browser.
IS_AT, OPENS = "IS_AT_ADDRESS", "OPENS_ADDRESS"
_PLAIN = frozenset(string.ascii_letters + string.digits + "-_")

_logger = logging.getLogger(__name__)


def serve(port: int, address: str = ADDRESS, *, opens: bool = False) -> None:
    """Replace this process with the dashboard's server.

    Parameters
    ----------
    port : int
        TCP port.
    address : str
        Where to listen; any other than this machine's own needs a login.
    opens : bool
        Whether to open the dashboard in this user's browser once it is up; never with a login.

    Raises
    ------
    ServerError
        Others could come in and there is no login, or the dashboard's pages are not beside the
        package.
    UnavailableError
        The port is taken.
    """
    if not APP.is_file():
        raise ServerError(
            "The dashboard's pages are not here.",
            f"Found: no app.py in {ROOT}.",
            "Run claimclf serve from a clone of the project, installed with make install.",
        )
    login = has_login()
    if login:
        require_login_packages()
    elif not is_local(address):
        raise exposed(address)
    _check_port(address, port)
    _logger.info(
        "Server starts: claimclf %s at %s, port %d, %s",
        __version__,
        address or "all addresses",
        port,
        "people sign in" if login else "without a login",
    )
    _warn_of_readable_secrets()
    token = "" if login else token_in_use()
    below = served_below()
    place = _address(address, port, below, token)
    pass_on(TOKEN, token)
    hand_over(IS_AT, place)
    hand_over(OPENS, place if opens and token else "")
    # Who asks is whose connection it is, whatever a request says of itself.
    hand_over("FORWARDED_ALLOW_IPS", "")
    # The configuration, theme and upload limit are in the project's .streamlit folder.
    os.chdir(ROOT)
    streamlit = [sys.executable, "-m", "streamlit", "run", str(SERVER)]
    options = [f"--server.address={address}", f"--server.port={port}"]
    options += [f"--server.baseUrlPath={below}"]
    os.execv(sys.executable, streamlit + options)  # noqa: S606


def _warn_of_readable_secrets() -> None:
    for file in readable_by_others():
        _logger.warning("Secrets can be read by other users of this machine: chmod 600 %s", file)


def _address(address: str, port: int, below: str, token: str) -> str:
    place = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
    return f"{place}{below}/?token={token}" if token else f"{place}{below}"


def token_in_use() -> str:
    """Return the token that opens the dashboard without a login: the one that is set, or a new one.

    Raises
    ------
    ServerError
        The one that is set could be guessed, or cannot stand in an address.
    """
    token = look_up(TOKEN).value or secrets.token_urlsafe(LEAST_TOKEN)
    plain = token.isascii() and not set(token) - _PLAIN
    if len(token) < LEAST_TOKEN or not plain:
        raise ServerError(
            f"{TOKEN.variable} is no token that keeps others out.",
            f"Found: {len(token)} characters{'' if plain else ', some of them special'}.",
            f"Give {LEAST_TOKEN} or more random letters and digits, or none for a new one.",
        )
    return token


def is_local(address: str) -> bool:
    """Say whether nothing but this machine reaches an address; an empty one means all."""
    if address.lower() == "localhost":
        return True
    try:
        return ip_address(address.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def exposed(address: str) -> ServerError:
    """Return the error for an address that other machines could use without signing in."""
    return ServerError(
        "Without a login the dashboard is for this machine only.",
        f"Found: the address {address or 'of all interfaces'} and no [auth] in the "
        "Streamlit secrets.",
        f"Use {ADDRESS}, or set up the login as docs/login.md says.",
    )


def require_login_packages() -> None:
    """Refuse a login without what it needs.

    Raises
    ------
    ServerError
        Authlib is not installed.
    """
    if find_spec("authlib") is None:
        raise ServerError(
            "Signing in needs packages that are not installed.",
            "Found: [auth] in the Streamlit secrets, and no Authlib.",
            "Run: sh scripts/install.sh login",
        )


def _check_port(address: str, port: int) -> None:
    try:
        (family, kind, protocol, _, place), *_ = socket.getaddrinfo(
            address or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise UnavailableError(
            f"Port {port} on {address} cannot be used.",
            f"Found: {error.strerror}.",
            f"Choose another one: PORT={port + 1 if port < 65535 else 8501} make run.",
        ) from error
