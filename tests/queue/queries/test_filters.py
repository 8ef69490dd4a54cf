"""Each filter gives exactly the cases that a plain reading of all cases gives, by rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select, update

from claimclf.people import Person
from claimclf.queue.queries import searching
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.holding import TOLERANCE
from claimclf.queue.queries.listing import page
from claimclf.queue.review.leases import next_case
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases
from claimclf.schema import (
    BAN_STATUS,
    REPORTED,
    VERIFIED_STATUS,
    CaseState,
    Lane,
    Language,
    Ranking,
)
from claimclf.units import HOUR
from tests.effort import examples
from tests.queue.builders import LEAD, Clock, fill, take

N = 240
VERIFIED, BANS = REPORTED[VERIFIED_STATUS].allowed, REPORTED[BAN_STATUS].allowed
PROBABILITIES = (None, 0.0, 0.1, 0.25, 0.5, 0.5, 0.75, 0.9, 1.0)
TEXTS = ("a harbor", "Harbours, and ships", "an anchor", "no ship", "", None)
REASONS = (
    None, "", "words point both ways", "unlike anything the model was trained on", "too short",
    "cannot be scored: no video_transcription_text",
)  # fmt: skip
HOURS = (0, 0.5, 1, 2, 24, 100)
PEOPLE = ("anna", "boris", "lena")


def of_all_kinds(database: Database) -> None:
    """Store cases that differ in everything that a filter asks for."""
    pick = Random(7)  # noqa: S311
    probability = [pick.choice(PROBABILITIES) for _ in range(N)]
    lanes = ["uncertain" if p is None else pick.choice(list(Lane)) for p in probability]
    fill(
        database,
        N,
        claim_probability=[math.nan if p is None else p for p in probability],
        lane=lanes,
        report_count=[pick.randint(0, 6) for _ in range(N)],
        video_view_count=[pick.randint(0, 3) for _ in range(N)],
        verified_status=[pick.choice((*VERIFIED, None)) for _ in range(N)],
        author_ban_status=[pick.choice((*BANS, None)) for _ in range(N)],
        statement_id=[pick.choice(("a", "b", "ß", None)) for _ in range(N)],
        reason=[pick.choice(REASONS) for _ in range(N)],
        author_id=[pick.choice(("x", "Y", "z", None)) for _ in range(N)],
        video_transcription_text=[pick.choice(TEXTS) for _ in range(N)],
    )
    now = database.now()
    change = update(cases).where(cases.c.id == bindparam("case"))
    names = ("state", "reported_again", "waits_since", "lease_token", "lease_holder")
    names += ("lease_started", "lease_until")
    rows = []
    for number in database.read(lambda c: c.scalars(select(cases.c.id)).all()):
        row: dict[str, Any] = dict.fromkeys(names)
        state = pick.choices(list(CaseState), weights=(8, 1, 3))[0]
        hours = pick.choice((*HOURS, 3, 50))
        row |= {"case": number, "state": state, "reported_again": pick.random() < 0.2}
        row["waits_since"] = now - int(hours * HOUR) + pick.choice((0, 0, -1, 1))
        if state != CaseState.DECIDED and pick.random() < 0.4:
            started = now + pick.choice((-5 * 60, -11 * 60, 0, TOLERANCE // 10**6, 600)) * 10**6
            row |= {"lease_token": "t", "lease_holder": pick.choice(PEOPLE)}
            row |= {"lease_started": started, "lease_until": started + 600 * 10**6}
        rows.append(row)
    values = {name: bindparam(f"new_{name}") for name in names}
    renamed = [{(k if k == "case" else f"new_{k}"): v for k, v in row.items()} for row in rows]
    database.write(lambda c: c.execute(change.values(values), renamed))


def has(text: str, transcript: str | None) -> bool:
    words = "".join(c if c.isalnum() else " " for c in (transcript or "").lower()).split()
    return all(any(word.startswith(part) for word in words) for part in text.lower().split())


def language(reason: str | None) -> str:
    """Return whether the model knows the language, told by why a case is uncertain."""
    if reason in ("too short", "cannot be scored: no video_transcription_text"):
        return "unknown"
    return "other" if reason == "unlike anything the model was trained on" else "learnt"


def fulfils(case: AnyRow, filters: Filters, now: int) -> bool:
    """Return whether a case is wanted, filter by filter."""
    hours = (now - case.waits_since) / HOUR
    p = case.claim_probability
    holds = case.lease_token is not None and (
        case.lease_started - TOLERANCE <= now < case.lease_until
    )
    return all(
        (
            case.state == ("escalated" if filters.escalated else "open"),
            not filters.lanes or case.lane in filters.lanes,
            case.report_count >= filters.min_reports,
            not filters.language or language(case.reason) in filters.language,
            not filters.verified or case.verified_status in filters.verified,
            not filters.ban or case.author_ban_status in filters.ban,
            filters.statement_id in (None, case.statement_id),
            has(filters.text, case.video_transcription_text),
            filters.min_probability is None or (p is not None and p >= filters.min_probability),
            filters.max_probability is None or (p is not None and p <= filters.max_probability),
            not filters.again or case.reported_again,
            filters.holder is None or (holds and case.lease_holder == filters.holder),
            filters.older_than_hours is None or hours >= filters.older_than_hours,
            filters.newer_than_hours is None or hours < filters.newer_than_hours,
        )
    )


def place(ranking: Ranking) -> Callable[[AnyRow], tuple[Any, ...]]:
    """Return what puts one case before another."""

    def key(case: AnyRow) -> tuple[Any, ...]:
        p = case.claim_probability
        first = 2 if p is None else int(case.lane == Lane.OPINIONS)
        ties = (-case.report_count, -(p or 0), -case.video_view_count, case.video_id)
        group = {
            Ranking.REPORTS: (),
            Ranking.EXPECTED_CLAIMS: (-(p or 0) * case.report_count,),
            Ranking.STATEMENT: (case.rank_statement, case.statement_id or "\U0010ffff"),
            Ranking.AUTHOR: (case.rank_author, case.author_id or "\U0010ffff"),
        }
        return (first, *group[ranking], *ties)

    return key


def listed(database: Database, filters: Filters, ranking: Ranking, size: int) -> list[str]:
    """Return all cases found, page by page; what is said of their number must be true."""
    names: list[str] = []
    totals, after = [], None
    while True:
        shown = page(database, filters, ranking, after, size)
        names += [row.case.video["video_id"] for row in shown.rows]
        totals.append((shown.total, shown.has_more_than_counted))
        after = shown.after
        if after is None:
            break
    assert all(n == len(names) or (more and n <= len(names)) for n, more in totals)
    return names


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), st.sampled_from(values))


def several(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    chosen: st.SearchStrategy[set[str]] = st.sets(st.sampled_from(values), min_size=1, max_size=2)
    return st.one_of(st.just(()), st.just(()), chosen.map(tuple))


FILTERS = st.builds(
    Filters,
    lanes=st.sets(st.sampled_from(list(Lane))).map(tuple),
    min_reports=st.sampled_from([0, 0, 1, 3, 6, 7]),
    language=several(*Language),
    verified=several(*VERIFIED, "nobody"),
    ban=several(*BANS),
    statement_id=some("a", "ß", "c"),
    text=st.sampled_from(["", "", "harbor", "HARB", "ship", "ship harb", "none"]),
    escalated=st.sampled_from([False, False, False, True]),
    min_probability=some(0.0, 0.1, 0.5, 0.75, 1.0),
    max_probability=some(0.0, 0.25, 0.5, 0.9, 1.0),
    again=st.sampled_from([False, False, True]),
    holder=some(*PEOPLE, "nobody"),
    older_than_hours=some(*HOURS, math.inf),
    newer_than_hours=some(*HOURS, math.inf),
)
ALONE = (
    *(Filters(lanes=(lane,)) for lane in Lane),
    *(Filters(min_reports=n) for n in (1, 6, 7)),
    *(Filters(language=(one,)) for one in Language),
    Filters(language=tuple(Language)),
    *(Filters(verified=(status,)) for status in VERIFIED),
    *(Filters(ban=(status,)) for status in BANS),
    *(Filters(statement_id=name) for name in ("a", "ß", "c", "")),
    *(Filters(text=text) for text in ("harbor", "ship", "none")),
    *(Filters(min_probability=p) for p in (0.0, 0.5, 1.0)),
    *(Filters(max_probability=p) for p in (0.0, 0.5, 1.0)),
    *(Filters(holder=name) for name in (*PEOPLE, "nobody")),
    *(Filters(older_than_hours=hours) for hours in (*HOURS, math.inf)),
    *(Filters(newer_than_hours=hours) for hours in (*HOURS, math.inf)),
    *(Filters(), Filters(again=True), Filters(escalated=True)),
)


@pytest.fixture(params=["few", "many", "both"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to find cases, whatever their number would lead to."""
    monkeypatch.setattr(searching, "FEW", {"few": 10**6, "many": -1, "both": 20}[request.param])
    return str(request.param)


