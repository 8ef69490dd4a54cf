"""The queue's tables. Times are microseconds since 1970, UTC; text sorts by code point."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
    literal_column,
    text,
)
from sqlalchemy.sql.elements import ColumnElement

from claimclf.schema import (
    AUTHOR_ID,
    AUTHOR_REPORTS,
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
    PRIMARY_DECISIONS,
    PROBABILITY,
    REASON,
    REPORT_COUNT,
    SAVES,
    SHARES,
    STATEMENT_ID,
    STATEMENT_REPORTS,
    TEXT_SOURCE,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
    CaseState,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: SQLite numbers rows by itself, and finds them without an index, only by an INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")
# The same order on both databases, and the order of Python: by code point.
_Ordered = Text().with_variant(Text(collation="C"), "postgresql")

batches = Table(
    "batches",
    metadata,
    Column("id", Number, primary_key=True),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("model_name", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("n_rows", BigInteger, nullable=False),
    Column("n_accepted", BigInteger, nullable=False),
    Column("n_rejected", BigInteger, nullable=False),
    Column("n_unscorable", BigInteger, nullable=False),
    Column("n_new", BigInteger, nullable=False),
    Column("n_known", BigInteger, nullable=False),
    Column("n_reopened", BigInteger, nullable=False),
    Column("taken_back_at", BigInteger),
    Column("taken_back_by", Text),
    UniqueConstraint("file_sha256", "model_name", "model_version"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Number, primary_key=True),
    Column("state", Text, nullable=False),
    Column("state_at", BigInteger, nullable=False),
    # Since when it waits for a review: its age counts from there.
    Column("waits_since", BigInteger, nullable=False, server_default="0"),
    Column("round", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("reported_again", Boolean(create_constraint=False), nullable=False),
    Column("skip_count", Integer, nullable=False),
    Column("decided_reports", BigInteger),
    Column("first_batch_id", ForeignKey("batches.id"), nullable=False),
    Column("last_batch_id", BigInteger, nullable=False),
    Column("opened_batch_id", BigInteger, nullable=False),
    # Who holds it. `lease_sampled`: it was part of the audit sample when taken.
    Column("lease_token", Text),
    Column("lease_holder", Text),
    Column("lease_started", BigInteger),
    Column("lease_until", BigInteger),
    Column("lease_sampled", Boolean(create_constraint=False)),
    # Who handed it to its holder, who has not looked at it yet.
    Column("lease_from", Text),
    # It is decided, and its holder looks again without seeing that: the kind of look.
    Column("lease_look", Text),
    # The round in which nobody may decide who did so in an earlier one.
    Column("appeal_round", Integer),
    # The rank, smallest first. Apart from the figures it comes from, for it must not move
    # while somebody holds the case: then `rank_stale` says that it is behind.
    Column("rank_place", Integer, nullable=False),
    Column("rank_reports", BigInteger, nullable=False),
    Column("rank_probability", Double, nullable=False),
    Column("rank_views", BigInteger, nullable=False),
    Column("rank_expected", Double, nullable=False),
    Column("rank_statement", BigInteger, nullable=False),
    Column("rank_author", BigInteger, nullable=False),
    Column("rank_stale", Boolean(create_constraint=False), nullable=False),
    # The audit sample: part of it where the draw is below the probability.
    Column("sample_draw", Double, nullable=False),
    Column("sample_probability", Double, nullable=False),
    # The prediction.
    Column(LANE, Text, nullable=False),
    Column(PREDICTION, Text),
    Column(PROBABILITY, Double),
    Column(REASON, Text),
    Column("model_name", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    # The video.
    Column(VIDEO_ID, _Ordered, nullable=False),
    Column(REPORT_COUNT, BigInteger, nullable=False),
    # What files say of these; None where no report came by HTTP, and the count is theirs.
    Column("filed_reports", BigInteger),
    Column(FIRST_REPORTED, BigInteger),
    Column(LAST_REPORTED, BigInteger),
    Column(VIEWS, BigInteger),
    Column(LIKES, BigInteger),
    Column(SHARES, BigInteger),
    Column(DOWNLOADS, BigInteger),
    Column(COMMENTS, BigInteger),
    Column(DURATION, Double),
    Column(VERIFIED_STATUS, Text),
    Column(BAN_STATUS, Text),
    Column(STATEMENT_ID, _Ordered),
    Column(AUTHOR_ID, _Ordered),
    Column(VIDEO_URL, Text),
    Column(TRANSCRIPT, Text),
    # Where the words come from: a caption never takes the place of what is said.
    Column(TEXT_SOURCE, Text),
    Column(CAPTION, Text),
    Column(SAVES, BigInteger),
    Column(POSTED_AT, BigInteger),
)

# Partial indexes are found only by a literal of the very same form, not by a parameter.
IS_OPEN: ColumnElement[bool] = cases.c.state == literal_column(f"'{CaseState.OPEN}'")
IS_ESCALATED: ColumnElement[bool] = cases.c.state == literal_column(f"'{CaseState.ESCALATED}'")
IS_NOT_OPEN: ColumnElement[bool] = cases.c.state != literal_column(f"'{CaseState.OPEN}'")
IS_DRAWN: ColumnElement[bool] = cases.c.sample_draw < cases.c.sample_probability
IS_HELD: ColumnElement[bool] = cases.c.lease_token.is_not(None)
IS_FREE: ColumnElement[bool] = IS_OPEN & cases.c.lease_token.is_(None)
#: Open or escalated, and in nobody's hands: what an upload says of it is taken over at once.
IS_UNHELD: ColumnElement[bool] = and_(
    cases.c.state != literal_column(f"'{CaseState.DECIDED}'"), cases.c.lease_token.is_(None)
)

#: What an upload says of a video.
UPLOADED = (
    *(VIDEO_ID, REPORT_COUNT, FIRST_REPORTED, LAST_REPORTED),
    *(VIEWS, LIKES, SHARES, DOWNLOADS, COMMENTS, SAVES, POSTED_AT, CAPTION, TEXT_SOURCE),
    *(DURATION, VERIFIED_STATUS, BAN_STATUS, STATEMENT_ID, AUTHOR_ID, VIDEO_URL, TRANSCRIPT),
    *(LANE, PREDICTION, PROBABILITY, REASON),
)

_OPEN = f"state = '{CaseState.OPEN}'"
_FILTERED = (LANE, VERIFIED_STATUS, BAN_STATUS)


# A group of videos stays together; one without a group comes last, at no character's place.
_LAST: ColumnElement[str] = literal_column("'\U0010ffff'")
STATEMENT_KEY: ColumnElement[str] = func.coalesce(cases.c[STATEMENT_ID], _LAST)
AUTHOR_KEY: ColumnElement[str] = func.coalesce(cases.c[AUTHOR_ID], _LAST)


def _partial(
    name: str, table: Table, columns: tuple[str | ColumnElement[str], ...], where: str
) -> Index:
    return Index(
        name,
        *(table.c[column] if isinstance(column, str) else column for column in columns),
        sqlite_where=text(where),
        postgresql_where=text(where),
    )


# An index rather than a constraint: a large upload builds it anew, as the others.
BY_VIDEO = Index("uq_cases_video_id", cases.c[VIDEO_ID], unique=True)
_ties = ("rank_reports", "rank_probability", "rank_views", VIDEO_ID)
_partial("ix_cases_by_reports", cases, ("rank_place", *_ties, *_FILTERED), _OPEN)
_partial(
    "ix_cases_by_expected",
    cases,
    ("rank_place", "rank_expected", *_ties, *_FILTERED),
    _OPEN,
)
# A statement or an author has few enough videos to sort them while reading.
_partial("ix_cases_by_statement", cases, ("rank_place", "rank_statement", STATEMENT_KEY), _OPEN)
_partial("ix_cases_by_author", cases, ("rank_place", "rank_author", AUTHOR_KEY), _OPEN)
#: New cases add few rows or none to these: keeping them is less work than building them again.
SPARSE = (
    _partial("ix_cases_held", cases, ("lease_until",), "lease_token IS NOT NULL"),
    _partial("ix_cases_not_open", cases, ("state", "state_at"), f"state <> '{CaseState.OPEN}'"),
    _partial(
        "ix_cases_drawn",
        cases,
        ("sample_draw", "rank_place"),
        f"{_OPEN} AND sample_draw < sample_probability",
    ),
)
# For filters that no order of rank helps with. What the first says of the time is always true;
# it keeps SQLite from using this index for all open cases.
_partial("ix_cases_waiting", cases, ("waits_since",), f"{_OPEN} AND waits_since + 0 >= 0")
_partial("ix_cases_again", cases, ("waits_since",), f"{_OPEN} AND reported_again")
_partial("ix_cases_statement", cases, (STATEMENT_ID,), f"{STATEMENT_ID} IS NOT NULL")
_partial("ix_cases_author", cases, (AUTHOR_ID,), f"{AUTHOR_ID} IS NOT NULL")

decisions = Table(
    "decisions",
    metadata,
    Column("id", Number, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason_code", Text),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("lease_token", Text),
    Column("case_version", Integer, nullable=False),
    Column("state_before", Text, nullable=False),
    Column("bulk_id", String(32)),
    # What was predicted and reported at that moment.
    Column(LANE, Text, nullable=False),
    Column(PREDICTION, Text),
    Column(PROBABILITY, Double),
    Column("model_name", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column(REPORT_COUNT, BigInteger, nullable=False),
    Column("sampled", Boolean(create_constraint=False), nullable=False),
    Column("sample_probability", Double, nullable=False),
    Column("undone_at", BigInteger),
    Column("undone_by", Text),
    # Of the transcript at that moment, in `texts`; None where there was none, or before version
    # 0006 of the tables.
    Column("text_hash", String(64)),
)
Index(
    "uq_decisions_primary",
    decisions.c.case_id,
    decisions.c.round,
    unique=True,
    sqlite_where=text("undone_at IS NULL AND decision NOT IN ('skip', 'escalate')"),
    postgresql_where=text("undone_at IS NULL AND decision NOT IN ('skip', 'escalate')"),
)
#: A decision that closed its case and was not undone.
CLOSES: ColumnElement[bool] = and_(
    decisions.c.undone_at.is_(None), decisions.c.decision.in_(PRIMARY_DECISIONS)
)
IS_SKIP: ColumnElement[bool] = decisions.c.decision == literal_column("'skip'")
_partial("ix_decisions_skips", decisions, ("case_id", "round", "by"), "decision = 'skip'")
Index("ix_decisions_case", decisions.c.case_id)
Index("ix_decisions_at", decisions.c.at)
_partial("ix_decisions_bulk", decisions, ("bulk_id",), "bulk_id IS NOT NULL")

#: Transcripts that were decided on, each once; triggers hold them as they are.
texts = Table(
    "texts",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)

#: Decided cases that a second person looks at without seeing the first decision. Their numbers
#: begin where no decision's number gets to: one way back serves both.
second_looks = Table(
    "second_looks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    # What is looked at again.
    Column("decision_id", ForeignKey("decisions.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    # With which chance it was drawn.
    Column("probability", Double, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    # What the second person says; all empty as long as nobody has looked.
    Column("decision", Text),
    Column("reason_code", Text),
    Column("note", Text),
    Column("by", Text),
    Column("at", BigInteger),
    # When they have seen that they differ from a settled case.
    Column("seen_at", BigInteger),
    # Where they differ: the decision that stands by a lead's word.
    Column("final_decision_id", BigInteger),
    Column("final_by", Text),
    Column("final_at", BigInteger),
)
_partial("ix_second_looks_waiting", second_looks, ("asked_at",), "at IS NULL")

#: Decided cases on which a lead has settled: they come back, unmarked, to be decided by others.
settled_cases = Table(
    "settled_cases",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

#: What a challenger says of cases beside the model in use, and what that one said then.
shadow_scores = Table(
    "shadow_scores",
    metadata,
    Column("model_name", Text, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column(
        "case_id",
        ForeignKey("cases.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(LANE, Text, nullable=False),
    Column(PROBABILITY, Double),
    Column("used_name", Text, nullable=False),
    Column("used_version", Text, nullable=False),
    Column("used_lane", Text, nullable=False),
    Column("used_probability", Double),
    Column("at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("case_id", BigInteger),
    Column("batch_id", BigInteger),
    Column("decision_id", BigInteger),
    Column("details", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
_partial("ix_audit_case", audit, ("case_id",), "case_id IS NOT NULL")
_partial("ix_audit_decision", audit, ("decision_id",), "decision_id IS NOT NULL")

#: One row: the last entry of the chain.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("id", Number, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("value", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

#: Today's cut by ranking, worked out once and dropped when the queue changes.
cuts = Table(
    "cuts",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("ranking", Text, primary_key=True),
    Column("key", Text),
    Column("sample_share", Double, nullable=False),
)

#: How many cases there are by state, lane and the hour since which they wait: the sum of `n`.
#: Triggers add a line for each change, so that nobody waits for another's count.
tallies = Table(
    "tallies",
    metadata,
    Column("id", Number, primary_key=True),
    Column("state", Text, nullable=False),
    Column(LANE, Text, nullable=False),
    Column("hour", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
)

#: Keys by which statements are matched: see `claimclf.dataset.statements.statement_keys`.
statement_keys = Table(
    "statement_keys",
    metadata,
    Column("key", Number, primary_key=True, autoincrement=False),
    Column(STATEMENT_ID, Text, nullable=False),
)


def _totals(name: str, group: str) -> Table:
    return Table(
        name,
        metadata,
        Column(group, _Ordered, primary_key=True),
        Column("reports", BigInteger, nullable=False),
        Column("n_videos", BigInteger, nullable=False),
        Column("ranked_by", BigInteger, nullable=False),
        Column("is_behind", Boolean(create_constraint=False), nullable=False),
        # Where its cases are on their way to `ranked_by`: up to this one they are there.
        Column("moved_to", BigInteger),
        sqlite_with_rowid=False,
    )


#: What the videos of a statement and of an author amount to, decided ones among them. Their cases
#: stand by `ranked_by`, which is `reports` but where these have changed since: `is_behind`.
group_totals = {
    STATEMENT_ID: _totals("statement_totals", STATEMENT_ID),
    AUTHOR_ID: _totals("author_totals", AUTHOR_ID),
}
for _group in group_totals.values():
    _partial(f"ix_{_group.name}_behind", _group, ("n_videos",), "is_behind")

#: Known videos of an upload that have more reports now, as many, and fewer.
COMPARED = ("n_raised", "n_same", "n_lower")
#: Uploads on their way into the queue; those that have a batch will be stored whole, whatever
#: happens to who brought them, and `n_done` of their videos are.
arrivals = Table(
    "arrivals",
    metadata,
    Column("id", Number, primary_key=True),
    Column("batch_id", BigInteger),
    Column("role", Text, nullable=False),
    Column("n_merged", BigInteger, nullable=False),
    Column("n_done", BigInteger, nullable=False),
    Column("by_http", Boolean(create_constraint=False), nullable=False, server_default=false()),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in COMPARED),
)
#: Their videos, in rank order.
arriving = Table(
    "arriving",
    metadata,
    Column("arrival_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, cases.c[name].type) for name in UPLOADED),
    Column("sample_draw", Double),
    # What the video's statement and author amount to within the upload.
    Column(STATEMENT_REPORTS, BigInteger),
    Column(AUTHOR_REPORTS, BigInteger),
)
#: What their statements are known again by.
arriving_keys = Table(
    "arriving_keys",
    metadata,
    Column("arrival_id", BigInteger, primary_key=True, autoincrement=False),
    Column(STATEMENT_ID, _Ordered, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: How many reports a case had before a later upload brought more.
sightings = Table(
    "sightings",
    metadata,
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column(REPORT_COUNT, BigInteger, nullable=False),
    Column(LAST_REPORTED, BigInteger),
)

#: What the last upload has changed of a known case, as it was before: to take the upload back.
REPLACED = (
    *("version", "state", "state_at", "waits_since", "round", "reported_again"),
    *("opened_batch_id", "last_batch_id", "rank_stale", "sample_probability"),
    *("model_name", "model_version", "filed_reports", *UPLOADED[1:]),
)
replaced = Table(
    "replaced",
    metadata,
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_id", BigInteger, nullable=False, index=True),
    # Else the transcript is not repeated here.
    Column("has_other_words", Boolean(create_constraint=False), nullable=False),
    *(Column(name, cases.c[name].type) for name in REPLACED),
)

#: Each person's settings of the review screen.
preferences = Table(
    "preferences",
    metadata,
    Column("person", Text, primary_key=True),
    Column("chosen", Text, nullable=False),
)

#: Filters and ranking by name, for everybody.
saved_views = Table(
    "saved_views",
    metadata,
    Column("name", Text, primary_key=True),
    # The filters and the ranking; the column keeps the name that the first tables gave it.
    Column("wanted", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

#: How far the delivery of each event is; filled from the audit log, one row an event.
deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", ForeignKey("audit.seq"), primary_key=True, autoincrement=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", BigInteger),
    Column("next_try_at", BigInteger),
    Column("last_error", Text),
    Column("delivered_at", BigInteger),
    Column("dead_at", BigInteger),
    # Which sender is delivering it.
    Column("lease_token", Text),
    Column("lease_started", BigInteger),
    Column("lease_until", BigInteger),
)
_partial("ix_deliveries_waiting", deliveries, ("seq",), "delivered_at IS NULL AND dead_at IS NULL")
_partial("ix_deliveries_dead", deliveries, ("seq",), "dead_at IS NOT NULL")

#: Who may send reports or read by HTTP; of a token nothing but its hash is kept.
tokens = Table(
    "tokens",
    metadata,
    Column("id", Number, primary_key=True),
    Column("name", Text, nullable=False),
    # Whose reports they are: the same after a token was replaced by another.
    Column("sender", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ends_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text),
    UniqueConstraint("name"),
    UniqueConstraint("hash"),
)

#: Reports that came in by HTTP, each once, with what it said of the video as JSON.
reports = Table(
    "reports",
    metadata,
    Column("id", Number, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("report_id", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column(VIDEO_ID, _Ordered, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text),
    Column("reporter", String(64)),
    Column("video", Text),
    Column("received_at", BigInteger, nullable=False),
    # pending, queued, withdrawn, set-aside or taken-back
    Column("state", Text, nullable=False),
    Column("batch_id", BigInteger),  # the upload that brought what it says into the queue
    UniqueConstraint("sender", "report_id"),
)
_partial("ix_reports_pending", reports, ("id",), "state = 'pending'")
Index("ix_reports_video", reports.c[VIDEO_ID])
_partial("ix_reports_reporter", reports, ("reporter",), "reporter IS NOT NULL")

#: What was answered to requests with an `Idempotency-Key`, for as long as they may be repeated.
requests = Table(
    "requests",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
