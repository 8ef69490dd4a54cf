"""Imports made ahead, so that pages after the first need not wait for them."""

from __future__ import annotations

import asyncio
import gc
from importlib import import_module

from claimclf.api.middleware.turns import Turns

#: What pages need and takes seconds to import; what the first case and the first file wait for
#: comes first. A linear model is applied and explained without what it takes to fit one.
HEAVY = (
    "pandas",
    "claimclf.ui.review.console",
    "claimclf.ui.queue_list.case_list",
    "claimclf.ui.transcript",
    "claimclf.services.explaining",
    "claimclf.ui.upload.upload",
    "sklearn.pipeline",
    "claimclf.modeling.explaining.highlighting",
    "skops.io",
)


async def import_heavy(turns: Turns) -> None:
    """Import one module after another while no page is being drawn.

    Imports run in the interpreter beside the pages and slow them down, so they wait.
    """
    for module in HEAVY:
        await turns.wait_for_quiet()
        await turns.take(module)
        try:
            await asyncio.to_thread(import_module, module)
        finally:
            turns.give_back(module)
    turns.is_over = True
    await turns.wait_for_quiet()
    gc.collect()
    gc.freeze()  # what was imported stays: later collections need not look through it
