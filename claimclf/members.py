"""What a file says in JSON, checked member by member before anything is made of it."""

from __future__ import annotations

import sys
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def check_members(kind: type, values: dict[str, Any]) -> None:
    """Refuse members that a dataclass does not have, lacks, or has of another kind.

    Raises
    ------
    ValueError
        The message says which, and what was found.
    """
    unknown = values.keys() - {member.name for member in fields(kind)}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    hints = get_type_hints(kind)
    for member in fields(kind):
        if member.name in values:
            check_kind(member.name, values[member.name], hints[member.name])
        elif member.default is MISSING and member.default_factory is MISSING:
            raise ValueError(f"{member.name} is missing")


def check_kind(name: str, value: Any, hint: Any) -> None:
    """Refuse a value of another kind than a hint says, also within lists and objects.

    What is a dataclass itself is looked at where it is made.

    Raises
    ------
    ValueError
        The message begins with the name.
    """
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):  # a figure, or None where there was nothing to count
        if value is None:
            return
        kind, parts = parts[0], get_args(parts[0])
    if is_dataclass(kind):
        return
    accepted = {float: (int, float), tuple: (list, tuple)}.get(kind, kind)
    if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
        raise ValueError(f"{name} is no finite number")
    is_bool = isinstance(value, bool) and kind is not bool  # a bool is an int, too
    if kind is not Any and (is_bool or not isinstance(value, accepted)):
        raise ValueError(f"{name} is {type(value).__name__}, not {getattr(kind, '__name__', kind)}")
    if kind is dict:
        for key, held in value.items():
            check_kind(f"{name}: {key}", held, parts[1] if parts else Any)
    if kind is list:
        for held in value:
            check_kind(name, held, parts[0] if parts else Any)