def stored(database: Database) -> Sequence[AnyRow]:
    return database.read(lambda c: c.execute(select(cases)).all())


def expected(rows: Sequence[AnyRow], filters: Filters, ranking: Ranking, now: int) -> list[str]:
    chosen = [row for row in rows if fulfils(row, filters, now)]
    return [row.video_id for row in sorted(chosen, key=place(ranking))]


@pytest.mark.usefixtures("way")
def test_filters_give_what_a_plain_reading_gives(database: Database) -> None:
    of_all_kinds(database)
    rows, now = stored(database), database.now()
    for filters in ALONE:
        for ranking in Ranking:
            assert listed(database, filters, ranking, N) == expected(rows, filters, ranking, now)

    @settings(max_examples=examples(60), deadline=None, derandomize=True)
    @given(FILTERS, st.sampled_from(list(Ranking)), st.integers(1, 60).map(lambda n: 4 * n))
    def check(filters: Filters, ranking: Ranking, size: int) -> None:
        assert listed(database, filters, ranking, size) == expected(rows, filters, ranking, now)

    check()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "filters",
    [
        Filters(min_probability=0.5, max_probability=0.9),
        Filters(again=True, lanes=(Lane.CLAIMS,)),
        Filters(older_than_hours=2, text="ship"),
        Filters(newer_than_hours=2, verified=("verified",)),
        Filters(again=True, older_than_hours=math.inf),
        Filters(escalated=True, newer_than_hours=24),
    ],
)
def test_next_case_is_the_first_that_is_wanted(database: Database, filters: Filters) -> None:
    of_all_kinds(database)
    for ranking in Ranking:
        names = expected(stored(database), filters, ranking, database.now())
        free = [name for name in names if name not in held(database)]
        person = Person(f"person-{ranking}", LEAD.role)
        lease = next_case(database, person, filters, ranking)
        assert (lease and lease.case.video["video_id"]) == (free[0] if free else None)


