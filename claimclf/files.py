"""Files and folders that are ours: written whole, links never followed, private where asked."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

#: What leads to a process's own open files.
_OPENED = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")
_NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)


def own_folder(folder: Path) -> None:
    """Make a folder that nobody else may enter, or take one only if it is such a one.

    In a folder that many may write to, somebody else could have prepared it, and would read
    or exchange what is put there.

    Raises
    ------
    OSError
        It cannot be made, is a link or a file, belongs to somebody else, or others may write
        to it.
    """
    try:
        folder.mkdir(mode=0o700)
        return
    except FileExistsError:
        status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise OSError(0, "a link or a file stands in its place")
    if os.name == "posix" and status.st_uid != os.geteuid():
        raise OSError(0, "it belongs to somebody else")
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError(0, "others may write to it")


def private_folder(folder: Path) -> None:
    """Make a folder that nobody else may enter, or take such rights from one that is ours.

    Raises
    ------
    OSError
        It cannot be made or changed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if os.name == "posix" and stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        folder.chmod(stat.S_IMODE(status.st_mode) & 0o700)


def own_file(file: Path) -> None:
    """Make an empty file that nobody else may read, or take such rights from one that is ours.

    What the umask takes away stays away.

    Raises
    ------
    OSError
        It cannot be made or changed.
    """
    try:
        os.close(os.open(file, _NEW, 0o600))
    except FileExistsError:
        status = file.stat()
        ours = os.name == "posix" and status.st_uid == os.geteuid()
        if ours and stat.S_ISREG(status.st_mode):
            file.chmod(stat.S_IMODE(status.st_mode) & 0o600)


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of another when all of it is written.

    A link at the place is replaced, never followed; after an error the old file stays.

    Parameters
    ----------
    path : Path
        Where the file shall be.
    private : bool
        Whether nobody else may read it. The umask counts in both cases.

    Raises
    ------
    OSError
        The folder cannot be written, or is full.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.new")
    handle = os.open(temporary, _NEW, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "w+b") as stream:
            yield stream
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def leads_to_no_file(path: Path) -> bool:
    """Say whether a device or a pipe is there, which must be written to, not replaced.

    A link is followed to a device only: whoever reads a pipe would get what is written. What this
    process has open, such as `/dev/stdout`, is written to even where it is a file.
    """
    if str(path).startswith(_OPENED):
        return path.exists()
    return path.exists() and not path.is_file() and (path.is_char_device() or not path.is_symlink())
