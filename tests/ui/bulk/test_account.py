"""What became of every case of a decision on many: each once, and the numbers add up."""

from __future__ import annotations

import re

from claimclf.people import Person
from claimclf.queue.queries.holding import Held
from claimclf.queue.review.accounting import Left, Why
from claimclf.queue.review.bulk import Bulk
from claimclf.schema import CaseState, Decision, Lane
from claimclf.ui.bulk.account import account_of

ANNA = Person("anna")
AT = 1_800_000_000_000_000
LEFT = [
    Left(3, Why.HELD, "boris", at=AT),
    Left(4, Why.ESCALATED, "carla", Decision.ESCALATE, AT),
    Left(5, Why.DECIDED, "dora", Decision.OPINION, AT),
    Left(6, Why.DECIDED, "dora", Decision.WITHIN_RULES, AT),
    Left(7, Why.SKIPPED, "anna", Decision.SKIP, AT),
    Left(8, Why.CHANGED),
    Left(9, Why.GONE),
]


def test_numbers_add_up_whatever_the_reasons() -> None:
    account = account_of(Bulk("b", [1, 2], LEFT, [], 0), Decision.OPINION, ANNA)
    assert account.words == "2 of 9 cases: opinion."
    said = [int(re.match(r"\d+", line).group()) for line in account.lines]  # type: ignore[union-attr]
    assert 2 + sum(said) == 9
    named = [int(number) for line in account.lines for number in re.findall(r"case (\d+)", line)]
    assert sorted(named) == [3, 4, 5, 6, 7, 8, 9]


def test_each_reason_names_who_and_when() -> None:
    text = "\n".join(account_of(Bulk("b", [1], LEFT, [], 0), Decision.OPINION, ANNA).lines)
    assert "1 case held by boris: case 3, until 2027-01-15 08:00 UTC." in text
    assert "1 case waiting for a lead, passed on by carla: case 4, at 2027-01-15" in text
    assert "1 case decided the same by dora already: case 5, at" in text
    assert "1 case decided otherwise by dora (claim, within the rules): case 6, at" in text
    assert "1 case skipped by you since the list was shown: case 7" in text


def test_cases_left_out_held_and_new_are_named_beside() -> None:
    held = [Held(11, CaseState.OPEN, Lane.CLAIMS, "boris", AT, AT)]
    bulk = Bulk("b", [1], [], [12, 13], 2)
    account = account_of(bulk, Decision.OPINION, ANNA, [10], held)
    assert account.words == "1 case: opinion."
    assert account.lines == (
        "1 case left out by you: case 10.",
        "boris holds case 11: not part of it.",
        "2 cases of the statement not on your list, untouched: cases 12, 13.",
    )
