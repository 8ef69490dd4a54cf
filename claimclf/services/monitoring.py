"""What is missed, whether a batch is done, what more reviews would find, and whether it changes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from claimclf.modeling.monitoring import capacity, drift
from claimclf.modeling.monitoring.capacity import Outlook
from claimclf.modeling.monitoring.certificate import Batch, Certificate, certificate, draws_of
from claimclf.modeling.monitoring.missed import (
    CASES,
    HITS,
    SAMPLED,
    UNSETTLED,
    Missed,
    missed,
    more_for_half,
)
from claimclf.modeling.monitoring.signal import State
from claimclf.people import Capability, Person
from claimclf.queue.queries import unseen, weekly
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.schema import PROBABILITY, REPORT_COUNT, CaseState, Decision, Lane, Ranking
from claimclf.services.permissions import needs
from claimclf.units import DAY, SECOND, start_of_week, week_of

if TYPE_CHECKING:
    from claimclf.modeling.store.model import Predictor

#: Weeks of a look at what is missed, the present one among them, and uploads to choose from.
WEEKS, UPLOADS = 8, 20
#: Sources that are looked at by themselves, those that sent most; the others are among all.
MOST_SOURCES = 5
#: All sources together; days that the outlook looks ahead and back, and what it needs.
ALL_SOURCES, DAYS, LEAST_DECIDED = drift.ALL, capacity.DAYS, capacity.LEAST_DECIDED
#: Lanes together.
EVERY_LANE = "all lanes"
_NO_NAME = "without a name"


@dataclass(frozen=True)
class Unseen:
    """What is missed among the cases of a week and a lane that nobody looked at.

    Parameters
    ----------
    week : int
        Its number; `units.start_of_week` says when it began.
    lane : str
        Or `EVERY_LANE`.
    breaking, claims : Missed
        How many break the rules, and how many are claims.
    more : int or None
        How many more to sample until the interval of what breaks the rules is half as wide.
    """

    week: int
    lane: str
    breaking: Missed
    claims: Missed
    more: int | None

    @property
    def sentence(self) -> str:
        """What it says of what breaks the rules."""
        seen = self.breaking
        videos = "video" if seen.n_cases == 1 else "videos"
        return (
            f"Of about {round_number(seen.n_cases):,} {videos} that were not reviewed, between "
            f"{seen.low:,} and {seen.high:,} break the rules."
        )


@dataclass(frozen=True)
class Basis:
    """What the outlook of a capacity is worked out from.

    Parameters
    ----------
    decided : DataFrame
        As `capacity.outlook` takes it.
    arriving : float
        Cases a day.
    waiting : int
        Cases that wait now.
    oldest : float
        For how many days the oldest of them has.
    """

    decided: pd.DataFrame
    arriving: float
    waiting: int
    oldest: float

    @property
    def is_enough(self) -> bool:
        """Whether there are decisions enough to say something."""
        return len(self.decided) >= capacity.LEAST_DECIDED and self.arriving > 0


@dataclass(frozen=True)
class Watched:
    """How each signal stands as of the last week that is over.

    Parameters
    ----------
    week : int
        That week.
    changes : list of Change
        The alarms first.
    by_week : DataFrame
        What they were worked out from, with `drift`'s columns.
    """

    week: int
    changes: list[drift.Change]
    by_week: pd.DataFrame

    def course(self, source: str, name: str) -> pd.DataFrame:
        """Return a signal's `week` and `value`, for weeks that are over."""
        own = self.by_week[
            (self.by_week[drift.SOURCE] == source)
            & (self.by_week[drift.NAME] == name)
            & (self.by_week[drift.WEEK] <= self.week)
        ]
        value = own[drift.TOTAL] / own[drift.N]
        return pd.DataFrame(
            {"week": [monday(int(week)) for week in own[drift.WEEK]], "value": value}
        )

    @property
    def begins(self) -> str:
        """On which day the week begins: a Monday, in UTC."""
        return monday(self.week)

    @property
    def alarms(self) -> list[drift.Change]:
        """Those that ask for somebody to look."""
        return [change for change in self.changes if change.state is State.ALARM]


@needs(Capability.LEAD)
def missed_by_week(database: Database, _person: Person, weeks: int = WEEKS) -> list[Unseen]:
    """Estimate what is missed by week and lane, the latest week first, all lanes before each."""
    since = start_of_week(week_of(database.now()) - weeks + 1)
    strata = _strata(
        *unseen.unseen_by_week(database, since), unseen.escalated_sample(database, since)
    )
    outcome = []
    for week in sorted({int(week) for week in strata["week"]}, reverse=True):
        of_week = strata[strata["week"] == week]
        outcome.append(_unseen(week, EVERY_LANE, of_week))
        lanes = {str(lane): part for lane, part in of_week.groupby("lane")}
        outcome += [_unseen(week, lane, lanes[lane]) for lane in map(str, Lane) if lane in lanes]
    return outcome


