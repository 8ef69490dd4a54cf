"""Windows of the log that adjoin: no row in both, none between them, whoever writes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from claimclf.errors import InvalidRequestError
from claimclf.people import Person, Role
from claimclf.queue.outbound.export import Exported, What, export
from claimclf.queue.outbound.window import Cursor, Place, read_place
from claimclf.queue.review import decisions as deciding
from claimclf.queue.review.decisions import undo
from claimclf.queue.storage.audit import append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import arrivals
from claimclf.schema import VIDEO_ID
from claimclf.units import MINUTE, SECOND
from tests.queue.builders import ANNA, BORIS, OPINION, Clock, decide_all, done, fill
from tests.queue.conftest import NewUrl
from tests.queue.storage.test_killed import Killer

ANALYST = Person("ines", Role.ANALYST)
NUMBERS: dict[What, str] = {"decisions": "decision_id", "cases": "case_id", "audit": "seq"}


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    killer = Killer()
    yield killer
    killer.program.communicate()


def exported(
    database: Database, what: What, start: Place | None = None, stop: Place | None = None
) -> Exported:
    return export(database, ANALYST, what, start, stop, with_sample=True)


def numbers(made: Exported, what: What) -> list[int]:
    return [int(number) for number in made.table[NUMBERS[what]]]


def cursor_of(made: Exported) -> Cursor:
    place = read_place(made.cursor)
    assert isinstance(place, Cursor)
    return place


def step(database: Database, minutes: float = 1) -> None:
    assert isinstance(database.now, Clock)
    database.now.step(minutes)


def busy(database: Database) -> list[int]:
    """Upload, decide, undo and upload again; return times between which something happened."""
    times = [database.now()]

    def then(work: Callable[[], object]) -> None:
        work()
        step(database)
        times.append(database.now())

    then(lambda: fill(database, 6))
    then(lambda: done(database))
    then(lambda: fill(database, 3, "b", report_count=500))
    first = done(database, BORIS)
    then(lambda: done(database))
    then(lambda: undo(database, BORIS, first.id))
    then(lambda: decide_all(database, ANNA, "statement-5", OPINION))
    return times


@pytest.mark.parametrize("what", list(NUMBERS))
def test_windows_between_cursors_hold_each_row_once(database: Database, what: What) -> None:
    times = busy(database)
    ends = [cursor_of(exported(database, what, None, time)) for time in times]
    end = cursor_of(exported(database, what))
    starts: list[Cursor | None] = [None, *ends]
    windows = [
        numbers(exported(database, what, *pair), what)
        for pair in zip(starts, [*ends, end], strict=True)
    ]
    whole = numbers(exported(database, what, None, end), what)
    assert sorted(chain.from_iterable(windows)) == whole
    assert sum(map(bool, windows)) > 2


@pytest.mark.parametrize("what", list(NUMBERS))
def test_windows_between_times_hold_each_row_once(database: Database, what: What) -> None:
    times = busy(database)
    end = times[-1]
    edges: list[int | None] = [None, *times]
    windows = [
        numbers(exported(database, what, *pair), what)
        for pair in zip(edges, [*times, end], strict=True)
    ]
    assert sorted(chain.from_iterable(windows)) == numbers(
        exported(database, what, None, end), what
    )


def test_row_lies_in_the_window_in_which_the_last_happened_to_it(database: Database) -> None:
    fill(database, 2)
    first = done(database)
    before_undo = cursor_of(exported(database, "decisions"))
    undo(database, ANNA, first.id)
    assert numbers(exported(database, "decisions", None, before_undo), "decisions") == []
    later = exported(database, "decisions", before_undo).table
    assert (later["decision_id"].tolist(), later["undone"].tolist()) == ([first.id], [True])


def test_cases_come_again_with_the_upload_that_brings_more_reports(database: Database) -> None:
    fill(database, 4)
    cursor = cursor_of(exported(database, "cases"))
    fill(database, 2, "b", report_count=999)
    again = exported(database, "cases", cursor).table
    assert again[VIDEO_ID].tolist() == ["video-0000000", "video-0000001"]
    assert set(again["report_count"]) == {999}


class Late:
    """A decision whose transaction began early, and ends when it is let go."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()
        self.database = Database(str(database.url.render_as_string(False)), Clock(database.now()))
        own = threading.current_thread()

        def append_late(connection: Connection, *entries: Any) -> None:
            if threading.current_thread() is not own:
                self.began.set()
                assert self.may_end.wait(60)
            append(connection, *entries)

        monkeypatch.setattr(deciding, "append", append_late)
        self.thread = threading.Thread(target=done, args=(self.database,))
        self.thread.start()
        assert self.began.wait(60)

    def end(self) -> None:
        self.may_end.set()
        self.thread.join(60)
        assert not self.thread.is_alive()
        self.database.close()


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("what", list(NUMBERS))
def test_what_is_committed_late_is_in_the_next_window(
    database: Database, what: What, by_time: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 3)
    done(database, BORIS)
    late = Late(database, monkeypatch)
    step(database)
    edge = database.now()
    step(database)
    made: list[Exported] = []
    stop = edge if by_time else None
    reader = threading.Thread(target=lambda: made.append(exported(database, what, None, stop)))
    reader.start()
    if database.is_sqlite:  # one writer at a time: the export waits for the decision
        reader.join(0.2)
        late.end()
        reader.join(60)
    else:
        reader.join(60)
        late.end()
    first = numbers(made[0], what)
    start: Place = edge if by_time else cursor_of(made[0])
    second = numbers(exported(database, what, start), what)
    if what == "audit":
        assert first + second == list(range(1, second[-1] + 1))
        return
    assert sorted({*first, *second}) == ([1, 2, 3] if what == "cases" else [1, 2])
    # A case that is decided after the first window comes again, as it is then.
    assert second == ([] if database.is_sqlite else [2])
    assert what == "cases" or not set(first) & set(second)


