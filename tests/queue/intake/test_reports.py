"""Reports that come in one by one: stored once, scored, counted, withdrawn, set aside."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from claimclf.configuration import models_folder
from claimclf.errors import ConflictError, NotFoundError
from claimclf.modeling.store.model import Model
from claimclf.people import Person
from claimclf.queue.intake import ingest
from claimclf.queue.intake.reports import pending as waiting_reports
from claimclf.queue.intake.reports.changing import amend, set_aside, withdraw
from claimclf.queue.intake.reports.contract import read_changes, read_report
from claimclf.queue.intake.reports.receiving import Key, forget_requests, receive
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, group_totals, reports, requests
from claimclf.queue.storage.turns import turn
from claimclf.schema import STATEMENT_ID
from claimclf.services import intake
from claimclf.services.intake import store_waiting
from claimclf.services.loading import load_model
from claimclf.units import HOUR
from tests.queue.builders import ANNA, OPINION, Clock, done, fill, logged, take
from tests.queue.conftest import NewUrl

SHOP = Person("api:shop")
AT = "2026-11-29T08:30:00Z"
WORDS = "someone said that drones will deliver all mail by the end of the year"


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(models_folder())


def report(number: int, of: str = "v1", **more: Any) -> dict[str, Any]:
    return {"id": f"r{number}", "video_id": of, "at": AT, **more}


def sent(database: Database, *records: Any, key: Key | None = None) -> dict[str, Any]:
    return receive(database, SHOP, "shop", list(records), key)


def statuses(answer: dict[str, Any]) -> list[str]:
    return [line["status"] for line in answer["reports"]]


def counted(database: Database) -> dict[str, int]:
    query = select(cases.c.video_id, cases.c.report_count)
    return database.read(lambda c: dict(tuple(row) for row in c.execute(query)))


def of_case(database: Database, video: str, name: str) -> Any:
    query = select(cases.c[name]).where(cases.c.video_id == video)
    return database.read(lambda c: c.scalar(query))


def test_report_sent_again_is_known_and_changes_nothing(database: Database, model: Model) -> None:
    first = sent(database, report(1), report(2, "v2"))
    assert (first["accepted"], first["known"], first["rejected"]) == (2, 0, 0)
    again = sent(database, report(2, "v2"), report(3, "v2"), report(1))
    assert statuses(again) == ["known", "accepted", "known"]
    store_waiting(database, SHOP, model)
    sent(database, report(1))
    store_waiting(database, SHOP, model)
    assert counted(database) == {"v1": 1, "v2": 2}
    assert verify(database).problems == []


def test_id_that_says_something_else_is_rejected_and_so_is_its_double(database: Database) -> None:
    answer = sent(database, report(1), report(1, "v2"), report(1))
    assert statuses(answer) == ["accepted", "rejected", "known"]
    assert answer["reports"][1]["errors"][0]["code"] == "other-content"
    assert statuses(sent(database, report(1, reason="spam"))) == ["rejected"]


def test_senders_have_ids_of_their_own(database: Database, model: Model) -> None:
    sent(database, report(1))
    other = receive(database, Person("api:other"), "other", [report(1)], None)
    assert statuses(other) == ["accepted"]
    store_waiting(database, SHOP, model)
    assert counted(database) == {"v1": 2}
    assert {who for who, _, action, _ in logged(database) if action == "ingest"} == {
        "api:shop",
        "api:other",
    }


def test_same_key_is_answered_as_at_first_until_it_is_forgotten(
    database: Database, clock: Clock
) -> None:
    key = Key("k1", "a" * 64)
    first = sent(database, report(1), key=key)
    assert sent(database, report(1), key=key) == first
    with pytest.raises(ConflictError, match="another request"):
        sent(database, report(2), key=Key("k1", "b" * 64))
    assert statuses(receive(database, SHOP, "other", [report(1)], key)) == ["accepted"]
    clock.step(25 * 60)
    forget_requests(database)
    assert database.read(lambda c: c.scalar(select(func.count()).select_from(requests))) == 0
    assert statuses(sent(database, report(1), key=key)) == ["known"]


NO_LINKS = (
    *("//server/clip.mp4", "/srv/clip.png", "file:///srv/clip.png", "javascript:alert(1)"),
    *("https://name:word@video.example/1", "https://", "video.example/1", "https://a b"),
)
FAULTY: list[tuple[Any, list[tuple[str, str]]]] = [
    ("a text", [("", "kind")]),
    ({}, [("/id", "missing"), ("/video_id", "missing"), ("/at", "missing")]),
    (report(1, at="yesterday"), [("/at", "time")]),
    (report(1, at="2026-11-29T08:30:00"), [("/at", "time")]),
    (report(1, at="1999-11-29T08:30:00Z"), [("/at", "range")]),
    (report(1, at="2027-11-29T08:30:00Z"), [("/at", "range")]),
    (report(1, at=5), [("/at", "time")]),
    (report(1, video_id=17), [("/video_id", "kind")]),
    (report(1, video_id="a\0"), [("/video_id", "kind")]),
    (report(1, id="x" * 201), [("/id", "too-long")]),
    (report(1, reason="x" * 501), [("/reason", "too-long")]),
    (report(1, reprter="ann"), [("/reprter", "unknown")]),
    (report(1, video=[]), [("/video", "kind")]),
    (
        report(
            1,
            at=None,
            video={
                "video_duration_sec": "long",
                "video_view_count": -1,
                "video_like_count": 1.5,
                "verified_status": "perhaps",
                "posted_at": "then",
                "likes": 3,
                "video_transcription_text": "x" * 100_001,
            },
        ),
        [
            ("/at", "missing"),
            ("/video/likes", "unknown"),
            ("/video/video_duration_sec", "kind"),
            ("/video/video_view_count", "range"),
            ("/video/video_like_count", "kind"),
            ("/video/verified_status", "range"),
            ("/video/posted_at", "time"),
            ("/video/video_transcription_text", "too-long"),
        ],
    ),
    (report(1, id="\ud800"), [("/id", "kind")]),
    (report(1, id="a\tb"), [("/id", "kind")]),
    (report(1, "v\x1b[31m", reporter="a\nb"), [("/video_id", "kind"), ("/reporter", "kind")]),
    (report(1, "a/../b"), [("/video_id", "kind")]),
    (report(1, ".."), [("/video_id", "kind")]),
    (report(1, **{"\ud800": 1}), [("/\\ud800", "unknown")]),
    (report(1, video={"\ud800": 1}), [("/video/\\ud800", "unknown")]),
    *((report(1, video={"video_url": link}), [("/video/video_url", "kind")]) for link in NO_LINKS),
    *(
        (report(1, video={name: 10**400}), [(f"/video/{name}", "range")])
        for name in ("video_view_count", "video_duration_sec")
    ),
]


@pytest.mark.parametrize(("record", "faults"), FAULTY)
def test_report_says_all_that_is_wrong_and_where(
    record: Any, faults: list[tuple[str, str]]
) -> None:
    read = read_report(record, "shop", Clock().time)
    assert isinstance(read, list)
    assert [(fault.place, fault.code) for fault in read] == faults
    assert all(fault.message for fault in read)


def test_of_many_fields_that_there_are_not_the_first_are_named() -> None:
    record = report(1, **{f"{n}{'x' * 3_000}": 1 for n in range(500)})
    read = read_report(record, "shop", Clock().time)
    assert isinstance(read, list)
    assert len(read) == 21
    assert len(json.dumps([fault.__dict__ for fault in read])) < 6_000
    assert read[-1].message == "There are 480 more such fields."


def test_answer_can_be_written_whatever_a_sender_calls_his_reports(database: Database) -> None:
    records = [report(1), report(2, id="\ud800"), report(3, id="x" * 5_000), report(4)]
    answer = sent(database, *records)
    assert statuses(answer) == ["accepted", "rejected", "rejected", "accepted"]
    json.dumps(answer, ensure_ascii=False).encode()
    assert [len(line["id"]) for line in answer["reports"]] == [2, 6, 200, 2]


WRITTEN = (
    *("2026-W48-7T08:30:00Z", "20261129T083000Z", "2026-11-29 08:30+01", "2026-11-29T08:30:00.1Z"),
    *("2026-11-29T08:30:00+00:00:00.000001", "2026-11-29T08:30:00,5+05:45"),
)


@pytest.mark.parametrize("written", WRITTEN)
def test_time_in_any_form_that_is_accepted_is_stored(
    database: Database, model: Model, written: str
) -> None:
    answer = sent(database, report(1, at=written, video={"posted_at": written}))
    assert statuses(answer) == ["accepted"]
    store_waiting(database, SHOP, model)
    at = of_case(database, "v1", "first_reported_at")
    assert of_case(database, "v1", "posted_at") == at > 0


def test_report_that_cannot_be_scored_keeps_no_other_waiting_and_is_not_lost(
    database: Database, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = intake._ranked

    def broken(videos: Any, model: Model) -> Any:
        if any(video["video_id"] == "odd" for video in videos):
            raise ValueError("nobody foresaw this")
        return ranked(videos, model)

    monkeypatch.setattr(intake, "_ranked", broken)
    sent(database, *(report(n, f"v{n}") for n in range(6)), report(6, "odd"))
    receive(database, SHOP, "other", [report(7, "v7")], None)
    unscored: set[str] = set()
    assert store_waiting(database, SHOP, model, unscored=unscored) == 7
    assert counted(database) == {f"v{n}": 1 for n in (*range(6), 7)}
    assert len(unscored) == 1
    assert waiting_reports.next_pending(database, unscored=unscored) is None
    monkeypatch.setattr(intake, "_ranked", ranked)
    assert store_waiting(database, SHOP, model) == 1
    assert counted(database)["odd"] == 1


def test_where_all_reports_are_at_fault_it_is_none_of_them(
    database: Database, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(intake, "_ranked", broken)
    monkeypatch.setattr(intake, "_MOST_UNSCORED", 3)
    sent(database, *(report(n, f"v{n}") for n in range(9)))
    with pytest.raises(ValueError, match="nobody foresaw"):
        store_waiting(database, SHOP, model)


def test_faulty_report_stops_no_other(database: Database) -> None:
    answer = sent(database, report(1), {"id": "r2"}, 3, report(4))
    assert statuses(answer) == ["accepted", "rejected", "rejected", "accepted"]
    assert [line["id"] for line in answer["reports"]] == ["r1", "r2", None, "r4"]


def test_each_batch_says_whether_others_wait_behind_it(database: Database, model: Model) -> None:
    sent(database, report(1))
    receive(database, SHOP, "other", [report(2)], None)
    told: list[bool] = []

    def note(_seconds: float, has_more: bool) -> bool:
        told.append(has_more)
        return True

    assert store_waiting(database, SHOP, model, note) == 2
    assert told == [True, False]


def test_nobody_who_reported_is_named(database: Database) -> None:
    sent(database, report(1, reporter="ann@example.org"))
    row = database.read(lambda c: c.execute(select(reports)).one())
    assert "ann" not in json.dumps([str(cell) for cell in row])


def test_words_of_a_report_are_scored_and_later_ones_take_nothing_away(
    database: Database, model: Model
) -> None:
    sent(database, report(1, video={"video_transcription_text": WORDS, "video_view_count": 7}))
    store_waiting(database, SHOP, model)
    first = of_case(database, "v1", "claim_probability")
    assert first is not None
    assert of_case(database, "v1", "text_source") == "transcript"
    sent(database, report(2, at="2026-11-29T09:00:00Z"))
    store_waiting(database, SHOP, model)
    assert of_case(database, "v1", "claim_probability") == first
    assert of_case(database, "v1", "video_view_count") == 7
    assert (
        of_case(database, "v1", "last_reported_at") - of_case(database, "v1", "first_reported_at")
        == HOUR // 2
    )


def test_video_of_which_nothing_is_known_waits_for_a_person(
    database: Database, model: Model
) -> None:
    sent(database, report(1), report(2, "v2", video={"video_caption": WORDS}))
    store_waiting(database, SHOP, model)
    assert of_case(database, "v1", "lane") == "uncertain"
    assert of_case(database, "v1", "claim_probability") is None
    assert of_case(database, "v2", "text_source") == "caption"


@pytest.mark.parametrize("in_steps", [False, True])
def test_crash_between_queue_and_note_counts_nothing_twice(
    database: Database, model: Model, monkeypatch: pytest.MonkeyPatch, in_steps: bool
) -> None:
    sent(database, report(1), report(2), report(3, "v2"))
    if in_steps:
        monkeypatch.setattr(ingest, "_FEW_LETTERS", -1)

    def crash(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(waiting_reports, "mark_queued", crash)
        with pytest.raises(SystemExit):
            store_waiting(database, SHOP, model)
    assert counted(database) == ({"v1": 2, "v2": 1} if in_steps else {})
    sent(database, report(4))
    assert store_waiting(database, SHOP, model) == 4
    assert counted(database) == {"v1": 3, "v2": 1}


def test_withdrawn_report_counts_no_longer_wherever_it_is(database: Database, model: Model) -> None:
    sent(database, *(report(n) for n in range(4)))
    withdraw(database, SHOP, "shop", "r0")
    store_waiting(database, SHOP, model)
    assert counted(database) == {"v1": 3}
    withdraw(database, SHOP, "shop", "r1")
    withdraw(database, SHOP, "shop", "r1")
    assert counted(database) == {"v1": 2}
    assert of_case(database, "v1", "rank_reports") == -2
    assert statuses(sent(database, report(1))) == ["known"]  # it stays withdrawn
    with pytest.raises(NotFoundError, match="no report 'r9'"):
        withdraw(database, SHOP, "shop", "r9")
    with pytest.raises(NotFoundError):
        withdraw(database, SHOP, "other", "r2")
    taken = [details for _, _, action, details in logged(database) if action == "withdraw-report"]
    assert taken == [{"sender": "shop", "report": name} for name in ("r0", "r1")]


@pytest.mark.parametrize("withdrawn", ["r1", "r3"])
def test_report_withdrawn_between_counting_and_the_queue_does_not_count(
    database: Database, model: Model, monkeypatch: pytest.MonkeyPatch, withdrawn: str
) -> None:
    sent(database, report(1), report(2))
    store_waiting(database, SHOP, model)
    sent(database, report(3))
    read = waiting_reports.next_pending

    def early(database: Database, *how: Any) -> waiting_reports.Pending | None:
        waiting = read(database, *how)
        withdraw(database, SHOP, "shop", withdrawn)
        return waiting

    monkeypatch.setattr(waiting_reports, "next_pending", early)
    store_waiting(database, SHOP, model)
    assert counted(database) == {"v1": 2}


def test_totals_of_a_statement_follow_a_withdrawn_report(database: Database, model: Model) -> None:
    words = {"video_transcription_text": WORDS}
    sent(database, report(1, video=words), report(2, "v2", video=words), report(3, "v2"))
    store_waiting(database, SHOP, model)
    table = group_totals[STATEMENT_ID]
    assert database.read(lambda c: c.scalar(select(table.c.reports))) == 3
    withdraw(database, SHOP, "shop", "r3")
    assert database.read(lambda c: c.scalar(select(table.c.reports))) == 2


def test_count_of_a_file_is_not_lowered_by_a_withdrawn_report(
    database: Database, model: Model
) -> None:
    fill(database, 1, report_count=50)
    sent(database, report(1, "video-0000000"))
    store_waiting(database, SHOP, model)
    withdraw(database, SHOP, "shop", "r1")
    assert counted(database) == {"video-0000000": 50}


def test_held_case_keeps_its_version_while_its_count_follows(
    database: Database, model: Model
) -> None:
    sent(database, report(1), report(2))
    store_waiting(database, SHOP, model)
    lease = take(database)
    withdraw(database, SHOP, "shop", "r2")
    assert counted(database) == {"v1": 1}
    assert of_case(database, "v1", "version") == lease.case.version


def test_reporter_in_bad_faith_is_set_aside_where_nobody_has_decided(
    database: Database, model: Model
) -> None:
    sent(database, *(report(n, f"v{n}", reporter="bad") for n in range(3)))
    sent(database, report(5, "v1", reporter="good"), report(6, "v2", reporter="good"))
    store_waiting(database, SHOP, model)
    done(database, ANNA, OPINION)
    decided = database.read(
        lambda c: c.scalar(select(cases.c.video_id).where(cases.c.state == "decided"))
    )
    sent(database, report(7, "v9", reporter="bad"))
    assert set_aside(database, SHOP, "other", "bad", "not theirs") == 0
    assert set_aside(database, SHOP, "shop", "bad", "a campaign") == 3
    store_waiting(database, SHOP, model)
    expected = {"v0": 0, "v1": 1, "v2": 1}
    expected[str(decided)] += 1
    assert counted(database) == expected
    details = [d for _, _, action, d in logged(database) if action == "set-aside"][-1]
    assert (details["n"], details["reason"]) == (3, "a campaign")
    assert "bad" not in details["reporter"]


def test_amended_report_is_scored_by_what_it_says_then(database: Database, model: Model) -> None:
    sent(database, report(1, video={"video_view_count": 5}))
    store_waiting(database, SHOP, model)
    assert of_case(database, "v1", "claim_probability") is None
    changes = read_changes({"video": {"video_transcription_text": WORDS}}, database.now())
    assert isinstance(changes, dict)
    amend(database, SHOP, "shop", "r1", changes)
    store_waiting(database, SHOP, model)
    assert of_case(database, "v1", "claim_probability") is not None
    assert of_case(database, "v1", "video_view_count") == 5
    assert counted(database) == {"v1": 1}
    assert statuses(sent(database, report(1, video={"video_view_count": 5}))) == ["rejected"]
    withdraw(database, SHOP, "shop", "r1")
    with pytest.raises(NotFoundError, match="it is withdrawn"):
        amend(database, SHOP, "shop", "r1", changes)


@pytest.mark.parametrize(
    ("record", "place"), [({}, ""), ([], ""), ({"id": "x"}, "/id"), ({"at": None}, "/at")]
)
def test_what_cannot_be_amended_is_said(record: Any, place: str) -> None:
    faults = read_changes(record, Clock().time)
    assert isinstance(faults, list)
    assert [fault.place for fault in faults] == [place]


def test_many_senders_at_once_are_counted_exactly(new_url: NewUrl, model: Model) -> None:
    url = new_url()
    databases = [Database(url) for _ in range(6)]
    problems: list[BaseException] = []

    def send(place: int) -> None:
        try:
            for start in range(0, 200, 20):  # every report is sent by three of them
                numbers = [n for n in range(start, start + 20) if n % 2 == place % 2]
                records = [report(n, f"v{n % 7}") for n in numbers]
                sent(databases[place], *(records if place < 3 else records[::-1]))
                if place == 0:
                    store_waiting(databases[0], SHOP, model)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=send, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    store_waiting(databases[0], SHOP, model)
    due = {f"v{rest}": sum(n % 7 == rest for n in range(200)) for rest in range(7)}
    assert counted(databases[0]) == due
    assert verify(databases[0]).problems == []
    for database in databases:
        database.close()


def test_only_one_stores_at_a_time(database: Database, model: Model) -> None:
    sent(database, report(1))
    with turn(database, "reports"):
        assert store_waiting(database, SHOP, model) == 0
    assert store_waiting(database, SHOP, model) == 1
