"""How the server's connections send what they have."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress

#: Where a process finds its open files, on Linux and macOS.
_OWN_FILES = "/dev/fd"


def send_at_once() -> None:
    """Have connections of this process's listening sockets send each message when it is written.

    Streamlit opens its socket without naming a protocol, and asyncio then takes it for one that
    may wait: the messages of a page would lie there until the browser has acknowledged the first
    one, which systems put off for 40 ms. Connections take this over from the socket that listens.
    """
    for number in _open_sockets():
        with suppress(OSError), socket.socket(fileno=os.dup(number)) as opened:
            if opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _open_sockets() -> list[int]:
    numbers = []
    with suppress(FileNotFoundError):  # another system
        for name in os.listdir(_OWN_FILES):
            with suppress(OSError):  # closed by now
                if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                    numbers.append(int(name))
    return numbers
