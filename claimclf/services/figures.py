"""Figures of models, for people and for machines: a share of nothing is no number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from claimclf.modeling.evaluation.metrics import (
    DASH,
    Metrics,
    dash,
    lacking,
    with_interval,
    written,
)

__all__ = ["DASH", "as_record", "dash", "lacking", "undefined_of", "with_interval", "written"]


def undefined_of(metrics: Mapping[str, Metrics]) -> dict[str, Any]:
    """Return, for JSON, why a split has no number for a figure; nothing where all have one."""
    undefined = {part: figures.undefined for part, figures in metrics.items()}
    return {"undefined": undefined} if any(undefined.values()) else {}


def as_record(figures: Metrics) -> dict[str, Any]:
    """Return figures for JSON: null where there is nothing to count, then in `undefined` why."""
    undefined = {"undefined": figures.undefined} if figures.undefined else {}
    return {**asdict(figures), **undefined}
