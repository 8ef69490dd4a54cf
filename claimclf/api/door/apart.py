"""The door in a process of its own, beside the pages: `python -m claimclf.api.door.apart SOCKET`.

It ends when its standard input does: when the pages' server ends, however that comes about.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from claimclf.api.door.opening import open_door
from claimclf.configuration import log_level, served_below
from claimclf.logs import set_up


def main(path: str) -> None:
    """Serve at a UNIX socket in a folder that is this process's to remove."""
    set_up(log_level())
    door = open_door(below=served_below())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with door.working():
            yield

    app = Starlette(routes=door.routes, lifespan=lifespan)
    server = uvicorn.Server(uvicorn.Config(app, uds=path, log_config=None, access_log=False))
    threading.Thread(target=_end_with_pages, args=[server], daemon=True).start()
    try:
        server.run()
    finally:
        with suppress(OSError):  # the pages' server removes it, too
            Path(path).unlink(missing_ok=True)
            Path(path).parent.rmdir()


def _end_with_pages(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    main(sys.argv[1])
