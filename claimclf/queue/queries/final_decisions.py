"""Decisions that hold, with the text that each was made on: what can be learnt from."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, not_, select

from claimclf.queue.queries.second_looks import disputed
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions, texts
from claimclf.schema import LANE, PRIMARY_DECISIONS, TRANSCRIPT, CaseState


def final_decisions(database: Database) -> Sequence[AnyRow]:
    """Return the decision that holds of each decided case, in the order in which they were made.

    A case that was opened for another round has none until it is decided again; one on which a
    second person differs has none until a lead has ruled, whose decision counts.

    Returns
    -------
    sequence of Row
        `text`, `decision`, `by`, `at` (microseconds since 1970, UTC), `bulk_id`, `sampled`,
        `sample_probability`, `lane` (where it was predicted to be).
    """
    # A case whose decision was undone is decided no more, until a later one.
    closes = decisions.c.decision.in_([str(decision) for decision in PRIMARY_DECISIONS])
    last = select(func.max(decisions.c.id)).where(closes).group_by(decisions.c.case_id)
    # Before version 0006 of the tables the text was not kept with the decision.
    text = func.coalesce(texts.c.text, cases.c[TRANSCRIPT]).label("text")
    query = (
        select(
            text,
            decisions.c.decision,
            decisions.c.by,
            decisions.c.at,
            decisions.c.bulk_id,
            decisions.c.sampled,
            decisions.c.sample_probability,
            decisions.c[LANE],
        )
        .select_from(decisions.join(cases).outerjoin(texts, texts.c.hash == decisions.c.text_hash))
        .where(decisions.c.id.in_(last), cases.c.state == str(CaseState.DECIDED), not_(disputed()))
        .order_by(decisions.c.id)
    )

    def work(connection: Connection) -> Sequence[AnyRow]:
        return connection.execute(query).all()

    return database.read(work)
