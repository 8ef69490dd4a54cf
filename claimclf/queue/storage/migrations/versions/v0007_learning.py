"""Second looks at decided cases, cases that leads have settled, and what challengers say."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT, _WHOLE = sa.Text(), sa.BigInteger()
_NUMBER: sa.types.TypeEngine[Any] = sa.Double()


def upgrade() -> None:
    """Add tables and columns; nothing is rebuilt, so that every trigger stays."""
    op.add_column("cases", sa.Column("lease_look", _TEXT, nullable=True))
    op.add_column("cases", sa.Column("appeal_round", sa.Integer(), nullable=True))
    _second_looks()
    _settled_cases()
    _shadow_scores()


def _second_looks() -> None:
    table = "second_looks"
    op.create_table(
        table,
        sa.Column("id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("probability", _NUMBER, nullable=False),
        sa.Column("asked_at", _WHOLE, nullable=False),
        sa.Column("decision", _TEXT, nullable=True),
        sa.Column("reason_code", _TEXT, nullable=True),
        sa.Column("note", _TEXT, nullable=True),
        sa.Column("by", _TEXT, nullable=True),
        sa.Column("at", _WHOLE, nullable=True),
        sa.Column("seen_at", _WHOLE, nullable=True),
        sa.Column("final_decision_id", _WHOLE, nullable=True),
        sa.Column("final_by", _TEXT, nullable=True),
        sa.Column("final_at", _WHOLE, nullable=True),
        *_references(table, ("case_id", "cases"), ("decision_id", "decisions")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_case_id"), table, ["case_id"])
    op.create_index(op.f(f"ix_{table}_decision_id"), table, ["decision_id"])
    waiting = sa.text("at IS NULL")
    op.create_index(
        f"ix_{table}_waiting", table, ["asked_at"], sqlite_where=waiting, postgresql_where=waiting
    )


def _settled_cases() -> None:
    table = "settled_cases"
    op.create_table(
        table,
        sa.Column("case_id", _ID, autoincrement=False, nullable=False),
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        *_references(table, ("case_id", "cases"), ("decision_id", "decisions")),
        sa.PrimaryKeyConstraint("case_id", name=op.f(f"pk_{table}")),
    )


def _shadow_scores() -> None:
    table = "shadow_scores"
    op.create_table(
        table,
        sa.Column("model_name", _TEXT, nullable=False),
        sa.Column("model_version", _TEXT, nullable=False),
        sa.Column("case_id", _ID, autoincrement=False, nullable=False),
        sa.Column("lane", _TEXT, nullable=False),
        sa.Column("claim_probability", _NUMBER, nullable=True),
        sa.Column("used_name", _TEXT, nullable=False),
        sa.Column("used_version", _TEXT, nullable=False),
        sa.Column("used_lane", _TEXT, nullable=False),
        sa.Column("used_probability", _NUMBER, nullable=True),
        sa.Column("at", _WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f(f"fk_{table}_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("model_name", "model_version", "case_id", name=op.f(f"pk_{table}")),
    )


def _references(table: str, *pairs: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in pairs
    ]
