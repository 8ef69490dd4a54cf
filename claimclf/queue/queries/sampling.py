"""Today's cut, and the random sample of what lies below it.

A video's draw is a number in [0, 1) computed from the seed and its id: nobody chooses it, and it
never changes. Those whose draw is below the sample's rate make up the sample. It is served
in the order of the draw, so that the part reviewed at any time is itself a random sample.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, and_, delete, false, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.ordering import KEYS, OPINIONS, beyond
from claimclf.queue.queries.tallying import fold, n_open
from claimclf.queue.settings.days import day_of, today
from claimclf.queue.settings.team import Settings, settings_of
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import insert_missing
from claimclf.queue.storage.tables import (
    CLOSES,
    IS_DRAWN,
    IS_OPEN,
    audit_head,
    cases,
    cuts,
    decisions,
)
from claimclf.schema import Lane, Ranking

#: The log's entry of a case that is served because it was drawn, by nobody's choice.
DRAWN = "sample"


@dataclass(frozen=True)
class Cut:
    """How far today's capacity reaches.

    Parameters
    ----------
    ranking : Ranking
        The order in which it reaches there.
    key : list or None
        Rank of the last case above the cut, a value for each column of the order; empty
        where nothing is above it, None where capacity is not limited.
    sample_share : float
        Part of the audit sample among all that is to be reviewed, from 0 to 1.
    """

    ranking: Ranking
    key: list[Any] | None
    sample_share: float

    def below(self) -> ColumnElement[bool]:
        """Return whether a case is below the cut, as a condition in SQL."""
        if self.key is None:
            return false()
        return beyond(self.ranking, self.key) if self.key else cases.c.id.is_not(None)

    def in_sample(self) -> ColumnElement[bool]:
        """Return whether a case is part of the audit sample, as a condition in SQL."""
        return and_(IS_DRAWN, or_(cases.c.rank_place == OPINIONS, self.below()))


@dataclass(frozen=True)
class Day:
    """How far the team is today.

    Parameters
    ----------
    decided : int
        Decisions since the day began.
    capacity : int or None
        How many cases can be reviewed in the day; None where that is not limited.
    """

    decided: int
    capacity: int | None


def draw(seed: int, name: str) -> float:
    """Return a number in [0, 1) that depends on nothing but the seed and the name."""
    digest = blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / 2**53  # as many bits as a float holds


def draws(seed: int, names: Sequence[str]) -> list[float]:
    """Return `draw` for each of many names."""
    import numpy as np  # the review page draws none

    start = f"{seed}:".encode()
    digests = [blake2b(start + name.encode(), digest_size=8).digest() for name in names]
    numbers = np.frombuffer(b"".join(digests), dtype=">u8")
    drawn: list[float] = ((numbers >> np.uint64(11)) / 2**53).tolist()
    return drawn


def cut_of(connection: Connection, settings: Settings, ranking: Ranking, now: int) -> Cut:
    """Return today's cut, stored or newly computed; where it is new, without the sample's share.

    The share takes ten times as long as the rest, and only who takes a case needs it.
    """
    stored = _stored_cut(connection, settings, ranking, now)
    return stored or _computed_cut(connection, settings, ranking, now)[0]


def _stored_cut(
    connection: Connection, settings: Settings, ranking: Ranking, now: int
) -> Cut | None:
    same_day = cuts.c.day == day_of(now, settings.time_zone)
    row = connection.execute(select(cuts).where(same_day, cuts.c.ranking == ranking)).one_or_none()
    return None if row is None else Cut(ranking, json.loads(row.key), row.sample_share)


def keep_cut(connection: Connection, settings: Settings, ranking: Ranking, now: int) -> Cut:
    """Return today's cut, and store it for the rest of the day or until the queue changes."""
    stored = _stored_cut(connection, settings, ranking, now)
    if stored:
        return stored
    cut = _with_share(connection, *_computed_cut(connection, settings, ranking, now))
    _store_cut(connection, cut, day_of(now, settings.time_zone))
    return cut


def _store_cut(connection: Connection, cut: Cut, day: int) -> None:
    fold(connection)  # once a day, and after each upload
    row = {"day": day, "ranking": cut.ranking, "key": json.dumps(cut.key)}
    insert_missing(connection, cuts, {**row, "sample_share": cut.sample_share})


def drop_cuts(connection: Connection) -> set[Ranking]:
    """Forget the stored cuts, because the queue has changed; return of which rankings."""
    return set(map(Ranking, connection.scalars(delete(cuts).returning(cuts.c.ranking))))


def renew_cuts(database: Database, rankings: set[Ranking]) -> None:
    """Store the cuts of rankings that are in use, so that nobody waits for them.

    They are computed while other people work, and stored in an instant.
    """
    for ranking in sorted(rankings):
        now = database.now()

        def compute(
            connection: Connection, ranking: Ranking = ranking, now: int = now
        ) -> tuple[Cut, int]:
            settings = settings_of(connection)
            cut = _with_share(connection, *_computed_cut(connection, settings, ranking, now))
            return cut, day_of(now, settings.time_zone)

        cut, day = database.read(compute)
        database.write(partial(_store_cut, cut=cut, day=day))


def serves_sample(connection: Connection, settings: Settings, cut: Cut) -> bool:
    """Return whether the next case is one of the sample: decided by the log's length."""
    seq = connection.scalar(select(audit_head.c.seq))
    return draw(settings.sample_seed, f"turn {seq}") < cut.sample_share


def _computed_cut(
    connection: Connection, settings: Settings, ranking: Ranking, now: int
) -> tuple[Cut, int | None]:
    """Return today's cut without the sample's share, and how many cases are above it."""
    if settings.capacity is None:
        return Cut(ranking, None, 0), None
    left = max(
        _capacity(connection, settings.capacity) - _decided_today(connection, settings, now), 0
    )
    key = None
    if left:
        last = select(*KEYS[ranking]).where(IS_OPEN).order_by(*KEYS[ranking])
        row = connection.execute(last.offset(left - 1).limit(1)).one_or_none()
        key = None if row is None else list(row)
    return Cut(ranking, key if left else [], 0), left


def _with_share(connection: Connection, cut: Cut, above: int | None) -> Cut:
    if above is None:
        above = n_open(connection, Lane.CLAIMS, Lane.UNCERTAIN)
    drawn = select(func.count()).select_from(cases).where(IS_OPEN, cut.in_sample())
    sampled = connection.scalar(drawn) or 0
    return Cut(cut.ranking, cut.key, sampled / (sampled + above) if sampled else 0.0)


def day(database: Database) -> Day:
    """Return how far the team is today, by its time zone and its capacity."""

    def look(connection: Connection) -> Day:
        settings = settings_of(connection)
        limit = settings.capacity
        return Day(
            _decided_today(connection, settings, database.now()),
            None if limit is None else _capacity(connection, limit),
        )

    return database.read(look)


def _capacity(connection: Connection, capacity: float) -> int:
    if capacity >= 1 or not capacity:
        return int(capacity)
    return round(capacity * n_open(connection, *Lane))


def _decided_today(connection: Connection, settings: Settings, now: int) -> int:
    start, _ = today(now, settings.time_zone)
    since = decisions.c.at >= start
    return connection.scalar(select(func.count()).where(since, CLOSES)) or 0
