"""What a challenger has said of cases beside the model in use, with what was decided since."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, select

from claimclf.queue.queries.second_looks import STANDS
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions, shadow_scores
from claimclf.schema import LANE, PROBABILITY, REPORT_COUNT, TRANSCRIPT, VIDEO_ID, VIEWS


def shadowed(database: Database, model_name: str, model_version: str) -> Sequence[AnyRow]:
    """Return every case that a challenger has scored beside another model.

    Returns
    -------
    sequence of Row
        `case_id`, `state`, `lane` and `claim_probability` of the challenger, `used_lane` and
        `used_probability` of the model in use then, `decision` (None where none stands), and
        what a rank comes from: `report_count`, `video_view_count`, `video_id`,
        `rank_statement`, `rank_author`, `statement_id`, `author_id`.
    """
    scores = shadow_scores.c
    of_rank = (REPORT_COUNT, VIEWS, VIDEO_ID, "rank_statement", "rank_author")
    query = (
        select(
            scores.case_id,
            cases.c.state,
            scores[LANE],
            scores[PROBABILITY],
            scores.used_lane,
            scores.used_probability,
            decisions.c.decision,
            *(cases.c[name] for name in (*of_rank, "statement_id", "author_id")),
        )
        .select_from(shadow_scores)
        .join(cases, cases.c.id == scores.case_id)
        .outerjoin(decisions, and_(decisions.c.case_id == cases.c.id, STANDS))
        .where(scores.model_name == model_name, scores.model_version == model_version)
        .order_by(scores.case_id)
    )
    return database.read(lambda connection: connection.execute(query).all())


def texts_of(database: Database, case_ids: Sequence[int]) -> dict[int, str]:
    """Return the transcripts of some cases, by number."""
    query = select(cases.c.id, cases.c[TRANSCRIPT]).where(cases.c.id.in_(list(case_ids)))
    rows = database.read(lambda connection: connection.execute(query).all())
    return {row.id: row[1] or "" for row in rows}
