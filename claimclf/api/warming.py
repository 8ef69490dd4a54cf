"""Imports made ahead, so that pages after the first need not wait for them."""

from __future__ import annotations

import gc
from importlib import import_module

from claimclf.api.middleware.traffic import Traffic

#: What pages and the first case on the screen need and takes seconds to import.
_HEAVY = (
    "pandas",
    "claimclf.ui.review.console",
    "claimclf.ui.queue_list.case_list",
    "claimclf.ui.transcript",
    "claimclf.modeling.explaining.highlighting",
    "skops.io",
    "claimclf.ui.upload.upload",
)


def import_heavy(traffic: Traffic) -> None:
    """Import one module after another while no page is being drawn.

    Imports run in the interpreter beside the pages and slow them down, so they wait.
    """
    for module in _HEAVY:
        traffic.wait_for_quiet()
        import_module(module)
    traffic.wait_for_quiet()
    gc.collect()
    gc.freeze()  # what was imported stays: later collections need not look through it
