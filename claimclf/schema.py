"""The data contract: column names, types, units, ranges and allowed values.

This is the one place where a column is named or a range is stated. `docs/data-contract.md`
says the same for readers, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

ROW_NUMBER = "#"
CLAIM_STATUS = "claim_status"
VIDEO_ID = "video_id"
DURATION = "video_duration_sec"
TRANSCRIPT = "video_transcription_text"
VERIFIED_STATUS = "verified_status"
BAN_STATUS = "author_ban_status"
VIEWS = "video_view_count"
LIKES = "video_like_count"
SHARES = "video_share_count"
DOWNLOADS = "video_download_count"
COMMENTS = "video_comment_count"
REPORT_COUNT = "report_count"
AUTHOR_ID = "author_id"
VIDEO_URL = "video_url"
FIRST_REPORTED = "first_reported_at"
LAST_REPORTED = "last_reported_at"
CAPTION = "video_caption"
SAVES = "video_save_count"
POSTED_AT = "posted_at"
# Columns that a report log adds to the videos that it is about.
REPORT_REASONS, REPORTERS = "report_reasons", "reporters"

#: What happened to a video after it was posted; a young video has next to none of it.
ENGAGEMENT = (VIEWS, LIKES, SHARES, DOWNLOADS, COMMENTS)

CLAIM, OPINION = "claim", "opinion"
#: Labels in the order of confusion matrices: the negative class first.
LABELS = (OPINION, CLAIM)
#: Feature sets that models are trained on where nothing else is asked for.
DEFAULT_FEATURE_SETS = ("course", "content")

# Columns that scoring adds.
RANK, LANE, PREDICTION, PROBABILITY = "rank", "lane", "prediction", "claim_probability"
REASON = "reason"
TEXT_LENGTH = "text_length"
#: How well each label fits, in the order of `LABELS`.
P_VALUES = ("p_opinion", "p_claim")
STATEMENT_ID, STATEMENT_VIDEOS = "statement_id", "statement_videos"
STATEMENT_REPORTS, AUTHOR_REPORTS = "statement_reports", "author_reports"
#: The columns that lead every scored output, in order; the input's own follow.
OUTPUT = (RANK, LANE, VIDEO_ID, PREDICTION, PROBABILITY, REPORT_COUNT)

#: What the words of a video are: `Words`.
TEXT_SOURCE = "text_source"

# Columns that validation adds to rejected rows and to rows with notes.
LINE, OUTCOME, REASONS, SURPLUS = "line", "outcome", "reasons", "surplus_fields"
#: What became of a row: not accepted, or accepted without some of its values.
REJECTED, NOTED = "rejected", "note"


class Words(StrEnum):
    """Where the words of a video come from, the one that is preferred first.

    A caption is what the author wrote beside the video: it is read where nothing that is said
    in it is known, and never taken for that.
    """

    TRANSCRIPT = "transcript"
    VOICE_TO_TEXT = "voice_to_text"
    SUBTITLES = "subtitles"
    CAPTION = "caption"


class Lane(StrEnum):
    """Where a prediction puts a video."""

    CLAIMS = "claims"
    UNCERTAIN = "uncertain"
    OPINIONS = "opinions"


#: Why a video is uncertain, as it is stored with the prediction.
UNLIKE_TRAINING = "unlike anything the model was trained on"
TOO_SHORT_TO_JUDGE = "too short"
NOT_SCORABLE = "cannot be scored"


class Language(StrEnum):
    """Whether a model has learnt the language of a text, told by how many words are new to it."""

    LEARNT = "learnt"
    #: Most of its words are new: another language, or a subject that was never met.
    OTHER = "other"
    #: Too short to be told, or not there.
    UNKNOWN = "unknown"


class TextKind(StrEnum):
    """A kind of text: where words come from and what they are like."""

    COURSE = "course"
    SPEECH = "real speech"
    POSTS = "real posts"
    DECIDED = "decided cases"


class Ranking(StrEnum):
    """What puts one video before another in the queue."""

    REPORTS = "reports"
    EXPECTED_CLAIMS = "expected-claims"
    STATEMENT = "statement"
    AUTHOR = "author"


class Kind(StrEnum):
    """How a column's cells are read and checked."""

    IDENTIFIER = "identifier"
    TEXT = "text"
    CATEGORY = "category"
    COUNT = "count"
    NUMBER = "number"
    TIME = "time"
    URL = "url"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        The name used in code, screens and output.
    kind : Kind
        How cells are read: counts are whole numbers, identifiers stay text.
    description : str
        What it says about a video.
    unit : str
        Unit of a number; empty for text.
    minimum, maximum : float or None
        Inclusive range; for text, `maximum` is the length in characters.
    allowed : tuple of str
        The values of a category.
    synonyms : tuple of (str, str)
        Other spellings of a category's values, lower case, each with the value it means.
    aliases : tuple of str
        Other names under which the column is recognised, lower case.
    needed : bool
        Whether a table without the column is refused.
    required : bool
        Whether a row without a value is rejected.
    unique : bool
        Whether a value may stand in one row only.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    needed: bool = True
    required: bool = False
    unique: bool = False


