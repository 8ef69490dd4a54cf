"""What `claimclf serve` starts: the pages, behind what stands between them and the network."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware import Middleware
from streamlit.starlette import App

from claimclf.api.middleware.base_url import InjectBaseUrl
from claimclf.api.middleware.traffic import NoteMessages, Traffic
from claimclf.api.warming import import_heavy
from claimclf.paths import APP

_traffic = Traffic()


@asynccontextmanager
async def _warmed(_app: App) -> AsyncIterator[None]:
    """Import what is slow to import once the first visitor has the first page."""
    threading.Thread(target=import_heavy, args=(_traffic,), daemon=True).start()
    yield


app = App(
    str(APP),
    lifespan=_warmed,
    middleware=[Middleware(InjectBaseUrl), Middleware(NoteMessages, traffic=_traffic)],
)
