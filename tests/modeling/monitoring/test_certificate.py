"""A batch is certified when nearly all of its claims have been seen, and seldom before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.watching import by_draws, by_knowing, certified
from claimclf.modeling.monitoring.certificate import (
    CLAIM,
    DRAWABLE,
    GOAL,
    SEEN,
    Batch,
    Verdict,
    certificate,
    draws_of,
)


def draws(n: int, claims: int = 0, drawable: int = 1_000) -> pd.DataFrame:
    """Draws of which the first are claims, after 95 claims that no draw could reach."""
    rows = [(min(k, claims), drawable - k, k < claims) for k in range(n)]
    return pd.DataFrame(rows, columns=[SEEN, DRAWABLE, CLAIM])


def after(n: int, claims: int = 0, elsewhere: int = 0, series: int = 0) -> Batch:
    return Batch(95 + claims, claims, 1_000 - n, elsewhere, series)


def test_nothing_drawn_says_nothing() -> None:
    said = certificate(draws(0), after(0))
    assert (said.verdict, said.evidence) == (Verdict.NOTHING, 1.0)


def test_where_all_that_is_left_could_not_break_the_goal_nothing_need_be_drawn() -> None:
    assert certificate(draws(0), Batch(95, 0, 5)).verdict is Verdict.CERTIFIED
    assert certificate(draws(0), Batch(95, 0, 6)).verdict is not Verdict.CERTIFIED


def test_evidence_grows_with_each_draw_that_is_none_and_falls_with_a_claim() -> None:
    evidence = [certificate(draws(n), after(n)).evidence for n in (50, 200, 400)]
    assert evidence == sorted(evidence)
    assert certificate(draws(700), after(700)).verdict is Verdict.CERTIFIED
    with_claims = certificate(draws(600, 4), after(600, 4))
    assert with_claims.evidence < certificate(draws(600), after(600)).evidence
    assert with_claims.verdict is Verdict.OPEN


def test_what_no_draw_reaches_may_be_claims() -> None:
    evidence = [certificate(draws(600), after(600, elsewhere=n)).evidence for n in (0, 2, 5)]
    assert evidence == sorted(evidence, reverse=True)
    said = certificate(draws(600), after(600, elsewhere=6))
    assert (said.evidence, said.n_first) == (1.0, 1)
    assert certificate(draws(600), after(600, elsewhere=9)).n_first == 4


def test_series_of_draws_share_the_risk() -> None:
    needed = [certificate(draws(9), after(9, series=n)).needed for n in range(60)]
    assert sum(1 / one for one in needed) == pytest.approx(0.05)


def cases(*rows: tuple[float | None, bool, bool, float]) -> pd.DataFrame:
    """Cases of a batch: decided at, claim, drawable, draw; half of the draws are in the sample."""
    table = pd.DataFrame(rows, columns=["at", "claim", "drawable", "draw"])
    drawn = table["draw"] < 0.5
    table["number"] = table["at"]
    return table.assign(drawn=drawn, sampled=drawn & table["at"].notna())


def test_draws_are_taken_from_the_order_in_which_cases_were_decided() -> None:
    batch = cases(
        (1, False, True, 0.1),
        (2, True, False, 0.9),
        (3, True, True, 0.2),
        (4, False, True, 0.15),
        (5, False, True, 0.3),
        (None, False, True, 0.25),
        (None, False, True, 0.4),
        (None, False, False, 0.05),
    )
    rows = draws_of(batch).to_dict("tight")["data"]
    # The one of 0.15 came out of turn; the one of 0.25 was drawn and is not settled.
    assert rows == [[0, 6, False], [0, 5, True], [1, 3, False], [1, 3, True]]
    assert len(draws_of(batch, since=4)) == 2
    assert draws_of(batch, since=5).empty


def test_too_early_a_certificate_is_as_seldom_as_it_says() -> None:
    """1,000 batches are run by the benchmark; the order gets better while it is read."""
    for hidden in (0.0, 0.08):
        rng = np.random.default_rng(11)
        batches = [certified(rng, 600, 0.3, 0.3, hidden) for _ in range(40)]
        seen, read, reached = np.array(batches).T
        assert (seen < GOAL).mean() <= 0.1
        assert (read >= reached).all() or (seen < GOAL).any()


def test_a_large_batch_is_certified_long_before_all_of_it_is_read() -> None:
    rng = np.random.default_rng(5)
    seen, read, _ = np.array([certified(rng, 4_000, 0.25, 0.2, 0.0, 100) for _ in range(3)]).T
    assert (seen < 1).all()
    assert read.mean() < 0.85


def test_not_even_one_who_knows_the_number_of_claims_certifies_much_earlier() -> None:
    kind = (4_000, 0.25, 0.2, 0.0, 100)
    ours, best = (
        np.mean([certified(np.random.default_rng(n), *kind, says) for n in range(10)], axis=0)
        for says in (by_draws, by_knowing)
    )
    assert best[0] < ours[0] <= best[0] + 0.01  # of the claims
    assert best[1] < ours[1] <= best[1] + 0.05  # of the cases
