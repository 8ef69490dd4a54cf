"""What a list of very many cases needs: the words of transcripts, and what waits for how long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Marks upon letters are part of a word. SQLite knows the characters of Unicode 6.1 and takes
# all others for letters: newer symbols and punctuation must be named, emoji among them, and so
# must what says how a symbol looks.
_SYMBOLS = (
    *((0x061C, 0x061D), (0x2066, 0x206A), (0x20BA, 0x20D0), (0x218A, 0x218C), (0x23F4, 0x2400)),
    *((0x2700, 0x2701), (0x2B4D, 0x2C00), (0x2E3A, 0x2E80), (0xFE0E, 0xFE10)),
    *((0x1F000, 0x1F100), (0x1F10D, 0x1FB00)),
)
_BETWEEN = "".join(chr(code) for start, end in _SYMBOLS for code in range(start, end))
_TOKENS = f"unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc' separators '{_BETWEEN}'"
_COLUMN = "video_transcription_text"
_FORGET = f"""INSERT INTO cases_words (cases_words, rowid, {_COLUMN})
    VALUES ('delete', OLD.id, OLD.{_COLUMN});"""  # noqa: S608
_SQLITE = (
    f"""CREATE VIRTUAL TABLE cases_words USING fts5({_COLUMN}, content = 'cases',
        content_rowid = 'id', tokenize = "{_TOKENS}", detail = none, columnsize = 0)""",
    f"""CREATE TRIGGER cases_words_change AFTER UPDATE OF {_COLUMN} ON cases
        WHEN OLD.{_COLUMN} IS NOT NEW.{_COLUMN}
        BEGIN {_FORGET} INSERT INTO cases_words (rowid, {_COLUMN})
            VALUES (NEW.id, NEW.{_COLUMN}); END""",  # noqa: S608
    f"CREATE TRIGGER cases_words_delete AFTER DELETE ON cases BEGIN {_FORGET} END",
    "INSERT INTO cases_words (cases_words) VALUES ('rebuild')",
)
# What stands between words is taken out first, else a link or `and/or` would be one word.
_POSTGRESQL = (
    f"""CREATE INDEX ix_cases_words ON cases USING gin (to_tsvector('simple',
        regexp_replace(coalesce({_COLUMN}, ''), '[!-/:-@[-`{{-~\\ufe0e\\ufe0f]+', ' ', 'g')))""",
)


def upgrade() -> None:
    """Add indexes, and fill them from the cases that are there."""
    # What goes without saying keeps SQLite from reading whatever is open by the first.
    for name, which in (("waiting", "waits_since + 0 >= 0"), ("again", "reported_again")):
        where = sa.text(f"state = 'open' AND {which}")
        op.create_index(
            f"ix_cases_{name}",
            "cases",
            ["waits_since"],
            sqlite_where=where,
            postgresql_where=where,
        )
    dialect = op.get_bind().dialect.name
    for statement in _SQLITE if dialect == "sqlite" else _POSTGRESQL:
        op.execute(statement)
