from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from claimclf.errors import InvalidRequestError, NotAllowedError
from claimclf.people import PROGRAM, Person
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import history, page
from claimclf.queue.queries.reporting.report import report
from claimclf.queue.queries.sampling import draw
from claimclf.queue.review.decisions import decide
from claimclf.queue.review.leases import next_case, release
from claimclf.queue.settings.team import Settings, change_settings, settings_of
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions
from claimclf.schema import Lane, Ranking
from claimclf.units import SECOND
from tests.queue.builders import ANNA, ESCALATE, LEAD, OPINION, Clock, done, fill, logged, take

LANES = ["claims"] * 60 + ["opinions"] * 40


def served(database: Database, n: int, **how: object) -> list[int]:
    """The numbers of the next n cases, each taken by another person."""
    people = [Person(f"person-{number}") for number in range(n)]
    leases = [next_case(database, person, **how) for person in people]  # type: ignore[arg-type]
    return [int(lease.case.video["video_id"].removeprefix("video-")) for lease in leases if lease]


@given(st.integers(0, 2**31), st.text(max_size=30))
def test_draw_is_a_share_that_depends_on_seed_and_name_alone(seed: int, name: str) -> None:
    assert 0 <= draw(seed, name) < 1
    assert draw(seed, name) == draw(seed, name)


def test_draws_are_spread_evenly() -> None:
    draws = [draw(7, f"video-{number}") for number in range(10_000)]
    assert abs(sum(value < 0.02 for value in draws) / 10_000 - 0.02) < 0.005
    assert draw(7, "video") != draw(8, "video")


def test_cut_marks_what_can_be_reviewed_today(database: Database, clock: Clock) -> None:
    fill(database, 6)
    assert [row.is_above_cut for row in page(database).rows] == [True] * 6
    change_settings(database, LEAD, "two of us", capacity=2)
    assert [row.is_above_cut for row in page(database).rows] == [True] * 2 + [False] * 4
    done(database)
    assert [row.is_above_cut for row in page(database).rows] == [True] + [False] * 4
    done(database)
    done(database)
    assert [row.is_above_cut for row in page(database).rows] == [False] * 3
    clock.step(minutes=24 * 60)
    assert [row.is_above_cut for row in page(database).rows] == [True] * 2 + [False]


def test_capacity_can_be_a_share_and_follows_uploads(database: Database) -> None:
    fill(database, 10)
    change_settings(database, LEAD, "top", capacity=0.2, ranking=Ranking.EXPECTED_CLAIMS)
    assert sum(row.is_above_cut for row in page(database).rows) == 2
    fill(database, 20, "b")
    assert sum(row.is_above_cut for row in page(database).rows) == 4
    change_settings(database, LEAD, "holiday", capacity=0)
    assert sum(row.is_above_cut for row in page(database).rows) == 0


def test_sample_of_opinions_is_mixed_in_by_its_share(database: Database) -> None:
    change_settings(database, LEAD, "many", sample_rate=0.5)
    fill(database, 100, lane=LANES)
    turns = served(database, 40)
    sampled = [number for number in turns if number >= 60]
    drawn = [n for n in range(60, 100) if draw(0, f"video-{n:07d}") < 0.5]
    assert 3 <= len(sampled) <= 20
    assert set(sampled) <= set(drawn)
    assert sampled == sorted(sampled, key=lambda n: draw(0, f"video-{n:07d}"))
    rest = [number for number in turns if number < 60]
    assert rest == list(range(len(rest)))


def test_sample_of_what_is_below_the_cut_is_kept_with_the_decision(database: Database) -> None:
    change_settings(database, LEAD, "many", sample_rate=0.5, capacity=10)
    fill(database, 100)
    made = [done(database) for _ in range(25)]
    rows = [history(database, one.case.id).decisions[0] for one in made]
    number = [int(one.case.video["video_id"].removeprefix("video-")) for one in made]
    below = {n for n in range(10, 100) if draw(0, f"video-{n:07d}") < 0.5}
    assert [row["sampled"] for row in rows] == [n in below for n in number]
    assert any(row["sampled"] for row in rows)
    assert {row["sample_probability"] for row in rows} == {0.5}


def test_no_sample_is_served_where_none_is_wanted(database: Database) -> None:
    change_settings(database, LEAD, "none", sample_rate=0)
    fill(database, 100, lane=LANES)
    assert served(database, 60) == list(range(60))


def test_sample_keeps_to_the_filters(database: Database) -> None:
    change_settings(database, LEAD, "all", sample_rate=1)
    fill(database, 100, lane=LANES)
    assert max(served(database, 30, filters=Filters(lanes=(Lane.CLAIMS,)))) < 60


def test_nothing_that_a_moderator_gets_tells_of_the_sample(database: Database) -> None:
    change_settings(database, LEAD, "all", sample_rate=1)
    fill(database, 3, lane="opinions")
    lease = next_case(database, ANNA)
    assert "sampl" not in repr(lease)
    assert "sampl" not in repr(history(database, 1).events)


