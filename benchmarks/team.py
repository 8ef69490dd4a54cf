"""A simulated team works through texts with the real services: python -m benchmarks.team.

Part of ``make bench-learning``. *Learning while reviewing*: sentences of debates come in as one
upload, a quarter of them claims; the team reviews the most likely ones first, and after every
hundred decisions a challenger is taught and used, or none is. How far the team has to read until
19 of 20 claims are found is independent of any model's own opinion. *Weeks*: an upload comes in
each week, the team reviews what its capacity allows, and what the pages say of missed claims, of
agreement and of change is held against the truth, which only the simulation knows. Everything is
seeded; the clock is driven; databases and models are in a folder that is deleted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Connection, exists, or_, select

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.reading import read_table
from claimclf.errors import TrainingDataError
from claimclf.modeling.monitoring.missed import Missed
from claimclf.paths import MODELS, ROOT
from claimclf.people import Person, Role
from claimclf.queue.queries.ordering import OPINIONS
from claimclf.queue.queries.sampling import cut_of
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions
from claimclf.schema import REPORT_COUNT, TRANSCRIPT, VIDEO_ID, CaseState, Decision
from claimclf.services.agreement import team_agreement
from claimclf.services.learning import learn
from claimclf.services.loading import load_model
from claimclf.services.monitoring import EVERY_LANE, certify, missed_by_week, watch
from claimclf.services.promotion import promote
from claimclf.services.queue import change_settings, decide, next_case, store_ranked
from claimclf.services.stress import read_texts
from claimclf.services.triage import triage
from claimclf.units import HOUR, SECOND, week_of

DATA = ROOT.parent / "shared" / "data"
EVERY, GOAL, ORDERS, WEEKS = 100, 0.95, 2, 12
#: Shares: of claims among the texts, of each lane that is sampled, of second looks.
_CLAIMS, _SAMPLE, _SECOND = 0.25, 0.2, 0.3
#: Texts of a week, reviews of its day of work, and the week from which other texts come.
_A_WEEK, _CAPACITY, _OTHERS_FROM = 400, 200, 10
#: Videos are reviewed by their reports: what is left is as likely a claim as what is not.
_MOST_REPORTS = 100
#: Cases that a person takes before another does.
_A_TURN = 10
#: Of the second person's answers, how many are wrong where slips are simulated.
_SLIPS = 0.1
_WEEK = 7 * 24 * HOUR
_START = 1_800_057_600_000_000  # a Monday
ADMIN, ANNA, BORIS = Person("lena", Role.ADMIN), Person("anna"), Person("boris")


@dataclass
class Clock:
    """A clock that goes only when it is told to."""

    time: int = _START

    def __call__(self) -> int:
        """Return microseconds since 1970."""
        return self.time


@dataclass
class Team:
    """People, their queue and their models.

    Parameters
    ----------
    folder : Path
        Where uploads are written; models are in its `models`.
    truth : dict of str to bool
        Whether a video makes a claim, by its id.
    slips : float
        Of Boris' answers, how many are wrong.
    read : list of str
        Videos in the order in which they were decided on.
    """

    folder: Path
    database: Database
    clock: Clock
    slips: float = 0.0
    truth: dict[str, bool] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    @property
    def models(self) -> Path:
        """The model store."""
        return self.folder / "models"

    def upload(self, texts: pd.DataFrame, name: str, most_reports: int = 1) -> int:
        """Put texts into the queue, each with at least one report; return the upload's number."""
        ids = [f"{name}-{len(self.truth) + n:07d}" for n in range(len(texts))]
        self.truth |= dict(zip(ids, is_claim(texts).astype(bool), strict=True))
        file = self.folder / f"{name} {len(self.truth)}.csv"
        reports = self.random.integers(1, most_reports + 1, len(texts))
        videos = {VIDEO_ID: ids, TRANSCRIPT: texts[TRANSCRIPT].to_numpy(), REPORT_COUNT: reports}
        pd.DataFrame(videos).to_csv(file, index=False)
        model = load_model(self.models)
        return store_ranked(self.database, ADMIN, triage(read_table(file), model), model).id

    def review(self, person: Person, most: int) -> int:
        """Decide on so many cases, or on all that there are; return how many."""
        for done in range(most):
            lease = next_case(self.database, person)
            if lease is None:
                return done
            video = str(lease.case.video[VIDEO_ID])
            slips = person == BORIS and self.random.random() < self.slips
            claims = self.truth[video] != slips
            verdict = Verdict(Decision.WITHIN_RULES if claims else Decision.OPINION)
            held = (lease.case.id, lease.token, lease.case.version)
            decide(self.database, person, *held, verdict)
            self.read.append(video)
            self.clock.time += 20 * SECOND
        return most

    def teach(self) -> bool:
        """Use a challenger that was taught all decisions; return whether there are enough."""
        try:
            lesson = learn(self.database, ADMIN, self.models)
        except TrainingDataError:
            return False
        promote(self.database, ADMIN, self.models, lesson.challenger, "simulated")
        return True


