"""The first tables, and triggers that hold the audit log as it was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_REFUSAL = "the audit log can only be added to"
_SQLITE = (
    f"""CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER audit_keeps_values BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    # INSERT OR REPLACE deletes without a word where recursive triggers are off.
    f"""CREATE TRIGGER audit_replaces_nothing BEFORE INSERT ON audit
        WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",  # noqa: S608
)
_POSTGRESQL = (
    f"""CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
)


def upgrade() -> None:
    """Create everything."""
    tables()
    op.execute(
        sa.text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :start)").bindparams(
            start="0" * 64
        )
    )
    dialect = op.get_bind().dialect.name
    for statement in _SQLITE if dialect == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def tables() -> None:
    """Create the tables and their indexes."""
    op.create_table(
        "audit",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(
        "ix_audit_case",
        "audit",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("case_id IS NOT NULL"),
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index(
        "ix_audit_decision",
        "audit",
        ["decision_id"],
        unique=False,
        sqlite_where=sa.text("decision_id IS NOT NULL"),
        postgresql_where=sa.text("decision_id IS NOT NULL"),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("n_rows", sa.BigInteger(), nullable=False),
        sa.Column("n_accepted", sa.BigInteger(), nullable=False),
        sa.Column("n_rejected", sa.BigInteger(), nullable=False),
        sa.Column("n_unscorable", sa.BigInteger(), nullable=False),
        sa.Column("n_new", sa.BigInteger(), nullable=False),
        sa.Column("n_known", sa.BigInteger(), nullable=False),
        sa.Column("n_reopened", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint(
            "file_sha256",
            "model_name",
            "model_version",
            name=op.f("uq_batches_file_sha256_model_name_model_version"),
        ),
    )
    op.create_table(
        "cuts",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ranking", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("sample_share", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("day", "ranking", name=op.f("pk_cuts")),
    )
    op.create_table(
        "settings",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
    )
    op.create_index(op.f("ix_settings_name"), "settings", ["name"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reported_again", sa.Boolean(), nullable=False),
        sa.Column("skip_count", sa.Integer(), nullable=False),
        sa.Column("decided_reports", sa.BigInteger(), nullable=True),
        sa.Column("first_batch_id", ID, nullable=False),
        sa.Column("last_batch_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_batch_id", sa.BigInteger(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_holder", sa.Text(), nullable=True),
        sa.Column("lease_started", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("lease_sampled", sa.Boolean(), nullable=True),
        sa.Column("rank_place", sa.Integer(), nullable=False),
        sa.Column("rank_reports", sa.BigInteger(), nullable=False),
        sa.Column("rank_probability", sa.Double(), nullable=False),
        sa.Column("rank_views", sa.BigInteger(), nullable=False),
        sa.Column("rank_expected", sa.Double(), nullable=False),
        sa.Column("rank_statement", sa.BigInteger(), nullable=False),
        sa.Column("rank_author", sa.BigInteger(), nullable=False),
        sa.Column("rank_stale", sa.Boolean(), nullable=False),
        sa.Column("sample_draw", sa.Double(), nullable=False),
        sa.Column("sample_probability", sa.Double(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("prediction", sa.Text(), nullable=True),
        sa.Column("claim_probability", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("video_id", ORDERED, nullable=False),
        sa.Column("report_count", sa.BigInteger(), nullable=False),
        sa.Column("first_reported_at", sa.BigInteger(), nullable=True),
        sa.Column("last_reported_at", sa.BigInteger(), nullable=True),
        sa.Column("video_view_count", sa.BigInteger(), nullable=True),
        sa.Column("video_like_count", sa.BigInteger(), nullable=True),
        sa.Column("video_share_count", sa.BigInteger(), nullable=True),
        sa.Column("video_download_count", sa.BigInteger(), nullable=True),
        sa.Column("video_comment_count", sa.BigInteger(), nullable=True),
        sa.Column("video_duration_sec", sa.Double(), nullable=True),
        sa.Column("verified_status", sa.Text(), nullable=True),
        sa.Column("author_ban_status", sa.Text(), nullable=True),
        sa.Column("statement_id", ORDERED, nullable=True),
        sa.Column("author_id", ORDERED, nullable=True),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("video_transcription_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["first_batch_id"], ["batches.id"], name=op.f("fk_cases_first_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index("uq_cases_video_id", "cases", ["video_id"], unique=True)
    op.create_index(
        "ix_cases_author",
        "cases",
        ["author_id"],
        unique=False,
        sqlite_where=sa.text("author_id IS NOT NULL"),
        postgresql_where=sa.text("author_id IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_by_expected",
        "cases",
        [
            "rank_place",
            "rank_expected",
            "rank_reports",
            "rank_probability",
            "rank_views",
            "video_id",
            "lane",
            "verified_status",
            "author_ban_status",
        ],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_cases_by_reports",
        "cases",
        [
            "rank_place",
            "rank_reports",
            "rank_probability",
            "rank_views",
            "video_id",
            "lane",
            "verified_status",
            "author_ban_status",
        ],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_cases_drawn",
        "cases",
        ["sample_draw", "rank_place"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND sample_draw < sample_probability"),
        postgresql_where=sa.text("state = 'open' AND sample_draw < sample_probability"),
    )
    op.create_index(
        "ix_cases_held",
        "cases",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("lease_token IS NOT NULL"),
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_not_open",
        "cases",
        ["state", "state_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'open'"),
        postgresql_where=sa.text("state <> 'open'"),
    )
    op.create_index(
        "ix_cases_statement",
        "cases",
        ["statement_id"],
        unique=False,
        sqlite_where=sa.text("statement_id IS NOT NULL"),
        postgresql_where=sa.text("statement_id IS NOT NULL"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("bulk_id", sa.String(length=32), nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("prediction", sa.Text(), nullable=True),
        sa.Column("claim_probability", sa.Double(), nullable=True),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("report_count", sa.BigInteger(), nullable=False),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("sample_probability", sa.Double(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_decisions_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"], unique=False)
    op.create_index(
        "ix_decisions_bulk",
        "decisions",
        ["bulk_id"],
        unique=False,
        sqlite_where=sa.text("bulk_id IS NOT NULL"),
        postgresql_where=sa.text("bulk_id IS NOT NULL"),
    )
    op.create_index("ix_decisions_case", "decisions", ["case_id"], unique=False)
    op.create_index(
        "ix_decisions_skips",
        "decisions",
        ["case_id", "round", "by"],
        unique=False,
        sqlite_where=sa.text("decision = 'skip'"),
        postgresql_where=sa.text("decision = 'skip'"),
    )
    op.create_index(
        "uq_decisions_primary",
        "decisions",
        ["case_id", "round"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL AND decision NOT IN ('skip', 'escalate')"),
        postgresql_where=sa.text("undone_at IS NULL AND decision NOT IN ('skip', 'escalate')"),
    )
    # A group's videos stay together; those without a group come last.
    for group, key in (("statement", "statement_id"), ("author", "author_id")):
        op.create_index(
            f"ix_cases_by_{group}",
            "cases",
            ["rank_place", f"rank_{group}", sa.text(f"coalesce({key}, '\U0010ffff')")],
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
