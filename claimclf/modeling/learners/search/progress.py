"""How far a search has come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Attributes
    ----------
    done, total : int
        Finished fits, those from a checkpoint included, and all fits. The last fit is the one
        of the best setting on all rows, where `refit` asks for it.
    seconds : float
        Time since this call started.
    seconds_left : float or None
        Expected time to the end, from this call's own fits; None before the first of them.
    """

    done: int
    total: int
    seconds: float
    seconds_left: float | None


class Clock:
    """Count fits and report them to the callback."""

    def __init__(self, total: int, on_progress: Callable[[Progress], object] | None) -> None:
        self._total = total
        self._on_progress = on_progress
        self._started = time.perf_counter()
        self._restored = self._done = 0

    def start(self, done: int) -> None:
        """Report the fits that a checkpoint has; they tell nothing about the pace."""
        self._restored = self._done = done
        self._report()

    def tick(self) -> None:
        """Report one more fit."""
        self._done += 1
        self._report()

    def _report(self) -> None:
        if self._on_progress is None:
            return
        seconds = time.perf_counter() - self._started
        own = self._done - self._restored
        left = seconds / own * (self._total - self._done) if own else None
        self._on_progress(Progress(self._done, self._total, seconds, left))