@contextmanager
def at_work(slips: float = 0.0, **settings: float) -> Iterator[Team]:
    """Make a team with an empty queue and the models that are shipped."""
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock()
        shutil.copytree(MODELS, folder / "models")
        database = Database(f"sqlite:///{folder}/queue.db", clock)
        if settings:
            change_settings(database, ADMIN, "simulated", settings)
        yield Team(folder, database, clock, slips)
        database.close()


@dataclass(frozen=True)
class Reading:
    """How far one had to read until 19 of 20 claims were found.

    Parameters
    ----------
    share : float
        Of all texts.
    spared : float
        Of the opinions, those that nobody read by then.
    certified : float or None
        Share of claims that were found when the certificate was given; None where it never was.
    """

    share: float
    spared: float
    certified: float | None


def learning_while_reviewing(
    texts: pd.DataFrame, every: int, order: int, sampled: float = 0.0
) -> Reading:
    """Review all texts, teaching after every so many decisions; never where that is 0.

    Parameters
    ----------
    sampled : float
        Share of what is put into *opinions* that is reviewed before the rest: without a sample
        there is no certificate, and what is sampled is read for it alone.
    """
    shuffled = texts.sample(frac=1, random_state=order)
    with at_work(sample_rate=sampled, second_look_rate=0.0, settled_rate=0.0) as team:
        batch, certified = team.upload(shuffled, "debates"), None
        n_claims, step = sum(team.truth.values()), every or EVERY
        while team.review(ANNA, step) == step:
            found = sum(team.truth[video] for video in team.read) / n_claims
            if certified is None and certify(team.database, ADMIN, batch).is_certified:
                certified = found
            if every and found < 1:
                team.clock.time += HOUR  # what can be undone is not learnt from yet
                team.teach()
        so_far = np.cumsum([team.truth[video] for video in team.read])
    n = int(np.searchsorted(so_far, GOAL * n_claims)) + 1
    read = n - int(so_far[n - 1])
    return Reading(n / len(texts), 1 - read / (len(texts) - n_claims), certified)


@dataclass(frozen=True)
class Weeks:
    """What the pages said in each week, and what was so.

    Answers are the same where both people say claim, or both say opinion.

    Parameters
    ----------
    missed : list of (Missed, int)
        What was said of claims that nobody looked at, and how many there were.
    alarms : list of list of str
        By week, which signals raised an alarm.
    same, n : int
        Second looks with the same answer, and all.
    low, high : float
        The interval of their share.
    """

    missed: list[tuple[Missed, int]]
    alarms: list[list[str]]
    same: int
    n: int
    low: float
    high: float


