"""Reports that come in by HTTP, and the tokens of those who send them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TEXT, _WHOLE = sa.Text(), sa.BigInteger()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add tables; nothing is rebuilt, so that every trigger stays."""
    op.create_table(
        "tokens",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("sender", _TEXT, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("scopes", _TEXT, nullable=False),
        sa.Column("made_at", _WHOLE, nullable=False),
        sa.Column("made_by", _TEXT, nullable=False),
        sa.Column("ends_at", _WHOLE, nullable=True),
        sa.Column("revoked_at", _WHOLE, nullable=True),
        sa.Column("revoked_by", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_tokens_name")),
        sa.UniqueConstraint("hash", name=op.f("uq_tokens_hash")),
    )
    op.create_table(
        "reports",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("sender", _TEXT, nullable=False),
        sa.Column("report_id", _TEXT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("video_id", _ORDERED, nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("reporter", sa.String(64), nullable=True),
        sa.Column("video", _TEXT, nullable=True),
        sa.Column("received_at", _WHOLE, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("sender", "report_id", name=op.f("uq_reports_sender_report_id")),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        op.f("ix_reports_pending"),
        "reports",
        ["id"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_index(op.f("ix_reports_video"), "reports", ["video_id"])
    named = sa.text("reporter IS NOT NULL")
    op.create_index(
        op.f("ix_reports_reporter"),
        "reports",
        ["reporter"],
        sqlite_where=named,
        postgresql_where=named,
    )
    op.create_table(
        "requests",
        sa.Column("sender", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("answer", _TEXT, nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("sender", "key", name=op.f("pk_requests")),
    )
