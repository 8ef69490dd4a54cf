"""The plan: which settings share which fit."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xgboost import XGBClassifier

from claimclf.modeling.learners.search.digests import digest
from claimclf.modeling.learners.search.nesting import (
    FORESTS,
    configured,
    is_nested,
    parameters,
    shares_rounds,
    without_inert_split,
)
from claimclf.modeling.learners.search.request import needs_predictions_only


@dataclass(frozen=True)
class Family:
    """Settings that one fit answers, at rising sizes (trees or rounds).

    A setting that shares with no other is a family of one, not nested, of size 1. Families of
    one `line` differ in their depth only: the shallower may go on from the deeper's first rounds.
    """

    index: int
    line: str
    estimator: Any
    nested: bool
    sizes: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]  # the settings of each size, by place in the grid


@dataclass(frozen=True)
class Task:
    """Families of one line on a fold, the deepest first."""

    families: tuple[Family, ...]
    fold: int


def plan_families(
    base: Any, candidates: Sequence[dict[str, Any]], plain: bool, scoring: Any
) -> list[Family]:
    """Group the settings; `plain` says that the rows are plain numbers."""
    share = plain and needs_predictions_only(scoring)
    groups: dict[str, dict[int, list[int]]] = {}
    models: dict[tuple[str, int], Any] = {}
    for place, params in enumerate(candidates):
        model = configured(base, params)
        key, size = _kinship(model) if share and is_nested(model) else (f"alone {place}", 1)
        groups.setdefault(key, {}).setdefault(size, []).append(place)
        models[key, size] = model
    return [
        _family(index, key, members, models[key, max(members)])
        for index, (key, members) in enumerate(groups.items())
    ]


def _kinship(model: Any) -> tuple[str, int]:
    """Return what a nested model has in common with its family, and its own size."""
    if type(model) in FORESTS:
        without_inert_split(model)
    rest = {name: value for name, value in parameters(model).items() if name != "n_estimators"}
    return digest(type(model).__name__, rest), int(model.n_estimators)


def _family(index: int, key: str, members: Mapping[int, Sequence[int]], model: Any) -> Family:
    sizes = tuple(sorted(members))
    nested = not key.startswith("alone")
    line = _line(model) if nested and shares_rounds(model) else key
    places = tuple(tuple(members[size]) for size in sizes)
    return Family(index, line, model, nested, sizes, places)


def _line(model: XGBClassifier) -> str:
    different = ("n_estimators", "max_depth")
    return digest(
        {name: value for name, value in parameters(model).items() if name not in different}
    )


def plan_tasks(
    families: Sequence[Family], folds: Sequence[int], done: Container[tuple[int, int]]
) -> list[Task]:
    """Return what is not done, by line and fold."""
    lines: dict[tuple[str, int], list[Family]] = {}
    for family in families:
        for fold in folds:
            if (family.index, fold) not in done:
                lines.setdefault((family.line, fold), []).append(family)
    return [Task(_deepest_first(kin), fold) for (_, fold), kin in lines.items()]


def _deepest_first(families: Sequence[Family]) -> tuple[Family, ...]:
    if len(families) < 2:  # alone, it may be a model that has no depth
        return tuple(families)
    return tuple(sorted(families, key=lambda f: f.estimator.max_depth, reverse=True))
