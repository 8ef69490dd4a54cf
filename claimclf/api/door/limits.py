"""How much a token may ask for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

#: Names that are remembered; there are few tokens.
_MOST = 1_000


@dataclass(frozen=True)
class Limits:
    """What is refused.

    Parameters
    ----------
    per_second, burst : float
        Requests that a token may make in the long run, and at once.
    body : int
        Bytes of a request.
    """

    per_second: float = 100
    burst: float = 200
    body: int = 4 * 2**20


class Rate:
    """Lets each token make so many requests: a bucket that fills again."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def seconds_to_wait(self, name: str) -> int:
        """Return 0 and count the request, or after how many seconds there is room for one."""
        now = self._clock()
        with self._lock:
            left, since = self._left.pop(name, (self._limits.burst, now))
            left = min(left + (now - since) * self._limits.per_second, self._limits.burst)
            is_taken = left >= 1
            self._left[name] = (left - 1 if is_taken else left, now)
            while len(self._left) > _MOST:
                del self._left[next(iter(self._left))]
        return 0 if is_taken else max(math.ceil((1 - left) / self._limits.per_second), 1)
