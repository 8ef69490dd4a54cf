"""What a model's lanes promise and do on each kind of text, and what other error rates mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from claimclf.modeling.evaluation.metrics import dash, is_undefined
from claimclf.modeling.store.by_kind import at_rates, lanes_in_use
from claimclf.modeling.store.kinds_card import consequence, lane_lines, written
from claimclf.modeling.store.manifest import Manifest
from claimclf.schema import CLAIM, OPINION, TextKind

_CASES = 1_000


@dataclass(frozen=True)
class Choices:
    """Error rates that can be chosen between for a kind of text.

    Parameters
    ----------
    claim, opinion : list of float, ascending
        Those that were measured, and that in use.
    """

    claim: list[float]
    opinion: list[float]


def promised_and_measured(manifest: Manifest) -> pd.DataFrame:
    """Write what the lanes promise and what was measured, a row a source."""
    header, *lines = lane_lines(manifest)
    columns = [name.replace("`", "") for name in header[2:]]
    index = [f"{kind}: {source}" for kind, source, *_ in lines]
    return pd.DataFrame([line[2:] for line in lines], index=index, columns=columns)


def kinds_with_lanes(manifest: Manifest) -> list[str]:
    """Name the kinds of text that have error rates of their own, real speech first."""
    own = {row["kind"] for row in manifest.kinds}
    order = (TextKind.DECIDED, TextKind.SPEECH, TextKind.POSTS, TextKind.COURSE)
    return [str(kind) for kind in order if kind in own]


def choices(manifest: Manifest, kind: str) -> Choices:
    """Return the error rates that can be chosen between for a kind of text."""
    in_use, lines = manifest.rates_for(kind), list(_trade_off(manifest, kind))
    claim, opinion = (
        sorted({in_use[label], *(line[label] for line in lines)}) for label in (CLAIM, OPINION)
    )
    return Choices(claim, opinion)


def _trade_off(manifest: Manifest, kind: str) -> Iterator[Mapping[str, float]]:
    for row in _sources(manifest, kind):
        yield from row["trade_off"]


def _sources(manifest: Manifest, kind: str) -> list[dict[str, Any]]:
    return [row for row in lanes_in_use(manifest) if row["kind"] == kind]


def consequences(manifest: Manifest, kind: str, rates: Mapping[str, float]) -> list[str]:
    """Say what error rates mean for 1,000 cases like those of each source, a sentence each."""
    lines = []
    for row in _sources(manifest, kind):
        measured = at_rates(row, rates[CLAIM], rates[OPINION])
        means = consequence(row, measured, _CASES) if measured else "not measured at these rates."
        lines.append(f"Like {row['source']}: {means}")
    return lines


def prices(manifest: Manifest, kind: str, of_opinions: float) -> pd.DataFrame:
    """Write what each error rate for claims costs and saves, a row a rate and source.

    Parameters
    ----------
    kind : str
        The kind of text.
    of_opinions : float
        The error rate for opinions beside it.
    """
    in_use, rows = manifest.rates_for(kind), {}
    sources = _sources(manifest, kind)
    for row in sources:
        for line in (line for line in row["trade_off"] if line[OPINION] == of_opinions):
            used = (line[CLAIM], of_opinions) == (in_use[CLAIM], in_use[OPINION])
            which = f", {row['source']}" if len(sources) > 1 else ""
            rows[f"{line[CLAIM]:.1%}{which}{' (in use)' if used else ''}"] = _price(row, line)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("claims ruled out at most")


def _price(row: Mapping[str, Any], line: Mapping[str, float]) -> dict[str, str]:
    claims = _CASES * row["n_claims"] / row["n"]
    return {
        f"saves: no first look, of {_CASES:,} cases": f"{_CASES * line['no_look']:,.0f}",
        f"costs: claims hidden, of {claims:,.0f}": (
            dash("claims_hidden")
            if is_undefined(line["claims_hidden"])
            else f"{claims * line['claims_hidden']:,.1f}"
        ),
        "claims hidden (95 % interval)": written(line, "claims_hidden"),
        "leaves uncertain": written(line, "decided"),
    }
