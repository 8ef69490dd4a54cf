"""What was asked for, checked: the grid, the metrics, and the one that decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import ParameterGrid

from claimclf.errors import SearchError


def checked_candidates(base: Any, grid: Any) -> list[dict[str, Any]]:
    """Return all settings of a grid.

    Raises
    ------
    SearchError
        If it cannot be read, or names what the model does not have.
    """
    try:
        candidates = list(ParameterGrid(grid))
    except (TypeError, ValueError) as error:
        raise SearchError(
            f"The grid cannot be read. Found: {error} Give lists of values."
        ) from error
    known = base.get_params()
    unknown = sorted({name for params in candidates for name in params} - set(known))
    if unknown:
        raise SearchError(
            f"The grid names parameters that {type(base).__name__} does not have. "
            f"Found: {', '.join(unknown)}. Use some of: {', '.join(sorted(known))}."
        )
    return candidates


def checked_scorers(base: Any, scoring: Any) -> tuple[Any, list[str]]:
    """Return what GridSearchCV keeps as ``scorer_``, and the metrics' names in its table."""
    try:
        scorer = check_scoring(base, scoring=scoring)
    except (TypeError, ValueError) as error:
        raise SearchError(
            f"The metrics cannot be used. Found: scoring={scoring!r} ({error}). "
            "Give names from sklearn.metrics.get_scorer_names()."
        ) from error
    if isinstance(scoring, list | tuple | set | dict):
        return {name: get_scorer(s) for name, s in _named(scoring)}, [n for n, _ in _named(scoring)]
    return scorer, ["score"]


def _named(scoring: Any) -> list[tuple[str, Any]]:
    return list(
        scoring.items() if isinstance(scoring, dict) else zip(scoring, scoring, strict=True)
    )


def deciding_metric(refit: Any, metrics: Sequence[str], several: bool) -> str | None:
    """Return the metric that decides, or None where the caller wants no decision."""
    if not several and isinstance(refit, bool):
        return metrics[0]
    if refit is False:
        return None
    if several and refit in metrics:
        return str(refit)
    measured = ", ".join(metrics) if several else "one metric only"
    raise SearchError(
        f"refit does not name a metric that is measured. Found: refit={refit!r}; measured: "
        f"{measured}. " + ("Name one of these." if several else "Set refit to True or False.")
    )


def needs_predictions_only(scoring: Any) -> bool:
    """Tell whether no metric looks at the model itself, as a callable of the user's may."""
    if isinstance(scoring, list | tuple | set | dict):
        return all(needs_predictions_only(scorer) for _, scorer in _named(scoring))
    own = type(get_scorer("accuracy"))
    return scoring is None or isinstance(scoring, str | own)
