"""What a report is: every error of one at once, each with its place."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from claimclf.addresses import is_web_address
from claimclf.queue.settings.bounds import MOST, is_name, is_storable
from claimclf.schema import (
    FIRST_REPORTED,
    LAST_REPORTED,
    REPORT_COUNT,
    REPORTED,
    ROW_NUMBER,
    VIDEO_ID,
    Column,
    Kind,
)
from claimclf.units import HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST_ID, _LONGEST_REASON, _LONGEST_URL = 200, 500, 2_000
#: Characters that are said of a field's name, and fields that are named which there are not.
_NAMED, _MOST_UNKNOWN = 60, 20
#: A sender's clock may go before ours.
_AHEAD = 24 * HOUR
_FIELDS = ("id", VIDEO_ID, "at", "reason", "reporter", "video")
_NAMES = ("id", VIDEO_ID, "reporter")
#: What may be amended later.
AMENDED = ("at", "reason", "video")
#: What a report may say of its video: what an upload may, but for what is counted here.
VIDEO_FIELDS = {
    column.name: column
    for column in REPORTED.columns
    if column.name not in (ROW_NUMBER, VIDEO_ID, REPORT_COUNT, FIRST_REPORTED, LAST_REPORTED)
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a report.

    Parameters
    ----------
    place : str
        Where, as a JSON pointer within the report.
    code : str
        For programs: `missing`, `kind`, `too-long`, `range`, `time`, `unknown` or `other-content`.
    message : str
        For people.
    """

    place: str
    code: str
    message: str


@dataclass(frozen=True)
class Report:
    """A report that can be stored.

    Parameters
    ----------
    id : str
        The sender's own name for it.
    video_id : str
        What was reported.
    at : int
        When: microseconds since 1970, UTC.
    reason, reporter : str or None
        Why, and the hash of who; never the reporter's own name.
    video : str or None
        What is known of the video, as canonical JSON.
    """

    id: str
    video_id: str
    at: int
    reason: str | None
    reporter: str | None
    video: str | None

    @cached_property
    def digest(self) -> str:
        """Hash of all that it says: the same where it is sent again."""
        return hash_of([self.video_id, self.at, self.reason, self.reporter, self.video])


def hash_of(value: Any) -> str:
    """Return the SHA-256 of a value as canonical JSON."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def reporter_hash(sender: str, reporter: str) -> str:
    """Return what is kept of who reported: nobody can tell the name from it without the list."""
    return hash_of(["reporter", sender, reporter])


def read_report(record: Any, sender: str, now: int) -> Report | list[Fault]:
    """Return the report that a record is, or everything that is wrong with it.

    Parameters
    ----------
    sender : str
        Whose report it is.
    now : int
        Microseconds since 1970, UTC.
    """
    if not isinstance(record, Mapping):
        return [Fault("", "kind", "A report is an object.")]
    faults = _unknown(record, _FIELDS, "/", "There is no field {} in a report.")
    name = _text(record, "id", _LONGEST_ID, faults, required=True)
    video_id = _text(record, VIDEO_ID, _LONGEST_ID, faults, required=True)
    reason = _text(record, "reason", _LONGEST_REASON, faults)
    reporter = _text(record, "reporter", _LONGEST_ID, faults)
    at = _time(record.get("at"), "/at", faults, now, required=True)
    video = read_video(record.get("video"), faults, now)
    if faults:
        return faults
    hashed = None if reporter is None else reporter_hash(sender, reporter)
    return Report(name or "", video_id or "", at or 0, reason, hashed, video)


def read_changes(record: Any, now: int) -> dict[str, Any] | list[Fault]:
    """Return what is to be amended of a report, by column, or everything that is wrong with it."""
    if not isinstance(record, Mapping) or not record:
        return [Fault("", "kind", f"Give an object with some of {', '.join(AMENDED)}.")]
    faults = _unknown(record, AMENDED, "/", "{} cannot be amended.")
    changes: dict[str, Any] = {}
    if "reason" in record:
        changes["reason"] = _text(record, "reason", _LONGEST_REASON, faults)
    if "at" in record:
        changes["at"] = _time(record["at"], "/at", faults, now, required=True)
    if "video" in record:
        changes["video"] = read_video(record["video"], faults, now)
    return faults or changes


def read_video(video: Any, faults: list[Fault], now: int) -> str | None:
    """Return what is said of a video as canonical JSON; None where it is nothing."""
    if video is None:
        return None
    if not isinstance(video, Mapping):
        faults.append(Fault("/video", "kind", "What is known of the video is an object."))
        return None
    faults += _unknown(video, VIDEO_FIELDS, "/video/", "There is no field {} of a video.")
    kept = {
        name: value
        for name, value in video.items()
        if name in VIDEO_FIELDS
        and value is not None
        and not _is_faulty(VIDEO_FIELDS[name], value, faults, now)
    }
    return _canonical(kept) if kept else None


def _unknown(
    record: Mapping[str, Any], known: Container[str], below: str, message: str
) -> list[Fault]:
    """Return the faults of fields that there are not; of many the first, for they are answered."""
    names = [named(name) for name in record if name not in known]
    faults = [
        Fault(f"{below}{name}", "unknown", message.format(repr(name)))
        for name in names[:_MOST_UNKNOWN]
    ]
    if len(names) > _MOST_UNKNOWN:
        more = f"There are {len(names) - _MOST_UNKNOWN:,} more such fields."
        faults.append(Fault(below.rstrip("/"), "unknown", more))
    return faults


def named(name: str, longest: int = _NAMED) -> str:
    """Return the beginning of a sender's own word as any encoding can write it."""
    return name[:longest].encode("utf-8", "backslashreplace").decode()


