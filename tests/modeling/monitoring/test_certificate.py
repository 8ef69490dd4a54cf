"""A batch is certified when nearly all of its claims have been seen, and seldom before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.watching import certified
from claimclf.modeling.monitoring.certificate import (
    CLAIM,
    DRAWABLE,
    GOAL,
    SEEN,
    UNSEEN,
    Verdict,
    certificate,
)


def draws(
    n: int, claims: int = 0, seen: int = 95, unseen: int = 1_000, drawable: int = 1_000
) -> pd.DataFrame:
    rows = [(seen, unseen - k, drawable - k, k < claims) for k in range(n)]
    return pd.DataFrame(rows, columns=[SEEN, UNSEEN, DRAWABLE, CLAIM])


def test_nothing_drawn_says_nothing() -> None:
    said = certificate(draws(0), 95, 1_000)
    assert (said.verdict, said.evidence) == (Verdict.NOTHING, 1.0)


def test_where_all_that_is_left_could_not_break_the_goal_nothing_need_be_drawn() -> None:
    assert certificate(draws(0), 95, 5).verdict is Verdict.CERTIFIED
    assert certificate(draws(0), 95, 6).verdict is not Verdict.CERTIFIED


def test_evidence_grows_with_each_draw_that_is_none_and_falls_with_a_claim() -> None:
    evidence = [certificate(draws(n), 95, 1_000 - n).evidence for n in (50, 200, 400)]
    assert evidence == sorted(evidence)
    assert certificate(draws(600), 95, 400).verdict is Verdict.CERTIFIED
    with_claims = certificate(draws(600, claims=4), 99, 400)
    assert with_claims.evidence < certificate(draws(600), 95, 400).evidence
    assert with_claims.verdict is Verdict.OPEN


def test_what_could_not_be_drawn_may_be_claims() -> None:
    """Six unseen cases that no draw can reach could all be claims: no draw speaks against it."""
    said = certificate(draws(600, drawable=994), 95, 400)
    assert said.evidence == pytest.approx(1.0)


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
