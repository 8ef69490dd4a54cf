"""The log: one line for each thing that whoever runs claimclf may want to know.

A line has the time, the level, the person, the case and the request that it belongs to, the
module, and a sentence. What users wrote (transcripts, notes, names of files) and what is secret
never gets in: a message is a constant with numbers, codes and names of our own in it. Of an error
that nobody foresaw it has the kind and where it came from; its text, which may quote what it was
about, only from level *debug* on.
"""

from __future__ import annotations

import logging
import secrets
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, TextIO, TypeVar

from claimclf.paths import ROOT

P = ParamSpec("P")
R = TypeVar("R")

#: All loggers of the package are below this one.
LOGGER = logging.getLogger("claimclf")
#: What a line may belong to, in the order in which it is written.
FIELDS = ("person", "case", "request")
_MOST_FRAMES = 12
#: Streamlit logs what nobody foresaw with the text of the error, which may be a user's.
_WITH_TEXT = "streamlit.error_util"
#: Streamlit logs here each message that asks for what is gone, and anybody at the door may ask.
_OF_STRANGERS = "streamlit.runtime.app_session"
#: Streamlit logs here what the address of a failed sign-in says, which anybody may have written.
_OF_SIGN_IN = "streamlit.web.server.starlette.starlette_auth_routes"
#: Letters of what a library logs, which may quote whoever is at the door.
_MOST_LETTERS = 500

_context: ContextVar[dict[str, str]] = ContextVar("claimclf_log_context", default={})  # noqa: B039
_logger = logging.getLogger(__name__)


def set_up(level: int) -> None:
    """Log to stderr from this level on; called again, it changes the level.

    Parameters
    ----------
    level : int
        As `logging` counts them; `claimclf.configuration.log_level` says which.
    """
    LOGGER.setLevel(level)
    LOGGER.propagate = False
    if not is_set_up():
        handler = _ToStderr()
        handler.setFormatter(_Lines())
        LOGGER.addHandler(handler)
        logging.getLogger(_WITH_TEXT).addFilter(_without_uncaught)
        logging.getLogger(_OF_STRANGERS).addFilter(_worth_a_warning)
        logging.getLogger(_OF_SIGN_IN).addFilter(_without_words)
        logging.setLogRecordFactory(_record)


def new_id() -> str:
    """Return a name for a request or an error: short, and different each time."""
    return secrets.token_hex(4)


@contextmanager
def belonging_to(**fields: object) -> Iterator[None]:
    """Say whom and what the lines within belong to: `person`, `case`, `request`.

    What is None keeps what it was.
    """
    token = _context.set(_context.get() | _written(fields))
    try:
        yield
    finally:
        _context.reset(token)


def belong_to(**fields: object) -> None:
    """Say so of all further lines of this thread, as a page does at its start."""
    _context.set(_context.get() | _written(fields))


def _written(fields: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items() if value is not None}


def unforeseen(error: BaseException) -> str:
    """Log an error that nobody foresaw, and return the id under which it stands in the log."""
    name = new_id()
    _logger.error("Unforeseen error %s: %s", name, _where(error))
    _logger.debug("Text of error %s: %s", name, "".join(traceback.format_exception(error)))
    return name


def _where(error: BaseException) -> str:
    """Name the kind of an error, what it came from, and where; never its text."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    places = " < ".join(
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
    cause = error.__cause__ or error.__context__
    from_ = f" from {type(cause).__name__}" if cause is not None else ""
    return f"{type(error).__module__}.{type(error).__name__}{from_} at {places or 'nowhere'}"


def _short(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[-2:])


def is_set_up() -> bool:
    """Say whether lines go to stderr already."""
    return any(isinstance(handler, _ToStderr) for handler in LOGGER.handlers)


def carried(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function log in another process as it would here.

    Returns
    -------
    callable
        Does the same, can be sent to another process if the function can, and sets the log up
        there: same level, and the lines belong to whom and what they belong to here.
    """
    return _Carried(function, LOGGER.level if is_set_up() else None, _context.get())


@dataclass(frozen=True, repr=False)
class _Carried:
    function: Callable[..., Any]
    level: int | None
    context: dict[str, str]

    def __repr__(self) -> str:  # Dask names tasks by it
        return f"carried {getattr(self.function, '__name__', 'function')}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.level is not None:
            set_up(self.level)
        with belonging_to(**self.context):
            return self.function(*args, **kwargs)


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is now: a test or a service may exchange it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Where it writes to."""
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """Stay with stderr."""


class _Lines(logging.Formatter):
    """Writes a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        context = _context.get() | _written({name: vars(record).get(name) for name in FIELDS})
        belongs = " ".join(f"{name}={_word(context.get(name, '-'))}" for name in FIELDS)
        message = one_line(record.getMessage())
        when = time.replace("+00:00", "Z")
        return f"{when} {record.levelname:<7} {belongs} {record.name}: {message}"


def _record(name: str, *args: Any, **kwargs: Any) -> logging.LogRecord:
    is_ours = name == LOGGER.name or name.startswith(f"{LOGGER.name}.")
    return (logging.LogRecord if is_ours else _OfLibrary)(name, *args, **kwargs)


class _OfLibrary(logging.LogRecord):
    """What a library logs: a short line, of an error its kind and where it came from.

    Libraries write with formatters of their own, each logger with another; what they make lines
    of is this.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        error = self.exc_info[1] if self.exc_info else None
        if error is not None:
            self.exc_text = _where(error)

    def getMessage(self) -> str:  # noqa: N802
        """Return the message."""
        message = one_line(super().getMessage())
        return message if len(message) <= _MOST_LETTERS else f"{message[:_MOST_LETTERS]} …"


def one_line(text: str) -> str:
    """Write what could end a line, or steer a terminal, as its code."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _word(text: str) -> str:
    """Write a name so that nobody can pass it off as something else of the line."""
    return one_line(text).replace(" ", "\\x20").replace("=", "\\x3d")


def _worth_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _without_words(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = ("...",) * len(record.args)
    return True


def _without_uncaught(record: logging.LogRecord) -> bool:
    return record.msg != "Uncaught app execution"
