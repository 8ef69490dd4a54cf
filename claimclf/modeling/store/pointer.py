"""Which model is champion, with those before it, in one file of the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from claimclf.members import check_kind, check_members

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


def read_champion(text: str) -> Pointer:
    """Return the champion from the text of the file.

    Raises
    ------
    ValueError
        It is no JSON object, or what it says of the champion is missing or of another kind; the
        message says which.
    """
    return _made(_member(text, "champion", dict[str, str]))


def read_history(text: str) -> list[Pointer]:
    """Return every champion there was, the present one last, from the text of the file.

    Raises
    ------
    ValueError
        As for `read_champion`, of the history.
    """
    return [_made(entry) for entry in _member(text, "history", list[dict[str, str]])]


def _member(text: str, name: str, hint: Any) -> Any:
    try:
        values = json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(values, dict):
        raise ValueError(f"{type(values).__name__} in place of an object")
    if name not in values:
        raise ValueError(f"{name} is missing")
    check_kind(name, values[name], hint)
    return values[name]


def _made(entry: dict[str, Any]) -> Pointer:
    check_members(Pointer, entry)
    return Pointer(**entry)
