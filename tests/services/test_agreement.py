"""Figures of agreement on screen are those that one counts by hand in the database."""

from __future__ import annotations

import pytest

from claimclf.people import Person
from claimclf.queue.review.decisions import Verdict, decide
from claimclf.queue.review.leases import next_case
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision, ReasonCode
from claimclf.services.agreement import (
    differences,
    own_agreement,
    rule_on_difference,
    team_agreement,
)
from tests.queue.builders import ANNA, BORIS, LEAD, OPINION, WITHIN, Clock, done, fill

CARLA = Person("carla")
BREAKS = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH)


@pytest.fixture
def looked_at_twice(database: Database, clock: Clock) -> Database:
    """Anna decides on six cases; boris and carla look again, and differ on three."""
    change_settings(database, LEAD, "all of them", second_look_rate=1.0, time_zone="Europe/Berlin")
    fill(database, 6, lane=["claims"] * 3 + ["uncertain"] * 3)
    for verdict in (BREAKS, BREAKS, WITHIN, OPINION, OPINION, OPINION):
        done(database, ANNA, verdict)
    clock.step(60)
    looks = {1: (BORIS, BREAKS), 2: (CARLA, WITHIN), 3: (BORIS, WITHIN), 4: (CARLA, WITHIN)}
    looks |= {5: (BORIS, OPINION), 6: (CARLA, BREAKS)}
    waiting = dict(looks)
    while waiting:
        person = next(iter(waiting.values()))[0]
        lease = next_case(database, person)
        assert lease is not None
        _, verdict = waiting.pop(lease.case.id, (person, looks[lease.case.id][1]))
        decide(database, person, lease.case.id, lease.token, lease.case.version, verdict)
    for difference in differences(database, LEAD):
        verdict = {2: BREAKS, 4: WITHIN}.get(difference.case_id)
        if verdict is not None:
            rule_on_difference(database, LEAD, difference.look_id, verdict)
    return database


def test_the_teams_figures_are_those_counted_by_hand(looked_at_twice: Database) -> None:
    report = team_agreement(looked_at_twice, LEAD)
    assert (report.whole.n, report.whole.n_same, report.n_waiting) == (6, 3, 0)
    assert report.n_unsettled == 1
    # First: 2 breaks, 1 within, 3 opinion; second: 2, 3, 1. By chance: (2*2 + 1*3 + 3*1) / 36.
    chance = 10 / 36
    assert report.whole.kappa.value == pytest.approx((3 / 6 - chance) / (1 - chance))
    mean = [4 / 12, 4 / 12, 4 / 12]
    chance = sum(share * (1 - share) for share in mean) / 2
    assert report.whole.ac1.value == pytest.approx((3 / 6 - chance) / (1 - chance))
    assert sum(pair.n for pair in report.by_pair.values()) == 6
    assert {name: figures[:2] for name, figures in report.by_reason.items()} == {
        "misinformation-health": (1, 3)
    }
    # Case 2 was upheld, case 4 overturned, nobody has ruled on case 6.
    assert {name: figures[:2] for name, figures in report.by_lane.items()} == {
        "claims": (0, 3),
        "uncertain": (1, 2),
    }
    assert {name: figures[:2] for name, figures in report.by_first_reason.items()} == {
        "misinformation-health": (0, 2)
    }


def test_a_moderators_own_figures_name_nobody_else(looked_at_twice: Database) -> None:
    whole = team_agreement(looked_at_twice, LEAD)
    own = own_agreement(looked_at_twice, BORIS)
    assert own.by_pair == {}
    assert own.whole.n == whole.by_pair["anna", "boris"].n
    assert own.whole.is_small
    assert own_agreement(looked_at_twice, ANNA).whole == whole.whole


def test_an_empty_queue_has_no_figures_and_no_nonsense(database: Database) -> None:
    report = team_agreement(database, LEAD)
    assert (report.whole.n, report.whole.share) == (0, None)
    assert (report.by_pair, report.by_week, report.by_lane, report.appeals) == ({}, {}, {}, {})
