"""The champion's rule, step by step: the course's recall, then real speech, then the worst case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimclf.modeling.store.champion import best_by_rule, ranked
from claimclf.modeling.store.manifest import ALTERED, Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import TextKind


@pytest.fixture
def plain(shipped: ModelStore) -> Manifest:
    return shipped.manifest("speech-linear")


def model(
    plain: Manifest, name: str, recall: float = 1.0, auc: float | None = 0.9, hidden: float = 0.0
) -> Manifest:
    validation = replace(plain.metrics["validation"], recall=recall)
    speech = {**next(k for k in plain.kinds if k["kind"] == TextKind.SPEECH), "auc": auc}
    return replace(
        plain,
        name=name,
        metrics={**plain.metrics, "validation": validation},
        kinds=[] if auc is None else [speech],
        stress=[{"kind": ALTERED, "condition": "x", "title": "x", "claims_hidden": hidden}],
    )


def order(*models: Manifest) -> list[str]:
    return [manifest.name for manifest in ranked(models)]


def test_recall_below_the_least_loses_to_a_worse_reader_of_real_speech(plain: Manifest) -> None:
    missing, coin = model(plain, "a", recall=0.9985, auc=0.99), model(plain, "b", auc=None)
    assert order(missing, coin) == ["b", "a"]


def test_above_the_least_recall_the_better_reader_of_real_speech_wins(plain: Manifest) -> None:
    finds_all = model(plain, "a", recall=1.0, auc=0.91, hidden=0.0)
    reads = model(plain, "b", recall=0.9991, auc=0.92, hidden=0.3)
    assert order(finds_all, reads) == ["b", "a"]


def test_between_equals_on_speech_what_is_hidden_at_worst_decides(plain: Manifest) -> None:
    hides = model(plain, "a", recall=1.0, hidden=0.2)
    shows = model(plain, "b", recall=0.9995, hidden=0.1)
    untested = replace(model(plain, "c"), stress=[])
    assert order(hides, untested, shows) == ["b", "a", "c"]


def test_speech_not_learnt_is_worth_a_coin_and_no_more(plain: Manifest) -> None:
    assert order(model(plain, "a", auc=None), model(plain, "b", auc=0.51)) == ["b", "a"]
    assert order(model(plain, "a", auc=0.49), model(plain, "b", auc=None)) == ["b", "a"]


def test_equal_in_all_the_name_that_comes_first(plain: Manifest) -> None:
    assert order(model(plain, "b"), model(plain, "a"), model(plain, "c")) == ["a", "b", "c"]


def test_challenger_is_champion_by_no_figure_as_long_as_there_is_another(plain: Manifest) -> None:
    fixed = model(plain, "fixed", auc=0.6)
    better = model(plain, "challenger", auc=0.99)
    challenger = replace(better, data={**plain.data, "learnt_from": {"base": "fixed"}})
    assert order(challenger, fixed) == ["fixed"]
    made_up = replace(fixed, data={**plain.data, "synthetic": True})
    assert order(challenger, made_up) == ["fixed"]
    assert order(challenger) == ["challenger"]


def test_champion_that_ships_is_the_rules(shipped: ModelStore) -> None:
    best, pointer = best_by_rule(shipped.manifests()), shipped.pointer()
    assert best is not None
    assert pointer is not None
    assert pointer.name == best.name
