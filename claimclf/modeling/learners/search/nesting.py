"""Which model contains which.

A forest contains each smaller one, a booster its first rounds, and a deeper booster some rounds of
a shallower one. What is not known to be nested is not taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from xgboost import XGBClassifier

FORESTS = (RandomForestClassifier, ExtraTreesClassifier)
NESTED_OBJECTIVES = ("binary:logistic", "multi:softprob")


def configured(base: Any, params: Mapping[str, Any]) -> Any:
    """Return an unfitted copy of a model with some parameters set."""
    return clone(base).set_params(**clone(dict(params), safe=False))


def parameters(model: Any) -> dict[str, Any]:
    """Return a model's own parameters, without those of models inside it."""
    return dict(model.get_params(deep=False))


def is_nested(model: Any) -> bool:
    """Tell whether the model with fewer trees is a prefix of this one, whatever the data.

    True for scikit-learn's random forests and extra trees with an integer seed, and for XGBoost's
    plain tree booster without early stopping. Subclasses, out-of-bag scores, warm starts, DART,
    callbacks, custom objectives and unnamed extra parameters count as not nested: they are
    fitted one setting at a time.

    Parameters
    ----------
    model : estimator
        A configured model, unfitted.

    Returns
    -------
    bool
    """
    if not _is_integer(getattr(model, "n_estimators", None)) or model.n_estimators < 1:
        return False
    if type(model) in FORESTS:
        return _is_integer(model.random_state) and not (model.warm_start or model.oob_score)
    return type(model) is XGBClassifier and _is_plain_booster(model)


def _is_plain_booster(model: XGBClassifier) -> bool:
    return (
        model.booster in (None, "gbtree")
        and model.objective in NESTED_OBJECTIVES
        and model.multi_strategy in (None, "one_output_per_tree")
        and (model.random_state is None or _is_integer(model.random_state))
        and model.early_stopping_rounds is None
        and not model.callbacks
        and not getattr(model, "kwargs", None)
    )


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def without_inert_split(model: Any) -> Any:
    """Set a forest's ``min_samples_split`` to the value that its trees use anyway.

    Every tree starts with ``max(min_samples_split, 2 * min_samples_leaf)``. That holds for counts;
    a fraction depends on the rows and stays as it is, as does a value that the model refuses.
    """
    split, leaf = model.min_samples_split, model.min_samples_leaf
    if _is_integer(split) and _is_integer(leaf) and split >= 2 and leaf >= 1:
        model.set_params(min_samples_split=max(split, 2 * leaf))
    return model


def shares_rounds(model: Any) -> bool:
    """Tell whether a limit that no tree reaches leaves this booster's rounds as they are.

    Where rows or columns are drawn it does not: going on starts the draws anew, and a deeper try
    draws more of them.
    """
    drawn = ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode")
    return (
        type(model) is XGBClassifier
        and all(getattr(model, name) in (None, 1) for name in drawn)
        and isinstance(model.max_depth, int)
        and model.max_depth >= 1  # 0 is XGBoost's "no limit"
    )