def _is_faulty(column: Column, value: Any, faults: list[Fault], now: int) -> bool:
    place, n_before = f"/video/{column.name}", len(faults)
    if column.kind is Kind.TIME:
        _time(value, place, faults, now)
    elif column.kind in (Kind.COUNT, Kind.NUMBER):
        _check_number(column, value, place, faults)
    else:
        longest = int(column.maximum or _LONGEST_URL)
        _check_text(value, place, longest, faults)
        if len(faults) == n_before and column.allowed and value not in column.allowed:
            known = ", ".join(column.allowed)
            faults.append(Fault(place, "range", f"Give one of {known}."))
        if len(faults) == n_before and column.kind is Kind.URL and not is_web_address(value):
            faults.append(Fault(place, "kind", "Give a whole address that begins with https://."))
    return len(faults) > n_before


def _check_number(column: Column, value: Any, place: str, faults: list[Fault]) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        faults.append(Fault(place, "kind", "Give a number."))
        return
    low = -MOST if column.minimum is None else column.minimum
    high = MOST if column.maximum is None else column.maximum
    if not low <= value <= high:
        faults.append(Fault(place, "range", f"Give a number from {low:g} to {high:g}."))
    elif column.kind is Kind.COUNT and value != int(value):
        faults.append(Fault(place, "kind", "Give a whole number."))


def _text(
    record: Mapping[str, Any],
    name: str,
    longest: int,
    faults: list[Fault],
    *,
    required: bool = False,
) -> str | None:
    value = record.get(name)
    if value is None or value == "":
        if required:
            faults.append(Fault(f"/{name}", "missing", "A report needs it."))
        return None
    if not _check_text(value, f"/{name}", longest, faults):
        return None
    if name in _NAMES and not is_name(value):
        # By it a report is withdrawn later, in an address or a line of text.
        faults.append(Fault(f"/{name}", "kind", "Give a name without control characters."))
    elif name in _NAMES and ".." in value.split("/"):
        # Servers take such an address for another folder's.
        faults.append(Fault(f"/{name}", "kind", "Give a name that is no way through folders."))
    return str(value)


def _check_text(value: Any, place: str, longest: int, faults: list[Fault]) -> bool:
    if not is_storable(value):
        faults.append(Fault(place, "kind", "Give a text that can be stored."))
    elif len(value) > longest:
        message = f"It has {len(value):,} characters; {longest:,} are taken."
        faults.append(Fault(place, "too-long", message))
    else:
        return True
    return False


def _time(
    value: Any, place: str, faults: list[Fault], now: int, *, required: bool = False
) -> int | None:
    if value is None and required:
        faults.append(Fault(place, "missing", "A report needs it."))
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or time.utcoffset() is None:
        message = "Give a time with its zone, such as 2026-11-29T08:30:00Z."
        faults.append(Fault(place, "time", message))
        return None
    at = (time - _EPOCH) // timedelta(microseconds=1)
    if time < _EARLIEST or at > now + _AHEAD:
        faults.append(Fault(place, "range", "It is before the year 2000, or still to come."))
        return None
    return at


#: Made once: `json.dumps` with options makes an encoder at each call.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
