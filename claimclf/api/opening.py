"""Say where the dashboard is, and open it in its user's browser."""

from __future__ import annotations

import logging
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path

from claimclf.files import own_folder, replacing
from claimclf.paths import DEFAULT_QUEUE

_logger = logging.getLogger(__name__)


def say(address: str) -> None:
    """Print where the dashboard is, once it is up; nothing where that is empty."""
    if address:
        print(f"claimclf is at {address}", flush=True)


@contextmanager
def opened(address: str, folder: Path = DEFAULT_QUEUE.parent) -> Iterator[None]:
    """Open an address in a browser; nothing where it is empty.

    The browser is given a file that goes on to the address, which only this user may read: what
    a program is started with can be read by everybody on the machine.

    Parameters
    ----------
    address : str
        With the token in it.
    folder : Path
        Where the file is put, until the block ends.
    """
    page = folder / ".open.html"
    try:
        if address:
            _open(page, address)
        yield
    finally:
        with suppress(OSError):
            page.unlink()


def _open(page: Path, address: str) -> None:
    try:
        own_folder(page.parent)
        with replacing(page, private=True) as stream:
            stream.write(f'<meta http-equiv="refresh" content="0; url={escape(address)}">'.encode())
        webbrowser.open(page.absolute().as_uri())
    except OSError as error:
        _logger.warning("No browser was opened: %s", error.strerror)
