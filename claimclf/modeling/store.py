"""The model store: one folder a model, readable without running any of its bytes as code.

::

    models/
        champion.json                who is in use, since when and why
        <name>/
            manifest.json            how it was made, its figures, a hash of each other file
            model-<hash>.skops       the fitted pipeline
            conformal-<hash>.skops   calibration and lanes, if some rows were kept for them
            predictions-<hash>.parquet   what it said of the validation and test splits
            cv_results-<hash>.csv    the search behind its settings, if there was one
            card.md                  the same for readers

The manifest is the point of commitment: files are written under names of their own content
first, then the manifest is replaced in one step, then files that it does not name go. A
crash at any moment leaves the old model or the new one.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED

from filelock import FileLock

from claimclf.errors import ModelDamagedError, ModelError, ModelNotFoundError
from claimclf.modeling.metrics import Metrics

# What is known of a model is read without what it takes to load or measure one.
if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from claimclf.modeling.applying import Applied
    from claimclf.modeling.conformal import Conformal

_MODEL, _CONFORMAL = "model.skops", "conformal.skops"
_PREDICTIONS, _CV_RESULTS = "predictions.parquet", "cv_results.csv"
_MANIFEST, _CARD, _POINTER, _LOCK = "manifest.json", "card.md", "champion.json", ".lock"
BY_RULE = "rule"
#: Kinds of the stress suite's conditions; every model goes through those on the test split.
ALTERED, HELD_OUT, ELSEWHERE = "altered", "held out", "out of domain"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
#: Types beyond skops' own list that our pipelines need. Reviewed: none runs anything on
#: being rebuilt but its own constructor. The file never adds to this list.
TRUSTED_TYPES = (
    "claimclf.modeling.conformal.Conformal",
    "claimclf.modeling.features.opening",
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
        What it is, such as `model.skops` -> sha256; the file on disk has the first eight
        digits in its name.
    intervals : dict
        Split -> rate -> [low, high], Wilson's 95 % interval.
    permutation : list of dict
        Input column -> what is lost on validation when it is shuffled.
    checks : list of dict
        What an analyst must know, each with `code`, `title`, `number`, `advice`, `level`.
    threshold_history : list of dict
        Each change of the threshold: `at`, `by`, `reason`, `old`, `new`.
    error_rates : dict of str to float
        Label -> share of its videos that the label may be ruled out for; empty where the
        threshold alone decides on the lane.
    error_rates_history : list of dict
        Each change of the error rates, as for the threshold.
    stress : list of dict
        What the stress suite measured, a row a condition.
    trade_off : list of dict
        What each error rate costs in `uncertain` and saves in missed claims.
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
    intervals: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    permutation: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    threshold_history: list[dict[str, Any]] = field(default_factory=list)
    error_rates: dict[str, float] = field(default_factory=dict)
    error_rates_history: list[dict[str, Any]] = field(default_factory=list)
    stress: list[dict[str, Any]] = field(default_factory=list)
    trade_off: list[dict[str, Any]] = field(default_factory=list)

    @property
    def version(self) -> str:
        """Twelve hex digits that change with anything that changes a prediction or a lane."""
        decides = [self.files.get(_MODEL), self.files.get(_CONFORMAL), self.threshold]
        written = json.dumps([*decides, sorted(self.error_rates.items())])
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    @property
    def worst_case(self) -> dict[str, Any] | None:
        """The condition under which most claims end where nobody looks; None without a test.

        Only conditions that every model goes through count.
        """
        own = [row for row in self.stress if row["kind"] == ALTERED]
        return max(own, key=lambda row: float(row["claims_hidden"]), default=None)


@dataclass(frozen=True)
class Predictor:
    """What says something of a video.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted: features, then the learner.
    conformal : Conformal or None
        Calibration and lanes, where rows were kept for them.
    """

    pipeline: Pipeline
    conformal: Conformal | None = None

    @cached_property
    def applied(self) -> Applied:
        """The pipeline, ready for many rows; made when it is first asked for."""
        from claimclf.modeling.applying import Applied

        return Applied(self.pipeline)


@dataclass(frozen=True)
class Model:
    """A predictor with its manifest."""

    predictor: Predictor
    manifest: Manifest

    @property
    def name(self) -> str:
        """The name under which the model is stored."""
        return self.manifest.name

    @property
    def pipeline(self) -> Pipeline:
        """The fitted pipeline."""
        return self.predictor.pipeline


@dataclass(frozen=True)
class Pointer:
    """Which model is champion, and why.

    Parameters
    ----------
    name : str
        The model.
    by : str
        `rule`, or the person who overruled it.
    reason : str
        The rule, or the person's reason.
    at : str
        ISO 8601, UTC.
    """

    name: str
    by: str
    reason: str
    at: str

    @property
    def overruled(self) -> bool:
        """Whether a person chose against or in place of the rule."""
        return self.by != BY_RULE


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
                continue  # `problems` says what is wrong with it; the others stay usable
        return found

    def problems(self) -> list[ModelDamagedError]:
        """Check every file of every model and return what is wrong."""
        found = []
        for name in self.names():
            try:
                manifest = self.manifest(name)
                _check_libraries(manifest)
                for file in manifest.files:
                    self._checked(manifest, file)
            except ModelDamagedError as error:
                found.append(error)
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
            manifest = _from_values(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise _damaged(name, "its manifest cannot be read") from error
        if manifest.name != name:
            raise _damaged(name, f"its manifest is that of '{manifest.name}'")
        return manifest

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
        _check_libraries(manifest)
        kept = _CONFORMAL in manifest.files
        conformal = self._rebuilt(manifest, _CONFORMAL) if kept else None
        return Model(Predictor(self._rebuilt(manifest, _MODEL), conformal), manifest)

    def _rebuilt(self, manifest: Manifest, file: str) -> Any:
        """Rebuild an object from a file that holds trusted types only."""
        from skops import io as skops_io  # takes long to import, and few pages load a model

        path = self._checked(manifest, file)
        unknown = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
        if unknown:
            raise _damaged(manifest.name, f"it holds types that are not trusted: {sorted(unknown)}")
        return skops_io.load(path, trusted=list(TRUSTED_TYPES))

    def predictions(self, name: str) -> pd.DataFrame:
        """Return what a model said of its validation and test splits.

        Returns
        -------
        DataFrame, shape (n_validation + n_test, 4 or 6)
            `split`, `video_id`, `claim_status`, `claim_probability`; and `p_opinion` and
            `p_claim` where the model has lanes of its own.

        Raises
        ------
        ModelError
            As for `load`.
        """
        import pandas as pd

        return pd.read_parquet(self._checked(self.manifest(name), _PREDICTIONS))

    def cv_results(self, name: str) -> pd.DataFrame | None:
        """Return the table of the search behind a model's settings; None without a search."""
        import pandas as pd

        manifest = self.manifest(name)
        if _CV_RESULTS not in manifest.files:
            return None
        return pd.read_csv(self._checked(manifest, _CV_RESULTS))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store for writing; a second writer waits.

        The hold ends with its process, even a killed one.

        Raises
        ------
        ModelError
            The folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / _LOCK, is_singleton=True):
                yield
        except OSError as error:
            raise ModelError(
                f"{self.folder} cannot be written.",
                f"Found: {error.strerror}.",
                "Make room or rights, or give another folder with --models DIR.",
            ) from error

    def save(
        self,
        model: Model,
        predictions: pd.DataFrame,
        card: Callable[[Manifest], str],
        cv_results: pd.DataFrame | None = None,
    ) -> Manifest:
        """Store a model: the old one stays until the new one is whole.

        Parameters
        ----------
        model : Model
            Fitted, with a manifest whose `files` and `libraries` are filled in here.
        predictions : DataFrame
            As `predictions` returns them.
        card : callable
            Writes the card from the manifest, as Markdown.
        cv_results : DataFrame, optional
            The table of the search behind the settings.

        Raises
        ------
        ModelError
            The folder cannot be written.
        """
        folder = self._path(model.name)
        with self.writing():
            folder.mkdir(exist_ok=True)
            files = {
                _MODEL: _placed(folder, _MODEL, lambda path: _dump(model.pipeline, path)),
                _PREDICTIONS: _placed(
                    folder, _PREDICTIONS, lambda path: predictions.to_parquet(path, index=False)
                ),
            }
            conformal = model.predictor.conformal
            if conformal is not None:
                files[_CONFORMAL] = _placed(folder, _CONFORMAL, lambda path: _dump(conformal, path))
            if cv_results is not None:
                files[_CV_RESULTS] = _placed(
                    folder, _CV_RESULTS, lambda path: cv_results.to_csv(path, index=False)
                )
            manifest = replace(model.manifest, files=files, libraries=_library_versions())
            _commit(folder, manifest, card)
        return manifest

    def set_threshold(
        self, name: str, threshold: float, reason: str, by: str, card: Callable[[Manifest], str]
    ) -> Manifest:
        """Change a model's threshold, with its figures, and record why.

        Parameters
        ----------
        name : str
            A stored model.
        threshold : float
            From 0 (the float just below it included) to below 1.
        reason, by : str
            Why, and who says so.
        card : callable
            Writes the card from the manifest.

        Raises
        ------
        ModelError
            As for `load` and `save`, or the threshold or reason cannot be used.
        """
        from claimclf.modeling.evaluation import measure_splits

        if not -1e-9 <= threshold < 1:
            raise ModelError(
                "The threshold is out of range.", f"Found: {threshold}.", "Choose from 0 to 1."
            )
        _require_reason(reason)
        with self.writing():
            old = self.manifest(name)
            metrics, intervals = measure_splits(self.predictions(name), threshold)
            change = _change(by, reason, old.threshold, threshold)
            manifest = replace(
                old,
                threshold=threshold,
                metrics=metrics,
                intervals=intervals,
                threshold_history=[*old.threshold_history, change],
            )
            _commit(self._path(name), manifest, card)
        return manifest

    def set_error_rates(
        self,
        name: str,
        error_rates: dict[str, float],
        reason: str,
        by: str,
        card: Callable[[Manifest], str],
    ) -> Manifest:
        """Change for what share of its videos each class may be ruled out; record why.

        Parameters
        ----------
        name : str
            A stored model that has lanes of its own.
        error_rates : dict of str to float
            Label -> above 0, below 1.
        reason, by, card
            As for `set_threshold`.

        Raises
        ------
        ModelError
            As for `set_threshold`, or the threshold alone decides on the model's lanes.
        """
        if not all(0 < rate < 1 for rate in error_rates.values()):
            raise ModelError(
                "An error rate is out of range.",
                f"Found: {', '.join(f'{rate:g}' for rate in error_rates.values())}.",
                "Choose above 0 and below 1, such as 0.005.",
            )
        _require_reason(reason)
        with self.writing():
            old = self.manifest(name)
            if not old.error_rates:
                raise ModelError(
                    f"The model '{name}' has no error rates.",
                    "Found: lanes that the threshold alone decides on.",
                    "Change its threshold, or choose a model that was calibrated.",
                )
            new = {**old.error_rates, **error_rates}
            change = _change(by, reason, old.error_rates, new)
            history = [*old.error_rates_history, change]
            manifest = replace(old, error_rates=new, error_rates_history=history)
            _commit(self._path(name), manifest, card)
        return manifest

    def set_stress(
        self,
        name: str,
        stress: list[dict[str, Any]],
        trade_off: list[dict[str, Any]],
        card: Callable[[Manifest], str],
    ) -> Manifest:
        """Keep what the stress suite measured with the model.

        Raises
        ------
        ModelError
            As for `save`.
        """
        with self.writing():
            manifest = replace(self.manifest(name), stress=stress, trade_off=trade_off)
            _commit(self._path(name), manifest, card)
        return manifest

    def pointer(self) -> Pointer | None:
        """Return which model is champion as recorded, or None where that cannot be used."""
        try:
            values = json.loads((self.folder / _POINTER).read_text("utf-8"))
            pointer = Pointer(**values["champion"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return pointer if pointer.name in self.names() else None

    def pointer_history(self) -> list[Pointer]:
        """Return every champion there was, the present one last."""
        try:
            values = json.loads((self.folder / _POINTER).read_text("utf-8"))
            return [Pointer(**entry) for entry in values["history"]]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def point_at(self, name: str, reason: str, by: str) -> Pointer:
        """Record a champion, keeping the history of earlier ones.

        Raises
        ------
        ModelError
            No such model, no reason, or the folder cannot be written.
        """
        _require_reason(reason)
        self.manifest(name)
        with self.writing():
            pointer = Pointer(name, by, reason, _now())
            history = [*self.pointer_history(), pointer]
            values = {"champion": asdict(pointer), "history": [asdict(entry) for entry in history]}
            _write_text(self.folder / _POINTER, json.dumps(values, indent=2) + "\n")
        return pointer

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ModelNotFoundError(
                f"'{name}' is not a model name.",
                "",
                "Names have lower-case letters, digits and dashes; claimclf models lists them.",
            )
        return self.folder / name

    def _checked(self, manifest: Manifest, file: str) -> Path:
        """Return the path of a file that is the one that was stored."""
        digest = manifest.files.get(file, "")
        path = self._path(manifest.name) / _placed_name(file, digest)
        if not digest or not path.is_file():
            raise _damaged(manifest.name, f"{path.name} is missing")
        if _sha256(path) != digest:
            raise _damaged(manifest.name, f"{path.name} is not the file that was stored")
        return path


def _from_values(values: dict[str, Any]) -> Manifest:
    metrics = {part: Metrics(**figures) for part, figures in values["metrics"].items()}
    return Manifest(**{**values, "metrics": metrics})


def _dump(part: Pipeline | Conformal, path: Path) -> None:
    from skops import io as skops_io

    skops_io.dump(part, path, compression=ZIP_DEFLATED, compresslevel=9)


def _placed(folder: Path, file: str, write: Callable[[Path], object]) -> str:
    """Write a file under the name of its content; return its sha256."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as place:
        path = Path(place) / file
        write(path)
        digest = _sha256(path)
        path.replace(folder / _placed_name(file, digest))
    return digest


def _placed_name(file: str, digest: str) -> str:
    stem, _, suffix = file.partition(".")
    return f"{stem}-{digest[:8]}.{suffix}"


def _commit(folder: Path, manifest: Manifest, card: Callable[[Manifest], str]) -> None:
    """Make the manifest the valid one, then clear away what it does not name."""
    _write_text(folder / _MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    _write_text(folder / _CARD, card(manifest))
    named = {_placed_name(file, digest) for file, digest in manifest.files.items()}
    for path in folder.iterdir():
        if path.name in named | {_MANIFEST, _CARD}:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_text(path: Path, text: str) -> None:
    """Replace a file in one step."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


def _change(by: str, reason: str, old: object, new: object) -> dict[str, Any]:
    return {"at": _now(), "by": by, "reason": reason, "old": old, "new": new}


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ModelError("A reason is missing.", "", "Say in a few words why.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


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
