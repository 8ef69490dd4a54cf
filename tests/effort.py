"""How long machines look for counterexamples: briefly in the gate, at length by command."""

from __future__ import annotations

import os

#: Set to `true` for `make thorough`.
THOROUGH = "TESTS_THOROUGH"
_SHARE = 3


def examples(n: int) -> int:
    """Return `n` examples of a slow property for a thorough run, a third of them otherwise."""
    return n if os.environ.get(THOROUGH) == "true" else max(1, n // _SHARE)
