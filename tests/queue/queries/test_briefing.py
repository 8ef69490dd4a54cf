"""What surrounds a case is told from what is stored."""

from __future__ import annotations

import pandas as pd
import pytest

from claimclf.errors import InvalidRequestError, UnknownCaseError
from claimclf.queue.queries.briefing import Group, briefing
from claimclf.queue.settings.preferences import Preferences, prefer, preferences_of
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision, Lane, Ranking
from claimclf.units import HOUR
from tests.queue.builders import ANNA, BORIS, OPINION, SKIP, WITHIN, Clock, done, fill


def test_place_is_the_one_of_the_ranking(database: Database) -> None:
    fill(database, 4, claim_probability=[0.1, 0.2, 0.3, 0.9], report_count=[40, 30, 20, 19])
    first, last = 1, 4
    assert briefing(database, first, Ranking.REPORTS).place == 1
    assert briefing(database, last, Ranking.REPORTS).place == 4
    assert briefing(database, last, Ranking.EXPECTED_CLAIMS).place == 1


def test_reports_are_told_as_they_came(database: Database, clock: Clock) -> None:
    start = clock.time
    known = pd.Timestamp(start - 5 * HOUR, unit="us", tz="UTC")
    fill(database, 1, report_count=10, first_reported_at=known)
    clock.step(60)
    fill(database, 1, "b", report_count=10)  # nothing new
    clock.step(60)
    fill(database, 1, "c", report_count=70)
    reports = briefing(database, 1, Ranking.REPORTS).reports
    assert reports == [(start - 5 * HOUR, 1), (start + HOUR, 10), (start + 2 * HOUR, 70)]


def test_statement_and_author_are_summed_up(database: Database) -> None:
    fill(database, 4, statement_id=["s", "s", "s", "t"], author_id=["a", "a", "b", None])
    done(database, verdict=WITHIN)
    done(database, verdict=SKIP)
    done(database, BORIS, OPINION)
    summary = briefing(database, 3, Ranking.REPORTS)
    both = {Decision.WITHIN_RULES: 1, Decision.OPINION: 1}
    assert summary.statement == Group(3, 1, 40 + 39 + 38, both)
    assert summary.author == Group(1, 1, 38, {})
    assert briefing(database, 4, Ranking.REPORTS).author is None


def test_unknown_case_is_named(database: Database) -> None:
    with pytest.raises(UnknownCaseError, match="no case 7"):
        briefing(database, 7, Ranking.REPORTS)


def test_preferences_are_each_persons_own_and_last(database: Database) -> None:
    assert preferences_of(database, ANNA) == Preferences()
    for chosen in (Preferences(blur=False), Preferences(pause_after=0, without=(Lane.OPINIONS,))):
        prefer(database, ANNA, chosen)
        assert preferences_of(database, ANNA) == chosen
    assert preferences_of(database, BORIS) == Preferences()


def test_somebody_must_want_some_lane(database: Database) -> None:
    with pytest.raises(InvalidRequestError, match="No lane is left"):
        prefer(database, ANNA, Preferences(without=tuple(Lane)))
