"""A case as people see it: its video, its prediction and who holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from claimclf.errors import UnknownCaseError
from claimclf.queue.storage.tables import cases
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    CAPTION,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    FIRST_REPORTED,
    LANE,
    LAST_REPORTED,
    LIKES,
    POSTED_AT,
    PREDICTION,
    PROBABILITY,
    REASON,
    REPORT_COUNT,
    SAVES,
    SHARES,
    STATEMENT_ID,
    TEXT_SOURCE,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
    CaseState,
    Lane,
)

#: What may change while somebody holds the case, and never goes back.
MOVING = (REPORT_COUNT, FIRST_REPORTED, LAST_REPORTED)
#: What the newest upload knows best.
ENGAGEMENT = (VIEWS, LIKES, SHARES, DOWNLOADS, COMMENTS, SAVES)
#: What stays as it is while somebody holds the case.
FIXED = (
    *(DURATION, VERIFIED_STATUS, BAN_STATUS, STATEMENT_ID, AUTHOR_ID, VIDEO_URL),
    *(TRANSCRIPT, TEXT_SOURCE, CAPTION, POSTED_AT),
)
PREDICTED = (LANE, PREDICTION, PROBABILITY, REASON)
VIDEO = (VIDEO_ID, *MOVING, *ENGAGEMENT, *FIXED)

# Nothing of the audit sample: a moderator must not see what is part of it.
_SHOWN = (
    *("id", "state", "waits_since", "round", "version", "reported_again", "skip_count"),
    *(
        "lease_holder",
        "lease_until",
        "lease_from",
        "model_name",
        "model_version",
        *PREDICTED,
        *VIDEO,
    ),
)
#: A row of any columns.
AnyRow = Row[*tuple[Any, ...]]
COLUMNS = tuple(cases.c[name] for name in _SHOWN)


@dataclass(frozen=True)
class Case:
    """One video's review.

    Parameters
    ----------
    id : int
        Its number.
    state : CaseState
        Where it stands.
    waits_since : int
        Since when this round has been open, microseconds since 1970, UTC.
    round : int
        1, and one more each time it was reopened.
    version : int
        Goes up with every change; a decision names the one it was made on.
    reported_again : bool
        Whether it was decided before and then reported again.
    skip_count : int
        How often it was passed over.
    holder : str or None
        Who holds it, or held it last if the lease ran out.
    held_until : int or None
        End of the lease, microseconds since 1970, UTC.
    handed_by : str or None
        Who handed it to its holder, for whom it waits; None once the holder has looked at it.
    lane : Lane
        Where the prediction puts it.
    prediction : str or None
        The label that was predicted; None where nothing could be.
    probability : float or None
        Claim probability, from 0 to 1.
    reason : str or None
        Why nothing could be predicted, or why it is where it is.
    model_name, model_version : str
        What predicted it.
    video : dict
        By the names of claimclf.schema; times in microseconds since 1970, UTC.
    """

    id: int
    state: CaseState
    waits_since: int
    round: int
    version: int
    reported_again: bool
    skip_count: int
    holder: str | None
    held_until: int | None
    handed_by: str | None
    lane: Lane
    prediction: str | None
    probability: float | None
    reason: str | None
    model_name: str
    model_version: str
    video: dict[str, Any]


def case_of(row: AnyRow) -> Case:
    """Return the case of a row that has `COLUMNS`."""
    values = row._mapping
    return Case(
        id=values["id"],
        state=CaseState(values["state"]),
        waits_since=values["waits_since"],
        round=values["round"],
        version=values["version"],
        reported_again=values["reported_again"],
        skip_count=values["skip_count"],
        holder=values["lease_holder"],
        held_until=values["lease_until"],
        handed_by=values["lease_from"],
        lane=Lane(values[LANE]),
        prediction=values[PREDICTION],
        probability=values[PROBABILITY],
        reason=values[REASON],
        model_name=values["model_name"],
        model_version=values["model_version"],
        video={name: values[name] for name in VIDEO},
    )


def find_case(connection: Connection, case_id: int) -> Case:
    """Return one case.

    Raises
    ------
    UnknownCaseError
        There is none of that number.
    """
    row = connection.execute(select(*COLUMNS).where(cases.c.id == case_id)).one_or_none()
    if row is None:
        raise UnknownCaseError(
            f"There is no case {case_id}.", "", "Choose one from the queue's table."
        )
    return case_of(row)
