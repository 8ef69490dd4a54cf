"""Synthetic videos with the shape of the published dataset, for trying things out.

Ranges, shares and framings follow what is published about the course's dataset: claims
have 1,049 to 999,817 views and opinions 20 to 9,998; a claim is framed as something heard
or read, an opinion as somebody's view; 50.3 % are claims. The statements are our own.
Every id begins with `demo-`, so that synthetic videos are known as such everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from claimclf.errors import InvalidRequestError
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    CLAIM,
    CLAIM_STATUS,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    FIRST_REPORTED,
    LAST_REPORTED,
    LIKES,
    OPINION,
    REPORT_COUNT,
    REPORTED,
    ROW_NUMBER,
    SHARES,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
)

DEMO_NAME = "synthetic demo data"
MOST_ROWS = 10_000_000
_CLAIM_SHARE = 0.5035
_NEWEST = pd.Timestamp("2025-06-01T12:00:00Z")

_TELLERS = ("i", "someone", "a friend", "a colleague")
_HEARD = ("read", "learned", "discovered", "found out")
_SOURCES = (
    "in the media", "in the news", "on social media", "on an internet forum", "on a website",
    "in a discussion board", "on the radio", "on tv", "online",
)  # fmt: skip
_PASSED_ON = ("that", "a claim that", "a report claiming that")
_HOLDERS = ("my", "our", "my friends'", "my colleagues'", "my family's")
_VIEWS = (
    "view", "opinion", "point of view", "impression", "belief", "feeling", "position",
    "understanding", "hypothesis", "sentiment",
)  # fmt: skip
_BELIEVERS = ("i am", "we are", "my friends are", "my family is", "my colleagues are")
_WAGERS = ("willing to wager", "willing to bet", "willing to say", "convinced")

_SUBJECTS = (
    "the oldest lighthouse in the north", "a full grown oak", "the longest covered bridge",
    "a colony of leafcutter ants", "the first railway dining car", "a beehive in midsummer",
    "the deepest lake in the country", "a blue whale calf", "the tallest wooden tower",
    "an average thundercloud", "the largest public library", "a migrating swallow",
    "the busiest harbor on the coast", "a snow leopard", "the smallest inhabited island",
    "a century old tortoise", "the steepest tram line", "a cup of volcanic soil",
)  # fmt: skip
_FACTS = (
    "weighs more than {n} elephants", "was built in only {n} days",
    "can be seen from {n} miles away", "has moved {n} feet since it was first measured",
    "holds {n} thousand gallons of water", "travels {n} miles in a single day",
    "costs {n} million dollars a year to keep", "is home to {n} species of beetles",
    "sleeps less than {n} minutes at a time", "was nearly sold for {n} dollars",
)  # fmt: skip


def demo_videos(n_rows: int, seed: int = 0, *, labelled: bool = False) -> pd.DataFrame:
    """Make up reported videos, or labelled ones, repeatably.

    Parameters
    ----------
    n_rows : int
        From 1 to 10,000,000.
    seed : int
        The same seed gives the same videos.
    labelled : bool
        Return the labelled dataset's columns instead of the reported videos'.

    Returns
    -------
    DataFrame, shape (n_rows, n_columns)
        The contract's columns. Reports are heavy-tailed (Pareto, exponent 1.2).

    Raises
    ------
    InvalidRequestError
        `n_rows` is out of range.
    """
    if not 1 <= n_rows <= MOST_ROWS:
        raise InvalidRequestError(
            "The number of rows is out of range.",
            f"Found: {n_rows:,}.",
            f"Choose from 1 to {MOST_ROWS:,}.",
        )
    rng = np.random.default_rng(seed)
    claim = rng.random(n_rows) < _CLAIM_SHARE
    videos = pd.DataFrame(
        {
            ROW_NUMBER: np.arange(1, n_rows + 1),
            VIDEO_ID: [f"demo-{number:08d}" for number in rng.permutation(n_rows)],
            DURATION: rng.integers(5, 61, n_rows),
            TRANSCRIPT: _transcripts(claim, rng),
            **_author_statuses(claim, rng),
            **_engagement(claim, rng),
        }
    )
    if labelled:
        videos.insert(1, CLAIM_STATUS, np.where(claim, CLAIM, OPINION))
        return videos
    reported = videos.assign(**_reports(n_rows, rng))
    return reported[[name for name in REPORTED.names if name in reported]]


def _pick(choices: Sequence[str], n: int, rng: np.random.Generator) -> np.ndarray:
    picked: np.ndarray = np.array(choices, dtype=object)[rng.integers(0, len(choices), n)]
    return picked


def _transcripts(claim: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n = len(claim)
    numbers = rng.integers(2, 90, n)
    facts = [
        f"{subject} {fact.format(n=number)}"
        for subject, fact, number in zip(
            _pick(_SUBJECTS, n, rng), _pick(_FACTS, n, rng), numbers, strict=True
        )
    ]
    claims = _joined(rng, n, _TELLERS, _HEARD, _SOURCES, _PASSED_ON)
    view = _joined(rng, n, _HOLDERS, _VIEWS, ("is that",))
    wager = _joined(rng, n, _BELIEVERS, _WAGERS, ("that",))
    opinion = np.where(rng.random(n) < 0.6, view, wager)
    texts: np.ndarray = np.where(claim, claims, opinion) + " " + np.array(facts, dtype=object)
    return texts


def _joined(rng: np.random.Generator, n: int, *parts: Sequence[str]) -> np.ndarray:
    words = _pick(parts[0], n, rng)
    for part in parts[1:]:
        words = words + " " + _pick(part, n, rng)
    return words


def _author_statuses(claim: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    chance = rng.random((2, len(claim)))
    verified = chance[0] < np.where(claim, 0.022, 0.105)
    banned = np.where(claim, 0.150, 0.021)
    reviewed = banned + np.where(claim, 0.167, 0.049)
    return {
        VERIFIED_STATUS: np.where(verified, "verified", "not verified"),
        BAN_STATUS: np.select(
            [chance[1] < banned, chance[1] < reviewed], ["banned", "under review"], "active"
        ),
    }


def _engagement(claim: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    n = len(claim)
    views = np.where(claim, rng.integers(1_049, 999_818, n), rng.integers(20, 9_999, n))

    def share(of: np.ndarray, claims: float, opinions: float) -> np.ndarray:
        return (of * rng.beta(1, 2, n) * np.where(claim, claims, opinions)).astype(int)

    likes = share(views, 1.0, 0.65)
    return {
        VIEWS: views,
        LIKES: likes,
        SHARES: share(likes, 0.6, 0.6),
        DOWNLOADS: share(likes, 0.037, 0.037),
        COMMENTS: share(likes, 0.0125, 0.0075),
    }


def _reports(n: int, rng: np.random.Generator) -> dict[str, Any]:
    authors = rng.zipf(1.5, n) % max(10, n // 4)
    first = _NEWEST - pd.to_timedelta(rng.integers(600, 14 * 86_400, n), unit="s")
    age = (_NEWEST - first).total_seconds().to_numpy()
    last = first + pd.to_timedelta((rng.random(n) * age).astype(int), unit="s")
    ids = [f"demo-author-{number:06d}" for number in authors]
    return {
        REPORT_COUNT: np.minimum(rng.pareto(1.2, n) * 3 + 1, 250_000).astype(int),
        AUTHOR_ID: ids,
        VIDEO_URL: [f"https://videos.example/{number}" for number in rng.permutation(n)],
        FIRST_REPORTED: first.strftime("%Y-%m-%dT%H:%M:%SZ"),
        LAST_REPORTED: last.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
