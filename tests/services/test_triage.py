"""A search and filters find the same videos in an upload and in the queue."""

from __future__ import annotations

from typing import Any

import pytest

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import read_table
from claimclf.dataset.writing import to_csv_bytes
from claimclf.errors import InvalidRequestError
from claimclf.modeling.scoring.ranking import Ranked
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import ROOT
from claimclf.queue.queries.filters import Filters
from claimclf.queue.storage.database import Database
from claimclf.schema import STATEMENT_ID, TRANSCRIPT, VIDEO_ID, Lane, Language
from claimclf.services.explaining import moving_words
from claimclf.services.queue import list_cases, store_ranked
from claimclf.services.triage import filtered, prepare, triage
from tests.queue.builders import ANNA, LEAD
from tests.queue.conftest import clock, database, migrated, new_url, server

__all__ = ["clock", "database", "migrated", "new_url", "server"]  # fixtures of the queue's tests

TRANSCRIPTS = (
    *("the party begins at the harbor", "Art is for all", "ARTISTS' harbour, and ships"),
    *("100% of them", "don't ship it", "an über-Überall", "Straße", "日本語", "e\u0301cole"),
    *("état-of-the-art", "a_b/c", "❤️love", "nothing", "", "start x2"),
    *("ΣΊΣΥΦΟΣ", "σίσυφος", "half, ½ of it", "3½", "gar\u00adlic", "gar\u200blic", "İstanbul"),
    *("ıstanbul", "МОСКВА", "ＷＩＤＥ", "don´t", "x²"),
)
SEARCHES = (
    *("art", "ART the", "party", "harb ship", "ship harb art", "100", "100%", "%", "?!", " "),
    *("don't", "don t", "dont", "ÜBER", "straß", "日本", "本", "e\u0301col", "ecol", "b", "2"),
    *("σίσυφοσ", "Σίσυφος", "½", "1/2", "3 1", "31", "garlic", "lic", "gar\u00ad", "ISTANBUL"),
    *("istanbul", "STRASSE", "Москва", "wide", "don", "x2"),
    *("tate", "*", '"art"', "art*", "-art", "\0", "\ud800", "a\0rt", "x" * 99, "a b c art"),
)


@pytest.fixture(scope="module")
def ranked(forest: Model) -> Ranked:
    """An upload with every transcript many times, and rows that cannot be scored."""
    videos = demo_videos(150, seed=5)
    texts = [TRANSCRIPTS[n % len(TRANSCRIPTS)] for n in range(len(videos))]
    videos = videos.assign(video_transcription_text=texts, report_count=[*range(10)] * 15)
    table = read_table(videos.to_csv(index=False).encode())
    return triage(table, forest)


@pytest.fixture
def stored(database: Database, ranked: Ranked, forest: Model) -> Database:
    store_ranked(database, LEAD, ranked, forest)
    return database


def in_upload(ranked: Ranked, filters: Filters) -> list[str]:
    names: list[str] = filtered(ranked, filters)[VIDEO_ID].tolist()
    return names


def in_queue(database: Database, filters: Filters) -> list[str]:
    rows = list_cases(database, ANNA, filters, size=1_000).rows
    return [row.case.video[VIDEO_ID] for row in rows]


def test_search_finds_the_same_in_an_upload_and_in_the_queue(
    ranked: Ranked, stored: Database
) -> None:
    for typed in SEARCHES:
        filters = Filters(text=typed)
        assert in_upload(ranked, filters) == in_queue(stored, filters), ascii(typed)


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("σίσυφος", ["ΣΊΣΥΦΟΣ", "σίσυφος"]),
        ("1/2", ["half, ½ of it", "3½"]),
        ("garlic", ["gar\u00adlic", "gar\u200blic"]),
        ("GAR\u200dLIC", ["gar\u00adlic", "gar\u200blic"]),
        ("istanbul", ["İstanbul", "ıstanbul"]),
        ("ISTANBUL", ["İstanbul", "ıstanbul"]),
        ("STRASSE", ["Straße"]),
        ("москва", ["МОСКВА"]),
        ("wide", ["ＷＩＤＥ"]),
        ("t", ["don't ship it", "don´t", "the party begins at the harbor"]),
    ],
)
def test_words_of_any_spelling_and_script_are_found(
    stored: Database, ranked: Ranked, typed: str, texts: list[str]
) -> None:
    of_upload = ranked.videos.set_index(VIDEO_ID)[TRANSCRIPT]
    for names in (in_queue(stored, Filters(text=typed)), in_upload(ranked, Filters(text=typed))):
        assert set(texts) <= set(of_upload[names])
        if typed != "t":
            assert set(texts) == set(of_upload[names])


