"""Which upload a report came in with, and what files say of videos that HTTP brings reports of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A file's number that reports by HTTP have overtaken is not known any more. Reports that are in
# the queue already are of no upload: nothing has noted with which one they came.
_KNOWN = """UPDATE cases SET filed_reports = CASE WHEN report_count > (
        SELECT count(*) FROM reports WHERE reports.video_id = cases.video_id
    ) THEN report_count ELSE 0 END
    WHERE video_id IN (SELECT video_id FROM reports WHERE state <> 'pending')"""


def upgrade() -> None:
    """Add columns; nothing is rebuilt, so that every trigger stays."""
    for table, name in (
        ("cases", "filed_reports"),
        ("replaced", "filed_reports"),
        ("reports", "batch_id"),
    ):
        op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=True))
    by_http: sa.Column[bool] = sa.Column(
        "by_http", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("arrivals", by_http)
    op.execute(_KNOWN)
