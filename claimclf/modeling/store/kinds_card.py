"""The part of a model card about kinds of text: figures by source, lanes, what was learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from claimclf.modeling.evaluation.metrics import is_undefined, with_interval
from claimclf.modeling.evaluation.metrics import written as written_alone
from claimclf.modeling.store.by_kind import OF_LANES, at_rates, lanes_in_use
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.sources import origin

#: Error rates for claims that a lead is most likely to choose between.
_COMPARED = (0.01, 0.02, 0.03, 0.05)


def source_lines(manifest: Manifest) -> Iterable[Sequence[str]]:
    """Write a model's figures by source, header first, each with its 95 % interval."""
    yield (
        "kind of text",
        "source",
        "texts (claims)",
        "AUC",
        "recall",
        "specificity",
        "to review until 95 % of claims are found",
    )
    for row in manifest.kinds:
        yield (
            row["kind"],
            row["source"],
            f"{row['n']:,} ({row['n_claims']:,})",
            *(written(row, name) for name in ("auc", "recall", "specificity")),
            written_alone(row["review_95"], "review_95", ".1%"),
        )


def lane_lines(manifest: Manifest) -> Iterable[Sequence[str]]:
    """Write what lanes promise and what was measured, header first, a line a source."""
    yield (
        "kind of text",
        "source",
        "promised: claims ruled out at most",
        "measured: claims in `opinions`",
        "promised: opinions ruled out at most",
        "measured: opinions in `claims`",
        "leaves `uncertain`",
    )
    for row in lanes_in_use(manifest):
        yield (
            row["kind"],
            row["source"],
            f"{row['error_rates']['claim']:g}",
            written(row, "claims_hidden"),
            f"{row['error_rates']['opinion']:g}",
            written(row, "opinions_in_claims"),
            written(row, "decided"),
        )


def consequence_lines(manifest: Manifest) -> Iterable[str]:
    """Say for each source what an error rate for claims means for 1,000 cases, a sentence each."""
    for row in lanes_in_use(manifest):
        for rate in _COMPARED:
            measured = at_rates(row, rate, row["error_rates"]["opinion"])
            if measured:
                about = f"{row['kind']} ({row['source']}), {rate:.0%} of claims: "
                yield about + consequence(row, measured)


def consequence(row: Mapping[str, Any], lanes: Mapping[str, Any], cases: int = 1_000) -> str:
    """Say what lanes mean for a number of cases like those of a source.

    Parameters
    ----------
    row : mapping
        The source, as in `Manifest.kinds`: it says how many of the cases are claims.
    lanes : mapping
        `no_look` and `claims_hidden`, as `evaluation.kinds.lane_figures` returns them.
    cases : int
        How many.
    """
    claims = cases * row["n_claims"] / row["n"]
    if is_undefined(lanes["claims_hidden"]):
        return (
            f"of {cases:,} cases {cases * lanes['no_look']:,.0f} need no first look; how many "
            "claims would be hidden among them is not known: no claims were measured."
        )
    return (
        f"of {cases:,} cases {cases * lanes['no_look']:,.0f} need no first look; about "
        f"{claims * lanes['claims_hidden']:,.0f} of {claims:,.0f} claims would be hidden "
        "among them."
    )


def origins(manifest: Manifest) -> str:
    """Say what a model learnt from beside the course's dataset."""
    lines = [
        f"{source['name']} ({source['rows']:,} texts, {source['kind']}, each counting "
        f"{source['weight']:g}): {origin(source['sha256'])}."
        for source in manifest.data.get("sources", [])
    ]
    return " ".join(lines)


def written(row: Mapping[str, Any], name: str) -> str:
    """Write a figure with its interval, or why there is none."""
    of_lanes = name in OF_LANES
    return "not measured" if of_lanes and row["decided"] is None else with_interval(row, name)
