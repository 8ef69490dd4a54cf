"""Filters under a name or in a link come back as they were, whoever wrote them."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from claimclf.errors import InvalidRequestError, NotAllowedError, NotFoundError
from claimclf.people import Person, Role
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.queries.views import (
    View,
    delete_view,
    from_query,
    save_view,
    to_query,
    views,
)
from claimclf.queue.settings.bounds import LONGEST_VIEW_NAME
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit, saved_views
from claimclf.schema import BAN_STATUS, REPORTED, VERIFIED_STATUS, Lane, Language, Ranking
from tests.queue.builders import ANNA, BORIS, LEAD, Clock, fill

ANALYST = Person("olga", Role.ANALYST)
NONE, ALL = Filters(), (Ranking.REPORTS,)
SOME = Filters(
    lanes=(Lane.CLAIMS,), min_reports=3, text="harbor & ships", min_probability=0.1 + 0.2
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def some_of(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    chosen = st.sets(st.sampled_from(values))
    return chosen.map(lambda some: tuple(value for value in values if value in some))


WORDS = st.text(min_size=1).map(str.strip).filter(bool)
HOURS = st.floats(0, allow_nan=False, allow_infinity=False)
PROBABILITIES = st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted)
FILTERS = st.builds(
    lambda probabilities, first, last, **others: Filters(
        min_probability=probabilities[0] if first else None,
        max_probability=probabilities[1] if last else None,
        **others,
    ),
    PROBABILITIES,
    st.booleans(),
    st.booleans(),
    lanes=some_of(list(Lane)),
    min_reports=st.integers(0, 10**12),
    language=some_of(list(Language)),
    verified=some_of(REPORTED[VERIFIED_STATUS].allowed),
    ban=some_of(REPORTED[BAN_STATUS].allowed),
    statement_id=maybe(WORDS),
    text=st.just("") | WORDS,
    escalated=st.booleans(),
    again=st.booleans(),
    holder=maybe(WORDS),
    older_than_hours=maybe(HOURS),
    newer_than_hours=maybe(HOURS),
)
RANKINGS = st.sampled_from(list(Ranking))
#: What a value of a link might be by mistake, or of a saved view by another version.
NONSENSE = st.one_of(
    st.text(),
    st.sampled_from(["nan", "inf", "-1", "1e999", "9" * 5000, "claims,", "1,2", "\0", "\ud800"]),
    st.none() | st.booleans() | st.integers() | st.floats(),
    st.lists(st.text(), max_size=2) | st.dictionaries(st.text(), st.text(), max_size=2),
)
NAMES = [*(field.name for field in fields(Filters)), "ranking", "colour"]


@given(FILTERS, RANKINGS)
def test_link_gives_back_what_it_was_made_of(filters: Filters, ranking: Ranking) -> None:
    query = to_query(filters, ranking)
    assert from_query(query) == (filters, ranking)
    address = urlencode(query)
    assert from_query(dict(parse_qsl(address, strict_parsing=True))) == (filters, ranking)
    assert from_query(json.loads(json.dumps(query))) == (filters, ranking)


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), NONSENSE))
def test_nonsense_in_a_link_is_ignored(query: dict[str, Any]) -> None:
    filters, ranking = from_query(query)
    assert isinstance(ranking, Ranking)
    # What is left makes sense: it comes back from a link.
    assert from_query(to_query(filters, ranking)) == (filters, ranking)


@given(FILTERS, RANKINGS, st.sampled_from(NAMES), NONSENSE)
def test_rest_of_a_link_holds(filters: Filters, ranking: Ranking, name: str, wrong: Any) -> None:
    query = to_query(filters, ranking)
    read, order = from_query({**query, name: wrong})
    related = {name}
    if "probability" in name:
        related = {"min_probability", "max_probability"}
    for field in fields(Filters):
        if field.name not in related:
            assert getattr(read, field.name) == getattr(filters, field.name)
    assert name == "ranking" or order == ranking


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ({}, NONE),
        ({"lanes": "claims,swimming"}, Filters(lanes=(Lane.CLAIMS,))),
        ({"lanes": "opinions,claims,claims"}, Filters(lanes=(Lane.CLAIMS, Lane.OPINIONS))),
        ({"min_reports": "-3"}, NONE),
        ({"min_reports": "many"}, NONE),
        ({"min_reports": "1" * 30}, NONE),
        ({"verified": "perhaps"}, NONE),
        ({"ban": "banned"}, Filters(ban=("banned",))),
        ({"ban": "banned,gone,active"}, Filters(ban=("active", "banned"))),
        ({"text": "   "}, NONE),
        ({"text": " two words "}, Filters(text="two words")),
        ({"min_probability": "0.9", "max_probability": "0.1"}, NONE),
        ({"min_probability": "1.1"}, NONE),
        ({"min_probability": "nan", "again": "yes"}, NONE),
        ({"again": "1", "escalated": "0"}, Filters(again=True)),
        ({"older_than_hours": "inf", "newer_than_hours": "24"}, Filters(newer_than_hours=24)),
    ],
    ids=str,
)
def test_link_written_by_hand(query: dict[str, str], filters: Filters) -> None:
    assert from_query({**query, "utm_source": "mail"}) == (filters, Ranking.REPORTS)


def test_link_says_no_more_than_is_wanted() -> None:
    assert to_query(NONE, Ranking.AUTHOR) == {"ranking": "author"}
    assert to_query(Filters(lanes=tuple(Lane), again=True, newer_than_hours=24), *ALL) == {
        **{"ranking": "reports", "lanes": "claims,uncertain,opinions"},
        **{"again": "1", "newer_than_hours": "24"},
    }
    assert from_query(to_query(Filters(text="a\ud800b"), *ALL)) == (Filters(text="ab"), *ALL)


def test_view_comes_back_by_its_name(database: Database, clock: Clock) -> None:
    saved = save_view(database, ANNA, "  My \n harbors ", SOME, Ranking.STATEMENT)
    assert saved == View("My harbors", SOME, Ranking.STATEMENT, "anna", clock())
    assert views(database) == [saved]


def test_views_stand_by_name(database: Database) -> None:
    for name in ("b", "Ä", "a", "B", "10"):
        save_view(database, ANNA, name, NONE, *ALL)
    assert [view.name for view in views(database)] == ["10", "a", "B", "b", "Ä"]


def test_own_view_is_replaced(database: Database, clock: Clock) -> None:
    save_view(database, ANALYST, "mine", NONE, *ALL)
    clock.step(minutes=1)
    save_view(database, ANALYST, "mine", SOME, Ranking.AUTHOR)
    assert views(database) == [View("mine", SOME, Ranking.AUTHOR, "olga", clock())]


def test_view_of_somebody_else_is_left_to_them_and_to_leads(database: Database) -> None:
    saved = save_view(database, ANNA, "mine", NONE, *ALL)
    with pytest.raises(NotAllowedError, match=r"'mine' is not yours. Found: anna saved it"):
        save_view(database, BORIS, "mine", SOME, *ALL)
    with pytest.raises(NotAllowedError, match="is not yours"):
        delete_view(database, BORIS, "mine")
    assert views(database) == [saved]
    assert save_view(database, LEAD, "mine", SOME, *ALL).by == "lena"
    with pytest.raises(NotAllowedError, match="lena saved it"):
        delete_view(database, ANNA, "mine")
    delete_view(database, LEAD, "mine")
    assert views(database) == []


@pytest.mark.parametrize(
    "name", ["", "  \n", "x" * (LONGEST_VIEW_NAME + 1), "a\0b", "\ud800", "\u200b"]
)
def test_name_that_is_none_is_refused(database: Database, name: str) -> None:
    with pytest.raises(InvalidRequestError):
        save_view(database, ANNA, name, NONE, *ALL)
    with pytest.raises(InvalidRequestError):
        delete_view(database, ANNA, name)
    assert verify(database).n_entries == 0


def test_longest_name_may_be_any_letters(database: Database) -> None:
    name = "ü☃😀'\"%_&=?#/" + "x" * (LONGEST_VIEW_NAME - 12)
    assert len(name) == LONGEST_VIEW_NAME
    saved = save_view(database, ANNA, name, NONE, *ALL)
    assert (saved.name, views(database)) == (name, [saved])


def test_view_that_is_not_there_is_named_so(database: Database) -> None:
    with pytest.raises(NotFoundError, match="no view of that name"):
        delete_view(database, LEAD, "nothing")


def test_each_change_has_its_entry(database: Database) -> None:
    save_view(database, ANNA, "mine", SOME, Ranking.AUTHOR)
    delete_view(database, LEAD, "mine")
    rows = database.read(lambda c: c.execute(select(audit).order_by(audit.c.seq)).all())
    assert [(row.action, row.actor) for row in rows] == [
        ("save-view", "anna"),
        ("delete-view", "lena"),
    ]
    saved, deleted = (json.loads(row.details) for row in rows)
    assert saved == {"name": "mine", **to_query(SOME, Ranking.AUTHOR)}
    assert deleted == {"name": "mine", "of": "anna"}
    assert verify(database).problems == []


def test_view_of_another_version_is_read_as_far_as_it_is_known(database: Database) -> None:
    save_view(database, ANNA, "mine", NONE, *ALL)
    for stored, expected in (
        ({"colour": "red", "min_reports": "2"}, Filters(min_reports=2)),
        ({"min_reports": 2, "lanes": ["claims"], "again": True}, Filters(min_reports=2)),
        ({"verified": "verified", "ban": "gone"}, Filters(verified=("verified",))),
        ([], NONE),
        (None, NONE),
    ):
        text = json.dumps(stored)
        database.write(lambda c, text=text: c.execute(update(saved_views).values(wanted=text)))
        (read_back,) = views(database)
        assert (read_back.filters, read_back.ranking) == (expected, Ranking.REPORTS)


def test_saved_filters_filter(database: Database) -> None:
    fill(database, 5)
    save_view(database, ANNA, "third", Filters(text="thing 3"), *ALL)
    (view,) = views(database)
    (row,) = page(database, view.filters, view.ranking).rows
    assert row.case.video["video_id"] == "video-0000003"


def test_two_who_save_one_name_at_once_leave_one_view(database: Database) -> None:
    refused: list[BaseException] = []
    start = threading.Barrier(2)

    def save(person: Person) -> None:
        start.wait()
        try:
            save_view(database, person, "ours", NONE, *ALL)
        except NotAllowedError as error:
            refused.append(error)

    threads = [threading.Thread(target=save, args=(person,)) for person in (ANNA, BORIS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(views(database)), len(refused)) == (1, 1)
    assert verify(database).problems == []
