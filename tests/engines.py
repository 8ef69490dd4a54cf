"""Engines of the tests' queues, which share what SQLAlchemy has made of statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Engine, create_engine


class EngineFamily:
    """Makes engines; those of one kind of database share compiled statements.

    A queue has one engine, and keeps it. A test has a queue of its own, and turning the same
    statements into text again would take a fifth of its time.
    """

    def __init__(self) -> None:
        self._first: dict[str, Engine] = {}
        self._compiled: dict[Any, Any] = {}

    def create(self, url: str | URL, **options: Any) -> Engine:
        """Return an engine, as `sqlalchemy.create_engine` does."""
        engine = create_engine(url, **options)
        first = self._first.get(engine.dialect.name)
        if first is None or not _has_connected(first):
            self._first[engine.dialect.name] = engine
        else:
            engine.dialect = first.dialect  # a compiled statement is found by it
        engine.update_execution_options(compiled_cache=self._compiled)
        return engine


def _has_connected(engine: Engine) -> bool:
    """Whether the dialect knows by now what its database can do."""
    return getattr(engine.dialect, "server_version_info", None) is not None
