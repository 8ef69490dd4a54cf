"""Alembic's way in: works on the transaction it is given, and never on one of its own."""

from __future__ import annotations

from alembic import context

from claimclf.queue.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
