"""Which model is champion, with those before it, in one file of the store."""

from __future__ import annotations

from dataclasses import dataclass

BY_RULE = "rule"


@dataclass(frozen=True)
class Pointer:
    """Which model is champion, and why.

    Parameters
    ----------
    name : str
        The model.
    by : str
        `rule`, or the person who overruled it.
    reason : str
        The rule, or the person's reason.
    at : str
        ISO 8601, UTC.
    """

    name: str
    by: str
    reason: str
    at: str

    @property
    def overruled(self) -> bool:
        """Whether a person chose against or in place of the rule."""
        return self.by != BY_RULE
