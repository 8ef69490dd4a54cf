"""Every setting of claimclf, declared once, and where each value comes from.

The first of these that has a value counts: an option of the command, the environment, the
secrets files, the default. The secrets files are Streamlit's, read here without it, so that the
shell and the pages agree. A relative path in the environment or the secrets counts from the
project's folder, whatever folder the process was started in.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
import stat
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from claimclf.addresses import SQLITE_FILE, database_place, web_host
from claimclf.errors import InvalidRequestError, NotConfiguredError
from claimclf.paths import ROOT

PREFIX = "CLAIMCLF_"
#: The section of the secrets that is claimclf's; `[auth]` is Streamlit's.
SECTION = "claimclf"
#: How alike a name must be to be what was meant, from 0 to 1.
_ALIKE = 0.8
LEVELS = ("debug", "info", "warning", "error")
#: Names of its own at the server's root; below one of them nobody could tell the two apart.
_ROOMS = frozenset({"_stcore", "api", "auth", "component", "media", "metrics", "static"})
_PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
#: Streamlit writes what it finds at the top of the secrets into the environment, over what was
#: there. This is what the process was started with.
_AT_START = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def _hidden(_value: object) -> str:
    return "set, not shown"


def _path(value: str) -> str:
    return str(ROOT / Path(value).expanduser())


def _database(value: str) -> str:
    file = value.removeprefix(SQLITE_FILE)
    is_file = file != value and file and not file.startswith(":")
    return f"{SQLITE_FILE}{ROOT / file}" if is_file else value


@dataclass(frozen=True)
class Setting:
    """One thing that can be set.

    Parameters
    ----------
    name : str
        Unique among settings.
    meaning : str
        What it does, one line.
    default : str
        What counts where nothing is set; empty for nothing.
    variable : str
        Its environment variable; empty for none.
    key : str
        Its place in the secrets, the section before a dot; empty for none.
    option : str
        The option of commands that sets it; empty for none.
    is_secret : bool
        Whether its value, or a part of it, must not be shown.
    shown : callable
        Writes a value without what is secret.
    resolved : callable
        Makes a value out of what was written, unless it was an option.
    """

    name: str
    meaning: str
    default: str = ""
    variable: str = ""
    key: str = ""
    option: str = ""
    is_secret: bool = False
    shown: Callable[[str], str] = str
    resolved: Callable[[str], str] = str


DATABASE = Setting(
    "database",
    "Database of the shared queue: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.",
    default=f"{SQLITE_FILE}data/queue.db",
    variable="CLAIMCLF_DATABASE_URL",
    key="CLAIMCLF_DATABASE_URL",
    option="--database",
    is_secret=True,
    shown=database_place,
    resolved=_database,
)
DATABASE_PASSWORD_FILE = Setting(
    "password file",
    "File with the password of a PostgreSQL database whose address has none.",
    variable="CLAIMCLF_DATABASE_PASSWORD_FILE",
    key="CLAIMCLF_DATABASE_PASSWORD_FILE",
    resolved=_path,
)
MODELS = Setting(
    "models",
    "Folder of the stored models.",
    default="models",
    variable="CLAIMCLF_MODELS",
    key="CLAIMCLF_MODELS",
    option="--models",
    resolved=_path,
)
DATASET = Setting(
    "dataset",
    "Labelled dataset that the pages use; made-up data where the default is not there.",
    default="data/tiktok_dataset.csv",
    variable="CLAIMCLF_DATASET",
    key="CLAIMCLF_DATASET",
    resolved=_path,
)
MAPPINGS = Setting(
    "mappings",
    "Folder where the pages keep which column of an unknown table is which.",
    default="data/mappings",
    variable="CLAIMCLF_MAPPINGS",
    key="CLAIMCLF_MAPPINGS",
    resolved=_path,
)
SPEECH = Setting(
    "speech",
    "Folder of labelled texts of real people, a file a source, which the page *Dataset* shows.",
    default="data/speech",
    variable="CLAIMCLF_SPEECH",
    key="CLAIMCLF_SPEECH",
    resolved=_path,
)
WEBHOOK_URL = Setting(
    "webhook",
    "Where the platform is told of decisions; only with a webhook secret.",
    variable="CLAIMCLF_WEBHOOK_URL",
    key="CLAIMCLF_WEBHOOK_URL",
    is_secret=True,
    shown=web_host,
)
WEBHOOK_SECRET = Setting(
    "webhook secret",
    "Signs what the platform is told: 24 characters or more.",
    variable="CLAIMCLF_WEBHOOK_SECRET",
    key="CLAIMCLF_WEBHOOK_SECRET",
    is_secret=True,
    shown=_hidden,
)
TOKEN = Setting(
    "token",
    "Opens the dashboard where nobody signs in: 32 characters or more. Where nothing is set, "
    "`serve` makes one at each start and prints the address with it.",
    variable="CLAIMCLF_TOKEN",
    key="CLAIMCLF_TOKEN",
    is_secret=True,
    shown=_hidden,
)
API = Setting(
    "api",
    "`on` lets programs send reports and read by HTTP, each with a token that "
    "`claimclf token make` has made; docs/api.md says how.",
    default="off",
    variable="CLAIMCLF_API",
    key="CLAIMCLF_API",
)
HOSTS = Setting(
    "hosts",
    "Names under which browsers open the dashboard, beside that of the login's redirect_uri; "
    "separated by spaces.",
    variable="CLAIMCLF_HOSTS",
    key=f"{SECTION}.hosts",
)
PROXIES = Setting(
    "proxies",
    "Addresses or networks of the proxies through which requests may come, separated by spaces; "
    "without any, such requests are refused.",
    variable="CLAIMCLF_PROXIES",
    key=f"{SECTION}.proxies",
)
BELOW = Setting(
    "below",
    "Path below which everything is served, such as `/claimclf`, for a proxy that has other things "
    "at its root and passes paths on as they are.",
    variable="CLAIMCLF_BELOW",
    key=f"{SECTION}.below",
)
LOG_LEVEL = Setting(
    "log level",
    "Least level that is logged: debug, info, warning or error. Where nothing is set, commands "
    "other than `serve` log from warning on.",
    default="info",
    variable="CLAIMCLF_LOG_LEVEL",  # no key: secrets that cannot be read stop no other command
    option="--log-level",
)
SECRETS_FILES = Setting(
    "secrets files",
    "TOML files of secrets, separated by spaces; what stands in a later one comes first.",
    default="~/.streamlit/secrets.toml .streamlit/secrets.toml",
    variable="STREAMLIT_SECRETS_FILES",
)
LOGIN = Setting(
    "login",
    "Where people sign in, as docs/login.md says; without it there is one local user.",
    key="auth",
    is_secret=True,
    shown=_hidden,
)
ROLES = Setting(
    "roles",
    "Lists of people, a list for each role.",
    key=f"{SECTION}.roles",
    is_secret=True,
    shown=_hidden,
)
ROLE_CLAIM = Setting(
    "role claim",
    "Claim of the sign-in's token that holds a role or a list of roles.",
    key=f"{SECTION}.role_claim",
)
IDLE_MINUTES = Setting(
    "idle minutes",
    "Minutes without any interaction after which a session ends.",
    default="30",
    key=f"{SECTION}.idle_minutes",
)

#: In the order in which they are listed.
SETTINGS = (
    DATABASE,
    DATABASE_PASSWORD_FILE,
    MODELS,
    DATASET,
    MAPPINGS,
    SPEECH,
    WEBHOOK_URL,
    WEBHOOK_SECRET,
    TOKEN,
    API,
    HOSTS,
    PROXIES,
    BELOW,
    LOG_LEVEL,
    SECRETS_FILES,
    LOGIN,
    ROLES,
    ROLE_CLAIM,
    IDLE_MINUTES,
)


@dataclass(frozen=True)
class Value:
    """What counts for a setting, and where it comes from.

    Parameters
    ----------
    setting : Setting
        Which.
    value : str
        Paths in full; empty for nothing.
    source : str
        In words: an option, a variable, a file and its key, or the default.
    """

    setting: Setting
    value: str
    source: str

    @property
    def shown(self) -> str:
        """The value without what is secret; empty for nothing."""
        return self.setting.shown(self.value) if self.value else ""

    @property
    def is_default(self) -> bool:
        """Whether nobody has set it."""
        return self.source == "default"


def look_up(setting: Setting, option: object = None) -> Value:
    """Return what counts for a setting.

    Parameters
    ----------
    setting : Setting
        Which.
    option : object, optional
        What the command was given for it; None or empty for nothing.

    Raises
    ------
    NotConfiguredError
        It may be in a secrets file that cannot be read.
    """
    if option is not None and str(option):
        return Value(setting, str(option), f"option {setting.option}")
    written, source = (
        _from_environment(setting) or _from_secrets(setting) or (setting.default, "default")
    )
    return Value(setting, setting.resolved(written) if written else "", source)


def _from_environment(setting: Setting) -> tuple[str, str] | None:
    value = os.environ.get(setting.variable, "")
    started_with = _AT_START.get(setting.variable, "")
    if value not in ("", started_with) and _is_in_secrets(setting, value):
        value = started_with
    return (value, f"environment {setting.variable}") if value else None


def _is_in_secrets(setting: Setting, value: str) -> bool:
    try:
        return str(_within(secrets(), setting.key)) == value
    except NotConfiguredError:  # nor could Streamlit read them
        return False


def _from_secrets(setting: Setting) -> tuple[str, str] | None:
    for file in reversed(secrets_files()) if setting.key else ():
        values = _read(file)
        inside = _within(values, setting.key)
        if inside not in (None, ""):
            return str(inside), f"{file}: {setting.key}"
        if setting.key.partition(".")[0] in values:
            break  # a later file's section takes the place of an earlier one's
    return None


def _within(values: Mapping[str, Any], key: str) -> Any:
    section, dot, name = key.partition(".")
    inside = values.get(section)
    if not dot:
        return inside
    return inside.get(name) if isinstance(inside, Mapping) else None


def secrets_files() -> list[Path]:
    """Return the secrets files, as Streamlit reads them: a later one comes before an earlier."""
    files = os.environ.get(SECRETS_FILES.variable, "") or SECRETS_FILES.default
    return [ROOT / Path(file).expanduser() for file in files.split()]


def secrets() -> dict[str, Any]:
    """Return all secrets of all files; empty where there is none.

    Raises
    ------
    NotConfiguredError
        A file is there and cannot be read.
    """
    values: dict[str, Any] = {}
    for file in secrets_files():
        values |= _read(file)
    return values


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.suffix != ".toml":  # as Streamlit does
            raise ValueError("its name does not end in .toml")
        now = file.stat()
        return _parsed(file, now.st_mtime_ns, now.st_size)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NotConfiguredError(
            "The Streamlit secrets cannot be read.",
            f"Found: {file}: {error}.",
            "Correct this file, which must be TOML in UTF-8.",
        ) from error


@lru_cache(maxsize=8)
def _parsed(file: Path, _changed: int, _size: int) -> dict[str, Any]:
    # Time of change and size are the cache's key: a changed file is read again.
    return tomllib.loads(file.read_text("utf-8"))


def has_login() -> bool:
    """Say whether the secrets have a login.

    Raises
    ------
    NotConfiguredError
        A file cannot be read: perhaps it holds one.
    """
    return LOGIN.key in secrets()


def has_api() -> bool:
    """Return whether programs may send reports and read by HTTP.

    Raises
    ------
    NotConfiguredError
        The setting is neither `on` nor `off`, or the secrets cannot be read.
    """
    found = look_up(API)
    if found.value not in ("on", "off"):
        raise NotConfiguredError(
            f"The setting '{API.name}' is neither on nor off.",
            f"Found: {found.value} ({found.source}).",
            "Set it to on or off.",
        )
    return found.value == "on"


def served_below() -> str:
    """Return the path below which everything is served; empty for the root, else `/` and names.

    Raises
    ------
    NotConfiguredError
        It is no path of plain names, or the secrets cannot be read.
    """
    found = look_up(BELOW)
    path = found.value.strip("/")
    if path and not _PATH.fullmatch(path):
        raise NotConfiguredError(
            "The path below which claimclf is to be served cannot be understood.",
            f"Found: {found.value} ({found.source}).",
            "Give names of letters, digits, - and _, such as /claimclf or /tools/claimclf.",
        )
    taken = sorted(_ROOMS.intersection(path.split("/")))
    if taken:
        raise NotConfiguredError(
            "claimclf cannot be served below a path with a name that its server has for itself.",
            f"Found: {taken[0]} in {found.value} ({found.source}).",
            "Give another name, such as /claimclf or /tools/claimclf.",
        )
    return f"/{path}" if path else ""


def login_address() -> str:
    """Return where the login sends people back to, without its path; empty where that is not set.

    Raises
    ------
    NotConfiguredError
        A secrets file cannot be read.
    """
    login = secrets().get(LOGIN.key)
    parts = urlsplit(str(login.get("redirect_uri", "")) if isinstance(login, Mapping) else "")
    place = parts.netloc.removesuffix(":{port}")  # which Streamlit replaces by the server's own
    return f"{parts.scheme}://{place}" if place else ""


def database_url(option: str | None = None) -> str:
    """Return the address of the queue's database; a file of the project unless one is named."""
    return look_up(DATABASE, option).value


