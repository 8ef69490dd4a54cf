"""Texts as they were decided on, more of what is known of a video, and uploads to take back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

# Any type of a column.
Kind = sa.types.TypeEngine[Any]

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_REFUSAL = "texts that were decided on can only be added to"
_SQLITE = (
    f"""CREATE TRIGGER texts_keeps_rows BEFORE DELETE ON texts
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER texts_keeps_values BEFORE UPDATE ON texts
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
)
_POSTGRESQL = (
    f"""CREATE FUNCTION texts_refuses() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER texts_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON texts
        FOR EACH STATEMENT EXECUTE FUNCTION texts_refuses()""",
)
_TEXT, _WHOLE, _FLAG = sa.Text(), sa.BigInteger(), sa.Boolean()
_NUMBER: Kind = sa.Double()
_MORE: tuple[tuple[str, Kind], ...] = (
    ("video_caption", _TEXT),
    ("video_save_count", _WHOLE),
    ("posted_at", _WHOLE),
)
#: What an upload may change of a known case, but for its rank.
_CHANGED: tuple[tuple[str, Kind], ...] = (
    *(("version", sa.Integer()), ("state", _TEXT), ("state_at", _WHOLE), ("waits_since", _WHOLE)),
    *(("round", sa.Integer()), ("reported_again", _FLAG), ("opened_batch_id", _WHOLE)),
    *(("last_batch_id", _WHOLE), ("rank_stale", _FLAG), ("sample_probability", _NUMBER)),
    *(("model_name", _TEXT), ("model_version", _TEXT)),
    *((name, _WHOLE) for name in ("report_count", "first_reported_at", "last_reported_at")),
    *(
        (f"video_{name}_count", _WHOLE)
        for name in ("view", "like", "share", "download", "comment", "save")
    ),
    *(("video_duration_sec", _NUMBER), ("verified_status", _TEXT), ("author_ban_status", _TEXT)),
    *(("statement_id", _TEXT), ("author_id", _TEXT), ("video_url", _TEXT)),
    *(("video_transcription_text", _TEXT), ("text_source", _TEXT), ("video_caption", _TEXT)),
    *(("posted_at", _WHOLE), ("lane", _TEXT), ("prediction", _TEXT)),
    *(("claim_probability", _NUMBER), ("reason", _TEXT)),
)


def upgrade() -> None:
    """Add tables and columns; nothing is rebuilt, so that every trigger stays."""
    _add("cases", ("text_source", _TEXT), *_MORE, ("lease_from", _TEXT))
    _add("arriving", *_MORE)
    _add("decisions", ("text_hash", sa.String(64)))
    _add("batches", ("taken_back_at", _WHOLE), ("taken_back_by", _TEXT))
    op.create_table(
        "texts",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_texts")),
    )
    op.create_table(
        "replaced",
        sa.Column("case_id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("batch_id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("has_other_words", _FLAG, nullable=False),
        *(sa.Column(name, kind, nullable=True) for name, kind in _CHANGED),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_replaced")),
    )
    op.create_index(op.f("ix_replaced_batch_id"), "replaced", ["batch_id"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def _add(table: str, *columns: tuple[str, Kind]) -> None:
    for name, kind in columns:
        op.add_column(table, sa.Column(name, kind, nullable=True))
