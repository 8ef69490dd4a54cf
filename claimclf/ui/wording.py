"""What decisions, rules, rankings and lanes are called on screens."""

from __future__ import annotations

from datetime import UTC, datetime

from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    CAPTION,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    FIRST_REPORTED,
    LAST_REPORTED,
    LIKES,
    POSTED_AT,
    REPORT_COUNT,
    ROW_NUMBER,
    SAVES,
    SHARES,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
    Decision,
    Lane,
    Language,
    Ranking,
    ReasonCode,
)
from claimclf.units import HOUR, SECOND

RANKINGS = {
    Ranking.REPORTS: "reports on the video",
    Ranking.EXPECTED_CLAIMS: "expected claims (probability × reports)",
    Ranking.STATEMENT: "all reports on its statement",
    Ranking.AUTHOR: "all reports on its author",
}
DECISIONS = {
    Decision.BREAKS_RULES: "Claim, breaks the rules",
    Decision.WITHIN_RULES: "Claim, within the rules",
    Decision.OPINION: "Opinion",
    Decision.ESCALATE: "Escalate",
    Decision.SKIP: "Skip",
}
REASONS = {
    ReasonCode.HEALTH: "Misinformation: health",
    ReasonCode.CIVIC: "Misinformation: public life",
    ReasonCode.DANGEROUS_ACT: "Dangerous act",
    ReasonCode.HARASSMENT: "Harassment",
    ReasonCode.FRAUD: "Fraud",
    ReasonCode.OTHER: "Another rule: see the note",
}
#: Lane -> icon: a lane is never told by colour alone.
LANES = {
    Lane.CLAIMS: ":material/campaign:",
    Lane.UNCERTAIN: ":material/help:",
    Lane.OPINIONS: ":material/chat_bubble:",
}
LANGUAGES = {
    Language.LEARNT: "learnt",
    Language.OTHER: "not learnt: another language or subject",
    Language.UNKNOWN: "unknown: too short, or no text",
}
#: What is read of a video, by column of the contract.
COLUMNS = {
    VIDEO_ID: "Video id",
    TRANSCRIPT: "What is said",
    CAPTION: "Caption",
    REPORT_COUNT: "Reports",
    FIRST_REPORTED: "First report",
    LAST_REPORTED: "Latest report",
    AUTHOR_ID: "Author",
    VERIFIED_STATUS: "Verified",
    BAN_STATUS: "Author status",
    VIDEO_URL: "Link",
    POSTED_AT: "Posted",
    DURATION: "Seconds",
    VIEWS: "Views",
    LIKES: "Likes",
    SHARES: "Shares",
    DOWNLOADS: "Downloads",
    COMMENTS: "Comments",
    SAVES: "Saves",
    ROW_NUMBER: "Row",
}
#: All lanes together, in tables.
EVERY_LANE = "all lanes"
_LIKELY = (
    (0.95, "almost surely a claim"),
    (0.7, "probably a claim"),
    (0.3, "a claim or an opinion"),
    (0.05, "probably an opinion"),
    (0.0, "almost surely an opinion"),
)


def counted(n: int, one: str, many: str = "") -> str:
    """Write how many there are: 1 case, 2 cases.

    Parameters
    ----------
    n : int
        How many.
    one, many : str
        What one is called, and what several are; with an s where nothing is said.
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def called(n: float | None, many: str) -> str:
    """Return what so many are called, whose number stands before it: 1 view, 2 views.

    Parameters
    ----------
    n : float or None
        How many; None where that is not known.
    many : str
        What several are called; the first word is the one that changes.
    """
    first, *others = many.split(" ")
    return " ".join([first.removesuffix("s"), *others]) if n == 1 else many


def likely(probability: float | None) -> str:
    """Say a probability of *claim* in words; None is a video that could not be scored."""
    if probability is None:
        return "could not be scored"
    return next(words for least, words in _LIKELY if probability >= least)


def chance(probability: float) -> str:
    """Write a probability of *claim* for people: none is certain."""
    if probability < 0.005:
        return "less than 1%"
    return "more than 99%" if probability >= 0.995 else f"{probability:.0%}"


def number(value: float | None) -> str:
    """Write a count; None is one that is not known."""
    return "unknown" if value is None else f"{value:,.0f}"


def moment(at: int) -> str:
    """Write a time, microseconds since 1970 in UTC, for people."""
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")


def at_second(at: int) -> datetime:
    """Return a time, microseconds since 1970 in UTC, for a column of times."""
    return datetime.fromtimestamp(at // SECOND, UTC)


def span(microseconds: int) -> str:
    """Write a length of time for people, in its largest unit that is at least one."""
    seconds = microseconds / SECOND
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            n = int(seconds // size)
            return f"{n:,} {unit}{'s' if n != 1 else ''}"
    return "less than a minute"


def in_hours(microseconds: int) -> float:
    """Return a length of time for a column of a table: a number is sorted as one."""
    return microseconds / HOUR


def length(microseconds: int) -> str:
    """Write a length of time in its two largest units."""
    seconds = round(microseconds / SECOND)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if minutes < 60:
        return f"{minutes} min {seconds % 60} s" if minutes < 10 else f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"
