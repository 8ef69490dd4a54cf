"""A challenger's scores stand beside the cases, whose own predictions nobody touches."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import select

from claimclf.queue.intake.shadowing import shadow
from claimclf.queue.intake.taking_back import take_back
from claimclf.queue.queries.shadowed import shadowed
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, shadow_scores
from tests.queue.builders import ANNA, LEAD, OPINION, WITHIN, done, fill, logged, take


def says_opinion(videos: pd.DataFrame) -> pd.DataFrame:
    return videos.assign(lane="opinions", claim_probability=0.1)


def stored(database: Database) -> list[tuple[Any, ...]]:
    return database.read(lambda c: [tuple(row) for row in c.execute(select(cases))])


def test_open_cases_are_scored_once_and_stay_as_they_are(database: Database) -> None:
    fill(database, 3)
    take(database)  # a case in somebody's hands is scored too
    before, log = stored(database), logged(database)
    assert shadow(database, "challenger-1", "7", says_opinion) == 3
    assert shadow(database, "challenger-1", "7", says_opinion) == 0
    assert (stored(database), logged(database)) == (before, log)
    fill(database, 4, "b")
    assert shadow(database, "challenger-1", "7", says_opinion) == 1
    assert shadow(database, "challenger-1", "8", says_opinion) == 4


def test_rows_hold_both_models_and_what_was_decided(database: Database) -> None:
    fill(database, 3)
    shadow(database, "challenger-1", "7", says_opinion)
    done(database, ANNA, WITHIN)
    done(database, ANNA, OPINION)
    rows = shadowed(database, "challenger-1", "7")
    assert [(row.used_lane, row.lane) for row in rows] == [("claims", "opinions")] * 3
    assert [row.decision for row in rows] == ["claim-within-rules", "opinion", None]
    assert shadowed(database, "challenger-1", "8") == []


def test_upload_is_taken_back_whatever_was_said_of_it(database: Database) -> None:
    batch = fill(database, 3)
    shadow(database, "challenger-1", "7", says_opinion)
    take_back(database, LEAD, batch.id)
    assert database.read(lambda c: c.execute(select(shadow_scores)).all()) == []


def test_upload_that_is_taken_back_meanwhile_is_no_obstacle(database: Database) -> None:
    batch = fill(database, 3)

    def takes_back(videos: pd.DataFrame) -> pd.DataFrame:
        take_back(database, LEAD, batch.id)
        return says_opinion(videos)

    shadow(database, "challenger-1", "7", takes_back)
    assert database.read(lambda c: c.execute(select(shadow_scores)).all()) == []
