"""Cases as they stood on the screen: what a selection, a form and a decision are bound to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

#: A case's number, and its version as it was shown.
Shown = tuple[int, int]


def digest(cases: Iterable[Shown]) -> str:
    """Name cases in their order: other cases, another version or another order, another name."""
    return hashlib.sha256(repr(list(cases)).encode()).hexdigest()[:16]


def n_cases(n: int) -> str:
    """Write how many cases."""
    return f"{n:,} case{'' if n == 1 else 's'}"


def named(numbers: Sequence[int], most: int = 10) -> str:
    """Write cases by number, the first of many."""
    first = ", ".join(f"{number:,}" for number in numbers[:most])
    more = f" and {len(numbers) - most:,} more" if len(numbers) > most else ""
    return f"case{'' if len(numbers) == 1 else 's'} {first}{more}"
