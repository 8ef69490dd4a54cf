"""The model store: one folder a model, readable without running any of its bytes as code.

::

    models/<name>/
        model.skops          the fitted pipeline
        predictions.parquet  what it said of the validation and test splits
        manifest.json        how it was made, its figures, a hash of each other file
        card.md              the same for readers
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import pandas as pd
from sklearn.pipeline import Pipeline
from skops import io as skops_io

from claimclf.errors import ModelDamagedError, ModelError, ModelNotFoundError
from claimclf.modeling.evaluation import Metrics

_MODEL, _PREDICTIONS = "model.skops", "predictions.parquet"
_MANIFEST, _CARD = "manifest.json", "card.md"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
#: Types beyond skops' own list that our pipelines need. Reviewed: none runs anything on
#: being rebuilt but its own constructor. The file never adds to this list.
TRUSTED_TYPES = (
    "claimclf.modeling.features.text_length",
    "claimclf.modeling.features.text_length_name",
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
)


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
        File -> sha256.
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


@dataclass(frozen=True)
class Model:
    """A fitted pipeline with its manifest."""

    pipeline: Pipeline
    manifest: Manifest

    @property
    def name(self) -> str:
        """The name under which the model is stored."""
        return self.manifest.name


class ModelStore:
    """Models in a folder.

    Parameters
    ----------
    folder : Path
        Need not exist before the first `save`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Return the names of the stored models, sorted."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{_MANIFEST}"))

    def manifests(self) -> list[Manifest]:
        """Return the manifests of all models that can be read, by name."""
        found = []
        for name in self.names():
            try:
                found.append(self.manifest(name))
            except ModelDamagedError:
                continue  # `load` says what is wrong with it; the others stay usable
        return found

    def manifest(self, name: str) -> Manifest:
        """Read one model's manifest.

        Raises
        ------
        ModelNotFoundError
            No such model.
        ModelDamagedError
            The manifest cannot be read.
        """
        path = self._path(name) / _MANIFEST
        if not path.is_file():
            known = ", ".join(self.names()) or "no model"
            raise ModelNotFoundError(
                f"There is no model '{name}' in {self.folder}.",
                f"Found: {known}.",
                "Train one with: claimclf train --data CSV.",
            )
        try:
            values = json.loads(path.read_text("utf-8"))
            metrics = {part: Metrics(**figures) for part, figures in values["metrics"].items()}
            return Manifest(**{**values, "metrics": metrics})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _damaged(name, "its manifest cannot be read") from error

    def load(self, name: str) -> Model:
        """Load a model after checking its files and versions.

        Raises
        ------
        ModelNotFoundError
            No such model.
        ModelDamagedError
            A file is missing, altered, made with other library versions or holds a type
            that is not on our list.
        """
        manifest = self.manifest(name)
        self._check(manifest, _MODEL)
        _check_libraries(manifest)
        path = self._path(name) / _MODEL
        unknown = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
        if unknown:
            raise _damaged(name, f"it holds types that are not trusted: {sorted(unknown)}")
        return Model(skops_io.load(path, trusted=list(TRUSTED_TYPES)), manifest)

    def predictions(self, name: str) -> pd.DataFrame:
        """Return what a model said of its validation and test splits.

        Returns
        -------
        DataFrame, shape (n_validation + n_test, 4)
            `split`, `video_id`, `claim_status`, `claim_probability`.

        Raises
        ------
        ModelError
            As for `load`.
        """
        self._check(self.manifest(name), _PREDICTIONS)
        return pd.read_parquet(self._path(name) / _PREDICTIONS)

    def save(self, model: Model, predictions: pd.DataFrame, card: str) -> Manifest:
        """Store a model: the old one stays until the new one is whole.

        Parameters
        ----------
        model : Model
            Fitted, with a manifest whose `files` and `libraries` are filled in here.
        predictions : DataFrame
            As `predictions` returns them.
        card : str
            Markdown.
        """
        target = self._path(model.name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=f".{model.name}.") as place:
                staging = Path(place) / model.name
                staging.mkdir()
                manifest = _write(staging, model, predictions, card)
                _replace(target, staging)
        except OSError as error:
            raise ModelError(
                f"{self.folder} cannot be written.",
                f"Found: {error.strerror}.",
                "Make room or rights, or give another folder with --models DIR.",
            ) from error
        return manifest

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ModelNotFoundError(
                f"'{name}' is not a model name.",
                "",
                "Names have lower-case letters, digits and dashes; claimclf models lists them.",
            )
        return self.folder / name

    def _check(self, manifest: Manifest, file: str) -> None:
        path = self._path(manifest.name) / file
        if not path.is_file():
            raise _damaged(manifest.name, f"{file} is missing")
        if _sha256(path) != manifest.files.get(file):
            raise _damaged(manifest.name, f"{file} is not the file that was stored")


def _write(folder: Path, model: Model, predictions: pd.DataFrame, card: str) -> Manifest:
    skops_io.dump(model.pipeline, folder / _MODEL, compression=ZIP_DEFLATED, compresslevel=9)
    predictions.to_parquet(folder / _PREDICTIONS, index=False)
    (folder / _CARD).write_text(card, "utf-8")
    files = {name: _sha256(folder / name) for name in (_MODEL, _PREDICTIONS, _CARD)}
    values = asdict(model.manifest) | {"files": files, "libraries": _library_versions()}
    (folder / _MANIFEST).write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    metrics = {part: Metrics(**figures) for part, figures in values["metrics"].items()}
    return Manifest(**{**values, "metrics": metrics})


def _replace(target: Path, staging: Path) -> None:
    """Put the staged folder in the place of the old one; a rename is all or nothing."""
    if target.exists():
        target.rename(staging.with_name("old"))  # goes with the staging folder
    staging.rename(target)


def _library_versions() -> dict[str, str]:
    """Return the versions that a stored pipeline depends on."""
    return {
        "scikit-learn": version("scikit-learn"),
        "xgboost": _xgboost_version(),
        "skops": version("skops"),
    }


def _xgboost_version() -> str:
    """Two distributions provide the package `xgboost`; one of them is installed."""
    try:
        return version("xgboost-cpu")
    except PackageNotFoundError:
        return version("xgboost")


def _check_libraries(manifest: Manifest) -> None:
    for library, installed in _library_versions().items():
        made_with = manifest.libraries.get(library)
        if made_with != installed:
            raise _damaged(
                manifest.name,
                f"it was made with {library} {made_with}; {installed} is installed",
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _damaged(name: str, what: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"The stored model '{name}' cannot be used.",
        f"Found: {what}.",
        "Train it again with claimclf train, or restore its folder.",
    )