@dataclass(frozen=True)
class Contract:
    """A table's name and columns, in order.

    Parameters
    ----------
    title : str
        What people call it.
    columns : tuple of Column
        In order.
    lenient : bool
        Whether a cell that cannot be read costs its value only, with a note, and rows of one
        id become one; otherwise the row is rejected.
    """

    title: str
    columns: tuple[Column, ...]
    lenient: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of the columns without which the table is refused."""
        return tuple(column.name for column in self.columns if column.needed)

    def __getitem__(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)


_LONGEST = 86_400  # a day: streams that were kept
_MOST = 1e12  # no platform has a count beyond a thousand billion; 1e308 is a broken export


def _count(name: str, description: str, *aliases: str, unit: str) -> Column:
    return Column(name, Kind.COUNT, description, unit, 0, _MOST, aliases=aliases)


_ROW_NUMBER = Column(
    ROW_NUMBER, Kind.NUMBER, "row number of the export; never a feature", needed=False
)
_CLAIM_STATUS = Column(
    CLAIM_STATUS,
    Kind.CATEGORY,
    "the label: what a person found the video to make",
    allowed=LABELS,
    aliases=("label", "claim status"),
)
_VIDEO = (
    Column(
        VIDEO_ID,
        Kind.IDENTIFIER,
        "identifies the video; kept as text",
        maximum=200,
        aliases=("id", "video id", "videoid"),
        required=True,
        unique=True,
    ),
    Column(
        DURATION,
        Kind.NUMBER,
        "length of the video",
        "seconds",
        minimum=1,
        maximum=_LONGEST,
        aliases=("duration", "video_duration", "duration_sec"),
    ),
    Column(
        TRANSCRIPT,
        Kind.TEXT,
        "what is said in the video",
        "characters",
        maximum=100_000,
        aliases=("transcript", "transcription", "text", "video_transcription"),
    ),
    Column(
        VERIFIED_STATUS,
        Kind.CATEGORY,
        "whether the author is verified",
        allowed=("not verified", "verified"),
        synonyms=(
            *((word, "verified") for word in ("true", "1", "1.0", "yes", "y", "t", "ja", "si")),
            *((word, "not verified") for word in ("false", "0", "0.0", "no", "n", "f", "nein")),
            ("unverified", "not verified"),
            ("not_verified", "not verified"),
        ),
        aliases=("verified", "author_verified_status"),
    ),
    Column(
        BAN_STATUS,
        Kind.CATEGORY,
        "the author's standing",
        allowed=("active", "banned", "under review"),
        synonyms=(
            ("under_review", "under review"),
            ("under-review", "under review"),
            ("in review", "under review"),
            ("underreview", "under review"),
            ("ok", "active"),
            ("suspended", "banned"),
        ),
        aliases=("ban_status", "author_status"),
    ),
    _count(VIEWS, "times the video was viewed", "views", "view_count", unit="views"),
    _count(LIKES, "times it was liked", "likes", "like_count", unit="likes"),
    _count(SHARES, "times it was shared", "shares", "share_count", unit="shares"),
    _count(DOWNLOADS, "times it was downloaded", "downloads", "download_count", unit="downloads"),
    _count(COMMENTS, "comments below it", "comments", "comment_count", unit="comments"),
)
_TIME_UNIT = "ISO 8601 or a moment since 1970, UTC unless an offset is given"
_REPORTS = (
    _count(
        REPORT_COUNT,
        "reports received about the video",
        "reports",
        "report count",
        "number_of_reports",
        "num_reports",
        "times reported",
        "reports received",
        unit="reports",
    ),
    Column(
        AUTHOR_ID,
        Kind.TEXT,
        "identifies the author; kept as text",
        maximum=200,
        aliases=("author", "author id", "username", "account", "uploader", "handle"),
    ),
    Column(
        VIDEO_URL,
        Kind.URL,
        "where the video can be watched",
        maximum=2_000,
        aliases=("url", "link", "video link", "share_url", "webpage_url", "webvideourl"),
    ),
    Column(FIRST_REPORTED, Kind.TIME, "time of the first report", _TIME_UNIT),
    Column(LAST_REPORTED, Kind.TIME, "time of the latest report", _TIME_UNIT),
    Column(
        CAPTION,
        Kind.TEXT,
        "what the author wrote beside the video",
        "characters",
        maximum=100_000,
        aliases=("caption", "video_description", "description", "desc"),
    ),
    _count(
        SAVES,
        "times it was saved (bookmarked)",
        "saves",
        "saved",
        "save_count",
        "favorites_count",
        "favourites_count",
        "favorites",
        "bookmarks",
        unit="saves",
    ),
    Column(
        POSTED_AT,
        Kind.TIME,
        "when the video was posted",
        _TIME_UNIT,
        aliases=("posted", "create_time", "createtime", "created_at", "published_at", "date"),
    ),
)
#: Names by which a column of reported videos is known besides those of the labelled dataset.
_MORE_ALIASES = {
    VIDEO_ID: ("video", "item_id", "aweme_id"),
    DURATION: ("length", "length (s)", "seconds", "duration (s)"),
    TRANSCRIPT: ("what is said", "voice_to_text", "subtitles", "speech", "spoken text"),
    VERIFIED_STATUS: ("verified?", "is_verified", "author verified"),
    BAN_STATUS: ("account status",),
    VIEWS: ("plays", "play_count", "playcount"),
    LIKES: ("digg_count", "diggcount"),
    SHARES: ("repost_count", "sharecount"),
    COMMENTS: ("commentcount",),
}


def _optional(column: Column) -> Column:
    """Return a column as reported videos have it: nothing but the id is needed of them."""
    aliases = (*column.aliases, *_MORE_ALIASES.get(column.name, ()))
    is_id = column.name == VIDEO_ID
    return replace(column, aliases=aliases, needed=is_id, unique=False)


#: The labelled dataset: the course's twelve columns.
LABELLED = Contract("labelled dataset", (_ROW_NUMBER, _CLAIM_STATUS, *_VIDEO))
#: Reported videos, as they come to a moderator.
REPORTED = Contract(
    "reported videos", (_ROW_NUMBER, *map(_optional, (*_VIDEO, *_REPORTS))), lenient=True
)
#: Labelled sentences from outside: a label and a text, whatever else there is.
OUT_OF_DOMAIN = Contract(
    "labelled sentences from elsewhere",
    (
        replace(_CLAIM_STATUS, required=True, synonyms=(("1", CLAIM), ("0", OPINION))),
        *(replace(column, needed=column.name == TRANSCRIPT, required=False) for column in _VIDEO),
    ),
)

#: Words that stand for "no value" in every column but text and identifiers.
MISSING_WORDS = frozenset(
    {
        "",
        "nan",
        "na",
        "n/a",
        "#n/a",
        "#na",
        "null",
        "none",
        "<na>",
        "undefined",
        "-",
        "–",
        "—",
        "#null!",
        "#value!",
        "#ref!",
        "#div/0!",
        "#name?",
        "#num!",
    }
)

MOST_COLUMNS = 500


@dataclass(frozen=True)
class Limits:
    """How large a table may be.

    Parameters
    ----------
    size : int or None
        Bytes, after decompression; None for no limit.
    rows : int or None
        Data rows.
    columns : int
        Columns.
    """

    size: int | None = None
    rows: int | None = None
    columns: int = MOST_COLUMNS


#: What a page accepts; `.streamlit/config.toml` repeats the size for the browser.
UPLOAD_LIMITS = Limits(size=200 * 2**20, rows=1_000_000)
#: A shell user works on files of their own machine.
SHELL_LIMITS = Limits()


def recognise(name: str, contract: Contract) -> str | None:
    """Return the contract's column that `name` means, ignoring case, or None."""
    folded = name.strip().casefold()
    for column in contract.columns:
        if folded == column.name or folded in column.aliases:
            return column.name
    return None


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    DECIDED = "decided"
    ESCALATED = "escalated"


class Decision(StrEnum):
    """What a person says of a case."""

    BREAKS_RULES = "claim-breaks-rules"
    WITHIN_RULES = "claim-within-rules"
    OPINION = "opinion"
    ESCALATE = "escalate"
    SKIP = "skip"


#: The decisions that close a case; the others pass it on.
PRIMARY_DECISIONS = (Decision.BREAKS_RULES, Decision.WITHIN_RULES, Decision.OPINION)


class Look(StrEnum):
    """Why a decided case is looked at again."""

    #: Drawn at random, for somebody who does not see the first decision.
    DRAWN = "drawn"
    #: A lead has settled on its decision; others are asked without knowing.
    SETTLED = "settled"
    #: It was opened again, for anybody but those who decided on it before.
    APPEAL = "appeal"


class ReasonCode(StrEnum):
    """Which rule a claim breaks."""

    HEALTH = "misinformation-health"
    CIVIC = "misinformation-civic"
    DANGEROUS_ACT = "dangerous-act"
    HARASSMENT = "harassment"
    FRAUD = "fraud"
    OTHER = "other"