def test_a_case_that_is_drawn_is_the_programs_act_in_the_log(database: Database) -> None:
    change_settings(database, LEAD, "half", sample_rate=0.5)
    fill(database, 100, lane=LANES)
    numbers = served(database, 40)
    entries = [entry for entry in logged(database) if entry[2] in ("sample", "lease")]
    drawn = [place for place, entry in enumerate(entries) if entry[2] == "sample"]
    assert len(drawn) == len([number for number in numbers if number >= 60]) > 0
    for place in drawn:
        actor, role, _, details = entries[place]
        assert (actor, role) == (PROGRAM.name, PROGRAM.role)
        assert entries[place + 1][::2] == (details["for"], "lease")
    people = {entry[0] for entry in entries if entry[2] == "lease"}
    assert PROGRAM.name not in people
    (number,) = [number for number in numbers if number >= 60][:1]
    assert "sampl" not in repr(history(database, number + 1).events)


def test_probability_of_the_sample_is_stored_and_stays(database: Database) -> None:
    fill(database, 3)
    change_settings(database, LEAD, "more", sample_rate=0.1)
    stored = database.read(lambda c: set(c.scalars(select(cases.c.sample_probability))))
    assert stored == {0.02}


def test_settings_have_defaults_and_a_history(database: Database) -> None:
    assert database.read(settings_of) == Settings()
    change_settings(database, LEAD, "slow", lease_minutes=20)
    change_settings(database, LEAD, "fast", lease_minutes=5, capacity=None)
    assert database.read(settings_of).lease_minutes == 5
    rows = database.read(
        lambda c: c.execute(text("SELECT name, value, reason FROM settings ORDER BY id")).all()
    )
    assert [tuple(row) for row in rows][:2] == [
        ("lease_minutes", "20", "slow"),
        ("lease_minutes", "5", "fast"),
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lease_minutes": 0}, "out of range"),
        ({"sample_rate": 1.5}, r"Found: 1\.5\. Choose from 0 to 1"),
        ({"sample_rate": "many"}, "out of range"),
        ({"colour": "red"}, "no setting 'colour'"),
        ({"ranking": "colour"}, "out of range"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(
    database: Database, values: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        change_settings(database, LEAD, "why not", **values)
    with pytest.raises(NotAllowedError):
        change_settings(database, ANNA, "why not", **values)
    with pytest.raises(InvalidRequestError, match="A reason is missing"):
        change_settings(database, LEAD, "", **values)


def test_total_of_a_page_is_counted_so_far_only(database: Database) -> None:
    fill(database, 1_100)
    shown = page(database)
    assert (len(shown.rows), shown.total, shown.has_more_than_counted) == (50, 1_000, True)
    few = page(database, Filters(text="thing 10"))
    assert (few.total, few.has_more_than_counted) == (111, False)


def test_ruling_on_an_escalated_case_keeps_that_it_was_part_of_the_sample(
    database: Database,
) -> None:
    change_settings(database, LEAD, "all", sample_rate=1)
    fill(database, 3, lane="opinions")
    done(database, ANNA, ESCALATE)
    lost = take(database, LEAD, filters=Filters(escalated=True))
    release(database, LEAD, lost.case.id, lost.token)  # a hold that ended takes nothing with it
    lease = take(database, LEAD, filters=Filters(escalated=True))
    decide(database, LEAD, lease.case.id, lease.token, lease.case.version, OPINION)
    sampled = database.read(lambda c: list(c.scalars(select(decisions.c.sampled))))
    assert sampled == [True, True]


@pytest.mark.parametrize(
    ("begins", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)],
)
def test_capacity_is_of_a_day_of_the_team(
    database: Database, clock: Clock, begins: str, hours: int
) -> None:
    fill(database, 6)
    change_settings(database, LEAD, "two of us, in Berlin", capacity=2, time_zone="Europe/Berlin")
    midnight = datetime.fromisoformat(begins).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    clock.time = int(midnight.timestamp()) * SECOND
    done(database)
    clock.step(60 * hours - 1)  # the day's last minute: the other one of two is left
    assert sum(row.is_above_cut for row in page(database).rows) == 1
    clock.step(1)
    assert sum(row.is_above_cut for row in page(database).rows) == 2


def test_report_of_today_begins_at_the_teams_midnight(database: Database, clock: Clock) -> None:
    change_settings(database, LEAD, "in Berlin", time_zone="Europe/Berlin")
    midnight = datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Berlin"))
    clock.time = (int(midnight.timestamp()) + 25 * 3_600 - 1) * SECOND
    made = report(database, None, clock.time)
    assert (made.zone, len(made.hours)) == ("Europe/Berlin", 25)
    assert made.since == int(midnight.timestamp()) * SECOND
