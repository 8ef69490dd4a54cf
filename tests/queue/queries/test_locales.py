"""Names and words of any script are found whatever locale a PostgreSQL was made with."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from claimclf.people import Person
from claimclf.queue.queries.decided import DecidedFilters, decided_cases
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.queries.reporting.report import report
from claimclf.queue.queries.views import from_query, save_view, to_query, views
from claimclf.queue.review.leases import release
from claimclf.queue.storage.database import Database
from claimclf.schema import Ranking
from claimclf.units import HOUR
from tests.queue.builders import Clock, done, fill, take
from tests.queue.conftest import Server

TEXTS = ["ΣΊΣΥΦΟΣ", "Москва", "ISTANBUL İzmir", "Straße", "ÉTAT gar\u00adlic", "½ litre"]
FOUND = {
    **{"σίσυφος": 0, "Σίσυφοσ": 0, "МОСКВА": 1, "москва": 1, "ıstanbul": 2, "istanbul": 2},
    **{"izmir": 2, "İZMİR": 2, "STRASSE": 3, "straße": 3, "état": 4, "GARLIC": 4, "1/2": 5},
}
#: How a database of PostgreSQL can have been made: by the C library's locales, or its own.
LOCALES = {
    "C": "LC_COLLATE 'C' LC_CTYPE 'C'",
    "C.utf8": "LC_COLLATE 'C.utf8' LC_CTYPE 'C.utf8'",
    "builtin": "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'",
}


@pytest.fixture(params=["sqlite", *LOCALES])
def queue(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Database]:
    """An empty queue in a database of each locale."""
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'queue.db'}"
    else:
        server: Server = request.getfixturevalue("server")
        name = f"queue_{uuid4().hex[:12]}"
        server.run(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {LOCALES[request.param]}"
        )
        url = server.url(name)
    database = Database(url, clock)
    yield database
    database.close()


def numbers(database: Database, filters: Filters) -> list[int]:
    return [row.case.id - 1 for row in page(database, filters).rows]


def test_words_are_found_in_any_case(queue: Database) -> None:
    fill(queue, len(TEXTS), video_transcription_text=TEXTS)
    for typed, number in FOUND.items():
        assert numbers(queue, Filters(text=typed)) == [number], typed
        lease = take(queue, filters=Filters(text=typed))
        assert lease.case.id == number + 1
        release(queue, Person("anna"), lease.case.id, lease.token)


def test_a_saved_view_and_a_link_find_them(queue: Database) -> None:
    fill(queue, len(TEXTS), video_transcription_text=TEXTS)
    save_view(queue, Person("anna"), "Σίσυφος", Filters(text="σίσυφος"), Ranking.REPORTS)
    (view,) = views(queue)
    assert numbers(queue, view.filters) == [0]
    filters, _ = from_query(to_query(Filters(text="МОСКВА"), Ranking.REPORTS))
    assert numbers(queue, filters) == [1]


def test_decided_cases_are_found_by_words_and_by_who_decided(queue: Database) -> None:
    fill(queue, len(TEXTS), video_transcription_text=TEXTS)
    names = ["Ольга", "ΆΝΝΑΣ", "İpek", "Strauß", "anna@example.org", "josé"]
    for name in names:
        done(queue, Person(name))
    for typed, number in FOUND.items():
        rows = decided_cases(queue, Person("anna"), DecidedFilters(text=typed))
        assert [row.case_id - 1 for row in rows] == [number], typed
    spelled = ["ОЛЬГА", "άννας", "ipek", "STRAUSS", "Anna@Example.ORG", "JOSE\u0301"]
    for typed, name in zip(spelled, names, strict=True):
        rows = decided_cases(queue, Person("anna"), DecidedFilters(by=typed))
        assert [row.by for row in rows] == [name], typed
    assert decided_cases(queue, Person("anna"), DecidedFilters(by="\0\ud800")) == []


def test_what_somebody_holds_is_found_by_their_name_in_any_case(queue: Database) -> None:
    fill(queue, 3)
    for name in ("Ольга", "ольга", "ΆΝΝΑΣ"):
        take(queue, Person(name))
    assert numbers(queue, Filters(holder="ольга")) == [1]  # an exact name is that person
    assert numbers(queue, Filters(holder="άννας")) == [2]
    assert numbers(queue, Filters(holder="ανναs")) == []


def test_the_leads_view_counts_people_of_any_script_apart(queue: Database, clock: Clock) -> None:
    fill(queue, 3)
    for name in ("Ольга", "ольга", "ΆΝΝΑΣ"):
        done(queue, Person(name))
    got = report(queue, clock() - HOUR, clock() + HOUR)
    assert {one.name: one.n_decided for one in got.people} == {"Ольга": 1, "ольга": 1, "ΆΝΝΑΣ": 1}


def test_a_changed_transcript_is_found_by_its_new_words(queue: Database) -> None:
    fill(queue, 3, video_transcription_text=["ΣΊΣΥΦΟΣ", "Москва", None])
    fill(queue, 3, "b", video_transcription_text=["МОСКВА", "σίσυφος", "Straße"])
    assert numbers(queue, Filters(text="Σίσυφος")) == [1]
    assert numbers(queue, Filters(text="москва")) == [0]
    assert numbers(queue, Filters(text="STRASSE")) == [2]
