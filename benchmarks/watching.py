"""Measure what the monitor promises: intervals, the certificate, false alarms, and what it finds.

Everything is made up, seeded and independent of any model: what is missed in weeks of several
lanes; batches that are read while their order gets better; quiet years of four sources; and an
error rate that doubles.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from claimclf.modeling.monitoring.certificate import (
    CLAIM,
    CONFIDENCE,
    DRAWABLE,
    GOAL,
    SEEN,
    Batch,
    Verdict,
    certificate,
)
from claimclf.modeling.monitoring.drift import (
    MEASURES,
    REFERENCE,
    WINDOWS,
    alarming,
    compare,
)
from claimclf.modeling.monitoring.missed import CASES, HITS, SAMPLED, missed

WEEKS = 52
#: Cases, share of hits and share sampled of each stratum.
STRATA: tuple[tuple[tuple[int, float, float], ...], ...] = (
    ((9_400, 0.02, 0.02),),
    ((9_400, 0.05, 0.05),),
    ((8_000, 0.005, 0.02), (1_400, 0.1, 0.05)),
    ((4_000, 0.01, 0.02), (4_000, 0.03, 0.05), (1_400, 0.3, 0.02)),
    ((8_000, 0.01, 0.02), (200, 0.5, 0.02)),
    ((500, 0.1, 0.1), (300, 0.8, 0.1)),
)
#: Cases of a batch, share of claims, share of draws, share of claims that the model never finds.
BATCHES = (
    (1_000, 0.25, 0.2, 0.0),
    (5_000, 0.25, 0.2, 0.0),
    (10_000, 0.25, 0.2, 0.0),
    (10_000, 0.25, 0.5, 0.0),
    (5_000, 0.25, 0.2, 0.08),
)
#: What a quiet week is like, by measure: a share, or a mean and its spread.
_USUAL = {
    "missed": (0.02, 0.0),
    "false": (0.03, 0.0),
    "claims": (0.3, 0.0),
    "uncertain": (0.1, 0.0),
    "opinions": (0.6, 0.0),
    "probability": (0.35, 0.3),
    "new words": (0.1, 0.15),
    "not learnt": (0.05, 0.0),
    "too short": (0.02, 0.0),
    "length": (150.0, 90.0),
}


def covered(strata: Sequence[tuple[int, float, float]], runs: int, seed: int = 7) -> float:
    """Return how often the interval of what is missed holds the truth."""
    rng = np.random.default_rng(seed)
    cases, share, rate = (np.array(column) for column in zip(*strata, strict=True))
    cases, n_covered = cases.astype(int), 0
    for _ in range(runs):
        truth = rng.binomial(cases, share)
        sampled = np.maximum(rng.binomial(cases, rate), 1)
        hits = rng.hypergeometric(truth, cases - truth, sampled)
        table = pd.DataFrame({CASES: cases, SAMPLED: sampled, HITS: hits})
        estimate = missed(table)
        n_covered += bool(estimate.low <= truth.sum() <= estimate.high)
    return n_covered / runs


def by_draws(draws: pd.DataFrame, batch: Batch, _: int) -> bool:
    """Say what the product says."""
    return certificate(draws, batch).verdict is Verdict.CERTIFIED


def by_knowing(draws: pd.DataFrame, batch: Batch, n_claims: int) -> bool:
    """Say what nobody could say earlier: who bets on each draw knows how many claims there are.

    Of all fair bets, those on the truth grow fastest (Kelly 1956); no part of the risk is kept
    for a second series of draws.
    """
    if draws.empty or batch.n_seen < GOAL * n_claims:
        return False
    seen, drawable = (draws[name].to_numpy(dtype=float) for name in (SEEN, DRAWABLE))
    claim = draws[CLAIM].to_numpy(dtype=bool)
    too_many = np.floor(batch.n_seen / GOAL + 1e-9) + 1
    if too_many - batch.n_seen > batch.n_drawable:
        return True
    fair, bet = (too_many - seen) / drawable, (n_claims - seen) / drawable
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(claim, np.log(bet / fair), np.log1p(-bet) - np.log1p(-fair))
    return bool(gain.sum() >= -np.log(1 - CONFIDENCE))


def certified(
    rng: np.random.Generator,
    cases: int,
    share: float,
    drawn: float,
    hidden: float,
    every: int = 25,
    says: Callable[[pd.DataFrame, Batch, int], bool] = by_draws,
) -> tuple[float, float, float]:
    """Read a batch until it is certified, its order better with each hundred that were read.

    Returns
    -------
    float, float, float
        Share of claims seen by then, of cases read by then, and of cases read when the goal was
        reached.
    """
    claim, order = rng.random(cases) < share, np.arange(cases)
    never = claim & (rng.random(cases) < hidden)
    lasting, unseen, n_seen, reached = rng.normal(size=cases), np.ones(cases, bool), 0, 1.0
    draws: list[tuple[int, int, bool]] = []
    for n in range(cases):
        if n % 100 == 0:
            score = (1.5 + n / cases) * claim + lasting + 0.3 * rng.normal(size=cases)
            order = np.argsort(np.where(never, np.inf, -score))
        if rng.random() < drawn:
            case = int(rng.choice(np.flatnonzero(unseen)))
            draws.append((n_seen, cases - n, bool(claim[case])))
        else:
            case = int(order[unseen[order]][0])
        unseen[case], n_seen = False, n_seen + int(claim[case])
        if reached == 1.0 and n_seen >= GOAL * claim.sum():
            reached = (n + 1) / cases
        if (n + 1) % every == 0:
            table = pd.DataFrame(draws, columns=[SEEN, DRAWABLE, CLAIM])
            if says(table, Batch(n_seen, n_seen, cases - n - 1), int(claim.sum())):
                return n_seen / claim.sum(), (n + 1) / cases, reached
    return 1.0, 1.0, reached


def alarms_in_quiet_years(
    years: int, n_cases: int, n_decisions: int, n_sources: int = 4, seed: int = 1
) -> np.ndarray:
    """Return in which weeks of which years something raises an alarm, where nothing changes."""
    rng = np.random.default_rng(seed)
    measures = list(MEASURES.values()) * n_sources
    sizes = np.array([n_decisions if one.of_decisions else n_cases for one in measures])
    n, total, squares = _weeks(rng, (REFERENCE + max(WINDOWS) + WEEKS, years), sizes)
    share = np.array([measure.is_share for measure in measures])
    outcome = np.zeros((WEEKS, years), bool)
    for week in range(WEEKS):
        until = len(n) - WEEKS + week + 1
        compared = compare(n[:until], total[:until], squares[:until], share)
        outcome[week] = alarming(compared, measures).any(axis=(0, 2))
    return outcome


def found_in_time(runs: int, weekly: int, rate: float, then: float, seed: int = 2) -> float:
    """Return how often a changed error rate is noticed within 2,000 decisions, in either lane."""
    rng = np.random.default_rng(seed)
    measures = [measure for measure in MEASURES.values() for _ in range(4)]
    place = list(MEASURES).index("missed") * 4
    sizes = np.array([weekly if one.of_decisions else 400 for one in measures])
    n_after = max(2_000 // weekly, 1)
    n, total, squares = _weeks(rng, (REFERENCE + n_after, runs), sizes, repeated=4)
    total[:REFERENCE, :, place] = rng.binomial(weekly, rate, (REFERENCE, runs))
    total[REFERENCE:, :, place] = rng.binomial(weekly, then, (n_after, runs))
    share = np.array([measure.is_share for measure in measures])
    noticed = np.zeros(runs, bool)
    for until in range(REFERENCE + 1, len(n) + 1):
        compared = compare(n[:until], total[:until], squares[:until], share)
        noticed |= alarming(compared, measures)[:, :, place].any(axis=0)
    return float(noticed.mean())


def _weeks(
    rng: np.random.Generator, shape: tuple[int, int], sizes: np.ndarray, repeated: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make weeks in which nothing changes: numbers, sums, sums of squares."""
    usual = np.array([_USUAL[name] for name in MEASURES])
    usual = (
        np.repeat(usual, repeated, axis=0) if repeated else np.tile(usual, (len(sizes) // 10, 1))
    )
    mean, spread = usual.T
    n = np.broadcast_to(sizes, (*shape, len(sizes))).astype(float)
    hits = rng.binomial(n.astype(int), np.where(spread > 0, 0.5, mean)).astype(float)
    own = mean + spread * rng.normal(size=n.shape) / np.sqrt(n)
    around = spread**2 * rng.chisquare(np.maximum(n - 1, 1))
    total = np.where(spread > 0, own * n, hits)
    return n, total, np.where(spread > 0, around + n * own**2, hits)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--batches", type=int, default=200, help="batches of each kind")
    chosen = parser.parse_args(arguments)
    print("What is missed: cases, share, sampled -> the interval holds the truth in")
    for strata in STRATA:
        words = "; ".join(f"{n:,} {share:.1%} {rate:.0%}" for n, share, rate in strata)
        print(f"  {words}: {covered(strata, chosen.runs):.1%}")
    print("Certificate: cases, claims, drawn, hidden -> false; seen; read (at the goal)")
    for kind in BATCHES:
        for says, who in ((by_draws, ""), (by_knowing, ", who knew the number of claims")):
            rng = np.random.default_rng(3)
            batches = [certified(rng, *kind, says=says) for _ in range(chosen.batches)]
            seen, read, reached = np.array(batches).T
            cases, share, drawn, hidden = kind
            print(
                f"  {cases:,} {share:.0%} {drawn:.0%} {hidden:.0%}{who}: "
                f"{(seen < GOAL).mean():.1%}; "
                f"{seen.mean():.1%}; {read.mean():.1%} ({reached.mean():.1%})",
                flush=True,
            )
    print("Quiet years: cases and decisions a week and source -> alarms in 26 weeks")
    for n_cases, n_decisions in ((60, 50), (400, 150), (2_000, 600)):
        alarms = alarms_in_quiet_years(chosen.runs, n_cases, n_decisions)
        print(f"  {n_cases:,} {n_decisions:,}: {26 * alarms.mean():.2f}")
    print("An error rate that changes, found within 2,000 decisions")
    for weekly in (100, 200, 300, 500, 1_000, 2_000):
        for then in (0.04, 0.005):
            n = found_in_time(chosen.runs, weekly, 0.02, then)
            print(f"  {weekly:,} a week, 2 % to {then:.1%}: {n:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