def held(database: Database) -> set[str]:
    query = select(cases.c.video_id, cases.c.lease_started, cases.c.lease_until)
    rows = database.read(lambda c: c.execute(query.where(cases.c.lease_token.is_not(None))).all())
    now = database.now()
    return {row[0] for row in rows if row[1] - TOLERANCE <= now < row[2]}


def test_held_by_me_is_what_i_hold_now(database: Database, clock: Clock) -> None:
    fill(database, 3)
    lease = take(database)
    mine = Filters(holder="anna")
    assert [row.case for row in page(database, mine).rows] == [lease.case]
    assert page(database, Filters(holder="boris")).rows == []
    clock.step(minutes=11)
    assert page(database, mine).rows == []


def test_age_counts_from_the_clock_of_the_queue(database: Database, clock: Clock) -> None:
    fill(database, 1)
    older, newer = Filters(older_than_hours=2), Filters(newer_than_hours=2)
    for minutes, is_old in ((0, False), (119.9, False), (0.1, True), (60, True)):
        clock.step(minutes)
        assert [len(page(database, which).rows) for which in (older, newer)] == [is_old, not is_old]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(statement_id="a\0b"),
        Filters(statement_id="\ud800"),
        Filters(holder="\0"),
        Filters(holder="\udfff"),
        Filters(verified=("\0",)),
        Filters(verified=("\0", "\ud800")),
        Filters(ban=("'",)),
        Filters(holder=""),
        Filters(older_than_hours=1e300),
        Filters(min_reports=10**12),
    ],
    ids=repr,
)
def test_filter_that_nothing_can_fulfil_is_no_error(database: Database, filters: Filters) -> None:
    fill(database, 2)
    for ranking in Ranking:
        shown = page(database, filters, ranking)
        assert (shown.rows, shown.total, shown.has_more_than_counted) == ([], 0, False)
    assert next_case(database, LEAD, filters) is None


def test_number_of_cases_is_counted_as_far_as_it_is_quick(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", 10)
    fill(database, 60, verified_status=["verified", "not verified", "not verified"] * 20)
    database.write(lambda c: c.execute(update(cases).values(reported_again=True)))
    shown = page(database, Filters(again=True, verified=("verified",)), size=2)
    assert (len(shown.rows), shown.has_more_than_counted) == (2, True)
    assert 2 <= shown.total <= 11
