from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

from claimclf.dataset.writing import write_table
from claimclf.errors import InvalidRequestError
from claimclf.people import Person, Role
from claimclf.queue.outbound import export as module
from claimclf.queue.outbound.export import STATEMENT_OF_REASONS, What, export
from claimclf.queue.review.decisions import Verdict, reopen, undo
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision, ReasonCode
from tests.queue.builders import ANNA, LEAD, SKIP, Clock, done, fill, take

ANALYST = Person("ines", Role.ANALYST)
BREAKS = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH, "=cmd|' /C calc'!A0")
SECRETS = {"lease_token"}
SAMPLE = {"sampled", "sample_draw", "sample_probability", "lease_sampled", "drawn"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def used(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A queue that nobody but the exports themselves changes."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('used') / 'queue.db'}"
    else:
        url = request.getfixturevalue("server").create()
    database = Database(url, Clock())
    three_decisions(database)
    yield database
    database.close()


def three_decisions(database: Database) -> None:
    """Make three decisions a minute apart, and undo the second after two minutes."""
    fill(database, 6, claim_probability=[0.9, 0.8, None, 0.7, 0.6, 0.5])
    done(database, verdict=BREAKS)
    step(database)
    undone = done(database)
    step(database)
    done(database, verdict=SKIP)
    step(database)
    undo(database, ANNA, undone.id)


def step(database: Database) -> None:
    assert isinstance(database.now, Clock)
    database.now.step(1)


def exported(database: Database, what: What, since: int | None = None, **how: bool) -> pd.DataFrame:
    return export(database, ANALYST, what, since, **{"with_sample": True, **how}).table


def reasons(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [json.loads(cell) for cell in frame[STATEMENT_OF_REASONS]]


def test_each_decision_has_a_row_with_what_was_predicted(database: Database) -> None:
    three_decisions(database)
    fill(database, 6, "b", report_count=1000, lane="opinions", claim_probability=0.1)
    frame = exported(database, "decisions")
    assert frame["decision"].tolist() == ["claim-breaks-rules", "opinion", "skip"]
    assert frame["video_id"].tolist() == ["video-0000000", "video-0000001", "video-0000003"]
    # As it was, not as a later upload has it.
    assert frame["claim_probability"].tolist() == [0.9, 0.8, 0.7]
    assert frame["report_count"].tolist() == [60, 59, 57]
    assert set(frame["lane"]) == {"claims"}
    first = frame.iloc[0]
    assert (first["by"], first["note"]) == ("anna", BREAKS.note)
    assert (first["reason_code"], first["model_name"]) == ("misinformation-health", "forest")
    assert frame["reason_code"].isna().tolist() == [False, True, True]


def test_undone_decisions_are_marked(used: Database) -> None:
    frame = exported(used, "decisions")
    assert frame["undone"].tolist() == [False, True, False]
    assert frame["undone_by"].fillna("").tolist() == ["", "anna", ""]
    assert frame["undone_at"].isna().tolist() == [True, False, True]
    assert frame["undone_at"][1] == pd.Timestamp(used.now(), unit="us", tz="UTC")


def test_statement_of_reasons_says_what_why_how_and_when(used: Database) -> None:
    first, second, _ = reasons(exported(used, "decisions"))
    assert first == {
        "video_id": "video-0000000",
        "decision": "claim-breaks-rules",
        "decision_ground": "misinformation-health",
        "decided_at": "2027-01-15T08:00:00.000000Z",
        "automated_detection": True,
        "model_name": "forest",
        "model_version": "1",
        "automated_decision": False,
    }
    assert second["decision_ground"] is None


def test_statement_of_reasons_names_no_model_that_could_not_score(database: Database) -> None:
    fill(database, 1, claim_probability=None, prediction=None, lane="uncertain")
    done(database)
    (reason_rows,) = reasons(exported(database, "decisions"))
    assert (reason_rows["automated_detection"], reason_rows["model_name"]) == (False, None)


@pytest.mark.parametrize("what", get_args(What))
def test_times_are_timestamps_in_utc_and_nothing_else_is(used: Database, what: What) -> None:
    frame = exported(used, what)
    times = {name for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)}
    assert times == {name for name in frame if str(name).endswith(("at", "started", "until"))}
    assert {str(frame[name].dtype) for name in times} == {"datetime64[us, UTC]"}
    assert object not in set(frame.dtypes)


def test_times_are_exact_to_the_microsecond(database: Database) -> None:
    reported = pd.Timestamp("2026-02-03T04:05:06.789123Z")
    fill(database, 2, first_reported_at=[reported, None])
    frame = exported(database, "cases")
    assert frame["first_reported_at"][0] == reported
    assert frame["first_reported_at"][1] is pd.NaT


def test_cases_are_as_they_stand(database: Database) -> None:
    three_decisions(database)
    lease = take(database, Person("boris"))
    frame = exported(database, "cases").sort_values("video_id")
    reopen(database, LEAD, int(frame["case_id"].iloc[0]), "again")
    assert frame["state"].tolist() == ["decided", *["open"] * 5]
    frame = exported(database, "cases").sort_values("video_id")
    assert frame["video_id"].tolist() == [f"video-{n:07d}" for n in range(6)]
    assert frame["state"].tolist() == ["open"] * 6
    assert frame["round"].tolist() == [2, 1, 1, 1, 1, 1]
    held = frame[frame["case_id"] == lease.case.id].iloc[0]
    assert held["lease_holder"] == "boris"
    assert held["lease_until"] == pd.Timestamp(lease.until, unit="us", tz="UTC")


@pytest.mark.parametrize("what", get_args(What))
@pytest.mark.parametrize("with_sample", [True, False])
def test_sample_is_shown_only_where_asked_for(
    used: Database, what: What, with_sample: bool
) -> None:
    columns = set(exported(used, what, with_sample=with_sample))
    assert not columns & SECRETS
    shown = {"decisions": 2, "cases": 3, "audit": 0}[what] if with_sample else 0
    assert len(columns & SAMPLE) == shown


def test_drawn_cases_are_those_whose_draw_is_below_their_probability(used: Database) -> None:
    frame = exported(used, "cases")
    below = frame["sample_draw"] < frame["sample_probability"]
    assert frame["drawn"].tolist() == below.tolist()


def test_log_is_exported_as_it_is_chained(used: Database) -> None:
    n_before = verify(used).n_entries
    frame = exported(used, "audit")
    assert frame["seq"].tolist() == list(range(1, n_before + 2))
    assert (frame["hash"].shift()[1:] == frame["previous_hash"][1:]).all()


def test_export_itself_is_in_the_log(used: Database) -> None:
    exported(used, "cases", 5, with_sample=False)
    entry = exported(used, "audit").iloc[-2]
    assert (entry["actor"], entry["role"], entry["action"]) == ("ines", "analyst", "export")
    details = {"what": "cases", "since": 5, "until": None, "with_sample": False}
    assert json.loads(entry["details"]) == details


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, [1, 2, 3]), (1, [2, 3]), (2, [2, 3]), (3, [2]), (4, [])]
)
def test_since_leaves_out_decisions_neither_made_nor_undone_since(
    used: Database, minutes: int, expected: list[int]
) -> None:
    start = used.now() - 3 * 60_000_000
    frame = exported(used, "decisions", start + minutes * 60_000_000)
    assert frame["decision_id"].tolist() == expected


