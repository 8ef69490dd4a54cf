"""Each statement is learnt from once, each look is a vote, and nothing is left out unsaid."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from claimclf.dataset.decided_texts import (
    AT,
    BY,
    LABEL,
    LOOK,
    ORIGIN,
    Decided,
    Origin,
    decided,
)
from claimclf.errors import TrainingDataError
from claimclf.schema import CLAIM, CLAIM_STATUS, OPINION, TRANSCRIPT

TEXTS = [f"somebody said that number {n} of the towers is {n} metres high" for n in range(40)]


def table(rows: list[tuple[str, str | None]], **columns: Any) -> pd.DataFrame:
    texts, labels = zip(*rows, strict=True)
    own = {ORIGIN: Origin.QUEUE, LOOK: None, BY: "anna", AT: pd.Timestamp("2026-01-01", tz="UTC")}
    return pd.DataFrame({TRANSCRIPT: texts, LABEL: labels, **own, **columns})


def labels_of(made: Decided) -> dict[str, str]:
    return dict(zip(made.rows[TRANSCRIPT], made.rows[CLAIM_STATUS], strict=True))


def test_bulk_decision_on_one_statement_is_one_look() -> None:
    rows = [(TEXTS[0], CLAIM)] * 160 + [(TEXTS[0], OPINION)] * 2
    looks = ["bulk"] * 160 + ["one", "other"]
    made = decided([table(rows, look=looks)])
    assert labels_of(made) == {TEXTS[0]: OPINION}
    assert (made.n_decisions, made.n_contradicting) == (162, 0)


def test_statement_on_which_people_contradict_each_other_is_left_out_and_counted() -> None:
    made = decided([table([(TEXTS[0], CLAIM), (TEXTS[0], OPINION), (TEXTS[1], CLAIM)])])
    assert labels_of(made) == {TEXTS[1]: CLAIM}
    assert made.n_contradicting == 1


def test_what_says_nothing_of_a_text_or_has_none_is_no_row() -> None:
    made = decided([table([(TEXTS[0], None), ("  ", CLAIM), (TEXTS[1], OPINION)])])
    assert labels_of(made) == {TEXTS[1]: OPINION}
    assert made.n_decisions == 1


def test_no_decisions_are_no_error_until_they_are_learnt_from() -> None:
    made = decided([])
    assert (len(made.rows), made.n_decisions, made.origins, made.people) == (0, 0, {}, ())
    with pytest.raises(TrainingDataError, match="Found: 0 opinions and 0 claims"):
        made.texts()


def test_one_class_only_says_what_is_missing() -> None:
    made = decided([table([(text, CLAIM) for text in TEXTS])])
    with pytest.raises(TrainingDataError, match="Decide on 10 opinions more"):
        made.texts()


def test_rows_are_in_the_order_of_their_decisions_and_say_where_they_come_from() -> None:
    at = pd.to_datetime(["2026-03-01", "2026-01-01", None], utc=True)
    origins = [Origin.QUEUE, Origin.SAMPLE, Origin.IMPORTED]
    rows = [(text, CLAIM) for text in TEXTS[:3]]
    made = decided([table(rows, at=at, origin=origins, by=["anna", "boris", None])])
    assert list(made.rows[TRANSCRIPT]) == [TEXTS[2], TEXTS[1], TEXTS[0]]
    assert made.origins == {"queue": 1, "audit sample": 1, "imported": 1}
    assert made.people == ("anna", "boris")


def test_same_decisions_have_the_same_hash_and_others_another() -> None:
    rows = [(text, (CLAIM, OPINION)[n % 2]) for n, text in enumerate(TEXTS)]
    one, same = (decided([table(rows)]).texts() for _ in range(2))
    other = decided([table(rows[:-2])]).texts()
    assert one.sha256 == same.sha256 != other.sha256
    assert set(one.group) == set(range(5))
