"""A model's figures by kind of text, as its manifest has them: never one number alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimclf.modeling.evaluation.metrics import dash, is_undefined, with_interval
from claimclf.modeling.store.manifest import Manifest
from claimclf.schema import CLAIM, OPINION, TextKind

#: What lanes do, as `evaluation.kinds.lane_figures` names it.
OF_LANES = ("decided", "no_look", "claims_hidden", "opinions_in_claims")
#: So many conditions that are equally bad are named.
_NAMED = 3


@dataclass(frozen=True)
class Glance:
    """What a model is worth on one kind of text, for people.

    Parameters
    ----------
    texts : str
        The kind, as in "on the course's own texts".
    figures : str
        Its figures with 95 % intervals, or that there are none.
    """

    texts: str
    figures: str


def at_a_glance(manifest: Manifest) -> list[Glance]:
    """Say what a model is worth on each kind of text, in a line each: all of them belong together.

    A kind that the model has not learnt has a line that says so.
    """
    kinds = [TextKind.SPEECH, TextKind.POSTS]
    if any(row["kind"] == TextKind.DECIDED for row in manifest.kinds):
        kinds.append(TextKind.DECIDED)
    real = [glance for kind in kinds for glance in _real(manifest, kind)]
    return [Glance(own_texts(manifest), _on_validation(manifest)), *real]


def at_worst(manifest: Manifest) -> str:
    """Say under which condition a model catches fewest claims, and under which it hides most.

    Claims that are hidden are in the lane opinions, where nobody looks; those that are neither
    caught nor hidden wait for a person.
    """
    caught = _extreme(manifest, "recall", min)
    if not caught:
        return "not measured yet"
    words = f"{with_interval(caught[0], 'recall', '.1%')} of the claims caught: {_titles(caught)}"
    hidden = _extreme(manifest, "claims_hidden", max)
    if not hidden:
        return words
    if not hidden[0]["claims_hidden"]:
        n = len(manifest.stress)
        return f"{words}; none hidden under any of {n} condition{'' if n == 1 else 's'}"
    share = with_interval(hidden[0], "claims_hidden", ".1%")
    return f"{words}; {share} hidden where nobody looks: {_titles(hidden)}"


def _extreme(
    manifest: Manifest, figure: str, extreme: Callable[[Iterable[float]], float]
) -> list[dict[str, Any]]:
    """Return the conditions under which a figure is at its worst; none where it is undefined."""
    rows = [row for row in manifest.stress if not is_undefined(row[figure])]
    worst = extreme([float(row[figure]) for row in rows]) if rows else 0.0
    return [row for row in rows if row[figure] == worst]


def _titles(rows: Sequence[Mapping[str, Any]]) -> str:
    """Name conditions, the first ones by name."""
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    return ", ".join(str(row["title"]) for row in rows[:_NAMED]) + more


def own_texts(manifest: Manifest) -> str:
    """Name the texts of the dataset that a model was trained and validated on."""
    return "made-up videos" if manifest.data["synthetic"] else "the course's own texts"


def _on_validation(manifest: Manifest) -> str:
    metrics, ends = manifest.metrics["validation"], manifest.intervals["validation"]
    shares = {"recall": metrics.recall, "specificity": metrics.specificity}
    return ", ".join(f"{name} {_ended(share, name, ends[name])}" for name, share in shares.items())


def _ended(share: float | None, name: str, ends: Sequence[float]) -> str:
    row = {name: share, f"{name}_low": ends[0], f"{name}_high": ends[1]}
    return with_interval(row, name, ".2%")


def _real(manifest: Manifest, kind: TextKind) -> Iterator[Glance]:
    rows = [row for row in lanes_in_use(manifest) if row["kind"] == kind]
    if not rows:
        yield Glance(str(kind), _unmeasured(manifest))
    for row in rows:
        which = f" ({row['source']})" if len(rows) > 1 else ""
        yield Glance(f"{kind}{which}", f"{_ranked(manifest, row)}; {_placed(row)}")


def _unmeasured(manifest: Manifest) -> str:
    taught = manifest.data.get("learnt_from")
    if taught is None:
        return "not learnt and not measured: take it for a coin"
    return f"learnt by {taught['base']}; not measured since decisions were learnt on top of it"


def _ranked(manifest: Manifest, row: Mapping[str, Any]) -> str:
    measured = cut_off_measured(manifest)
    where = "" if measured == manifest.threshold else f" at cut-off {measured:g}"
    recall = with_interval(row, "recall", ".1%")
    return f"AUC {with_interval(row, 'auc')}, recall{where} {recall}"


def _placed(row: Mapping[str, Any]) -> str:
    if row["decided"] is None:
        return "lanes not measured at the error rates in use"
    decided = f"{row['decided']:.0%} leave the lane uncertain, "
    if is_undefined(row["claims_hidden"]):
        return f"{decided}claims hidden {dash('claims_hidden')}"
    low, high = row["claims_hidden_low"], row["claims_hidden_high"]
    return (
        f"{decided}with {row['claims_hidden']:.1%} of the claims hidden ({low:.1%} to {high:.1%})"
    )


def lanes_in_use(manifest: Manifest) -> list[dict[str, Any]]:
    """Return a model's figures by source with what its lanes do at the error rates in use.

    Error rates may have been changed since the model was measured; the figures of the lanes are
    then those that were measured for these rates, or None where there are none.
    """
    return [_in_use(row, manifest.rates_for(row["kind"])) for row in manifest.kinds]


def _in_use(row: Mapping[str, Any], rates: Mapping[str, float]) -> dict[str, Any]:
    if row["error_rates"] == rates:
        return dict(row)
    measured = at_rates(row, rates[CLAIM], rates[OPINION])
    ends = [f"{name}{end}" for name in OF_LANES for end in ("", "_low", "_high")]
    return {**row, "error_rates": dict(rates), **{end: (measured or {}).get(end) for end in ends}}


def at_rates(
    row: Mapping[str, Any], of_claims: float, of_opinions: float
) -> Mapping[str, Any] | None:
    """Return what lanes do on a source at error rates; None where that was not measured."""
    rates = (of_claims, of_opinions)
    return next((one for one in row["trade_off"] if (one[CLAIM], one[OPINION]) == rates), None)


def matrix(row: Mapping[str, Any]) -> list[list[int]]:
    """Return ``[[tn, fp], [fn, tp]]`` on a source, of the model's predictions as it was trained.

    The shares have five digits, which gives back the counts of up to 50,000 texts.
    """
    claims, opinions = row["n_claims"], row["n"] - row["n_claims"]
    caught = round(row["recall"] * claims) if claims else 0
    left = round(row["specificity"] * opinions) if opinions else 0
    return [[left, opinions - left], [claims - caught, caught]]


def cut_off_measured(manifest: Manifest) -> float:
    """Return the threshold at which recall and specificity by source were measured."""
    history = manifest.threshold_history
    return float(history[0]["old"] if history else manifest.threshold)
