"""Filters and a ranking in a page's address, to be shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claimclf.queue.queries import views
from claimclf.queue.queries.filters import Filters
from claimclf.queue.settings import bounds
from claimclf.schema import Ranking

#: Letters that are searched for, and of a statement's id, at most.
LONGEST_FILTER, LONGEST_ID = bounds.LONGEST_FILTER, bounds.LONGEST_ID


def to_query(filters: Filters, ranking: Ranking) -> dict[str, str]:
    """Write filters and a ranking as the parameters of an address."""
    return views.to_query(filters, ranking)


def from_query(query: Mapping[str, Any]) -> tuple[Filters, Ranking]:
    """Read filters and a ranking from an address; what makes no sense there counts as absent."""
    return views.from_query(query)
