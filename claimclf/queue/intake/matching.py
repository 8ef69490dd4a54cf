"""A statement keeps its id over uploads, however it was grouped in each."""

from __future__ import annotations

from sqlalchemy import Connection, Subquery, Table, exists, func, insert, select, update

from claimclf.queue.intake.staging import staged, staged_keys
from claimclf.queue.storage.tables import statement_keys
from claimclf.schema import STATEMENT_ID


def match_known_statements(connection: Connection) -> None:
    """Give the upload's statements the ids under which earlier uploads brought them.

    A statement matches a known one if they have one of the keys of their first videos in common.
    One that matches several takes the id of one of them; the known ones keep separate ids, as
    their cases have had them.
    """
    same = statement_keys.c.key == staged_keys.c.key
    known_id = func.min(statement_keys.c[STATEMENT_ID])
    matches = (
        select(staged_keys.c[STATEMENT_ID], known_id.label("known"))
        .join_from(staged_keys, statement_keys, same)
        .group_by(staged_keys.c[STATEMENT_ID])
        .having(known_id != staged_keys.c[STATEMENT_ID])
    ).subquery()
    if _rename(connection, staged, matches):
        _rename(connection, staged_keys, matches)
    new = select(staged_keys).where(~exists().where(same).correlate(staged_keys))
    new = new.order_by(staged_keys.c.key)
    connection.execute(insert(statement_keys).from_select(["key", STATEMENT_ID], new))


def _rename(connection: Connection, table: Table, matches: Subquery) -> int:
    change = update(table).where(table.c[STATEMENT_ID] == matches.c[STATEMENT_ID])
    return connection.execute(change.values({STATEMENT_ID: matches.c.known})).rowcount
