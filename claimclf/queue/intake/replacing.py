"""What an upload replaces of cases that are there, kept until the next one that brings them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, literal, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.intake.staging import SAME, staged
from claimclf.queue.storage.tables import REPLACED, batches, cases, replaced
from claimclf.schema import TRANSCRIPT


def keep_replaced(connection: Connection, batch_id: int) -> None:
    """Keep what staged videos are about to replace of their cases."""
    known = select(cases.c.id).join_from(staged, cases, SAME)
    connection.execute(delete(replaced).where(replaced.c.case_id.in_(known)))
    others = cases.c[TRANSCRIPT].is_distinct_from(staged.c[TRANSCRIPT])
    values: dict[str, ColumnElement[Any]] = {name: cases.c[name] for name in REPLACED}
    values[TRANSCRIPT] = case((others, cases.c[TRANSCRIPT]))
    rows = select(cases.c.id, literal(batch_id), others, *values.values())
    names = ["case_id", "batch_id", "has_other_words", *values]
    source = rows.join_from(staged, cases, SAME)
    connection.execute(insert(replaced).from_select(names, source))


def first_version(connection: Connection) -> int:
    """Return the version of new cases: one that no case of the same number can have had."""
    back = select(func.count()).select_from(batches).where(batches.c.taken_back_at.is_not(None))
    return 1 + (connection.scalar(back) or 0)
