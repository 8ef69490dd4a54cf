"""The door without the pages, on loopback: for stress tests, which start and kill it.

`python -m claimclf.api.door.alone PORT [DATABASE]`
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from claimclf.api.door.limits import Limits
from claimclf.api.door.opening import open_door
from claimclf.api.door.routes import is_behind_token
from claimclf.api.middleware.gate import Admission, Gate
from claimclf.services.serving import ADDRESS, is_local

#: Nobody's: no browser has it as a cookie.
_NO_COOKIE = "-" * 64
#: A stress test asks for more than a platform may.
_LIMITS = Limits(per_second=100_000, burst=100_000)


def main(port: int, url: str | None) -> None:
    """Serve until the process is ended."""
    door = open_door(url, _LIMITS)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with door.working():
            yield

    admission = Admission(_NO_COOKIE, is_local, has_own_door=is_behind_token)
    gate = Middleware(Gate, admission=admission)
    app = Starlette(routes=door.routes, middleware=[gate], lifespan=lifespan)
    uvicorn.run(app, host=ADDRESS, port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
