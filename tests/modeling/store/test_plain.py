"""What is read from a model's files without the packages that have written them."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from claimclf.modeling.learners.weights import Weights, weights_of
from claimclf.modeling.store.files import rebuilt
from claimclf.modeling.store.plain import conformal_in, weights_in
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.stored.kinds import KindConformal
from claimclf.schema import TRANSCRIPT

NAME = "speech-linear"


def content(store: ModelStore, name: str, stem: str) -> bytes:
    (path,) = Path(store.folder / name).glob(f"{stem}-*.skops")
    return path.read_bytes()


def changed(data: bytes, old: str, new: str) -> bytes:
    """Return a file whose description has some of its words replaced."""
    out = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(out, "w") as after:
        for name in before.namelist():
            held = before.read(name)
            if name == "schema.json":
                assert old in held.decode()
                held = held.decode().replace(old, new).encode()
            after.writestr(name, held)
    return out.getvalue()


def test_weights_are_those_of_the_rebuilt_pipeline(shipped: ModelStore) -> None:
    data = content(shipped, NAME, "model")
    found, pipeline = weights_in(data), rebuilt(NAME, "model.skops", data)
    assert found is not None
    own: Weights = weights_of(pipeline["features"], pipeline["model"])
    assert (found.by_block, found.opening) == (own.by_block, own.opening)
    assert (found.starts, found.intercept, found.gate_start) == (
        own.starts,
        own.intercept,
        own.gate_start,
    )


def test_calibration_is_that_of_the_rebuilt_object(shipped: ModelStore) -> None:
    data = content(shipped, NAME, "conformal")
    found, own = conformal_in(data), rebuilt(NAME, "conformal.skops", data)
    assert isinstance(found, KindConformal)
    assert (found.slope, found.intercept, found.kinds) == (own.slope, own.intercept, own.kinds)
    assert found.words == own.words
    assert np.array_equal(found.evidence, own.evidence)
    for of_kind, of_own in zip(found.strangeness, own.strangeness, strict=True):
        assert all(map(np.array_equal, of_kind, of_own))


@pytest.mark.parametrize("name", ["course-random-forest", "content-xgboost", "speech-xgboost"])
def test_other_models_are_left_to_who_rebuilds_them(shipped: ModelStore, name: str) -> None:
    assert weights_in(content(shipped, name, "model")) is None


def test_calibration_of_another_form_is_left_to_who_rebuilds_it(shipped: ModelStore) -> None:
    assert conformal_in(content(shipped, "content-xgboost", "conformal")) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"protocol": 2', '"protocol": 3'),
        ('"LogisticRegression"', '"SGDClassifier"'),
        ('"NdArrayNode"', '"ReduceNode"'),
        ('"type": "numpy"', '"type": "json"'),
        ('"SpeechFeatures"', '"Terms"'),
        ('"gate_start"', '"gate_end"'),
    ],
)
def test_what_is_not_known_here_is_not_read(shipped: ModelStore, old: str, new: str) -> None:
    assert weights_in(changed(content(shipped, NAME, "model"), old, new)) is None


@pytest.mark.parametrize("data", [b"", b"no archive", json.dumps({"protocol": 2}).encode()])
def test_damaged_file_is_not_read(data: bytes) -> None:
    assert weights_in(data) is None
    assert conformal_in(data) is None


def test_probability_needs_no_pipeline_until_a_row_has_no_text(shipped: ModelStore) -> None:
    predictor = shipped.load(NAME).predictor
    rows = pd.DataFrame({TRANSCRIPT: ["the moon is made of 5 cheeses", "i like it"]})
    said = predictor.probability(rows)
    assert "pipeline" not in vars(predictor)
    assert np.allclose(said, predictor.pipeline.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)


def test_pipeline_is_there_though_its_file_is_gone(shipped: ModelStore, tmp_path: Path) -> None:
    folder = tmp_path / "models" / NAME
    folder.mkdir(parents=True)
    for path in Path(shipped.folder / NAME).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    predictor = ModelStore(tmp_path / "models").load(NAME).predictor
    for path in folder.iterdir():
        path.unlink()
    assert predictor.pipeline["model"].coef_.shape[0] == 1


def test_a_file_that_holds_an_unknown_object_anywhere_is_not_read(shipped: ModelStore) -> None:
    data = content(shipped, NAME, "model")
    with ZipFile(BytesIO(data)) as archive:
        whole = json.loads(archive.read("schema.json"))
    memory = json.dumps(whole["content"]["content"]["memory"])
    nothing = {**whole["content"], "content": {}, "key_types": whole["content"]["key_types"]}
    other = {
        "__class__": "Thing",
        "__module__": "elsewhere",
        "__loader__": "ObjectNode",
        "content": nothing,
    }
    whole_text = json.dumps(whole)
    assert memory in whole_text
    out = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(out, "w") as after:
        for name in before.namelist():
            held = before.read(name)
            if name == "schema.json":
                held = whole_text.replace(memory, json.dumps(other), 1).encode()
            after.writestr(name, held)
    assert weights_in(data) is not None
    assert weights_in(out.getvalue()) is None
