"""What a screen shows at once: counts, statements by key, views, reports over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HOUR = 3_600_000_000

_ENTRY = "INSERT INTO tallies (state, lane, hour, n)"
_CHANGES = f"""{_ENTRY} VALUES
    (OLD.state, OLD.lane, OLD.waits_since / {HOUR}, -1),
    (NEW.state, NEW.lane, NEW.waits_since / {HOUR}, 1);"""
_SQLITE = (
    f"""CREATE TRIGGER cases_tally AFTER UPDATE OF state, lane, waits_since ON cases
        WHEN (OLD.state, OLD.lane, OLD.waits_since) IS NOT (NEW.state, NEW.lane, NEW.waits_since)
        BEGIN {_CHANGES} END""",
)
_POSTGRESQL = (
    f"""CREATE FUNCTION cases_tally() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {_CHANGES} RETURN NULL; END $$""",
    """CREATE TRIGGER cases_tally AFTER UPDATE OF state, lane, waits_since ON cases
        FOR EACH ROW WHEN ((OLD.state, OLD.lane, OLD.waits_since)
            IS DISTINCT FROM (NEW.state, NEW.lane, NEW.waits_since))
        EXECUTE FUNCTION cases_tally()""",
)


def upgrade() -> None:
    """Add the tables, fill them from the cases that are there, and keep them so by trigger."""
    op.add_column(
        "cases", sa.Column("waits_since", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(
        """UPDATE cases SET waits_since =
        (SELECT batches.at FROM batches WHERE batches.id = cases.opened_batch_id)"""
    )
    op.create_table(
        "tallies",
        sa.Column("id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tallies")),
    )
    op.execute(
        f"{_ENTRY} SELECT state, lane, waits_since / {HOUR}, count(*) "  # noqa: S608
        "FROM cases GROUP BY 1, 2, 3"
    )
    op.create_table(
        "statement_keys",
        sa.Column("key", ID, autoincrement=False, nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_statement_keys")),
    )
    op.create_table(
        "saved_views",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_saved_views")),
    )
    op.create_table(
        "sightings",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("report_count", sa.BigInteger(), nullable=False),
        sa.Column("last_reported_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "batch_id", name=op.f("pk_sightings")),
    )
    op.create_table(
        "preferences",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_preferences")),
    )
    dialect = op.get_bind().dialect.name
    for statement in _SQLITE if dialect == "sqlite" else _POSTGRESQL:
        op.execute(statement)
