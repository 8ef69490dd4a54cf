"""Views that have nothing to say are known, with the reason, before they are drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimclf.modeling.store.store import ModelStore
from claimclf.services.comparison import judge
from claimclf.services.silent_views import BETTER, LANES, MISTAKES, SLICES, STRESS, silent_views


def silent(
    store: ModelStore, names: list[str], sha256: str = "", cut: float | None = None
) -> dict[str, str]:
    models = [judge(store, name) for name in names]
    cuts = {m.name: m.manifest.threshold if cut is None else cut for m in models}
    return silent_views(store.manifests(), models[0].manifest, models, cuts, sha256)


def test_models_that_differ_on_their_own_dataset_have_something_to_say_everywhere(
    shipped: ModelStore,
) -> None:
    names = ["course-random-forest", "course-xgboost"]
    own = shipped.manifest(names[0]).data["sha256"]
    assert list(silent(shipped, names, own)) == [LANES]  # whose lanes a threshold alone decides
    assert BETTER not in silent(shipped, names, own, cut=0.99)


def test_a_single_model_is_not_better_than_another(shipped: ModelStore) -> None:
    assert silent(shipped, ["course-xgboost"])[BETTER] == "it takes a second model"


def test_models_that_make_no_mistake_cannot_be_told_apart(shipped: ModelStore) -> None:
    why = silent(shipped, ["speech-random-forest", "speech-xgboost"])
    assert why[BETTER] == "they are right and wrong about the same videos"
    assert why[MISTAKES] == "nothing is wrong at this cut-off"
    assert LANES not in why
    assert MISTAKES not in silent(shipped, ["speech-xgboost"], cut=0.9999999)


@pytest.mark.parametrize("other", ["", "another file's"])
def test_slices_of_another_dataset_are_not_known(shipped: ModelStore, other: str) -> None:
    assert "another" not in shipped.manifest("speech-xgboost").data["sha256"]
    assert SLICES in silent(shipped, ["speech-xgboost"], other)


def test_stress_that_nobody_ran_has_nothing_to_show(shipped: ModelStore) -> None:
    model = judge(shipped, "speech-xgboost")
    fresh = replace(model.manifest, stress=[])
    why = silent_views([fresh], fresh, [model], {model.name: 0.5}, "")
    assert why[STRESS] == "no model was put under stress yet"
