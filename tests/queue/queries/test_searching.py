"""Words are found in transcripts, however they were typed and however many have them."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, inspect, select, text

from claimclf.people import Person, Role
from claimclf.queue.outbound.backup.restoring import restore
from claimclf.queue.outbound.backup.writing import backup
from claimclf.queue.queries import searching, word_index
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.review.leases import release
from claimclf.queue.storage import migrations
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import continue_numbering
from claimclf.queue.storage.tables import batches, cases
from claimclf.queue.storage.words import MOST_LETTERS, MOST_WORDS, indexed_words, words_of
from claimclf.schema import TRANSCRIPT, Lane, Ranking
from tests.effort import examples
from tests.queue.builders import ANNA, BORIS, Clock, fill, take
from tests.queue.conftest import NewUrl

ADMIN = Person("ada", Role.ADMIN)
#: Words that are parts and beginnings of one another, in scripts with and without case.
VOCABULARY = (
    *("art", "Art", "start", "ARTIST", "artful", "part", "über", "Überall", "ÜBERALL", "ub"),
    *("школа", "Школьник", "ШКОЛА", "око", "日本", "日本語", "ไทย", "हिन्दी", "हिन्दु", "नमस्ते"),
    *("Straße", "STRASSEN", "naïve", "na", "x2", "2x", "24", "7", "e\u0301cole", "école", "x²"),
    *("ΣΊΣΥΦΟΣ", "σίσυφος", "½", "a\u00adrt", "pa\u200brt", "İstanbul", "ISTANBUL", "ıstanbul"),
)
BETWEEN = (
    " ",
    " ",
    " ",
    "\n",
    "-",
    "/",
    "_",
    ".",
    "'",
    "—",
    "“",
    "…",
    ", ",
    "\u00a0",
    "🙂",
    "🥹",
    "❤️",
)
ASIDE = ("", "", " ", "!", "?!", "“", "”", "(", "*", '"')
NASTY = (
    *('"', "'", "*", "-art", "art*", "a*b", "^art", "AND", "OR art", "NOT art", "NEAR(art part)"),
    *("art AND", '"art', 'art"*', "cases_words:art", "{a b}: art", "art + part", "(art", "%", "_"),
    *("art & !part", "art <-> part", "art:*", "\\", "\\'", "art\0part", "\ud800", "a\ud800b", "🙂"),
    *("❤️art", "\u200b", "\u0301", "--", "/*", "; DROP TABLE cases", "{", "$1", ":a", "%(a)s"),
)


def written(random: Random) -> str | None:
    if random.random() < 0.05:
        return None
    words = random.choices(VOCABULARY, k=random.randint(0, 6))
    return random.choice(ASIDE) + random.choice(BETWEEN).join(words) + random.choice(ASIDE)


def fold(whole: str) -> str:
    seen = "".join(char for char in whole if char not in "\u00ad\u200b\u200d\ufe0f")
    spelled = unicodedata.normalize("NFKC", seen.replace("½", " 1 2 ").replace("ı", "i"))
    return unicodedata.normalize("NFKC", spelled.casefold()).replace("i\u0307", "i")


@cache  # each transcript is read for everything that is typed
def parts(whole: str) -> list[str]:
    """Return the words of a text: what letters, digits and marks on them there are in a row."""
    words = [""]
    for char in fold(whole):
        mark = unicodedata.category(char) in ("Mn", "Mc")
        if char.isalnum() or mark:
            words[-1] += char
        else:
            words.append("")
    return [word for word in words if any(map(str.isalnum, word))]


def agrees(typed: str, transcript: str | None) -> bool:
    words = parts(transcript or "")
    return all(any(word.startswith(start) for word in words) for start in parts(typed))


def listed(database: Database, typed: str, **others: object) -> list[int]:
    """Return which videos are found, 1 for the first of an upload, page by page."""
    numbers, after = [], None
    while True:
        got = page(database, Filters(text=typed, **others), after=after, size=70)  # type: ignore[arg-type]
        names = [row.case.video["video_id"] for row in got.rows]
        numbers += [1 + int(name.removeprefix("video-")) for name in names]
        after = got.after
        if after is None:
            return numbers


@pytest.fixture(params=["few", "many", "frequent", "as it is"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to search, whatever the number of cases would lead to."""
    if request.param == "many":
        monkeypatch.setattr(searching, "FEW", -1)
    if request.param == "frequent":
        monkeypatch.setattr(searching, "_SAMPLED_FROM", 0)
        monkeypatch.setattr(searching, "_FREQUENT", -1.0)
    if request.param == "few":
        monkeypatch.setattr(searching, "FEW", 10**6)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_search_finds_what_a_plain_reading_finds(database: Database) -> None:
    random = Random(4)  # noqa: S311
    transcripts = [written(random) for _ in range(300)]
    fill(database, 300, video_transcription_text=transcripts)
    starts = st.builds(
        lambda word, n, case: getattr(word[:n], case)(),
        # The beginning of a word of several characters that become one is no beginning.
        st.sampled_from([word for word in VOCABULARY if "\u0301" not in word]),
        st.integers(1, 9),
        st.sampled_from(["lower", "upper", "title", "swapcase"]),
    )
    typed = st.builds(
        lambda words, between, aside: aside + between.join(words) + aside,
        st.lists(starts, min_size=1, max_size=3),
        st.sampled_from(BETWEEN),
        st.sampled_from(ASIDE),
    )

    @settings(max_examples=examples(60), deadline=None, derandomize=True)
    @given(typed)
    def check(typed: str) -> None:
        expected = [n for n, one in enumerate(transcripts, 1) if agrees(typed, one)]
        assert listed(database, typed) == expected

    check()


