"""A decision that restricts something becomes a statement of reasons."""

from __future__ import annotations

from datetime import date
from typing import Any

from claimclf.queue.settings import transparency as schema
from claimclf.queue.settings.days import local
from claimclf.queue.settings.restrictions import Restriction
from claimclf.queue.storage.cases import AnyRow
from claimclf.schema import LANE, POSTED_AT, PROBABILITY, REPORT_COUNT, Decision

#: The only decision that restricts something.
RESTRICTS = Decision.BREAKS_RULES
_MARK = 32


def puid_of(decision_id: int, entry_hash: str) -> str:
    """Return the name of a decision's statement, which no other ever gets.

    Parameters
    ----------
    entry_hash : str
        Hash of the entry in the audit log with which the decision was made: no other queue has
        it, and a decision after an undoing has another.
    """
    return f"claimclf-{decision_id}-{entry_hash[:_MARK]}"


def build_statement(row: AnyRow, restriction: Restriction | None, zone: str) -> dict[str, Any]:
    """Return what is known of a decision, by the attributes of the Transparency Database.

    Nobody's name, no note and no word of the video is in it: it must hold no personal data.

    Parameters
    ----------
    row : Row
        A decision with its case's posting time and the hash of its entry, `made`.
    restriction : Restriction or None
        What the team has set for its reason code; None leaves out what follows from it.
    zone : str
        The team's time zone, in which days are counted.
    """
    reports = getattr(row, REPORT_COUNT)
    posted = getattr(row, POSTED_AT)
    statement: dict[str, Any] = {
        "content_type": ["CONTENT_TYPE_VIDEO"],
        "application_date": _day(row.at, zone),
        "decision_facts": _facts(row),
        "automated_detection": "No" if getattr(row, PROBABILITY) is None else "Yes",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": puid_of(row.id, row.made),
    }
    if posted is not None:
        statement["content_date"] = _day(posted, zone)
    if restriction is not None:
        statement |= _set_by_team(restriction)
        statement["source_type"] = restriction.source if reports else schema.VOLUNTARY
    return statement


def _set_by_team(restriction: Restriction) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "decision_visibility": sorted(restriction.visibility),
        "decision_ground": restriction.ground,
        "category": restriction.category,
        "territorial_scope": sorted(restriction.territorial_scope),
    }
    kind = "illegal_content" if restriction.ground == schema.ILLEGAL else "incompatible_content"
    ground = "legal_ground" if restriction.ground == schema.ILLEGAL else "ground"
    statement[f"{kind}_{ground}"] = restriction.reference
    statement[f"{kind}_explanation"] = restriction.explanation
    if restriction.keywords:
        statement["category_specification"] = sorted(restriction.keywords)
    if schema.OTHER_VISIBILITY in restriction.visibility:
        statement["decision_visibility_other"] = restriction.visibility_other
    if schema.OTHER_KEYWORD in restriction.keywords:
        statement["category_specification_other"] = restriction.keyword_other
    if restriction.url:
        statement["decision_ground_reference_url"] = restriction.url
    return statement


def _facts(row: AnyRow) -> str:
    reports, probability = getattr(row, REPORT_COUNT), getattr(row, PROBABILITY)
    reported = "once" if reports == 1 else f"{reports:,} times"
    how = (
        f"The video had been reported {reported} when it was decided on."
        if reports
        else "The video had not been reported when it was decided on."
    )
    sorted_by = (
        f"A model ({row.model_name}, version {row.model_version}) had put it before people: it "
        f"estimated the probability that the video makes a claim at {probability:.2f} (lane "
        f"'{getattr(row, LANE)}')."
        if probability is not None
        else "No model had scored it."
    )
    decided = (
        "A person reviewed the video and decided that it makes a claim that breaks the rules, for "
        f"the reason '{row.reason_code}'. No decision is made by software."
    )
    return f"{how} {sorted_by} {decided}"


def _day(at: int, zone: str) -> str:
    day: date = local(at, zone).date()
    return day.isoformat()
