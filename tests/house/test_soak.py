"""The soak notices what is lost, done twice or made up; in small, nothing is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import soak
from benchmarks.soaking import NEW
from claimclf.queue.queries.second_looks import FIRST_LOOK
from claimclf.queue.storage.database import Database
from tests.queue.builders import Clock, done, fill


def run_of_two_decisions(folder: Path) -> soak.Run:
    """Return a run whose books are those of its queue."""
    url = f"sqlite:///{folder / 'queue.db'}"
    run = soak.Run("sqlite", folder, url, None, 1.0, 1.0, has_disk=False)
    with closing(Database(url, Clock())) as database:
        fill(database, NEW)
        for made in (done(database), done(database)):
            case = made.case
            act = {"case": case.id, "version": case.version - 1, "decision": "opinion"}
            run.books.note({"what": "will decide", **act})
            run.books.note({"what": "decided", **act, "decision": made.id, "kind": "opinion"})
    run.books.note({"what": "uploaded", "number": 0})
    return run


def test_books_that_are_right_are_found_right(tmp_path: Path) -> None:
    run = run_of_two_decisions(tmp_path)
    assert run.check() == NEW
    assert run.books.wrong == []


def forget(books: soak.Books) -> None:
    books.made.popitem()
    books.intended.pop()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda books: books.made.update({999: (1, 1, "opinion")}), "999 was acknowledged and is"),
        (forget, "decisions that nobody made"),
        (lambda books: books.undone.add(1), "what is undone is not"),
        (lambda books: setattr(books, "n_uploads", 2), f"{2 * NEW} videos were brought"),
        (
            lambda books: books.note({"what": "unforeseen", "problem": "KeyError: 'x'"}),
            "KeyError",
        ),
    ],
)
def test_what_does_not_add_up_is_named(
    spoil: Callable[[soak.Books], object], words: str, tmp_path: Path
) -> None:
    run = run_of_two_decisions(tmp_path)
    spoil(run.books)
    run.check()
    assert len(run.books.wrong) == 1
    assert words in run.books.wrong[0]


LOOK = FIRST_LOOK + 1


def answered(run: soak.Run, case: int = 1, kind: str = "opinion") -> None:
    """Note that somebody said something on a second look."""
    act = {"case": case, "version": 3, "decision": kind}
    run.books.note({"what": "will decide", **act})
    run.books.note({"what": "decided", **act, "decision": LOOK, "kind": kind})


def look(at: int | None, case: int = 1, kind: str = "opinion") -> SimpleNamespace:
    return SimpleNamespace(id=LOOK, case_id=case, decision=kind if at else None, at=at)


@pytest.mark.parametrize("n_before", [0, 1])
def test_second_look_may_be_taken_back_and_answered_by_another(
    tmp_path: Path, n_before: int
) -> None:
    run = run_of_two_decisions(tmp_path)
    for _ in range(n_before):
        answered(run, kind="escalate")
        run.books.note({"what": "will undo", "decision": LOOK})
        run.books.note({"what": "undone", "decision": LOOK})
    answered(run)
    run._check_looks([look(at=5)])
    assert run.books.wrong == []


@pytest.mark.parametrize(
    ("times", "rows", "words"),
    [
        (1, [], "is not there"),
        (1, [look(at=None)], "is not there"),
        (2, [look(at=5)], "was acknowledged twice"),
        (1, [look(at=5, kind="escalate")], "is of nobody"),
        (0, [look(at=5)], "is of nobody"),
    ],
)
def test_second_look_that_does_not_add_up_is_named(
    tmp_path: Path, times: int, rows: list[SimpleNamespace], words: str
) -> None:
    run = run_of_two_decisions(tmp_path)
    for _ in range(times):
        answered(run)
    run._check_looks(rows)
    assert len(run.books.wrong) == 1
    assert words in run.books.wrong[0]


def test_decision_that_was_made_just_before_a_process_was_killed_is_no_surprise(
    tmp_path: Path,
) -> None:
    run = run_of_two_decisions(tmp_path)
    run.books.made.popitem()  # it was to be made, and nobody heard that it was
    run.check()
    assert run.books.wrong == []


def test_soak_in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "FULL", 0.5)
    monkeypatch.setattr(soak, "AWAY", 0.2)
    for one in soak.soak(4.0, 0.2):
        assert one.wrong == []
        assert one.n_acknowledged > 0
        assert one.n_cases >= NEW
        assert {"kill", "clock step"} <= one.faults.keys()
        assert ("restart" in one.faults) == (one.kind == "postgresql")
