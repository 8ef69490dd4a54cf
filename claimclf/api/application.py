"""What `claimclf serve` starts: the pages, behind what stands between them and the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from streamlit.starlette import App

from claimclf.api.admission import admission
from claimclf.api.middleware.base_url import InjectBaseUrl
from claimclf.api.middleware.gate import Gate
from claimclf.api.middleware.headers import SetHeaders
from claimclf.api.middleware.messages import CheckMessages
from claimclf.api.middleware.turns import TakeTurns, Turns
from claimclf.api.middleware.uploads import LimitUploads
from claimclf.api.opening import opened, say
from claimclf.api.sockets import send_at_once
from claimclf.api.warming import import_heavy
from claimclf.configuration import has_api, log_level, served_below, take_over
from claimclf.logs import set_up
from claimclf.paths import APP
from claimclf.services.serving import IS_AT, OPENS

if TYPE_CHECKING:
    from claimclf.api.door.passage import Passage

set_up(log_level())  # and with it what was set when the server was started is known
_turns = Turns()
# What the door for programs imports is slow, and most servers have pages alone.
_door: Passage | None = None
if has_api():
    from claimclf.api.door.passage import Passage

    _door = Passage(served_below())


@asynccontextmanager
async def _warmed(_app: App) -> AsyncIterator[None]:
    """Import what is slow to import once the first visitor has the first page."""
    send_at_once()
    warming = asyncio.create_task(import_heavy(_turns))
    try:
        with opened(take_over(OPENS)):
            async with _door.open() if _door else nullcontext():
                say(take_over(IS_AT))
                yield
    finally:
        warming.cancel()
        with suppress(asyncio.CancelledError):
            await warming


def _show_unforeseen(error: Exception) -> bool:
    """Have the pages say what they did not deal with; by name, for pages stand beside this room."""
    shown: bool = import_module("claimclf.ui.unforeseen").show_unforeseen(error)
    return shown


_admission = admission(_door.has if _door else None)
app = App(
    str(APP),
    on_script_error=_show_unforeseen,
    lifespan=_warmed,
    routes=_door.routes if _door else [],
    middleware=[
        Middleware(SetHeaders),
        Middleware(Gate, admission=_admission),
        Middleware(LimitUploads),
        Middleware(InjectBaseUrl, below=served_below()),
        Middleware(CheckMessages, may_have_files=_admission.lets_in),
        Middleware(TakeTurns, turns=_turns),
    ],
)
