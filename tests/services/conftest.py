"""Services that use the queue are tested on SQLite and on PostgreSQL, as the queue itself is."""

from tests.queue.conftest import clock, database, migrated, new_url, server

__all__ = ["clock", "database", "migrated", "new_url", "server"]
