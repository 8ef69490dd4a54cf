"""How long cases wait for their first decision: a Kaplan-Meier estimate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, and_, select

from claimclf.queue.queries.reporting.window import Window
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.tables import CLOSES, cases, decisions
from claimclf.schema import LANE, Lane
from claimclf.units import HOUR

#: Most points of a curve: no screen shows more.
MOST_POINTS = 400

#: Shares are products of many quotients: this much may be missing to a round one.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Wait:
    """How long cases that arrived in the window wait for their first decision.

    Parameters
    ----------
    lane : Lane or None
        None for all lanes together.
    n_decided, n_open : int
        Cases with a decision, and without one yet.
    median, p90 : int or None
        Microseconds until half and nine tenths have their decision; None where it has not
        come to that yet.
    curve : list of (int, float)
        Microseconds, and the share that still waits from then on: a step function.
    """

    lane: Lane | None
    n_decided: int
    n_open: int
    median: int | None
    p90: int | None
    curve: list[tuple[int, float]]


def waits_of(connection: Connection, window: Window, waiting: Iterable[AnyRow]) -> list[Wait]:
    """Estimate the time to first decision of what arrived in the window.

    Parameters
    ----------
    waiting : iterable of Row
        What waits for a decision now: number `n` by `lane` and `hour`.

    Returns
    -------
    list of Wait
        All lanes together, then each lane in which something arrived.
    """
    decided: dict[str | None, list[int]] = defaultdict(list)
    for own_lane, waited in connection.execute(_decided(window)).all():
        for lane in (None, own_lane):
            decided[lane].append(max(waited, 0))
    open_for: dict[str | None, list[tuple[int, int]]] = defaultdict(list)
    for row in waiting:
        if window.first <= row.hour < window.end:
            for lane in (None, row.lane):
                open_for[lane].append((max(window.now - row.hour * HOUR, 0), row.n))
    lanes = [None, *(lane for lane in Lane if decided[lane] or open_for[lane])]
    return [_wait(lane, decided[lane], open_for[lane]) for lane in lanes]


def still_waiting(
    decided: NDArray[np.int64], open_for: NDArray[np.int64], n_open: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the share that still waits after each time: the product-limit estimate.

    Parameters
    ----------
    decided : ndarray of int, shape (n_decided,)
        How long each case with a decision waited for it.
    open_for, n_open : ndarray of int, shape (n_groups,)
        How long cases without one have been waiting, and how many have so.

    Returns
    -------
    ndarray of int, ndarray of float
        The times of `decided`, ascending, each once; the share from that time on.
    """
    times, events = np.unique(decided, return_counts=True)
    decided, order = np.sort(decided), np.argsort(open_for)
    n_before = np.concatenate([[0], np.cumsum(n_open[order])])
    # What is open for as long as a decision took was there to be decided on: still at risk.
    open_then = n_before[-1] - n_before[np.searchsorted(open_for[order], times)]
    at_risk = len(decided) - np.searchsorted(decided, times) + open_then
    return times, np.cumprod(1 - events / at_risk)


def _decided(window: Window) -> Any:
    """Return a query for how long each decided case of the window had waited."""
    waited = decisions.c.at - cases.c.waits_since
    this_round = and_(cases.c.id == decisions.c.case_id, cases.c.round == decisions.c.round)
    return (
        select(cases.c[LANE], waited)
        .join_from(decisions, cases, this_round)
        .where(decisions.c.at >= window.since, CLOSES, window.within(cases.c.waits_since))
    )


def _wait(lane: Lane | None, decided: list[int], open_for: list[tuple[int, int]]) -> Wait:
    groups = np.array(open_for, dtype=np.int64).reshape(-1, 2)
    times, share = still_waiting(np.array(decided, dtype=np.int64), groups[:, 0], groups[:, 1])
    last = max([0, *decided, *(waited for waited, _ in open_for)])
    return Wait(
        lane=lane,
        n_decided=len(decided),
        n_open=int(groups[:, 1].sum()),
        median=_reached(times, share, 0.5),
        p90=_reached(times, share, 0.1),
        curve=_thinned(times, share, last) if decided or open_for else [],
    )


def _reached(
    times: NDArray[np.int64], share: NDArray[np.float64], still_waiting: float
) -> int | None:
    reached = np.flatnonzero(share <= still_waiting + _ROUNDING)
    return int(times[reached[0]]) if len(reached) else None


def _thinned(
    times: NDArray[np.int64], share: NDArray[np.float64], last: int
) -> list[tuple[int, float]]:
    """Return the curve from 0 to the longest wait, with no more points than a screen shows."""
    n_points = min(len(times), MOST_POINTS)
    shown = np.linspace(0, len(times) - 1, n_points).round().astype(int)
    points = list(zip(times[shown].tolist(), share[shown].tolist(), strict=True))
    end = points[-1][1] if points else 1.0
    return [(0, 1.0), *points, (last, end)]
