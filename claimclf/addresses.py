"""Addresses of databases and of the web, and how to name them without what is secret in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from claimclf.errors import NotConfiguredError

if TYPE_CHECKING:
    from sqlalchemy import URL

SQLITE_FILE = "sqlite:///"
_NAME = re.compile(r"[\w.-]*")
#: All of an address of the web: no white space of any alphabet, nothing that steers a machine.
WEB_ADDRESS = r"https?://[^\s\x00-\x1f\x7f-\x9f]+"
#: What stands before an @ looks like the host and is a name and a password; a backslash is a slash
#: to browsers, and to others a part of the host.
DISGUISED = r"^https?://[^/?#]*[@\\]"
_UNREADABLE = "an address that cannot be read"


def read_database_address(address: str) -> URL:
    """Read the address of a database, SQLite or PostgreSQL.

    Raises
    ------
    NotConfiguredError
        It is none. What was found is not said, for it may hold a password.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise _no_address("text that is no address") from error
    if url.drivername.partition("+")[0] not in {"sqlite", "postgresql", "postgres"}:
        raise _no_address(f"an address that begins with '{url.drivername[:20]}'")
    if not url.drivername.startswith("sqlite"):
        _check_parts(address, url)
    ports = url.query.get("port", ())
    each = ports.split(",") if isinstance(ports, str) else ports  # one for each host
    if not all(port.isdecimal() for port in each):
        raise _no_address("a port that is no number")
    return url


def _check_parts(address: str, url: URL) -> None:
    """Refuse an address of which a part of the password would be taken for something else."""
    if address.count("@") > 1 or "@" in f"{_host(url)}{url.database or ''}":
        raise _no_address("more than one @: all but the last before the host are written %40")
    if not _NAME.fullmatch(url.database or ""):
        raise _no_address("a name of a database with other characters than letters, digits, _ . -")


def _no_address(what: str) -> NotConfiguredError:
    return NotConfiguredError(
        "The address of the queue's database cannot be used.",
        f"Found: {what}.",
        "Set CLAIMCLF_DATABASE_URL, or --database, to sqlite:///FILE or "
        "postgresql://USER:PASSWORD@HOST/NAME.",
    )


def database_name(url: URL) -> str:
    """Name a database by its file, or its host, port and database: nothing that may be secret."""
    if url.drivername.startswith("sqlite"):
        return f"{SQLITE_FILE}{url.database or ''}"
    name = _host(url)
    place = f"[{name}]" if ":" in name else name
    return f"postgresql://{place}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def without_secrets(words: str, url: URL) -> str:
    """Return a driver's words without what they quote of an address beside host and port."""
    options = (value for name, value in url.query.items() if name not in ("host", "port"))
    values = [one for value in options for one in ([value] if isinstance(value, str) else value)]
    # A name of an option may be the rest of a password that held an &.
    for value in [*values, *url.query, url.password]:
        words = words.replace(f'"{value}"', '"..."')
    return words


def _host(url: URL) -> str:
    """Name the hosts, or a socket's folder, which stands in the query beside what may be secret."""
    host = url.host or url.query.get("host", "")
    return host if isinstance(host, str) else ",".join(host)


def database_place(address: str) -> str:
    """Name a database by its address, as `database_name` does, whatever the address is."""
    try:
        return database_name(read_database_address(address))
    except NotConfiguredError:
        return _UNREADABLE


def web_host(address: str) -> str:
    """Name the host of a web address: its path and its query may be secret."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return _UNREADABLE
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def is_web_address(text: str) -> bool:
    """Say whether a text is a whole http(s) address that shows where it leads to."""
    return bool(re.fullmatch(WEB_ADDRESS, text)) and not re.match(DISGUISED, text)


def link_host(address: str) -> str:
    """Return the host that a browser would ask for a web address.

    Empty where it is disguised, or where it is no address of the web: what begins with `//` or a
    letter of a drive would be a file of this machine.

    Letters beyond ASCII are written as the network writes them (`xn--...`), for they may look
    like others.
    """
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https"):
            return ""
        if "@" in parts.netloc or "\\" in parts.netloc or not parts.hostname:
            return ""
        return parts.hostname.encode("idna").decode()
    except (ValueError, UnicodeError):
        return ""
