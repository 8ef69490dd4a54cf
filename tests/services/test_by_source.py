"""Models side by side on each source of texts: what differs, and what is equal as written."""

from __future__ import annotations

import pandas as pd
import pytest

from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import TextKind
from claimclf.services.by_source import (
    differing,
    matrix_on,
    pairs_by_features,
    readable_on,
    sources_of,
)

DEBATES = "real speech: debate_sentences_train.csv"


@pytest.fixture
def pair(shipped: ModelStore) -> list[Manifest]:
    return [shipped.manifest(name) for name in ("speech-random-forest", "speech-xgboost")]


def test_forest_and_xgboost_are_paired_by_features_the_champions_first(shipped: ModelStore) -> None:
    pairs = pairs_by_features(shipped.manifests(), "speech")
    assert list(pairs) == ["speech", "content", "course"]
    assert pairs["speech"] == ["speech-random-forest", "speech-xgboost"]
    assert pairs["course"] == ["course-random-forest", "course-xgboost"]
    assert next(iter(pairs_by_features(shipped.manifests(), "course"))) == "course"


def test_sources_are_those_that_all_models_were_measured_on(
    shipped: ModelStore, pair: list[Manifest]
) -> None:
    assert sources_of(pair) == {
        DEBATES: TextKind.SPEECH,
        "real posts: science_posts.csv": TextKind.POSTS,
        "course: tiktok_dataset.csv, framings held out": TextKind.COURSE,
    }
    assert sources_of([*pair, shipped.manifest("course-xgboost")]) == {}


def test_figures_on_a_source_are_those_of_the_manifest(pair: list[Manifest]) -> None:
    figures = readable_on(pair, DEBATES)
    for manifest in pair:
        (row,) = (row for row in manifest.kinds if row["kind"] == TextKind.SPEECH)
        (_, extra), (missed, caught) = matrix_on(manifest, DEBATES)
        own = figures[manifest.name]
        assert own["AUC (95 % interval)"].startswith(f"{row['auc']:.3f} (")
        assert own["claims missed"] == f"{missed:,} of {row['n_claims']:,}"
        assert own["opinions sent to review"].startswith(f"{extra:,} of")
        assert caught / row["n_claims"] == pytest.approx(row["recall"], abs=1e-5)
        assert own["claims hidden in the lane opinions"].startswith(f"{row['claims_hidden']:.3f}")


def test_equal_figures_are_parted_from_those_that_differ() -> None:
    figures = pd.DataFrame({"a": ["1.0", "2"], "b": ["1.0", "3"]}, index=["recall", "missed"])
    differ, equal = differing(figures)
    assert (list(differ.index), list(equal.index)) == (["missed"], ["recall"])
    one, none = differing(figures[["a"]])
    assert (len(one), len(none)) == (2, 0)
