"""Whether nearly all claims of a batch have been seen: a certificate that may be asked any time.

Each case of the audit sample is drawn at random from what nobody has seen yet, so if many claims
were still unseen, it would be one often enough. How much less often it is than it would be if
too few had been seen is the evidence, one factor a draw: a bet that is fair, or worse, whatever
was read before and whatever model put it in order. Such a product exceeds 20 with a probability of
5 % at most, ever (Ville's inequality); so it may be looked at after each decision, and the model
may learn meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

#: Columns of a table of draws, each as it was before the draw: how many cases could be drawn, and
#: claims seen so far that once could be; then whether the drawn one is a claim.
SEEN, DRAWABLE, CLAIM = "seen", "drawable", "claim"
GOAL, CONFIDENCE = 0.95, 0.95
#: What is bet on: that there are so many claims, as a share of the number that is tried; near 1
#: where most claims are read in order, far from it where only draws reach them.
_BETS = (0.2, 0.4, 0.6, 0.8, 0.95, 0.96, 0.97, 0.98, 0.99)
#: The least bet, as a share of the fair one.
_LEAST = 0.02
#: Numbers of claims that are tried between the least that breaks the goal and the most.
_TRIED = 24
#: Of the risk, what a first series of draws has, and each further one of what is left.
_FIRST = 0.8


class Verdict(StrEnum):
    """What can be said of a batch."""

    CERTIFIED = "certified"
    OPEN = "open"
    NOTHING = "nothing drawn"


@dataclass(frozen=True)
class Certificate:
    """Whether nearly all claims of a batch have been seen.

    Parameters
    ----------
    verdict : Verdict
        Certified where the evidence is enough; nothing drawn where there is none.
    goal, confidence : float
        The share of claims that have been seen, and how sure it is.
    evidence : float
        Against a smaller share: 1 is none.
    needed : float
        What evidence certifies.
    n_seen, n_unseen, n_drawn : int
        Claims that were seen, cases that were not, and draws so far.
    n_first : int
        Of the unseen, those that no draw reaches: as many of them have to be reviewed first as
        could still break the goal; 0 where none has.
    """

    verdict: Verdict
    goal: float
    confidence: float
    evidence: float
    needed: float
    n_seen: int
    n_unseen: int
    n_drawn: int
    n_first: int

    @property
    def is_certified(self) -> bool:
        """Whether the evidence is enough."""
        return self.verdict is Verdict.CERTIFIED


@dataclass(frozen=True)
class Batch:
    """What of a batch has been seen by now.

    Parameters
    ----------
    n_seen : int
        Claims that have been seen.
    n_seen_drawable : int
        Those of them that once could be drawn.
    n_drawable, n_elsewhere : int
        Cases that have not been seen: those that could be drawn, and all others.
    n_series : int
        How often the draws began anew, because a model put cases elsewhere.
    """

    n_seen: int
    n_seen_drawable: int
    n_drawable: int
    n_elsewhere: int = 0
    n_series: int = 0


def certificate(
    draws: pd.DataFrame, batch: Batch, goal: float = GOAL, confidence: float = CONFIDENCE
) -> Certificate:
    """Say whether at least the goal's share of a batch's claims has been seen.

    What no draw reaches counts as claims: any of them could be one.

    Parameters
    ----------
    draws : DataFrame, shape (n_draws, 3)
        In their order, since the last model put cases elsewhere.
    """
    risk = (1 - confidence) * _FIRST * (1 - _FIRST) ** batch.n_series
    may_miss = int(np.floor(batch.n_seen / goal + 1e-9)) - batch.n_seen
    least = may_miss - batch.n_elsewhere + 1  # claims among what can be drawn that break the goal
    if least > batch.n_drawable:  # were all of them claims, it would still be reached
        evidence = np.inf
    elif least <= 0 or draws.empty:
        evidence = 1.0
    else:
        tried = np.unique(np.geomspace(least, batch.n_drawable, _TRIED).round()).astype(int)
        against = _log_evidence(draws, batch.n_seen_drawable + tried)
        evidence = float(np.exp(against.min()))
    verdict = Verdict.CERTIFIED if evidence >= 1 / risk else Verdict.OPEN
    if draws.empty and verdict is Verdict.OPEN:
        verdict = Verdict.NOTHING
    n_unseen = batch.n_drawable + batch.n_elsewhere
    own = (verdict, goal, confidence, evidence, 1 / risk)
    return Certificate(*own, batch.n_seen, n_unseen, len(draws), max(1 - least, 0))


def _log_evidence(draws: pd.DataFrame, tried: np.ndarray) -> np.ndarray:
    """Return the evidence against each number of claims: a mean of products of fair bets."""
    seen, drawable = (draws[name].to_numpy(dtype=float)[:, None, None] for name in (SEEN, DRAWABLE))
    claim = draws[CLAIM].to_numpy(dtype=bool)[:, None, None]
    total = tried.astype(float)[None, :, None]
    fair = np.clip((total - seen) / drawable, 0, 1)  # how often a draw is a claim
    bet = (total * np.array(_BETS)[None, None, :] - seen) / drawable
    bet = np.clip(bet, _LEAST * fair, fair)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(claim, np.log(bet / fair), np.log1p(-bet) - np.log1p(-fair))
    # Where none is left nothing is bet; where all must be claims, a draw that is none rules it out.
    factor = np.where(fair <= 0, 0.0, np.where((fair >= 1) & ~claim, np.inf, factor))
    product = factor.sum(axis=0)
    top = product.max(axis=1)
    with np.errstate(invalid="ignore"):
        spread = np.where(np.isinf(top), 0.0, np.log(np.exp(product - top[:, None]).mean(axis=1)))
    outcome: np.ndarray = top + spread
    return outcome


def draws_of(cases: pd.DataFrame, since: int = -1) -> pd.DataFrame:
    """Return the draws of a batch from its cases, as `certificate` takes them.

    The sample is served in the order of a number that each case has. One that came out of turn is
    no evidence for anything, but a claim among them speaks against the batch as any other; and so
    does one that was drawn and has no decision yet.

    Parameters
    ----------
    cases : DataFrame
        With `number` and `at` of the decision (missing where undecided), `claim`, `drawable`,
        `draw`, `drawn` (into the sample) and `sampled` (decided as part of it).
    since : int
        When a model last put cases elsewhere: draws before are no evidence.
    """
    decided = cases[cases["at"].notna()].sort_values("number", kind="stable")
    drawable = decided["drawable"].to_numpy(dtype=bool)
    claim = decided["claim"].to_numpy(dtype=bool)
    own = decided["sampled"].to_numpy(dtype=bool) & drawable
    draw = decided["draw"].to_numpy(dtype=float)
    table = pd.DataFrame(
        {
            SEEN: np.cumsum(claim & drawable) - (claim & drawable),
            DRAWABLE: cases["drawable"].sum() - (np.cumsum(drawable) - drawable),
            CLAIM: claim,
        }
    )
    highest = np.maximum.accumulate(np.concatenate([[-1.0], np.where(own, draw, -1.0)]))[:-1]
    is_recent = decided["at"].to_numpy() > since
    draws: pd.DataFrame = table[own & is_recent & ((draw > highest) | claim)]
    if draws.empty:
        return draws
    waiting = cases[cases["at"].isna() & cases["drawn"] & cases["drawable"]]
    n_waiting = int((waiting["draw"] < draw[own].max()).sum())
    unsettled = draws.iloc[[-1] * n_waiting].assign(**{CLAIM: True})
    return pd.concat([draws, unsettled], ignore_index=True)
