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


class NotOursError(OSError):
    """Something stands there that somebody else may have put there; `strerror` says what."""

    def __init__(self, what: str) -> None:
        super().__init__(0, what)

    def __str__(self) -> str:
        """Say what stands there, without a number that means nothing."""
        return str(self.strerror)


class NotAFileError(OSError):
    """A pipe, a device or a socket stands where a file is read; `strerror` says which."""

    def __init__(self, what: str) -> None:
        super().__init__(0, f"{what}, not a file")


def opened_file(path: Path) -> BinaryIO:
    """Open a file to read, at once: who opened a pipe would wait until somebody writes to it.

    Raises
    ------
    NotAFileError
        It is a pipe, a device or a socket.
    OSError
        It is a folder, or cannot be opened.
    """
    return open(path, "rb", opener=_handle_of_file)


def _handle_of_file(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):  # of which who opens files has words
        return handle
    os.close(handle)
    raise NotAFileError("a pipe" if stat.S_ISFIFO(mode) else "a device or a socket")


def others_may_move(folder: Path) -> bool:
    """Say whether somebody else could put another folder in the place of one that lies in this one.

    Whoever may write to a folder may rename what is in it, also what is not theirs, unless the
    folder is sticky, as `/tmp` is; and so it is for all folders above.

    Raises
    ------
    OSError
        It is not there.
    """
    folder = folder.resolve()
    return os.name == "posix" and any(map(_is_open, (folder, *folder.parents)))


def _is_open(folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid not in (0, os.geteuid()):
        return True
    by_group = status.st_mode & stat.S_IWGRP and not _is_of_us_alone(status.st_gid)
    return not status.st_mode & stat.S_ISVTX and bool(by_group or status.st_mode & stat.S_IWOTH)


def _is_of_us_alone(gid: int) -> bool:
    """Say whether nobody else is in a group: many systems make such a one for each user."""
    import grp  # which not every system has
    import pwd

    try:
        we, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    is_own = (gid, group.gr_name) == (we.pw_gid, we.pw_name)
    return is_own and set(group.gr_mem) <= {we.pw_name}


def own_folder(folder: Path) -> None:
    """Make a folder that nobody else may enter, or take one only if it is such a one.

    In a folder that many may write to, somebody else could have prepared it, and would read
    or exchange what is put there.

    Raises
    ------
    NotOursError
        It is a link or a file, belongs to somebody else, or others may write to it.
    OSError
        It cannot be made.
    """
    try:
        folder.mkdir(mode=0o700)
        return
    except FileExistsError:
        status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotOursError("a link or a file stands in its place")
    if os.name == "posix" and status.st_uid != os.geteuid():
        raise NotOursError("it belongs to somebody else")
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise NotOursError("others may write to it")


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
    """Make an empty file that nobody else may read, or take one as `close_to_others` does.

    What the umask takes away stays away.

    Raises
    ------
    OSError
        As `close_to_others`, or it cannot be made.
    """
    try:
        os.close(os.open(file, _NEW, 0o600))
    except FileExistsError:
        close_to_others(file)


def close_to_others(file: Path) -> None:
    """Take all rights of others from a file that is there, if it is ours.

    In a folder that many may write to, somebody else could have prepared it, and would read or
    change what is put there; a link could lead to any file of ours.

    Raises
    ------
    NotOursError
        It is a link or no file, or belongs to somebody else.
    OSError
        It is not there or cannot be changed.
    """
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        is_link = stat.S_ISLNK(status.st_mode)
        raise NotOursError(f"{'a link' if is_link else 'something that is no file'} in its place")
    if os.name == "posix":
        if status.st_uid != os.geteuid():
            raise NotOursError("it belongs to somebody else")
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


@contextmanager
def written(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Yield what a person named to write to: a file as `replacing` has it, a device or a pipe.

    Raises
    ------
    NotOursError
        It is a device or a pipe of somebody else, who would get what is written.
    OSError
        It cannot be written.
    """
    if leads_to_no_file(path):
        with open(path, "wb", opener=_handle_of_ours) as stream:
            yield stream
        return
    with replacing(path, private=private) as stream:
        yield stream


def _handle_of_ours(path: str, flags: int) -> int:
    """Open a device or a pipe of ours or of the system, or what this process has open already.

    What was looked at may have been exchanged since: a link is not followed, nor a file emptied.
    """
    if path.startswith(_OPENED):
        return os.open(path, flags)
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    status = os.fstat(handle)
    if stat.S_ISREG(status.st_mode) or _is_foreign(status):
        os.close(handle)
        raise NotOursError("a pipe or a device of somebody else in its place")
    return handle


def is_of_others(path: Path) -> bool:
    """Say whether a device or a pipe belongs to somebody else, who would get what is written.

    What this process has open, such as `/dev/stdout`, does not, nor what is the system's.
    """
    return not str(path).startswith(_OPENED) and _is_foreign(path.lstat())


def _is_foreign(status: os.stat_result) -> bool:
    return os.name == "posix" and status.st_uid not in (0, os.geteuid())


def leads_to_no_file(path: Path) -> bool:
    """Say whether a device or a pipe is there, which must be written to, not replaced.

    A link is not followed: somebody else may have made it. What this process has open, such as
    `/dev/stdout`, is written to even where it is a file.
    """
    if str(path).startswith(_OPENED):
        return path.exists()
    return path.exists() and not path.is_file() and not path.is_symlink()
