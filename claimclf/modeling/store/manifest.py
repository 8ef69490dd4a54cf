"""What is known of a stored model without loading it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

from claimclf.errors import InvalidRequestError
from claimclf.members import check_kind, check_members
from claimclf.modeling.evaluation.metrics import Metrics, is_undefined
from claimclf.schema import Lane

MODEL, CONFORMAL = "model.skops", "conformal.skops"
PREDICTIONS, CV_RESULTS = "predictions.parquet", "cv_results.csv"
#: Kinds of the stress suite's conditions; every model goes through those on the test split.
ALTERED, HELD_OUT, OUT_OF_DOMAIN = "altered", "held out", "out of domain"


@dataclass(frozen=True)
class Manifest:
    """What is known of a stored model without loading it.

    Parameters
    ----------
    name, feature_set, algorithm : str
        What it is.
    settings : dict
        The learner's settings.
    threshold : float
        A video with a higher probability is predicted to make a claim.
    trained_at : str
        ISO 8601, UTC.
    data : dict
        `name`, `sha256`, `rows`, `dropped`, `synthetic` of the labelled dataset.
    split : dict of str to int
        Rows in `train`, `validation` and `test`.
    metrics : dict of str to Metrics
        By split: `validation` and `test`.
    importances : dict of str to float
        Feature -> importance, largest first.
    seed : int
        Seed of split and learner.
    libraries : dict of str to str
        Versions the model was made with.
    files : dict of str to str
        What it is, such as `model.skops` -> sha256; the file on disk has the first eight
        digits in its name.
    intervals : dict
        Split -> rate -> [low, high], Wilson's 95 % interval.
    permutation : list of dict
        Input column -> what is lost on validation when it is shuffled.
    checks : list of dict
        What an analyst must know, each with `code`, `title`, `number`, `advice`, `level`.
    threshold_history : list of dict
        Each change of the threshold: `at`, `by`, `reason`, `old`, `new`.
    error_rates : dict of str to float
        Label -> share of its videos that the label may be ruled out for; empty where the
        threshold alone decides on the lane.
    error_rates_history : list of dict
        Each change of the error rates, as for the threshold.
    kinds : list of dict
        What the model is worth on each kind of text, a line a source, by what it had not met:
        as `evaluation.kinds.by_source` returns it; empty for a model of the course alone.
    kind_error_rates : dict of str to dict of str to float
        Kind of text -> error rates, where they are not `error_rates`.
    stress : list of dict
        What the stress suite measured, a row a condition.
    trade_off : list of dict
        What each error rate costs in `uncertain` and saves in missed claims.
    """

    name: str
    feature_set: str
    algorithm: str
    settings: dict[str, Any]
    threshold: float
    trained_at: str
    data: dict[str, Any]
    split: dict[str, int]
    metrics: dict[str, Metrics]
    importances: dict[str, float]
    seed: int
    libraries: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    intervals: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    permutation: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    threshold_history: list[dict[str, Any]] = field(default_factory=list)
    error_rates: dict[str, float] = field(default_factory=dict)
    error_rates_history: list[dict[str, Any]] = field(default_factory=list)
    stress: list[dict[str, Any]] = field(default_factory=list)
    trade_off: list[dict[str, Any]] = field(default_factory=list)
    kinds: list[dict[str, Any]] = field(default_factory=list)
    kind_error_rates: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Twelve hex digits that change with anything that changes a prediction or a lane."""
        decides: list[Any] = [self.files.get(MODEL), self.files.get(CONFORMAL), self.threshold]
        decides.append(sorted(self.error_rates.items()))
        if self.kind_error_rates:
            by_kind = self.kind_error_rates.items()
            decides.append(sorted((kind, sorted(rates.items())) for kind, rates in by_kind))
        written = json.dumps(decides)
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    def rates_for(self, kind: str) -> dict[str, float]:
        """Return the error rates in use for a kind of text."""
        return self.kind_error_rates.get(kind, self.error_rates)

    def auc_on(self, kind: str) -> float | None:
        """Return the AUC on a kind of text that the model had not met; None if not measured.

        Of several sources of the kind each counts by its number of texts.
        """
        of_kind = [source for source in self.kinds if source["kind"] == kind]
        sources = [source for source in of_kind if not is_undefined(source["auc"])]
        texts = sum(source["n"] for source in sources)
        return sum(source["auc"] * source["n"] for source in sources) / texts if sources else None

    @property
    def worst_case(self) -> dict[str, Any] | None:
        """The condition under which most claims end where nobody looks; None without a test.

        Only conditions that every model goes through count.
        """
        own = [row for row in self.stress if row["kind"] == ALTERED]
        own = [row for row in own if not is_undefined(row["claims_hidden"])]
        return max(own, key=lambda row: float(row["claims_hidden"]), default=None)