def test_since_leaves_out_cases_and_entries_of_before(used: Database) -> None:
    assert exported(used, "cases", used.now())["video_id"].tolist() == ["video-0000001"]
    actions = exported(used, "audit", used.now())["action"].tolist()
    assert (actions[0], set(actions[1:])) == ("undo", {"export"})


@pytest.mark.parametrize("what", get_args(What))
def test_chunks_are_of_one_kind_and_hold_each_row_once(
    used: Database, what: What, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = exported(used, what)
    monkeypatch.setattr(module, "_CHUNK_ROWS", 1)
    chunks = export(used, ANALYST, what, with_sample=True).chunks
    assert {tuple(chunk.dtypes.astype(str)) for chunk in chunks} == {
        tuple(whole.dtypes.astype(str))
    }
    again = pd.concat(chunks, ignore_index=True)
    pd.testing.assert_frame_equal(again.head(len(whole)), whole)


@pytest.mark.parametrize("what", ["decisions", "cases"])
def test_nothing_is_one_empty_chunk_with_all_columns(database: Database, what: What) -> None:
    (frame,) = export(database, ANALYST, what, with_sample=True).chunks
    assert len(frame) == 0
    fill(database, 1)
    done(database)
    filled = exported(database, what)
    assert frame.dtypes.equals(filled.dtypes)


def test_unknown_table_is_refused_before_anything_is_written(database: Database) -> None:
    with pytest.raises(InvalidRequestError, match=r"no table 'people'.*decisions, cases, audit"):
        export(database, ANALYST, "people", with_sample=True)  # type: ignore[arg-type]
    assert verify(database).n_entries == 0


def test_written_to_a_csv_no_cell_is_a_formula(used: Database, tmp_path: Path) -> None:
    write_table(exported(used, "decisions"), tmp_path / "decisions.csv")
    written = pd.read_csv(tmp_path / "decisions.csv")
    assert written["note"][0] == "'" + BREAKS.note
    assert json.loads(written[STATEMENT_OF_REASONS][0])["video_id"] == "video-0000000"
    assert written["at"][0] == "2027-01-15 08:00:00+00:00"


def test_written_to_parquet_types_are_kept(used: Database, tmp_path: Path) -> None:
    frame = exported(used, "cases")
    write_table(frame, tmp_path / "cases.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "cases.parquet"), frame)
