"""What became of every case of a decision on many, in words whose numbers add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.queue.review.accounting import Left, Why
from claimclf.schema import Decision
from claimclf.ui.bulk.shown import n_cases, named
from claimclf.ui.messages import plain
from claimclf.ui.wording import DECISIONS, moment

if TYPE_CHECKING:
    from claimclf.queue.queries.holding import Held
    from claimclf.queue.review.bulk import Bulk


@dataclass(frozen=True)
class Account:
    """What became of a decision on many cases.

    Parameters
    ----------
    words : str
        How many have the decision, of how many.
    lines : tuple of str
        Every other case, by reason and person; then cases that were not part of it.
    """

    words: str
    lines: tuple[str, ...] = ()


def account_of(
    bulk: Bulk,
    decision: Decision,
    person: Person,
    left_out: Sequence[int] = (),
    held: Sequence[Held] = (),
) -> Account:
    """Account for every case that was chosen, for those left out, and for those that came since.

    Parameters
    ----------
    person : Person
        Who decided.
    left_out : sequence of int
        Cases on the list that the person left out of it.
    held : sequence of Held
        Cases that were in other hands when the list was made.
    """
    n, said = len(bulk.decided), DECISIONS[decision].lower()
    of = f" of {n + len(bulk.left):,}" if bulk.left else ""
    words = f"{n:,}{of} case{'' if n + len(bulk.left) == 1 else 's'}: {said}."
    lines = [_line(group, decision, person) for group in _groups(bulk.left)]
    if left_out:
        lines.append(f"{n_cases(len(left_out))} left out by you: {named(sorted(left_out))}.")
    lines += held_by_others(held)
    if bulk.n_newcomers:
        came = named(bulk.newcomers) if bulk.n_newcomers == len(bulk.newcomers) else "many"
        lines.append(
            f"{n_cases(bulk.n_newcomers)} of the statement not on your list, untouched: {came}."
        )
    return Account(words, tuple(lines))


def held_by_others(held: Sequence[Held]) -> list[str]:
    """Say who holds which cases that were not on the list."""
    by_holder = groupby(sorted(held, key=lambda one: one.holder), lambda one: one.holder)
    return [
        f"{plain(holder)} holds {named([one.case_id for one in cases])}: not part of it."
        for holder, cases in by_holder
    ]


def show_account(account: Account) -> None:
    """Say how many were decided, and below it what became of each other case."""
    st.success("  \n".join([account.words, *account.lines]))


def _groups(left: Sequence[Left]) -> list[list[Left]]:
    def kind(one: Left) -> tuple[int, str, str]:
        return list(Why).index(one.why), one.by or "", one.decision or ""

    ordered = sorted(left, key=lambda one: (*kind(one), one.case_id))
    return [list(group) for _, group in groupby(ordered, kind)]


def _line(group: Sequence[Left], decision: Decision, person: Person) -> str:
    one, numbers = group[0], named([one.case_id for one in group])
    by = "you" if one.by == person.name else plain(one.by or "somebody")
    return f"{n_cases(len(group))} {_WORDS[one.why](one, by, decision)}: {numbers}{_times(group)}."


def _decided(one: Left, by: str, decision: Decision) -> str:
    if one.decision is None:
        return "decided already"
    if one.decision is decision:
        return f"decided the same by {by} already"
    return f"decided otherwise by {by} ({DECISIONS[one.decision].lower()})"


_WORDS: dict[Why, Callable[[Left, str, Decision], str]] = {
    Why.HELD: lambda one, by, decision: f"held by {by}",
    Why.ESCALATED: lambda one, by, decision: (
        "waiting for a lead" + (f", passed on by {by}" if one.by else "")
    ),
    Why.DECIDED: _decided,
    Why.SKIPPED: lambda one, by, decision: "skipped by you since the list was shown",
    Why.BARRED: lambda one, by, decision: "for somebody who did not decide on it before",
    Why.CHANGED: lambda one, by, decision: "changed since the list was shown",
    Why.GONE: lambda one, by, decision: "not in the queue any more",
}


def _times(group: Sequence[Left]) -> str:
    times = sorted(one.at for one in group if one.at is not None)
    if not times:
        return ""
    word = "until" if group[0].why is Why.HELD else "at"
    first, last = moment(times[0]), moment(times[-1])
    return f", {word} {first}" if first == last else f", {word} {first} to {last}"
