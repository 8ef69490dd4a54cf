"""What nobody has looked at, and the audit sample of it: counts to estimate from.

A case counts as looked at once it is decided, unless it was decided as part of the audit sample.
The sample is served in the order of the draw, so that of each week and lane all that was drawn
up to a certain draw is settled; what somebody took out of turn beyond it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.ordering import OPINIONS
from claimclf.queue.queries.sampling import cut_of
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import (
    CLOSES,
    IS_DRAWN,
    IS_NOT_OPEN,
    IS_OPEN,
    audit,
    batches,
    cases,
    decisions,
)
from claimclf.schema import LANE, PROBABILITY, REPORT_COUNT, CaseState
from claimclf.units import TO_THURSDAY, WEEK

_ROUND = and_(decisions.c.case_id == cases.c.id, decisions.c.round == cases.c.round)


def week_in(at: ColumnElement[int]) -> ColumnElement[int]:
    """Return the number of the week that a time lies in, in SQL."""
    return (at + TO_THURSDAY) // WEEK


def unseen_by_week(database: Database, since: int) -> tuple[Sequence[AnyRow], Sequence[AnyRow]]:
    """Count what nobody would have looked at, and return the audit sample of it, case by case.

    Parameters
    ----------
    since : int
        Cases that came from this time on, microseconds since 1970, UTC.

    Returns
    -------
    sequence of Row
        `week`, `lane`, `probability` (of being sampled), `state`, `drawn`; then `n` cases that are
        undecided, and of them `first`, the least draw.
    sequence of Row
        Of decided cases of the sample: `week`, `lane`, `probability`, `draw`, `decision`.
    """

    def look(connection: Connection) -> tuple[Sequence[AnyRow], Sequence[AnyRow]]:
        cut = cut_of(connection, (s := settings_of(connection)), s.ranking, database.now())
        came = cases.c.waits_since >= since
        alike = (
            week_in(cases.c.waits_since).label("week"),
            cases.c[LANE].label("lane"),
            cases.c.sample_probability.label("probability"),
            cases.c.state.label("state"),
            case((IS_DRAWN, 1), else_=0).label("drawn"),
        )
        waiting = cases.c.state.in_([str(CaseState.OPEN), str(CaseState.ESCALATED)])
        unseen = or_(cases.c.rank_place == OPINIONS, cut.below())
        counted = select(
            *alike, func.count().label("n"), func.min(cases.c.sample_draw).label("first")
        )
        grouped = counted.where(came, waiting, unseen).group_by(*alike)
        sample = (
            select(
                week_in(cases.c.waits_since).label("week"),
                decisions.c[LANE].label("lane"),
                decisions.c.sample_probability.label("probability"),
                cases.c.sample_draw.label("draw"),
                decisions.c.decision,
            )
            .join_from(decisions, cases, _ROUND)
            .where(decisions.c.at >= since, came, CLOSES, decisions.c.sampled)
        )
        return connection.execute(grouped).all(), connection.execute(sample).all()

    return database.read(look)


def escalated_sample(database: Database, since: int) -> Sequence[AnyRow]:
    """Return cases of the sample that wait for a lead: `week`, `lane`, `probability`, `draw`."""
    query = select(
        week_in(cases.c.waits_since).label("week"),
        cases.c[LANE].label("lane"),
        cases.c.sample_probability.label("probability"),
        cases.c.sample_draw.label("draw"),
    ).where(
        IS_NOT_OPEN,
        cases.c.state == str(CaseState.ESCALATED),
        cases.c.waits_since >= since,
        IS_DRAWN,
    )
    return database.read(lambda connection: connection.execute(query).all())


def batch_cases(database: Database, batch_id: int) -> Sequence[AnyRow]:
    """Return the cases that an upload brought, each with the decision that holds.

    Returns
    -------
    sequence of Row
        `lane` (that of the decision, or of now), `place` (of the rank), `draw`, `drawn`; `number`
        and `at` of the decision, `decision`, `sampled`, None where it is undecided; `unmoved` where
        no later upload has brought it again.
    """
    query = (
        select(
            func.coalesce(decisions.c[LANE], cases.c[LANE]).label("lane"),
            cases.c.rank_place.label("place"),
            cases.c.sample_draw.label("draw"),
            case((IS_DRAWN, 1), else_=0).label("drawn"),
            decisions.c.id.label("number"),
            decisions.c.at,
            decisions.c.decision,
            decisions.c.sampled,
            case((cases.c.last_batch_id == cases.c.first_batch_id, 1), else_=0).label("unmoved"),
        )
        .select_from(cases.outerjoin(decisions, and_(_ROUND, CLOSES)))
        .where(cases.c.first_batch_id == batch_id)
    )
    return database.read(lambda connection: connection.execute(query).all())


def rescorings(database: Database, batch_id: int) -> dict[str, int]:
    """Return by model when it last gave open cases a prediction, since an upload."""
    came = select(batches.c.at).where(batches.c.id == batch_id).scalar_subquery()
    query = select(audit.c.at, audit.c.details).where(
        audit.c.action == "rescore", audit.c.at >= came
    )
    rows = database.read(lambda connection: connection.execute(query.order_by(audit.c.seq)).all())
    models = [(row.at, json.loads(row.details)) for row in rows]
    return {f"{of['model_name']} {of['model_version']}": at for at, of in models}


def recent_batches(database: Database, n: int) -> Sequence[AnyRow]:
    """Return the last uploads that brought new cases: `id`, `file_name`, `at`, `n_new`."""
    query = select(batches.c.id, batches.c.file_name, batches.c.at, batches.c.n_new)
    kept = query.where(batches.c.taken_back_at.is_(None), batches.c.n_new > 0)
    ordered = kept.order_by(batches.c.id.desc()).limit(n)
    return database.read(lambda connection: connection.execute(ordered).all())


def decided_by_rank(database: Database, since: int) -> Sequence[AnyRow]:
    """Return cases that were decided since a time with what their rank came from.

    Returns
    -------
    sequence of Row
        `lane`, `claim_probability`, `report_count` at the decision; `rank_statement`,
        `rank_author`, `decision`, `sampled`, `sample_probability`, `week` in which it came.
    """
    query = (
        select(
            decisions.c[LANE],
            decisions.c[PROBABILITY],
            decisions.c[REPORT_COUNT],
            cases.c.rank_statement,
            cases.c.rank_author,
            decisions.c.decision,
            decisions.c.sampled,
            decisions.c.sample_probability,
        )
        .join_from(decisions, cases, _ROUND)
        .where(decisions.c.at >= since, CLOSES)
        .order_by(decisions.c.id)
    )
    return database.read(lambda connection: connection.execute(query).all())


def pace(database: Database, since: int) -> AnyRow:
    """Return `arrived` since a time, the `first` upload since then, `waiting` and `oldest` now."""
    came = and_(batches.c.at >= since, batches.c.taken_back_at.is_(None))
    arrived = select(func.sum(batches.c.n_new + batches.c.n_reopened)).where(came)
    first = select(func.min(batches.c.at)).where(came)
    oldest = select(func.min(cases.c.waits_since)).where(IS_OPEN)
    query = select(
        func.coalesce(arrived.scalar_subquery(), 0).label("arrived"),
        first.scalar_subquery().label("first"),
        oldest.scalar_subquery().label("oldest"),
        select(func.count()).where(IS_OPEN).select_from(cases).scalar_subquery().label("waiting"),
    )
    return database.read(lambda connection: connection.execute(query).one())
