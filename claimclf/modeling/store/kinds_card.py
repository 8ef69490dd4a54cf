"""The part of a model card about kinds of text: figures by source, lanes, what was learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
            f"{row['review_95']:.1%}",
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
    for row in manifest.kinds:
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
    for row in manifest.kinds:
        share, rate = row["n_claims"] / row["n"], row["error_rates"]["opinion"]
        for line in row["trade_off"]:
            if line["claim"] in _COMPARED and line["opinion"] == rate:
                yield (
                    f"{row['kind']} ({row['source']}), {line['claim']:.0%} of claims: of 1,000 "
                    f"cases {1000 * line['no_look']:,.0f} need no first look; about "
                    f"{1000 * share * line['claims_hidden']:,.0f} of {1000 * share:,.0f} claims "
                    "would be hidden among them."
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
    """Write a figure with its interval."""
    return f"{row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})"
