"""Uploads that come in step by step, totals of groups, and words apart from what people change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_TEXT = "video_transcription_text"
_WORDS = f"""to_tsvector('simple', regexp_replace(coalesce({{}}{_TEXT}, ''),
    '[!-/:-@[-`{{{{-~\\ufe0e\\ufe0f]+', ' ', 'g'))"""
# Words in the index of a table would be worked out anew for each lease and each decision, whose
# changes touch that table; and by the planner, which has no use for them.
_POSTGRESQL = (
    "DROP INDEX ix_cases_words",
    "CREATE TABLE cases_words (case_id bigint PRIMARY KEY, words tsvector NOT NULL)",
    f"INSERT INTO cases_words SELECT id, {_WORDS.format('')} FROM cases",  # noqa: S608
    "CREATE INDEX ix_cases_words ON cases_words USING gin (words)",
    "ALTER TABLE cases_words ALTER COLUMN words SET STATISTICS 0",
    f"ALTER TABLE cases ALTER COLUMN {_TEXT} SET STATISTICS 0",
    f"""CREATE FUNCTION cases_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM cases_words WHERE case_id = OLD.id;
        IF TG_OP = 'UPDATE' THEN
            INSERT INTO cases_words VALUES (NEW.id, {_WORDS.format("NEW.")});
        END IF;
        RETURN NULL; END $$""",  # noqa: S608
    f"""CREATE TRIGGER cases_words_change AFTER UPDATE OF {_TEXT} ON cases FOR EACH ROW
        WHEN (OLD.{_TEXT} IS DISTINCT FROM NEW.{_TEXT}) EXECUTE FUNCTION cases_words()""",
    """CREATE TRIGGER cases_words_delete AFTER DELETE ON cases FOR EACH ROW
        EXECUTE FUNCTION cases_words()""",
)


def upgrade() -> None:
    """Add the tables, and fill those of totals and words from the cases that are there."""
    for name, group in (("statement_totals", "statement_id"), ("author_totals", "author_id")):
        _totals(name, group)
    _arrivals()
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL:
            op.execute(statement)


def _totals(name: str, group: str) -> None:
    op.create_table(
        name,
        sa.Column(group, ORDERED, nullable=False),
        sa.Column("reports", sa.BigInteger(), nullable=False),
        sa.Column("n_videos", sa.BigInteger(), nullable=False),
        sa.Column("ranked_by", sa.BigInteger(), nullable=False),
        sa.Column("is_behind", sa.Boolean(), nullable=False),
        sa.Column("moved_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(group, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        f"ix_{name}_behind",
        name,
        ["n_videos"],
        sqlite_where=sa.text("is_behind"),
        postgresql_where=sa.text("is_behind"),
    )
    op.execute(
        f"""INSERT INTO {name} ({group}, reports, n_videos, ranked_by, is_behind)
        SELECT {group}, sum(report_count), count(*), sum(report_count), false
        FROM cases WHERE {group} IS NOT NULL GROUP BY {group}"""  # noqa: S608
    )


def _arrivals() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", ID, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("n_merged", sa.BigInteger(), nullable=False),
        sa.Column("n_done", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
            for name in ("n_raised", "n_same", "n_lower")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
    )
    op.create_table(
        "arriving",
        sa.Column("arrival_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("video_id", ORDERED, nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _WHOLE),
        sa.Column("video_duration_sec", sa.Double(), nullable=True),
        sa.Column("verified_status", sa.Text(), nullable=True),
        sa.Column("author_ban_status", sa.Text(), nullable=True),
        sa.Column("statement_id", ORDERED, nullable=True),
        sa.Column("author_id", ORDERED, nullable=True),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column(_TEXT, sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("prediction", sa.Text(), nullable=True),
        sa.Column("claim_probability", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sample_draw", sa.Double(), nullable=True),
        sa.Column("text_source", sa.Text(), nullable=True),
        sa.Column("statement_reports", sa.BigInteger(), nullable=True),
        sa.Column("author_reports", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("arrival_id", "place", name=op.f("pk_arriving")),
    )
    op.create_table(
        "arriving_keys",
        sa.Column("arrival_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement_id", ORDERED, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("arrival_id", "statement_id", "key", name=op.f("pk_arriving_keys")),
        sqlite_with_rowid=False,
    )


_WHOLE = (
    *("report_count", "first_reported_at", "last_reported_at", "video_view_count"),
    *("video_like_count", "video_share_count", "video_download_count", "video_comment_count"),
)
