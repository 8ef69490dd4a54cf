"""Settings as the form says them, and as the queue knows them."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from claimclf.errors import InvalidRequestError
from claimclf.schema import Ranking
from claimclf.services.queue import SETTINGS_IN_WORDS
from claimclf.ui.wording import RANKINGS

if TYPE_CHECKING:
    from claimclf.queue.settings.team import Settings

#: Settings that are shares, for which the form asks in percent.
PERCENTS = ("sample_rate", "second_look_rate", "settled_rate")
NO_LIMIT, A_DAY, PERCENT = "no limit", "cases a day", "% of what is open"


def capacity_in_form(capacity: float | None) -> tuple[str, float]:
    """Say a capacity as the form does."""
    if capacity is None:
        return NO_LIMIT, 0.0
    return (PERCENT, 100.0 * capacity) if 0 < capacity < 1 else (A_DAY, float(capacity))


def capacity_of(kind: str, amount: float) -> float | None:
    """Return a capacity of the form as the queue knows it.

    Raises
    ------
    InvalidRequestError
        It is no number of cases, or no share.
    """
    if kind == NO_LIMIT:
        return None
    if kind == A_DAY and amount >= 0 and amount == int(amount):
        return amount
    if kind == PERCENT and 0 < amount < 100:
        return amount / 100
    right = "a whole number of cases" if kind == A_DAY else "a share above 0 and below 100 %"
    raise InvalidRequestError(
        f"The setting '{SETTINGS_IN_WORDS['capacity']}' is out of range.",
        f"Found: {amount:g} {kind}.",
        f"Give {right}.",
    )


def changes_of(form: dict[str, Any], now: Settings) -> dict[str, Any]:
    """Return what the form says that is not in force, by the names of `Settings`.

    Parameters
    ----------
    form : dict
        As `form.ask_settings` returns it.

    Raises
    ------
    InvalidRequestError
        A value is out of range, or nothing is different.
    """
    for name in PERCENTS:
        if not 0 <= form[name] <= 100:  # in the words of the form, which asks for percent
            raise InvalidRequestError(
                f"The setting '{SETTINGS_IN_WORDS[name]}' is out of range.",
                f"Found: {form[name]:g} %.",
                "Choose from 0 to 100 %.",
            )
    values = {"capacity": capacity_of(form["kind"], form["amount"])}
    values |= {name: form[name] for name in SETTINGS_IN_WORDS if name in form}
    values |= {name: form[name] / 100 for name in PERCENTS}
    changes = {
        name: value for name, value in values.items() if not _is_same(value, getattr(now, name))
    }
    if not changes:
        raise InvalidRequestError("Nothing is different.", "", "Change a value first.")
    return changes


def time_zones() -> list[str]:
    """Return the names of time zones, UTC first."""
    return ["UTC", *sorted(available_timezones() - {"UTC"})]


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def in_words(name: str, value: Any) -> str:
    """Write a setting's value as the form does."""
    if name == "capacity":
        kind, amount = capacity_in_form(value)
        return kind if kind == NO_LIMIT else f"{amount:g} {kind}"
    if value is None:
        return "none"
    if name in ("time_zone", "shadow"):
        return str(value)
    if name == "ranking":
        return RANKINGS[Ranking(value)]
    return f"{100 * value if name in PERCENTS else value:g}"
