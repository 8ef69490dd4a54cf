"""Figures of the monitor are those worked out by hand from what the database holds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from claimclf.cli import main
from claimclf.modeling.monitoring.certificate import Verdict as Said
from claimclf.modeling.monitoring.drift import ALL
from claimclf.modeling.monitoring.missed import CASES, HITS, SAMPLED, exact_ends, missed
from claimclf.modeling.monitoring.signal import State
from claimclf.queue.intake.ingest import ingest
from claimclf.queue.intake.rescoring import rescore
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions
from claimclf.schema import Decision, ReasonCode
from claimclf.services import loading, monitoring, queue
from claimclf.units import DAY, WEEK, start_of_week, week_of
from tests.conftest import ROOT
from tests.queue.builders import (
    ANNA,
    ESCALATE,
    LEAD,
    OPINION,
    WITHIN,
    Clock,
    Verdict,
    decide_all,
    done,
    fill,
    take,
    upload,
    videos,
)

BREAKS = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH)


def opinions(database: Database, n: int = 300, rate: float = 0.2, name: str = "a") -> None:
    queue.change_settings(database, LEAD, "a sample", {"sample_rate": rate})
    fill(database, n, name, lane="opinions", prediction="opinion", claim_probability=0.1)


def by_hand(database: Database) -> dict[str, int]:
    """Count with one row a case in front of one."""
    rows = database.read(
        lambda c: c.execute(
            select(
                cases.c.state,
                cases.c.sample_draw,
                cases.c.sample_probability,
                decisions.c.decision,
                decisions.c.sampled,
            ).select_from(cases.outerjoin(decisions, decisions.c.case_id == cases.c.id))
        ).all()
    )
    drawn = [row for row in rows if row.sample_draw < row.sample_probability]
    open_draws = [row.sample_draw for row in drawn if row.state == "open"]
    sampled = [row for row in drawn if row.sampled and row.sample_draw < min(open_draws, default=2)]
    looked = [row for row in rows if row.decision and row not in sampled]
    return {
        "cases": len(rows) - len(looked),
        "sampled": len(sampled),
        "breaking": sum(row.decision == Decision.BREAKS_RULES for row in sampled),
        "claims": sum(row.decision != Decision.OPINION for row in sampled),
    }


def test_what_is_missed_is_estimated_from_the_sample_of_the_week(database: Database) -> None:
    opinions(database)
    for k in range(30):
        done(database, verdict=BREAKS if k % 10 == 0 else WITHIN if k % 3 == 0 else OPINION)
    everything, lane = monitoring.missed_by_week(database, LEAD)
    hand = by_hand(database)
    assert hand["sampled"] == 30
    assert (everything.lane, lane.lane) == (monitoring.EVERY_LANE, "opinions")
    for seen in (everything, lane):
        assert seen.week == week_of(database.now())
        assert (seen.breaking.n_cases, seen.breaking.n_sampled) == (hand["cases"], 30)
        assert seen.breaking.n_hits == hand["breaking"] == 3
        assert seen.claims.n_hits == hand["claims"]
        ends = exact_ends(3, 30, hand["cases"], 0.95)
        assert (seen.breaking.low, seen.breaking.high) == ends
        assert f"Of about 300 videos that were not reviewed, between {ends[0]} and" in seen.sentence


def test_what_is_taken_out_of_turn_or_by_rank_is_no_sample(database: Database) -> None:
    opinions(database)
    for _ in range(5):
        done(database)
    drawn = database.read(
        lambda c: c.execute(
            select(cases.c.id, cases.c.sample_draw < cases.c.sample_probability)
            .where(cases.c.state == "open")
            .order_by(cases.c.sample_draw.desc())
        ).all()
    )
    last_drawn = next(number for number, is_drawn in drawn if is_drawn)
    for number in (last_drawn, drawn[0][0]):
        lease = queue.take_case(database, ANNA, number)
        queue.decide(database, ANNA, number, lease.token, lease.case.version, BREAKS)
    everything, _ = monitoring.missed_by_week(database, LEAD)
    assert (everything.breaking.n_cases, everything.breaking.n_sampled) == (298, 5)
    assert everything.breaking.n_hits == 0


def test_an_escalated_case_of_the_sample_may_be_a_hit_or_not(database: Database) -> None:
    opinions(database)
    done(database, verdict=ESCALATE)
    for _ in range(9):
        done(database)
    everything, _ = monitoring.missed_by_week(database, LEAD)
    strata = pd.DataFrame({CASES: [300], SAMPLED: [10], HITS: [1]})
    assert (everything.breaking.n_sampled, everything.breaking.low) == (10, 0)
    assert everything.breaking.high == missed(strata).high


def test_what_waits_to_be_reviewed_is_not_missed(database: Database) -> None:
    fill(database, 20)
    assert monitoring.missed_by_week(database, LEAD) == []
    queue.change_settings(database, LEAD, "few", {"capacity": 5})
    everything, lane = monitoring.missed_by_week(database, LEAD)
    assert (everything.breaking.n_unknown, lane.lane) == (15, "claims")


def test_weeks_are_told_apart(database: Database, clock: Clock) -> None:
    opinions(database, 100)
    clock.time += WEEK
    rows = videos(80, lane="opinions", claim_probability=0.1)
    ingest(database, LEAD, rows.assign(video_id=[f"b-{n}" for n in range(80)]), upload("b"))
    seen = [one for one in monitoring.missed_by_week(database, LEAD) if one.lane == "opinions"]
    assert [one.week for one in seen] == [week_of(clock.time), week_of(clock.time) - 1]
    assert [one.breaking.n_unknown for one in seen] == [80, 100]


def test_a_batch_whose_claims_have_been_seen_is_certified(database: Database) -> None:
    queue.change_settings(database, LEAD, "a sample", {"sample_rate": 0.9})
    lanes = ["claims"] * 60 + ["opinions"] * 90
    batch = fill(database, 150, lane=lanes, claim_probability=0.5)
    assert monitoring.certify(database, LEAD, batch.id).verdict is Said.NOTHING
    n_certified = None
    for n in range(149):
        lease = take(database)
        verdict = WITHIN if lease.case.lane == "claims" else OPINION
        queue.decide(database, ANNA, lease.case.id, lease.token, lease.case.version, verdict)
        if n > 110:
            said = monitoring.certify(database, LEAD, batch.id)
            if said.verdict is Said.CERTIFIED:
                n_certified = n
                break
    assert n_certified is not None
    assert said.n_seen >= 58
    assert said.n_unseen == 150 - n_certified - 1
    assert monitoring.uploads(database, LEAD)[0][0] == batch.id


def test_the_outlook_is_that_of_decided_cases_by_rank(database: Database, clock: Clock) -> None:
    fill(database, 120)
    for k in range(60):
        done(database, verdict=BREAKS if k < 20 else OPINION)
    clock.time += 2 * DAY
    basis = monitoring.what_if_basis(database, LEAD)
    assert basis.is_enough
    assert (basis.arriving, basis.waiting, basis.oldest) == (60, 60, 2)
    assert basis.decided["breaks"].tolist() == [True] * 20 + [False] * 40
    seen = monitoring.outlook_at(basis, 10)
    assert seen.share == pytest.approx(10 / 20)
    assert seen.found == pytest.approx(10)
    assert (seen.waiting, seen.age) == (60 + 28 * 50, 30)


def weeks_of(database: Database, clock: Clock, shares: list[float], n: int = 200) -> None:
    """Bring an upload a week, of which a share is in the lane of claims."""
    for number, share in enumerate(shares):
        lanes = np.where(np.arange(n) < share * n, "claims", "opinions")
        rows = videos(n, lane=lanes, statement_id=None)
        rows["video_id"] = [f"week-{number}-{k}" for k in range(n)]
        ingest(database, LEAD, rows, upload(chr(ord("a") + number)))
        clock.time += WEEK


def only_claims(database: Database) -> None:
    """Bring an upload of nothing but predicted claims."""
    rows = videos(200, lane="claims", statement_id=None)
    ingest(database, LEAD, rows.assign(video_id=[f"z-{k}" for k in range(200)]), upload("z"))


def test_a_change_of_lanes_is_an_alarm_of_all_sources(database: Database, clock: Clock) -> None:
    weeks_of(database, clock, [0.3] * 8)
    watched = monitoring.watch(database, LEAD)
    assert watched.alarms == []
    assert watched.week == week_of(clock.time) - 1
    only_claims(database)
    clock.time += WEEK
    watched = monitoring.watch(database, LEAD)
    assert {(one.source, one.name) for one in watched.alarms} >= {(ALL, "claims")}
    claims = next(one for one in watched.alarms if one.name == "claims" and one.source == ALL)
    assert (claims.now, claims.before) == (1.0, pytest.approx(0.3))
    assert (claims.n_now, claims.n_before) == (200, 1_600)


def test_decisions_are_compared_with_predictions(database: Database) -> None:
    fill(database, 10, lane="claims")
    for k in range(10):
        done(database, verdict=OPINION if k < 3 else WITHIN)
    table = monitoring.watch(database, LEAD).by_week
    (false,) = table[table["signal"] == "false"].itertuples()
    assert (false.week, false.n, false.total) == (week_of(database.now()), 10, 3)


def test_decisions_that_were_made_as_one_count_once(database: Database) -> None:
    fill(database, 12, statement_id=["same"] * 10 + ["a", "b"])
    decide_all(database, ANNA, "same", OPINION)
    done(database, verdict=WITHIN)
    table = monitoring.watch(database, LEAD).by_week.set_index("signal")
    assert table.loc["false", ["n", "total"]].tolist() == [2, 1]


def test_an_upload_that_was_taken_back_never_came(database: Database) -> None:
    batch = fill(database, 10)
    assert len(monitoring.watch(database, LEAD).by_week)
    queue.take_back(database, LEAD, batch.id)
    assert monitoring.watch(database, LEAD).by_week.empty
    assert monitoring.uploads(database, LEAD) == []
    assert monitoring.what_if_basis(database, LEAD).arriving == 0


def test_words_that_the_model_has_not_met_are_counted_over_texts(database: Database) -> None:
    predictor = loading.load_model(ROOT / "models").predictor
    texts = [f"Qwx{n} zzyp{n} vlorn{n} the world is flat" for n in range(8)]
    fill(database, 8, video_transcription_text=texts, statement_id=None)
    table = monitoring.watch(database, LEAD, predictor).by_week.set_index("signal")
    assert predictor.conformal is not None
    share = predictor.conformal.novelty(pd.Series(texts))[:, 1]
    assert table.loc["new words", "n"] == 8
    assert table.loc["new words", "total"] == pytest.approx(share.sum())
    assert 0 < share.mean() < 1


def test_a_case_of_the_sample_stands_for_as_many_as_it_was_drawn_from(database: Database) -> None:
    opinions(database, 100, rate=0.25)
    for k in range(4):
        done(database, verdict=BREAKS if k == 0 else OPINION)
    basis = monitoring.what_if_basis(database, LEAD)
    assert basis.decided["weight"].tolist() == [4.0] * 4
    assert basis.decided["breaks"].sum() == 1


def test_ranking_of_the_outlook_is_the_teams(database: Database) -> None:
    probability = np.linspace(0.1, 1, 10)
    fill(database, 10, claim_probability=probability, report_count=np.arange(20, 10, -1))
    for k in range(10):
        done(database, verdict=BREAKS if k < 3 else OPINION)
    by_reports = monitoring.what_if_basis(database, LEAD).decided["breaks"].tolist()
    assert by_reports == [True] * 3 + [False] * 7
    queue.change_settings(database, LEAD, "expected", {"ranking": "expected-claims"})
    expected = np.argsort(-probability * np.arange(20, 10, -1), kind="stable")
    by_claims = monitoring.what_if_basis(database, LEAD).decided["breaks"].tolist()
    assert by_claims == [place < 3 for place in expected]


def test_draws_before_a_new_model_are_no_evidence(database: Database) -> None:
    queue.change_settings(database, LEAD, "a sample", {"sample_rate": 0.9})
    batch = fill(database, 40, lane="opinions", claim_probability=0.1)
    for _ in range(5):
        done(database)
    before = monitoring.certify(database, LEAD, batch.id)
    rescore(database, LEAD, "other", "2", lambda rows: videos(len(rows)).set_index(rows.index))
    after = monitoring.certify(database, LEAD, batch.id)
    assert (before.n_drawn, after.n_drawn) == (5, 0)
    assert after.needed == pytest.approx(before.needed * 5)


def test_signals_are_sums_of_what_is_stored(database: Database) -> None:
    reasons = ["unlike anything the model was trained on"] * 3 + ["too short"] * 2 + [None] * 5
    probability = [0.1 * k for k in range(9)] + [None]
    fill(database, 10, reason=reasons, claim_probability=probability)
    table = monitoring.watch(database, LEAD).by_week.set_index("signal")
    assert table.loc["not learnt", "total"] == 3
    assert table.loc["too short", "total"] == 2
    assert table.loc["probability", "n"] == 9
    assert table.loc["probability", "total"] == pytest.approx(3.6)
    letters = [len(text) for text in videos(10)["video_transcription_text"]]
    assert table.loc["length", "total"] == sum(letters)
    assert table.loc["length", "squares"] == sum(n * n for n in letters)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("reports-2026-11-23.csv", "reports"),
        ("TikTok Export (3).csv.gz", "tiktok export"),
        ("20261123.parquet", "without a name"),
        ("folder/feed_7b.json", "feed"),
    ],
)
def test_a_source_is_a_files_name_without_what_changes(name: str, source: str) -> None:
    assert monitoring.source_of(name) == source


@pytest.mark.parametrize(("n", "rounded"), [(0, 0), (7, 7), (94, 94), (948, 950), (9_432, 9_400)])
def test_numbers_are_said_with_two_digits(n: int, rounded: int) -> None:
    assert monitoring.round_number(n) == rounded


def test_command_ends_with_one_where_an_alarm_stands_and_with_none_else(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.cli.monitoring.open_queue", lambda url: (database, LEAD))
    models = ["--models", str(ROOT / "models")]
    empty = CliRunner().invoke(main, ["monitor", *models])
    assert (empty.exit_code, empty.output) == (
        0,
        "No alarm: the queue holds nothing to compare yet.\n",
    )
    weeks_of(database, clock, [0.3] * 8)
    quiet = CliRunner().invoke(main, ["monitor", *models])
    assert quiet.exit_code == 0
    assert "No alarm in the week of" in quiet.output
    clock.time += WEEK
    only_claims(database)
    clock.time += WEEK
    alarm = CliRunner().invoke(main, ["monitor", *models])
    assert alarm.exit_code == 1
    assert len(alarm.output.splitlines()) == 1
    assert "lane claims: risen from 30.0% to 100.0% in last week" in alarm.output
    told = CliRunner().invoke(main, ["monitor", "--json", *models])
    assert told.exit_code == 1
    content = json.loads(told.output)
    assert content["alarm"] is True
    assert content["week"] == monitoring.monday(week_of(clock.time) - 1)
    assert {one["state"] for one in content["signals"]} <= {str(state) for state in State}


def test_weeks_begin_on_monday() -> None:
    assert monitoring.monday(week_of(1_800_000_000_000_000)) == "2027-01-11"
    assert week_of(start_of_week(2_900)) == 2_900
    assert week_of(start_of_week(2_900) - 1) == 2_899