def test_a_word_is_found_by_its_beginning_only(ranked: Ranked) -> None:
    texts = filtered(ranked, Filters(text="art"))["video_transcription_text"]
    assert set(texts) == {"Art is for all", "ARTISTS' harbour, and ships", "état-of-the-art"}
    assert len(filtered(ranked, Filters(text="?!"))) == len(ranked.videos)
    assert len(filtered(ranked, Filters(text="unheard"))) == 0


def test_filters_find_the_same_in_an_upload_and_in_the_queue(
    ranked: Ranked, stored: Database
) -> None:
    statement = ranked.videos[STATEMENT_ID].dropna().iloc[0]
    sizes = set()
    for filters in (
        Filters(),
        *(Filters(lanes=(lane,)) for lane in Lane),
        Filters(lanes=(Lane.CLAIMS, Lane.UNCERTAIN), min_reports=4),
        *(Filters(language=(one,)) for one in Language),
        Filters(language=(Language.OTHER, Language.UNKNOWN), lanes=(Lane.UNCERTAIN,)),
        Filters(verified=("verified",)),
        Filters(verified=("verified", "not verified"), ban=("active", "banned")),
        Filters(ban=("nobody",)),
        Filters(statement_id=statement),
        Filters(statement_id="none"),
        Filters(min_probability=0.6),
        Filters(max_probability=0.6, text="art"),
        Filters(min_probability=0.2, max_probability=0.9, ban=("under review",)),
    ):
        assert in_upload(ranked, filters) == in_queue(stored, filters), filters
        sizes.add(len(in_upload(ranked, filters)))
    assert len(sizes) > 6  # they tell videos apart


IN_LANGUAGES = {
    Language.LEARNT: (
        "We have cut taxes in Ohio by 12 percent since 1984, and that is a fact.",
        "a friend read on social media that drones will deliver by 2025",
        "I believe that schools matter to every one of us in this country.",
    ),
    Language.OTHER: (
        "Hoy hemos visto a mucha gente en la calle pidiendo trabajo y pan para sus hijos.",
        "Ich habe heute gelesen, dass die Preise um zehn Prozent steigen werden.",
        "C'est la première fois que le gouvernement baisse les impôts de 10 %.",
        "Bugün hava çok güzel ve insanlar sokakta yürüyor.",
        "今日は とても 天気 が いい です ね",
    ),
    Language.UNKNOWN: ("5", "no cap fr", "mañana no", ""),
}


def test_languages_that_were_not_learnt_can_be_filtered_and_short_texts_are_unknown(
    database: Database, shipped: ModelStore
) -> None:
    model = shipped.load("speech-linear")
    texts = [text for language_words in IN_LANGUAGES.values() for text in language_words]
    videos = demo_videos(len(texts), seed=2).assign(video_transcription_text=texts)
    ranked = triage(read_table(videos.to_csv(index=False).encode()), model)
    store_ranked(database, LEAD, ranked, model)
    for language, expected in IN_LANGUAGES.items():
        filters = Filters(language=(language,))
        chosen = filtered(ranked, filters)
        assert set(chosen["video_transcription_text"].fillna("")) == set(expected)
        assert in_queue(database, filters) == chosen[VIDEO_ID].tolist()
        if language is not Language.LEARNT:
            assert set(chosen["lane"]) == {Lane.UNCERTAIN}  # never decided on


def test_language_that_there_is_not_is_refused(database: Database) -> None:
    unknown: Any = ("klingon",)
    with pytest.raises(InvalidRequestError, match="Choose from learnt, other, unknown"):
        list_cases(database, ANNA, Filters(language=unknown))


@pytest.mark.parametrize(
    "filters",
    [
        Filters(escalated=True),
        Filters(again=True),
        Filters(holder="anna"),
        Filters(older_than_hours=1),
        Filters(newer_than_hours=1),
    ],
    ids=lambda filters: filters.of_cases[0],
)
def test_filter_that_only_a_case_can_fulfil_is_refused_for_an_upload(
    ranked: Ranked, filters: Filters
) -> None:
    with pytest.raises(InvalidRequestError, match=f"the filters {filters.of_cases[0]}"):
        filtered(ranked, filters)


def test_prepared_model_makes_nothing_more_for_its_first_table() -> None:
    model = ModelStore(ROOT / "models").load("speech-linear")
    asked_for_nothing = set(vars(model.predictor))
    prepare(model)
    prepared = set(vars(model.predictor))
    assert prepared > asked_for_nothing
    ranked = triage(read_table(to_csv_bytes(demo_videos(5))), model)
    moving_words(model, ranked.videos, 3)
    assert set(vars(model.predictor)) == prepared
