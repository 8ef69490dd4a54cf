"""What was decided, for programs that ask: the events of the webhook, and one video's case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from claimclf.queue.intake.reports.receiving import ACTIVE
from claimclf.queue.outbound.export import iso, statement_of_reasons
from claimclf.queue.outbound.reasons.exporting import statement_then
from claimclf.queue.outbound.webhook.message import content_of
from claimclf.queue.outbound.webhook.outbox import select_events
from claimclf.queue.outbound.window import Cursor, mark_of, window_between
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import CLOSES, audit, cases, decisions, reports
from claimclf.schema import REPORT_COUNT, VIDEO_ID

#: Events of one answer.
MOST = 500


def events_since(
    database: Database, start: Cursor | None, size: int = MOST
) -> tuple[list[dict[str, Any]], str, bool]:
    """Return the next events of the log, where to go on, and whether there are more already.

    Raises
    ------
    InvalidRequestError
        The cursor is not of this queue's log.
    """

    def read(connection: Connection) -> tuple[list[dict[str, Any]], str, bool]:
        window = window_between(connection, start, None, database.now())
        within = select_events().where(window.holds(audit.c.seq)).order_by(audit.c.seq)
        numbers = list(connection.scalars(within.limit(size + 1)))
        events = [content_of(connection, seq) for seq in numbers[:size]]
        if len(numbers) <= size:
            return events, str(window.cursor), False
        last = numbers[size - 1]
        return events, str(Cursor(last, mark_of(connection, last))), True

    return database.read(read)


def case_of_video(database: Database, video_id: str) -> dict[str, Any] | None:
    """Return a video's case with the decision that holds; None where there is no case."""

    def read(connection: Connection) -> dict[str, Any] | None:
        row = connection.execute(select(cases).where(cases.c[VIDEO_ID] == video_id)).one_or_none()
        if row is None:
            return None
        known = {
            **{VIDEO_ID: video_id, "case_id": row.id, "state": row.state, "round": row.round},
            **{"since": iso(row.state_at), REPORT_COUNT: getattr(row, REPORT_COUNT)},
            "reports_by": _reports_by(connection, row),
        }
        its = (decisions.c.case_id == row.id, decisions.c.round == row.round, CLOSES)
        made = select(decisions, cases.c[VIDEO_ID]).join(cases).where(*its)
        decision = connection.execute(made).one_or_none()
        return {**known, "decision": None if decision is None else _said(connection, decision)}

    return database.read(read)


def _reports_by(connection: Connection, row: AnyRow) -> dict[str, int]:
    """Return how many reports files say there are, and how many came by HTTP and count."""
    filed = getattr(row, REPORT_COUNT) if row.filed_reports is None else row.filed_reports
    its = (reports.c[VIDEO_ID] == getattr(row, VIDEO_ID), reports.c.state.in_(ACTIVE))
    sent = connection.scalar(select(func.count()).select_from(reports).where(*its)) or 0
    return {"files": filed, "http": sent}


def _said(connection: Connection, decision: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "decision_id": decision.id,
        "statement_of_reasons": statement_of_reasons(decision),
    }
    made = statement_then(connection, decision.id)
    if made is not None and not made[1]:
        said["transparency_database"] = made[0]
    return said