def database_password() -> str | None:
    """Return the password that stands in a file of its own; None where there is no such file.

    Raises
    ------
    NotConfiguredError
        The file that is set cannot be read.
    """
    setting = look_up(DATABASE_PASSWORD_FILE)
    if not setting.value:
        return None
    try:
        return Path(setting.value).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise NotConfiguredError(
            "The password of the queue's database cannot be read.",
            f"Found: {type(error).__name__} in reading {setting.value} ({setting.source}).",
            "Correct the place, or let the user whom the server runs as read the file.",
        ) from error


def readable_by_others() -> list[Path]:
    """Return the secrets files that other users of this machine may read."""
    if os.name != "posix":
        return []
    others = stat.S_IRGRP | stat.S_IROTH
    return [file for file in secrets_files() if file.is_file() and file.stat().st_mode & others]


def models_folder() -> Path:
    """Return the folder of models in use."""
    return Path(look_up(MODELS).value)


def mappings_folder() -> Path:
    """Return the folder of the mappings that people chose on the pages."""
    return Path(look_up(MAPPINGS).value)


def speech_folder() -> Path:
    """Return the folder of labelled texts of real people, which may not be there."""
    return Path(look_up(SPEECH).value)


def find_dataset() -> Path | None:
    """Return the labelled dataset that is set up on this machine, or None."""
    setting = look_up(DATASET)
    path = Path(setting.value)
    return None if setting.is_default and not path.is_file() else path