@needs(Capability.LEAD)
def uploads(database: Database, _person: Person) -> list[tuple[int, str, int, int]]:
    """Return number, file name, time and new cases of the last uploads, the latest first."""
    rows = unseen.recent_batches(database, UPLOADS)
    return [(row.id, row.file_name, row.at, row.n_new) for row in rows]


@needs(Capability.LEAD)
def certify(database: Database, _person: Person, batch_id: int) -> Certificate:
    """Say whether nearly all claims of an upload have been seen."""
    rows, moved = unseen.batch_cases(database, batch_id), unseen.rescorings(database, batch_id)
    opinions = str(Lane.OPINIONS)
    table = pd.DataFrame(
        {
            "number": [row.number for row in rows],
            "at": [row.at for row in rows],
            "claim": [row.decision in _CLAIMS for row in rows],
            "drawable": [row.lane == opinions and row.unmoved for row in rows],
            "draw": [row.draw for row in rows],
            "drawn": [bool(row.drawn) for row in rows],
            "sampled": [bool(row.sampled) for row in rows],
        }
    )
    is_seen, drawable = table["at"].notna(), table["drawable"].astype(bool)
    claim = table["claim"].astype(bool)
    batch = Batch(
        int((is_seen & claim).sum()),
        int((is_seen & claim & drawable).sum()),
        int((~is_seen & drawable).sum()),
        int((~is_seen & ~drawable).sum()),
        len(moved),
    )
    return certificate(draws_of(table, max(moved.values(), default=-1)), batch)


@needs(Capability.LEAD)
def what_if_basis(database: Database, _person: Person, days: int = capacity.DAYS) -> Basis:
    """Return what was decided in the last days by rank, and the pace of arrivals."""
    now = database.now()
    since = now - days * DAY
    ranking = database.read(settings_of).ranking
    rows = unseen.decided_by_rank(database, since)
    pace = unseen.pace(database, since)
    span = max((now - pace.first) / DAY, 1.0) if pace.first is not None else float(days)
    oldest = (now - pace.oldest) / DAY if pace.oldest is not None else 0.0
    decided = pd.DataFrame(
        {
            capacity.WEIGHT: [_weight(row) for row in rows],
            capacity.BREAKS: [row.decision == str(Decision.BREAKS_RULES) for row in rows],
        }
    )
    order = sorted(range(len(rows)), key=lambda k: _rank(rows[k], ranking))
    return Basis(decided.iloc[order], int(pace.arrived) / span, int(pace.waiting), oldest)


def outlook_at(basis: Basis, a_day: int) -> Outlook:
    """Work out what comes of so many reviews a day."""
    return capacity.outlook(basis.decided, basis.arriving, basis.waiting, basis.oldest, a_day)


@needs(Capability.LEAD)
def watch(database: Database, _person: Person, predictor: Predictor | None = None) -> Watched:
    """Compare the last week that is over with those before it, signal by signal.

    Parameters
    ----------
    predictor : Predictor, optional
        Which words are new is asked of it; without it that signal is left out.
    """
    last = week_of(database.now()) - 1
    since = start_of_week(last - drift.REFERENCE - max(drift.WINDOWS) + 1)
    arrived = weekly.arrivals_by_upload(database, since)
    source = {row.batch_id: source_of(row.file_name) for row in arrived}
    week = {row.batch_id: int(row.week) for row in arrived}
    rows: list[tuple[int, str, str, float, float, float]] = []
    for row in arrived:
        rows += [(week[row.batch_id], source[row.batch_id], *one) for one in _of_arrivals(row)]
    for row in weekly.decisions_by_upload(database, since):
        for one in _of_decisions(row):
            rows.append((int(row.week), source_of(row.file_name), *one))
    if predictor is not None:
        words = _of_words(weekly.some_texts(database, since), predictor)
        rows += [(week[batch], source[batch], *one) for batch, one in words if batch in week]
    columns = [drift.WEEK, drift.SOURCE, drift.NAME, drift.N, drift.TOTAL, drift.SQUARES]
    table = _with_all(pd.DataFrame(rows, columns=columns))
    return Watched(last, drift.changes(table, last), table)


def source_of(file_name: str) -> str:
    """Name who sends: a file's name without its ending and what changes from one to the next."""
    stem = PurePath(file_name).name.split(".")[0]
    return " ".join(re.findall(r"[^\W\d_]{2,}", stem.casefold())) or _NO_NAME


def monday(week: int) -> str:
    """Return the day on which a week begins, as in 2026-11-23."""
    return datetime.fromtimestamp(start_of_week(week) / SECOND, UTC).strftime("%Y-%m-%d")


def round_number(n: int) -> int:
    """Write a number as people say it: its first two digits."""
    digits = max(len(str(n)) - 2, 0)
    return int(round(n, -digits))


_CLAIMS = (str(Decision.BREAKS_RULES), str(Decision.WITHIN_RULES))