@pytest.mark.usefixtures("way")
def test_nothing_typed_is_an_error(database: Database) -> None:
    transcripts = ["some art of the part", "And or not near a b", "❤️art (🙂)", "nothing", None]
    fill(database, 5, video_transcription_text=transcripts)
    for typed in NASTY:
        expected = [n for n, one in enumerate(transcripts, 1) if agrees(typed, one)]
        assert listed(database, typed) == expected, ascii(typed)


@pytest.mark.usefixtures("way")
def test_anything_at_all_may_be_typed(database: Database) -> None:
    fill(database, 5, video_transcription_text=["one", "two", "", None, "日本"])
    half = st.sampled_from(["\ud800", "\udfff", "\0", '"', "'", "\\", "*", "and", "o"])

    @settings(max_examples=examples(150), deadline=None, derandomize=True)
    @given(st.one_of(st.text(), st.lists(half, max_size=8).map("".join)))
    def check(typed: str) -> None:
        assert set(listed(database, typed)) <= {1, 2, 3, 4, 5}

    check()


@pytest.mark.usefixtures("way")
def test_ten_thousand_characters_may_be_typed(database: Database) -> None:
    whole = " ".join(f"word{n}" for n in range(2_000))
    fill(database, 3, video_transcription_text=[whole, "word1 or word17", "y" * 90])
    assert listed(database, "x" * 10_000) == []
    assert listed(database, whole) == [1]
    assert listed(database, "word1 " * 2_000) == [1, 2]
    assert listed(database, "?!… " * 2_500) == [1, 2, 3]
    assert listed(database, "🙂" * 10_000) == [1, 2, 3]
    assert listed(database, "y" * 10_000) == [3]


def test_words_that_were_typed() -> None:
    assert words_of(" Don't PANIC, don") == ["don", "t", "panic"]
    assert words_of("ÜBER straße ΣΊΣΥΦΟΣ σίσυφος ❤️Love İ") == [
        *("über", "strasse", "σίσυφοσ", "love", "i")
    ]
    assert words_of("?! — “” 🙂 ❤️ \0 \ud800 _") == []
    assert words_of("") == []
    assert words_of("a" * 99) == ["a" * MOST_LETTERS]
    assert words_of(" ".join(map(str, range(99)))) == [str(n) for n in range(MOST_WORDS)]