def read_manifest(text: str) -> Manifest:
    """Return a manifest from the text of its file.

    Raises
    ------
    ValueError
        It is no JSON object, a member is missing, of another kind or unknown, or a number is
        none; the message says which.
    """
    values = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(values, dict):
        raise ValueError(f"{type(values).__name__} in place of an object")
    check_members(Manifest, values)
    metrics = {part: _metrics(part, figures) for part, figures in values["metrics"].items()}
    _check_contents(values)
    return Manifest(**{**values, "metrics": metrics})


def _metrics(part: str, figures: Any) -> Metrics:
    if not isinstance(figures, dict):
        raise ValueError(f"metrics of {part} are no object")
    check_members(Metrics, figures)
    return Metrics(**figures)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} in place of a number")


def _check_contents(values: dict[str, Any]) -> None:
    """Refuse what no pipeline writes: figures that are missing, a threshold that is none."""
    if not 0 <= values["threshold"] <= 1:
        raise ValueError(f"threshold is {values['threshold']:.6g}, not between 0 and 1")
    for part in ("validation", "test"):
        if part not in values["metrics"]:
            raise ValueError(f"metrics of {part} are missing")
    for name, hints in _CONTENTS.items():
        held = values.get(name, [])
        for each in held if isinstance(held, list) else [held]:
            for member, hint in hints.items():
                if member not in each:
                    raise ValueError(f"{name} without {member}")
                check_kind(f"{name}: {member}", each[member], hint)


def _with_intervals(*names: str) -> dict[str, Any]:
    parts = ("", "_low", "_high")
    return {f"{name}{part}": float | None for name in names for part in parts}


_CHANGE: dict[str, Any] = {"at": str, "by": str, "reason": str, "old": Any, "new": Any}
#: What objects in a manifest hold at least; a figure is None where there was nothing to count.
_CONTENTS: dict[str, dict[str, Any]] = {
    "data": {"name": str, "sha256": str, "rows": int, "dropped": int, "synthetic": bool},
    "split": {"train": int, "validation": int, "test": int},
    "permutation": {"column": str, "drop_recall": float, "drop_accuracy": float, "spread": float},
    "checks": {"code": str, "title": str, "number": float, "advice": str, "level": str},
    "threshold_history": _CHANGE,
    "error_rates_history": _CHANGE,
    "stress": {
        **{"kind": str, "condition": str, "title": str, "n": int, "n_claims": int},
        **_with_intervals("recall", "specificity", *Lane, "claims_hidden"),
    },
    "trade_off": {
        **{"error_rate": float, "uncertain_validation": float, "uncertain_test": float},
        **_with_intervals("opinions_ruled_out", "claims_ruled_out"),
    },
    "kinds": {
        **{"kind": str, "source": str, "n": int, "n_claims": int, "review_95": float | None},
        **{"error_rates": dict[str, float], "trade_off": list[dict[str, Any]]},
        **_with_intervals("auc", "recall", "specificity", "decided", "no_look"),
        **_with_intervals("claims_hidden", "opinions_in_claims"),
    },
}


def change_entry(by: str, reason: str, old: object, new: object) -> dict[str, Any]:
    """Return what a history keeps of a change."""
    return {"at": now(), "by": by, "reason": reason, "old": old, "new": new}


def require_reason(reason: str) -> None:
    """Refuse a change without a reason.

    Raises
    ------
    InvalidRequestError
        The reason is empty.
    """
    if not reason.strip():
        raise InvalidRequestError("A reason is missing.", "", "Say in a few words why.")


def now() -> str:
    """Return the present second, ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
