"""A statement that earlier uploads brought is known again."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import func, select

from claimclf.dataset.statements import statement_keys as keys_of_statements
from claimclf.dataset.statements import statements
from claimclf.queue.intake.ingest import ingest
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import statement_keys
from claimclf.schema import STATEMENT_ID, TRANSCRIPT, Ranking
from tests.queue.builders import LEAD, take, upload, videos

SAID = "that one whale weighs more than two trucks"
#: A slip in each; together they are one statement, under another id than alone.
SLIPS = {"whale": "wahle", "weighs": "weigghs", "trucks": "trukcs"}
VARIANTS = [SAID.replace(word, typed) for word, typed in SLIPS.items()]


def store(database: Database, name: str, texts: list[str], **columns: object) -> None:
    ids = statements(pd.Series(texts, dtype="str")).ids
    columns = {TRANSCRIPT: texts, STATEMENT_ID: ids, **columns}
    names = [f"{name}-{n}" for n in range(len(texts))]
    rows = videos(len(texts), video_id=names, **columns)
    ingest(database, LEAD, rows, upload(name), keys_of=keys_of_statements)


def ids(database: Database) -> set[str]:
    return {row.case.video[STATEMENT_ID] for row in page(database).rows}


def test_same_words_keep_the_id_that_they_had(database: Database) -> None:
    store(database, "a", [SAID, *VARIANTS])
    for name, text in zip("bcde", [SAID, *VARIANTS], strict=True):
        store(database, name, [text])
    assert len(ids(database)) == 1


def test_misspelt_statement_is_known_again(database: Database) -> None:
    store(database, "a", [SAID])
    for name, text in zip("bcd", VARIANTS, strict=True):
        store(database, name, [f"someone claimed {text}"])
    assert len(ids(database)) == 1


def test_total_of_a_statement_spans_uploads_that_name_it_differently(database: Database) -> None:
    store(database, "a", [SAID], report_count=10)
    store(database, "b", ["that one very different thing was seen by all of us"], report_count=15)
    store(database, "c", [VARIANTS[0]], report_count=9)
    assert take(database, ranking=Ranking.STATEMENT).case.video[TRANSCRIPT] == SAID
    statement = next(iter(ids(database) - {page(database).rows[0].case.video[STATEMENT_ID]}))
    assert page(database, Filters(statement_id=statement)).total == 2


def test_other_statements_stay_apart(database: Database) -> None:
    store(database, "a", [SAID])
    store(database, "b", [SAID.replace("whale", "x").replace("trucks", "x")])
    assert len(ids(database)) == 2


def test_texts_without_words_are_no_statement(database: Database) -> None:
    store(database, "a", ["...", "?!", ""])
    assert database.read(lambda c: c.scalar(select(func.count()).select_from(statement_keys))) == 0