def test_each_word_is_one_word_to_the_index_on_sqlite(migrated: Path) -> None:
    # Two words in quotes would be a phrase, which an index without places cannot find.
    with closing(sqlite3.connect(migrated)) as connection:
        query = "SELECT sql FROM sqlite_master WHERE name = 'cases_words'"
        (made,) = connection.execute(query).fetchone()
    options = made[made.index("tokenize") : made.index(", detail")]
    each = [indexed_words(f"a{chr(code)}b") for code in range(0x20000)]
    inside = [(word,) for word in each if word is not None and " " not in word]
    assert len(inside) > 50_000
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE VIRTUAL TABLE words USING fts5(word, {options})")
        connection.executemany("INSERT INTO words VALUES (?)", inside)
        apart = connection.execute("SELECT count(*) FROM words WHERE words MATCH 'a AND b'")
        assert apart.fetchone() == (0,)


def test_search_keeps_the_rank_and_the_other_filters(database: Database, way: str) -> None:
    lanes = ["claims", "opinions", "uncertain"] * 20
    texts = ["of a harbor", "harbour", "none"] * 20
    reports = [n % 7 for n in range(60)]
    fill(database, 60, lane=lanes, video_transcription_text=texts, report_count=reports)
    filters = Filters(lanes=(Lane.CLAIMS, Lane.OPINIONS), min_reports=3, text="HARB")
    for ranking in Ranking:
        rows = [row.case.video for row in page(database, filters, ranking).rows]
        everything = [row.case for row in page(database, None, ranking, size=60).rows]
        expected = [
            case.video
            for case in everything
            if case.lane != "uncertain"
            and case.video["report_count"] >= 3
            and "harb" in case.video["video_transcription_text"]
        ]
        assert rows == expected
    shown = page(database, filters)
    assert shown.has_more_than_counted == (way == "many")
    assert shown.total == len(page(database, filters).rows)
    lease = take(database, filters=filters)
    assert lease.case.video == page(database, filters).rows[0].case.video


@pytest.mark.usefixtures("way")
def test_next_case_is_one_that_has_the_words(database: Database) -> None:
    fill(database, 3, video_transcription_text=["none", "an anchor", "Anchors away"])
    filters = Filters(text="anchor")
    first = take(database, ANNA, filters=filters)
    second = take(database, BORIS, filters=filters)
    assert [first.case.id, second.case.id] == [2, 3]


@pytest.mark.usefixtures("way")
def test_search_follows_new_and_changed_transcripts(database: Database) -> None:
    fill(database, 3, video_transcription_text=["old one", "old two", None])
    fill(database, 5, "b", video_transcription_text=["new one", "old two", "new", "new four", ""])
    assert listed(database, "old") == [2]
    assert listed(database, "new") == [1, 3, 4]
    fill(database, 5, "c", video_transcription_text=[None, "old two", "older", "new four", "new"])
    assert listed(database, "old") == [2, 3]
    assert listed(database, "new") == [1, 4, 5]  # a row without words leaves those that are known


def test_held_case_is_found_by_the_transcript_that_is_shown(database: Database) -> None:
    fill(database, 1, video_transcription_text="before")
    lease = take(database)
    fill(database, 1, "b", video_transcription_text="after")
    assert listed(database, "before") == [1]
    release(database, ANNA, lease.case.id, lease.token)
    assert listed(database, "after") == []
    fill(database, 1, "c", video_transcription_text="after")
    assert (listed(database, "before"), listed(database, "after")) == ([], [1])


def test_deleted_case_is_not_found(database: Database) -> None:
    fill(database, 2, video_transcription_text="anchor")
    database.write(lambda c: c.execute(delete(cases).where(cases.c.id == 1)))
    assert listed(database, "anchor") == [2]
    fill(database, 2, "b", video_transcription_text="rope")
    assert (listed(database, "anchor"), len(listed(database, "rope"))) == ([], 2)


