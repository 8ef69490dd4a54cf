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

#: Columns of a table of draws, each as it was before the draw: claims seen, cases unseen, and how
#: many of these could be drawn; then whether the drawn one is a claim.
SEEN, UNSEEN, DRAWABLE, CLAIM = "seen", "unseen", "drawable", "claim"
GOAL, CONFIDENCE = 0.95, 0.95
#: Shares of claims seen, in steps towards all, of which one is bet on; and the least bet.
_STEPS = (0.2, 0.4, 0.6, 0.8, 1.0)
_LEAST = 0.02
#: Numbers of claims that are tried between the least that breaks the goal and the most.
_TRIED = 24


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
    """

    verdict: Verdict
    goal: float
    confidence: float
    evidence: float
    needed: float
    n_seen: int
    n_unseen: int
    n_drawn: int


def certificate(
    draws: pd.DataFrame,
    n_seen: int,
    n_unseen: int,
    goal: float = GOAL,
    confidence: float = CONFIDENCE,
) -> Certificate:
    """Say whether at least the goal's share of a batch's claims has been seen.

    Parameters
    ----------
    draws : DataFrame, shape (n_draws, 4)
        In their order. What could not be drawn may hold any number of claims.
    n_seen, n_unseen : int
        Claims that have been seen by now, drawn ones among them, and cases that have not.
    """
    needed = 1 / (1 - confidence)
    least = int(np.floor(n_seen / goal + 1e-9)) + 1  # claims in all: the fewest that break it
    most = n_seen + n_unseen
    if least > most:  # were all the others claims, it would still be reached
        evidence = np.inf
    elif draws.empty:
        evidence = 1.0
    else:
        tried = np.unique(np.geomspace(least, most, _TRIED).round()).astype(int)
        evidence = float(np.exp(_log_evidence(draws, tried, goal).min()))
    verdict = Verdict.CERTIFIED if evidence >= needed else Verdict.OPEN
    if draws.empty and verdict is Verdict.OPEN:
        verdict = Verdict.NOTHING
    return Certificate(verdict, goal, confidence, evidence, needed, n_seen, n_unseen, len(draws))


def _log_evidence(draws: pd.DataFrame, tried: np.ndarray, goal: float) -> np.ndarray:
    """Return the evidence against each number of claims: a mean of products of fair bets."""
    seen, unseen, drawable = (
        draws[name].to_numpy(dtype=float)[:, None, None] for name in (SEEN, UNSEEN, DRAWABLE)
    )
    claim = draws[CLAIM].to_numpy(dtype=bool)[:, None, None]
    total = tried.astype(float)[None, :, None]
    reached = goal + (1 - goal) * np.array(_STEPS)[None, None, :]
    elsewhere = unseen - drawable

    def among(claims: np.ndarray) -> np.ndarray:
        outcome: np.ndarray = (claims - seen - elsewhere) / drawable
        return outcome

    fair = np.clip(among(total), 0, 1)  # how often a draw is a claim, at least
    bet = np.clip(among(total * goal / reached), _LEAST * fair, fair)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(claim, np.log(bet / fair), np.log1p(-bet) - np.log1p(-fair))
    # Where no claim could be among them nothing is bet; where all must be one, a draw that is
    # none rules the number out.
    factor = np.where(fair <= 0, 0.0, np.where((fair >= 1) & ~claim, np.inf, factor))
    product = factor.sum(axis=0)
    top = product.max(axis=1)
    with np.errstate(invalid="ignore"):
        spread = np.where(np.isinf(top), 0.0, np.log(np.exp(product - top[:, None]).mean(axis=1)))
    outcome: np.ndarray = top + spread
    return outcome