def weeks_of_work(
    usual: pd.DataFrame, others: pd.DataFrame, slips: float, n_weeks: int = WEEKS
) -> Weeks:
    """Let weeks pass; from one of them on other texts come under the same name."""
    settings = {"capacity": float(_CAPACITY), "sample_rate": _SAMPLE, "settled_rate": 0.0}
    with at_work(slips, **settings, second_look_rate=_SECOND) as team:
        model = load_model(team.models)
        missed, alarms = [], []
        for week in range(n_weeks):
            came = usual if week < _OTHERS_FROM else others
            start = week * _A_WEEK % (len(came) - _A_WEEK)
            batch = team.upload(came.iloc[start : start + _A_WEEK], "platform", _MOST_REPORTS)
            for turn in range(_CAPACITY // _A_TURN):
                team.review((ANNA, BORIS)[turn % 2], _A_TURN)
            missed.append(_said_and_true(team, batch))
            team.clock.time = _START + (week + 1) * _WEEK
            changes = watch(team.database, ADMIN, model.predictor).alarms
            alarms.append([change.name for change in changes])
        agreed = team_agreement(team.database, ADMIN).whole
    interval = agreed.interval
    return Weeks(missed, alarms, agreed.n_same, agreed.n, interval.low, interval.high)


def _said_and_true(team: Team, batch: int) -> tuple[Missed, int]:
    """Return what the page says of an upload's claims that nobody looked at, and their number."""
    (said,) = (
        week
        for week in missed_by_week(team.database, ADMIN)
        if week.lane == EVERY_LANE and week.week == week_of(team.clock())
    )
    chosen = exists().where(decisions.c.case_id == cases.c.id, decisions.c.sampled.is_(False))

    def unseen(connection: Connection) -> Sequence[str]:
        own = settings_of(connection)
        below = cut_of(connection, own, own.ranking, team.clock()).below()
        is_sampled = cases.c.state == str(CaseState.DECIDED)
        left = or_(is_sampled, cases.c.rank_place == OPINIONS, below)
        query = select(cases.c[VIDEO_ID]).where(cases.c.first_batch_id == batch, ~chosen, left)
        return connection.scalars(query).all()

    ids = team.database.read(unseen)
    return said.claims, sum(team.truth[video] for video in ids)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what the team found, and what the pages said of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    chosen = parser.parse_args(arguments)
    print(*lines(chosen.orders), sep="\n")
    return 0


def lines(orders: int) -> Iterator[str]:
    """Yield what is printed, line by line, as it is known."""
    yield from reading_lines(quarter_claims(_texts("debate_sentences_dev.csv")), orders)
    yield ""
    yield from week_lines(_texts("debate_sentences_train.csv"), _texts("science_posts.csv"))


def reading_lines(texts: pd.DataFrame, orders: int) -> Iterator[str]:
    """Yield what learning while reviewing comes to, medians over orders."""
    yield f"Learning while reviewing, {len(texts):,} sentences of debates, a quarter claims:"
    yield "taught every  sampled  read until 95 % of claims  opinions never read  certified at"
    for every, sampled in ((0, 0.0), (EVERY, 0.0), (EVERY, _SAMPLE)):
        readings = [
            learning_while_reviewing(texts, every, order, sampled) for order in range(orders)
        ]
        share = float(np.median([reading.share for reading in readings]))
        spared = float(np.median([reading.spared for reading in readings]))
        certified = ", ".join(
            "never" if reading.certified is None else f"{reading.certified:.3f}"
            for reading in readings
        )
        yield f"{every or 'never':>12}  {sampled:7.0%}  {share:25.3f}  {spared:19.3f}  {certified}"


def week_lines(usual: pd.DataFrame, others: pd.DataFrame) -> Iterator[str]:
    """Yield what the pages said week by week, without slips and with them."""
    weeks = weeks_of_work(usual, others, slips=0.0)
    yield f"Weeks of {_A_WEEK} texts, {_CAPACITY} reviews; posts come from week {_OTHERS_FROM} on:"
    yield "week  claims not looked at  said (95 %)  alarms"
    for number, ((said, true), alarms) in enumerate(zip(weeks.missed, weeks.alarms, strict=True)):
        yield f"{number:4}  {true:20}  {said.low:4} to {said.high:<4}  {', '.join(alarms) or '-'}"
    covered = sum(said.low <= true <= said.high for said, true in weeks.missed)
    yield f"the interval covers the truth in {covered} of {len(weeks.missed)} weeks"
    for slips in (0.0, _SLIPS):
        weeks = weeks_of_work(usual, others, slips)
        share = f"{weeks.same / weeks.n:.3f} ({weeks.low:.3f} to {weeks.high:.3f})"
        yield f"{slips:.0%} of one person's answers wrong: {weeks.n} second looks, {share} agree"


def quarter_claims(texts: pd.DataFrame) -> pd.DataFrame:
    """Leave claims out at random until a quarter are claims."""
    claim = is_claim(texts).astype(bool)
    n = round(_CLAIMS / (1 - _CLAIMS) * int((~claim).sum()))
    return pd.concat([texts[~claim], texts[claim].sample(n, random_state=1)], ignore_index=True)


def _texts(name: str) -> pd.DataFrame:
    return read_texts(read_table(Path(DATA, name))).rows.sample(frac=1, random_state=1)


if __name__ == "__main__":
    sys.exit(main())