@pytest.mark.parametrize(
    ("work", "point", "call"),
    [
        ("arrive", "intake.arriving._store_step", 2),
        ("arrive", "statement", 30),
        ("ingest", "statement", 12),
        ("decide", "statement", 7),
    ],
)
def test_what_is_killed_half_way_is_in_no_window_until_it_is_whole(
    new_url: NewUrl, kill: Killer, work: str, point: str, call: int
) -> None:
    database = Database(new_url())
    fill(database, 5)
    windows: dict[What, list[list[int]]] = {"cases": [], "decisions": []}
    places: dict[What, Cursor] = {}

    def look() -> None:
        for what, seen in windows.items():
            made = exported(database, what, places.get(what))
            places[what] = cursor_of(made)
            seen.append(numbers(made, what))

    kill(str(database.url.render_as_string(False)), work, point, call)
    n_before = database.read(lambda c: c.scalar(select(func.count()).select_from(arrivals)))
    look()
    if work == "decide":
        done(database)
    else:
        assert windows["cases"] == [[1, 2, 3, 4, 5]]
        fill(database, 20, "b", report_count=100)
    look()
    look()
    if point.endswith("_store_step"):
        assert n_before == 1
        assert len(windows["cases"][1]) == 20
    for what, seen in windows.items():
        assert seen[-1] == []
        whole = numbers(exported(database, what), what)
        assert sorted({number for window in seen for number in window}) == whole
    database.close()


def test_windows_are_exact_while_four_write(new_url: NewUrl) -> None:
    database = Database(new_url())
    fill(database, 40)
    url = database.url.render_as_string(False)

    def decide_ten(name: str) -> None:
        own = Database(url)
        for _ in range(10):
            done(own, Person(name))
        own.close()

    writers = [threading.Thread(target=decide_ten, args=(f"p{n}",)) for n in range(4)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    cursor: Cursor | None = None
    while True:
        is_over = not any(writer.is_alive() for writer in writers)
        made = exported(database, "decisions", cursor)
        cursor = cursor_of(made)
        seen += numbers(made, "decisions")
        if is_over:
            break
    assert sorted(seen) == list(range(1, 41))
    database.close()


def test_upload_on_its_way_is_not_among_all_cases_until_it_is_whole(
    new_url: NewUrl, kill: Killer
) -> None:
    database = Database(new_url())
    kill(str(database.url.render_as_string(False)), "arrive", "intake.arriving._store_step", 2)
    assert numbers(exported(database, "cases"), "cases") == []
    fill(database, 20, "b", report_count=100)
    assert len(numbers(exported(database, "cases"), "cases")) == 20
    database.close()


def test_cursor_of_another_queue_is_refused(database: Database) -> None:
    fill(database, 1)
    for cursor in (Cursor(1, "0123456789ab"), Cursor(99, "0" * 12)):
        with pytest.raises(InvalidRequestError, match=r"not of this queue's log.*earlier export"):
            exported(database, "audit", cursor)


def test_end_in_the_future_and_end_before_the_beginning_are_refused(database: Database) -> None:
    fill(database, 1)
    with pytest.raises(InvalidRequestError, match="lies in the future"):
        exported(database, "audit", None, database.now() + SECOND)
    step(database)
    start = cursor_of(exported(database, "audit"))
    with pytest.raises(InvalidRequestError, match="begins after its end"):
        exported(database, "audit", start, database.now() - MINUTE)


def test_refused_window_leaves_no_entry(database: Database) -> None:
    fill(database, 1)
    end = cursor_of(exported(database, "audit")).seq
    with pytest.raises(InvalidRequestError):
        exported(database, "audit", Cursor(99, "0" * 12))
    assert cursor_of(exported(database, "audit")).seq == end + 1


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [
        ("2026-11-29", 1_795_910_400_000_000),
        ("2026-11-29T08:30:00", 1_795_941_000_000_000),
        ("2026-11-29 08:30:00Z", 1_795_941_000_000_000),
        ("2026-11-29T08:30:00.25+01:00", 1_795_937_400_250_000),
        ("2026-11-29T08:30:00.000001Z", 1_795_941_000_000_001),
        ("1969-12-31T23:59:59.5Z", -500_000),
    ],
)
def test_place_is_a_time_to_the_microsecond_and_with_its_zone(
    written: str, microseconds: int
) -> None:
    assert read_place(written) == microseconds


def test_place_is_a_cursor_as_it_was_printed() -> None:
    assert read_place(str(Cursor(12, "00ff00ff00ff"))) == Cursor(12, "00ff00ff00ff")


@pytest.mark.parametrize("written", ["", "yesterday", "12", "12-00ff", "2026-13-01"])
def test_place_that_is_neither_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequestError, match="no place to begin or end"):
        read_place(written)


def test_entry_says_which_window_was_exported(database: Database) -> None:
    fill(database, 1)
    cursor = cursor_of(exported(database, "audit"))
    entry = exported(database, "audit", cursor).table.iloc[-1]
    assert f'"since":"{cursor}"' in entry["details"]