def _strata(
    waiting: Sequence[AnyRow], sample: Sequence[AnyRow], escalated: Sequence[AnyRow]
) -> pd.DataFrame:
    """Put the cases of each week, lane and probability together with the sample of them."""
    first: dict[tuple[int, str], float] = defaultdict(lambda: np.inf)
    counts: dict[tuple[int, str, float], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in waiting:
        key = (int(row.week), row.lane)
        counts[(*key, row.probability)][CASES] += row.n
        if row.drawn and row.state == str(CaseState.OPEN):
            first[key] = min(first[key], row.first)
    for row in sample:
        if row.draw < first[int(row.week), row.lane]:
            own = counts[int(row.week), row.lane, row.probability]
            own[CASES] += 1
            own[SAMPLED] += 1
            own["breaking"] += row.decision == str(Decision.BREAKS_RULES)
            own["claims"] += row.decision in _CLAIMS
    for row in escalated:
        own = counts[int(row.week), row.lane, row.probability]
        if row.draw < first[int(row.week), row.lane] and own[CASES] > own[SAMPLED]:
            own[SAMPLED] += 1
            own[UNSETTLED] += 1
    names = [CASES, SAMPLED, "breaking", "claims", UNSETTLED]
    rows = [(week, lane, *(own[name] for name in names)) for (week, lane, _), own in counts.items()]
    return pd.DataFrame(rows, columns=["week", "lane", *names])


def _unseen(week: int, lane: str, strata: pd.DataFrame) -> Unseen:
    breaking = strata.rename(columns={"breaking": HITS})
    claims = missed(strata.rename(columns={"claims": HITS}))
    return Unseen(week, lane, missed(breaking), claims, more_for_half(breaking))


def _weight(row: AnyRow) -> float:
    """Return how many that came a decided case stands for."""
    return 1 / row.sample_probability if row.sampled and row.sample_probability else 1.0


def _rank(row: AnyRow, ranking: Ranking) -> tuple[float, ...]:
    """Return what a case was ranked by, as `queue.queries.ordering` has it."""
    probability, reports = getattr(row, PROBABILITY), getattr(row, REPORT_COUNT)
    place = 2 if probability is None else int(row.lane == str(Lane.OPINIONS))
    likely = probability or 0.0
    by = {
        Ranking.REPORTS: -reports,
        Ranking.EXPECTED_CLAIMS: -likely * reports,
        Ranking.STATEMENT: row.rank_statement,
        Ranking.AUTHOR: row.rank_author,
    }
    return place, by[ranking], -reports, -likely


def _of_arrivals(row: AnyRow) -> list[tuple[str, float, float, float]]:
    shares = {
        "claims": row.claims,
        "uncertain": row.uncertain,
        "opinions": row.opinions,
        "not learnt": row.not_learnt,
        "too short": row.too_short,
    }
    means = [
        ("probability", row.n_probability, row.probability, row.probability_squares),
        ("length", row.n_length, row.length, row.length_squares),
    ]
    return [
        *((name, row.n, int(total), int(total)) for name, total in shares.items()),
        *((name, n, float(total), float(squares)) for name, n, total, squares in means if n),
    ]


def _of_decisions(row: AnyRow) -> list[tuple[str, float, float, float]]:
    """Return how often decisions speak against the lane."""
    if row.lane == str(Lane.OPINIONS):
        return [("missed", row.n, int(row.claims), int(row.claims))]
    if row.lane == str(Lane.CLAIMS):
        n_opinions = row.n - int(row.claims)
        return [("false", row.n, n_opinions, n_opinions)]
    return []


def _of_words(
    rows: Sequence[AnyRow], predictor: Predictor
) -> list[tuple[int, tuple[str, float, float, float]]]:
    if predictor.conformal is None or not rows:
        return []
    novelty = predictor.conformal.novelty(pd.Series([row.text for row in rows], dtype="str"))
    # A model of several kinds says how many words are new; one of the course by class.
    share = novelty[:, 1] if novelty.shape[1] == 3 else novelty.min(axis=1)
    table = pd.DataFrame({"batch": [row.batch_id for row in rows], "new": share})
    by_batch = table.assign(squares=table["new"] ** 2).groupby("batch")
    sums = by_batch.agg(n=("new", "size"), total=("new", "sum"), squares=("squares", "sum"))
    return [
        (int(batch), ("new words", float(n), float(total), float(squares)))
        for batch, n, total, squares in sums.itertuples()
    ]


def _with_all(table: pd.DataFrame) -> pd.DataFrame:
    """Add all sources together; keep those few that sent most, where there are two."""
    by_size = table[table[drift.NAME] == "claims"].groupby(drift.SOURCE)[drift.N].sum()
    largest = by_size.sort_values(ascending=False, kind="stable").index[:MOST_SOURCES]
    own = table[table[drift.SOURCE].isin(largest)] if len(by_size) > 1 else table.iloc[:0]
    together = table.assign(**{drift.SOURCE: drift.ALL})
    keys = [drift.WEEK, drift.SOURCE, drift.NAME]
    both = pd.concat([together, own], ignore_index=True)
    return both.groupby(keys, as_index=False)[[drift.N, drift.TOTAL, drift.SQUARES]].sum()