def log_level(option: str | None = None, default: str = LOG_LEVEL.default) -> int:
    """Return the least level to log, as `logging` counts them.

    Parameters
    ----------
    option : str, optional
        What the command was given.
    default : str
        What counts where nobody has set it.

    Raises
    ------
    InvalidRequestError, NotConfiguredError
        It is no level, as it was given to a command or set elsewhere.
    """
    setting = look_up(LOG_LEVEL, option)
    name = default if setting.is_default else setting.value.lower()
    if name not in LEVELS:
        kind = InvalidRequestError if option else NotConfiguredError
        raise kind(
            "There is no such log level.",
            f"Found: {setting.value} ({setting.source}).",
            f"Choose one of {', '.join(LEVELS)}.",
        )
    return logging.getLevelNamesMapping()[name.upper()]


def pass_on(setting: Setting, value: str) -> None:
    """Have the program that takes this one's place, or is started by it, use a value."""
    os.environ[setting.variable] = value


def hand_over(name: str, value: str) -> None:
    """Leave a word that is no setting for the program that takes this one's place.

    What a process was started with can be read by everybody on the machine, its environment by
    its user alone.
    """
    os.environ[name] = value


def take_over(name: str) -> str:
    """Return a word that the program before this one left, once; empty for none."""
    return os.environ.pop(name, "")


def has_screen() -> bool:
    """Say whether this user's browser can show itself."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def unknown() -> list[str]:
    """Say what looks like a setting of claimclf and is none, each with the nearest that is."""
    ours = {setting.variable for setting in SETTINGS}
    keys = {setting.key for setting in SETTINGS if setting.key}
    return [
        *(
            _unknown(f"environment {name}", name, ours)
            for name in _foreign(os.environ, ours | keys)
        ),
        *(
            _unknown(f"{file}: {name}", name, keys)
            for file in secrets_files()
            for name in _foreign(_flat(_read(file)), keys)
        ),
    ]


def _flat(values: Mapping[str, Any]) -> Iterator[str]:
    section = values.get(SECTION)
    yield from (name for name in values if name != SECTION)
    if isinstance(section, Mapping):
        yield from (f"{SECTION}.{name}" for name in section)


def _foreign(names: Any, known: set[str]) -> list[str]:
    ours = (PREFIX, f"{SECTION}.")
    return sorted(name for name in names if name.startswith(ours) and name not in known)


def _unknown(where: str, name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1, _ALIKE)
    return f"{where} is no setting" + (f": {near[0]} is." if near else ".")
