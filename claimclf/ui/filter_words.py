"""Filters in words, for whoever lists cases or reviews them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from claimclf.queue.queries.filters import Filters
from claimclf.schema import Ranking
from claimclf.ui.wording import LANGUAGES, RANKINGS, chance

#: Name of a filter -> how it is said, and the fields of it that go back to letting all through.
SAID: Mapping[str, tuple[Callable[[Filters], str], tuple[str, ...]]] = {
    "text": (lambda one: f"words: {one.text}", ("text",)),
    "reports": (lambda one: f"at least {one.min_reports:,} reports", ("min_reports",)),
    "chance": (
        lambda one: (
            f"chance {chance(one.min_probability or 0.0)} to "
            f"{chance(1.0 if one.max_probability is None else one.max_probability)}"
        ),
        ("min_probability", "max_probability"),
    ),
    "language": (
        lambda one: f"language {', '.join(LANGUAGES[each] for each in one.language)}",
        ("language",),
    ),
    "verified": (lambda one: ", ".join(one.verified), ("verified",)),
    "ban": (lambda one: f"author {', '.join(one.ban)}", ("ban",)),
    "statement": (lambda one: f"statement {one.statement_id}", ("statement_id",)),
    "age": (lambda one: _age(one), ("older_than_hours", "newer_than_hours")),
    "again": (lambda _: "reported again since a decision", ("again",)),
    "holder": (lambda _: "held by me", ("holder",)),
    "escalated": (lambda _: "escalated to leads", ("escalated",)),
}


def said(filters: Filters) -> dict[str, str]:
    """Say each filter in use but the lanes, by its name."""
    nothing = Filters()
    return {
        name: words(filters)
        for name, (words, parts) in SAID.items()
        if any(getattr(filters, part) != getattr(nothing, part) for part in parts)
    }


def in_words(filters: Filters, ranking: Ranking) -> str:
    """Say which cases are listed and what puts one before another, as one sentence."""
    lanes = ", ".join(filters.lanes) or "all lanes"
    return f"{'; '.join([lanes, *said(filters).values()])}; by {RANKINGS[ranking]}"


def _age(filters: Filters) -> str:
    older, newer = filters.older_than_hours, filters.newer_than_hours
    ends = [
        *([] if older is None else [f"for {older:,.0f} hours or longer"]),
        *([] if newer is None else [f"under {newer:,.0f} hours"]),
    ]
    return f"waiting {' and '.join(ends)}"
