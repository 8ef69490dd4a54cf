"""Reports are withdrawn, amended or set aside; the count of their video's case follows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, case, exists, func, select, update

from claimclf.errors import NotFoundError
from claimclf.people import Person
from claimclf.queue.intake.grouping import count_groups_anew
from claimclf.queue.intake.reports.contract import Report, reporter_hash
from claimclf.queue.intake.reports.receiving import (
    ACTIVE,
    PENDING,
    QUEUED,
    SET_ASIDE,
    TAKEN_BACK,
    WITHDRAWN,
)
from claimclf.queue.queries.ordering import rank_anew
from claimclf.queue.queries.sampling import drop_cuts
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.tables import IS_UNHELD, cases, group_totals, reports
from claimclf.schema import REPORT_COUNT, VIDEO_ID, CaseState

_STEP = 500


def withdraw(database: Database, person: Person, sender: str, report_id: str) -> str:
    """Take a report back: it counts no longer. One that does not count already is left alone.

    Returns
    -------
    str
        Its state: `withdrawn`, or why it did not count before.

    Raises
    ------
    NotFoundError
        The sender has sent no such report.
    """

    def take_back(connection: Connection) -> str:
        lock(connection, "ingest")
        row = _find(connection, sender, report_id)
        if row.state not in ACTIVE:
            return str(row.state)
        change = update(reports).where(reports.c.id == row.id).values(state=WITHDRAWN)
        connection.execute(change)
        recount(connection, [getattr(row, VIDEO_ID)])
        facts = {"sender": sender, "report": report_id}
        append(connection, person, database.now(), [Entry("withdraw-report", details=facts)])
        return WITHDRAWN

    return database.write(take_back)


def amend(
    database: Database, person: Person, sender: str, report_id: str, changes: dict[str, Any]
) -> None:
    """Change what a report says; the video is scored anew by what it says then.

    Parameters
    ----------
    changes : dict
        As `read_changes` returns them.

    Raises
    ------
    NotFoundError
        The sender has sent no such report, or it is withdrawn or set aside.
    """

    def change(connection: Connection) -> None:
        lock(connection, "ingest")
        row = _find(connection, sender, report_id)
        if row.state not in ACTIVE:
            raise _unknown(report_id, f"it is {row.state}")
        now = {name: changes.get(name, getattr(row, name)) for name in ("at", "reason", "video")}
        if "video" in changes and row.video is not None:
            said = {**json.loads(row.video), **json.loads(changes["video"] or "{}")}
            now["video"] = json.dumps(
                said, sort_keys=True, separators=(",", ":"), ensure_ascii=False
            )
        says = Report(
            report_id, getattr(row, VIDEO_ID), now["at"], now["reason"], row.reporter, now["video"]
        )
        values = {**now, "digest": says.digest, "state": PENDING}
        connection.execute(update(reports).where(reports.c.id == row.id).values(values))
        facts = {"sender": sender, "report": report_id, "changed": sorted(changes)}
        append(connection, person, database.now(), [Entry("amend-report", details=facts)])

    database.write(change)


def set_aside(database: Database, person: Person, sender: str, reporter: str, reason: str) -> int:
    """Let no report of somebody count whose video nobody has decided on; return how many.

    Parameters
    ----------
    reporter : str
        Who reported, as the sender names them.
    reason : str
        A few words, for the log.
    """
    hashed = reporter_hash(sender, reporter)

    def aside(connection: Connection) -> int:
        lock(connection, "ingest")
        decided = exists().where(
            cases.c[VIDEO_ID] == reports.c[VIDEO_ID], cases.c.state == CaseState.DECIDED
        )
        theirs = (reports.c.sender == sender, reports.c.reporter == hashed)
        pending = (reports.c.state.in_(ACTIVE), ~decided)
        change = update(reports).where(*theirs, *pending).values(state=SET_ASIDE)
        videos = list(connection.scalars(change.returning(reports.c[VIDEO_ID])))
        recount(connection, sorted(set(videos)))
        facts = {"sender": sender, "reporter": hashed, "n": len(videos), "reason": reason}
        append(connection, person, database.now(), [Entry("set-aside", details=facts)])
        return len(videos)

    return database.write(aside)


def take_back_reports(connection: Connection, batch_id: int, videos: Select[Any]) -> int:
    """Let no report count that an upload brought in and nobody has changed since.

    Parameters
    ----------
    videos : Select
        Ids of the videos that the upload brought.

    Returns
    -------
    int
        How many.
    """
    its = (reports.c.batch_id == batch_id, reports.c.state == QUEUED)
    these = (reports.c[VIDEO_ID].in_(videos), *its)
    return connection.execute(update(reports).where(*these).values(state=TAKEN_BACK)).rowcount


def recount(connection: Connection, videos: Sequence[str]) -> None:
    """Have cases follow where reports of their videos no longer count.

    What counts is the larger number: what files say, or the reports that came by HTTP.
    """
    for start in range(0, len(videos), _STEP):
        some = videos[start : start + _STEP]
        rows = connection.execute(_too_high(some)).all()
        for row in rows:
            _lower(connection, row.id, row.n)
        for group in group_totals:
            names = sorted({getattr(row, group) for row in rows} - {None})
            count_groups_anew(connection, group, names)
        free = select(cases.c.id).where(cases.c.id.in_([row.id for row in rows]), IS_UNHELD)
        rank_anew(connection, list(connection.scalars(free)))
        if rows:
            drop_cuts(connection)


def _too_high(videos: Sequence[str]) -> Select[Any]:
    """Select cases that count more reports than there are, with the number that there is."""
    counts = (
        select(
            reports.c[VIDEO_ID].label("video"),
            func.count(case((reports.c.state.in_(ACTIVE), 1))).label("n"),
        )
        .where(reports.c[VIDEO_ID].in_(videos))
        .group_by(reports.c[VIDEO_ID])
    ).subquery()
    filed = cases.c.filed_reports  # where it is not kept, all reports are a file's
    n = case((filed > counts.c.n, filed), else_=counts.c.n).label("n")
    query = select(cases.c.id, n, *(cases.c[group] for group in group_totals))
    its = (cases.c[VIDEO_ID] == counts.c.video, filed.is_not(None), cases.c[REPORT_COUNT] > n)
    return query.where(*its).order_by(cases.c.id).with_for_update(of=cases)


def _lower(connection: Connection, case_id: int, n: int) -> None:
    values = {
        REPORT_COUNT: n,
        "version": cases.c.version + case((IS_UNHELD, 1), else_=0),
        "rank_stale": ~IS_UNHELD,
    }
    connection.execute(update(cases).where(cases.c.id == case_id).values(values))


def _find(connection: Connection, sender: str, report_id: str) -> AnyRow:
    this = (reports.c.sender == sender, reports.c.report_id == report_id)
    row = connection.execute(select(reports).where(*this).with_for_update()).one_or_none()
    if row is None:
        raise _unknown(report_id, "none of that id was sent with a token of this sender")
    return row


def _unknown(report_id: str, why: str) -> NotFoundError:
    problem = f"There is no report '{report_id[:60]}' that counts."
    return NotFoundError(problem, f"Found: {why}.", "Look at the ids that were accepted.")