def test_upload_that_fails_leaves_no_words(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    fill(database, 2, video_transcription_text="anchor")
    with monkeypatch.context() as patch:
        patch.setattr("claimclf.queue.intake.ingest.rank_groups", fails)
        with pytest.raises(KeyboardInterrupt):
            fill(database, 4, "b", video_transcription_text="rope")
    assert (listed(database, "anchor"), listed(database, "rope")) == ([1, 2], [])
    fill(database, 4, "c", video_transcription_text="sail")
    assert listed(database, "sail") == [1, 2, 3, 4]


@pytest.fixture
def restored(
    request: pytest.FixtureRequest, tmp_path: Path, database: Database
) -> Iterator[Database]:
    """An empty queue of the same kind elsewhere."""
    if database.is_sqlite:
        url = f"sqlite:///{tmp_path / 'restored.db'}"
    else:
        url = request.getfixturevalue("server").create()
    restored = Database(url, Clock())
    yield restored
    restored.close()


def test_restored_queue_is_searched(database: Database, restored: Database, tmp_path: Path) -> None:
    fill(database, 3, video_transcription_text=["anchor", None, "Anchors"])
    backup(database, ADMIN, tmp_path / "queue.backup")
    restore(restored, ADMIN, tmp_path / "queue.backup")
    assert listed(restored, "anchor") == [1, 3]
    fill(restored, 4, "b", video_transcription_text=["anchor", "rope", "anchor", "anchor"])
    assert (listed(restored, "anchor"), listed(restored, "rope")) == ([1, 3, 4], [2])


@pytest.mark.parametrize("version", ["0003", "0004", migrations.HEAD])
def test_cases_of_an_older_program_are_searched(
    database: Database, new_url: NewUrl, version: str
) -> None:
    fill(database, 4, video_transcription_text=["anchor", None, "Anchors", "ΣΊΣΥ\u00adΦΟΣ ½"])
    tables = (batches, cases)
    rows = [
        database.read(lambda c, table=table: c.execute(select(table)).all()) for table in tables
    ]
    old = Database(new_url(tables=False), Clock())

    def as_older(connection: Connection) -> None:
        migrations.upgrade(connection, version)
        for table, row_of in zip(tables, rows, strict=True):
            had = {column["name"] for column in inspect(connection).get_columns(table.name)}
            values = [{k: v for k, v in row._asdict().items() if k in had} for row in row_of]
            connection.execute(insert(table), values)
            continue_numbering(connection, table)
        if version > "0003" and database.is_sqlite:
            connection.execute(text("INSERT INTO cases_words (cases_words) VALUES ('rebuild')"))
        elif version > "0004":
            of = f"SELECT id, to_tsvector('simple', coalesce({TRANSCRIPT}, '')) FROM cases"  # noqa: S608
            connection.execute(text(f"INSERT INTO cases_words {of}"))

    with old.engine.connect() as connection:
        old.attempt(connection, as_older, writes=True)
    old.close()
    new = Database(old.url.render_as_string(hide_password=False), Clock())
    assert listed(new, "anchor") == [1, 3]
    assert listed(new, "σίσυφος") == listed(new, "1/2") == [4]
    fill(new, 4, "b", video_transcription_text=["rope", "anchor", "Anchors", "rope"])
    assert (listed(new, "anchor"), listed(new, "rope")) == ([2, 3], [1, 4])
    assert (listed(new, "σίσυφος"), listed(new, "φος")) == ([], [])
    assert new.read(migrations.version) == migrations.HEAD
    new.close()


def test_words_are_looked_up_in_their_index(database: Database) -> None:
    fill(database, 3)
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"

    def plan(connection: Connection) -> str:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        asked = word_index.with_all_words(connection, ["thing", "one"]).compile(connection)
        values = tuple(asked.params[name] for name in asked.positiontup or ()) or asked.params
        return str(connection.exec_driver_sql(f"{explain} {asked}", values).all())  # type: ignore[arg-type]

    query_plan = database.read(plan)
    assert (
        "VIRTUAL TABLE INDEX" in query_plan
        if database.is_sqlite
        else "ix_cases_words" in query_plan
    )


def test_frequent_words_are_told_from_rare_ones(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_SAMPLED_FROM", 100)
    texts = [f"every {n}" if n % 50 else "every rare" for n in range(200)]
    fill(database, 200, video_transcription_text=texts)
    words = ["every", "rare", "no"]
    assert database.read(lambda c: searching._frequent(c, words)) == ["every"]
    assert len(listed(database, "every rare")) == 4
