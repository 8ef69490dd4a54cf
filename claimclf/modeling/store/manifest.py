"""What is known of a stored model without loading it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from types import UnionType
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from claimclf.errors import InvalidRequestError
from claimclf.modeling.evaluation.metrics import Metrics, is_undefined

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
    _check_members(Manifest, values)
    metrics = {part: _metrics(part, figures) for part, figures in values["metrics"].items()}
    return Manifest(**{**values, "metrics": metrics})


def _metrics(part: str, figures: Any) -> Metrics:
    if not isinstance(figures, dict):
        raise ValueError(f"metrics of {part} are no object")
    _check_members(Metrics, figures)
    return Metrics(**figures)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} in place of a number")


def _check_members(kind: type, values: dict[str, Any]) -> None:
    """Refuse members that a dataclass does not have, lacks, or has of another kind."""
    unknown = values.keys() - {member.name for member in fields(kind)}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    hints = get_type_hints(kind)
    for member in fields(kind):
        if member.name in values:
            _check_kind(member.name, values[member.name], hints[member.name])
        elif member.default is MISSING and member.default_factory is MISSING:
            raise ValueError(f"{member.name} is missing")


def _check_kind(name: str, value: Any, hint: Any) -> None:
    kind = get_origin(hint) or hint
    if kind is UnionType:  # a figure, or None where there was nothing to count
        if value is None:
            return
        kind = get_args(hint)[0]
    accepted = {float: (int, float), tuple: (list, tuple)}.get(kind, kind)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is no finite number")
    is_bool = isinstance(value, bool) and kind is not bool  # a bool is an int, too
    if kind is Any or (isinstance(value, accepted) and not is_bool):
        return
    raise ValueError(f"{name} is {type(value).__name__}, not {getattr(kind, '__name__', kind)}")


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
