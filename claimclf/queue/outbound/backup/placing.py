"""A file that appears in its place whole and on the disk, or not at all."""

from __future__ import annotations

import glob
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from claimclf.errors import InvalidRequestError, UnavailableError
from claimclf.files import close_to_others

#: What `tempfile.mkstemp` puts into a name, and what ours end in.
_RANDOM, _PART = "[a-z0-9_]{8}", ".part"


def check_place(file: Path) -> None:
    """Refuse a path that cannot be written to, before any work is done.

    Raises
    ------
    InvalidRequestError
        It is a folder, or its own folder is missing or may not be written to.
    """
    if file.exists() and not file.is_file():
        raise InvalidRequestError(f"{file} cannot be written.", "Found: no file.", "Name a file.")
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        cause = "no rights to its folder" if file.parent.is_dir() else "its folder does not exist"
        raise InvalidRequestError(
            f"{file} cannot be written.", f"Found: {cause}.", "Choose another place."
        )


@contextmanager
def written_durably(file: Path) -> Iterator[BinaryIO]:
    """Open a new file beside `file`, which takes its place when the block ends without error.

    Its owner alone may read it. What killed processes left beside `file` is removed.

    Raises
    ------
    UnavailableError
        The disk is full, or the file cannot be written for another reason.
    """
    with _explained(file):
        _remove_leftovers(file)
        handle, name = tempfile.mkstemp(_PART, f".{file.name}.", file.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w+b") as stream:
                _mark_as_ours(stream)
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(file.parent)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{file} cannot be written.",
            f"Found: {error.strerror or error}.",
            "Free some space or choose another place.",
        ) from error


def _remove_leftovers(file: Path) -> None:
    """Remove what killed processes left; a file that another one is writing now is locked."""
    own = re.compile(rf"\.{re.escape(file.name)}\.{_RANDOM}{re.escape(_PART)}")
    for leftover in file.parent.glob(f".{glob.escape(file.name)}.*{_PART}"):
        if not own.fullmatch(leftover.name):
            continue
        with suppress(OSError), open(leftover, "r+b", opener=_opened_if_ours) as stream:
            _mark_as_ours(stream)
            leftover.unlink()


def _opened_if_ours(path: str, flags: int) -> int:
    """Open a file of ours, not what a link leads to or a pipe."""
    close_to_others(Path(path))
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _mark_as_ours(stream: IO[bytes]) -> None:
    """Lock an open file until it is closed; Windows lets nobody remove one that is open anyway.

    Raises
    ------
    OSError
        Another process has locked it.
    """
    if os.name == "posix":
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sync_folder(folder: Path) -> None:
    """Have the new name survive a power cut, where the system can be asked for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
