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

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import FileLock

from claimclf.errors import (
    InvalidRequestError,
    ModelDamagedError,
    ModelNotFoundError,
    UnavailableError,
    UnsuitableModelError,
)
from claimclf.files import opened_file
from claimclf.modeling.store.files import (
    MANIFEST,
    check_libraries,
    check_types,
    commit,
    damaged,
    dump,
    library_versions,
    place,
    placed_name,
    rebuilt,
    sha256,
    write_text,
)
from claimclf.modeling.store.manifest import (
    CONFORMAL,
    CV_RESULTS,
    MODEL,
    PREDICTIONS,
    Manifest,
    change_entry,
    now,
    read_manifest,
    require_reason,
)
from claimclf.modeling.store.model import Model, Predictor
from claimclf.modeling.store.pointer import Pointer, read_champion, read_history

if TYPE_CHECKING:
    import pandas as pd

Recorded = TypeVar("Recorded")

_logger = logging.getLogger(__name__)
_POINTER, _LOCK = "champion.json", ".lock"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
#: Called with what there was and what there will be, once all is checked and before anything
#: changes: what it raises stops the change.
Announce = Callable[[Manifest, Manifest], object]
AnnounceSave = Callable[[Manifest | None, Manifest], object]
AnnouncePointer = Callable[[Pointer | None, Pointer], object]


def announce_to_nobody(old: object, new: object) -> None:
    """Announce a change to nobody."""


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
        return sorted(path.parent.name for path in self.folder.glob(f"*/{MANIFEST}"))

    def manifests(self) -> list[Manifest]:
        """Return the manifests of all models that can be read, by name."""
        manifests = []
        for name in self.names():
            try:
                manifests.append(self.manifest(name))
            except ModelDamagedError:
                continue  # `problems` says what is wrong with it; the others stay usable
        return manifests

    def problems(self) -> list[ModelDamagedError]:
        """Check every file of every model and return what is wrong."""
        errors = []
        for name in self.names():
            try:
                manifest = self.manifest(name)
                check_libraries(manifest)
                for file in manifest.files:
                    path = self._checked(manifest, file)
                    if path.suffix == ".skops":
                        check_types(name, path)
            except ModelDamagedError as error:
                errors.append(error)
        return errors

    def manifest(self, name: str) -> Manifest:
        """Read one model's manifest.

        Raises
        ------
        ModelNotFoundError
            No such model.
        ModelDamagedError
            The manifest cannot be read.
        """
        path = self._path(name) / MANIFEST
        if not path.is_file():
            known = ", ".join(self.names()) or "no model"
            raise ModelNotFoundError(
                f"There is no model '{name}' in {self.folder}.",
                f"Found: {known}.",
                "Train one with: claimclf train --data CSV.",
            )
        try:
            manifest = read_manifest(path.read_text("utf-8"))
        except RecursionError as error:
            raise damaged(name, "its manifest cannot be read (too deep)") from error
        except (OSError, ValueError) as error:
            raise damaged(name, f"its manifest cannot be read ({error})") from error
        if manifest.name != name:
            raise damaged(name, f"its manifest is that of '{manifest.name}'")
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
        from claimclf.modeling.store.plain import weights_in  # few pages load a model

        manifest = self.manifest(name)
        check_libraries(manifest)
        # Kept, for the file may be gone when the pipeline is asked for.
        path = self._checked(manifest, MODEL)
        data = path.read_bytes()
        rebuild = partial(rebuilt, name, path.name, data)
        weights = weights_in(data)
        if weights is None:
            pipeline = rebuild()
            return Model(Predictor.of(pipeline, self._conformal(manifest)), manifest)
        return Model(Predictor(rebuild, self._conformal(manifest), weights), manifest)

    def _conformal(self, manifest: Manifest) -> Any:
        from claimclf.modeling.store.plain import conformal_in

        if CONFORMAL not in manifest.files:
            return None
        path = self._checked(manifest, CONFORMAL)
        data = path.read_bytes()
        found = conformal_in(data)
        return rebuilt(manifest.name, path.name, data) if found is None else found

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

        return pd.read_parquet(self._checked(self.manifest(name), PREDICTIONS))

    def cv_results(self, name: str) -> pd.DataFrame | None:
        """Return the table of the search behind a model's settings; None without a search."""
        import pandas as pd

        manifest = self.manifest(name)
        if CV_RESULTS not in manifest.files:
            return None
        return pd.read_csv(self._checked(manifest, CV_RESULTS))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store for writing; a second writer waits.

        The hold ends with its process, even a killed one.

        Raises
        ------
        UnavailableError
            The folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / _LOCK, is_singleton=True):
                yield
        except OSError as error:
            raise UnavailableError(
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
        announce: AnnounceSave = announce_to_nobody,
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
        announce : callable, optional
            Gets the manifest of the old model, None where there is none that can be read, and
            of the new one.

        Raises
        ------
        UnavailableError
            The folder cannot be written.
        """
        folder = self._path(model.name)
        with self.writing():
            folder.mkdir(exist_ok=True)
            files = {
                MODEL: place(folder, MODEL, lambda path: dump(model.pipeline, path)),
                PREDICTIONS: place(
                    folder, PREDICTIONS, lambda path: predictions.to_parquet(path, index=False)
                ),
            }
            conformal = model.predictor.conformal
            if conformal is not None:
                files[CONFORMAL] = place(folder, CONFORMAL, lambda path: dump(conformal, path))
            if cv_results is not None:
                files[CV_RESULTS] = place(
                    folder, CV_RESULTS, lambda path: cv_results.to_csv(path, index=False)
                )
            manifest = replace(model.manifest, files=files, libraries=library_versions())
            announce(self._readable(model.name), manifest)
            commit(folder, manifest, card)
        return manifest

    def _readable(self, name: str) -> Manifest | None:
        try:
            return self.manifest(name)
        except (ModelNotFoundError, ModelDamagedError):
            return None

    def set_threshold(
        self,
        name: str,
        threshold: float,
        reason: str,
        by: str,
        card: Callable[[Manifest], str],
        announce: Announce = announce_to_nobody,
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
        announce : callable, optional
            Gets the old manifest and the new one.

        Raises
        ------
        ModelError, UnavailableError
            As for `load` and `save`.
        InvalidRequestError
            The threshold or reason cannot be used.
        """
        from claimclf.modeling.evaluation.measuring import measure_splits

        if not -1e-9 <= threshold < 1:
            raise InvalidRequestError(
                "The threshold is out of range.", f"Found: {threshold}.", "Choose from 0 to 1."
            )
        require_reason(reason)
        with self.writing():
            old = self.manifest(name)
            metrics, intervals = measure_splits(self.predictions(name), threshold)
            change = change_entry(by, reason, old.threshold, threshold)
            manifest = replace(
                old,
                threshold=threshold,
                metrics=metrics,
                intervals=intervals,
                threshold_history=[*old.threshold_history, change],
            )
            announce(old, manifest)
            commit(self._path(name), manifest, card)
        return manifest

    def set_error_rates(
        self,
        name: str,
        error_rates: dict[str, float],
        reason: str,
        by: str,
        card: Callable[[Manifest], str],
        announce: Announce = announce_to_nobody,
        kind: str | None = None,
    ) -> Manifest:
        """Change for what share of its videos each class may be ruled out; record why.

        Parameters
        ----------
        name : str
            A stored model that has lanes of its own.
        error_rates : dict of str to float
            Label -> above 0, below 1.
        reason, by, card, announce
            As for `set_threshold`.
        kind : str, optional
            For texts of this kind only, one of those in `Manifest.kind_error_rates`.

        Raises
        ------
        ModelError, UnavailableError, InvalidRequestError
            As for `set_threshold`, or the threshold alone decides on the model's lanes, or it
            has no rates for the kind.
        """
        if not all(0 < rate < 1 for rate in error_rates.values()):
            raise InvalidRequestError(
                "An error rate is out of range.",
                f"Found: {', '.join(f'{rate:g}' for rate in error_rates.values())}.",
                "Choose above 0 and below 1, such as 0.005.",
            )
        require_reason(reason)
        with self.writing():
            old = self.manifest(name)
            if not old.error_rates:
                raise UnsuitableModelError(
                    f"The model '{name}' has no error rates.",
                    "Found: lanes that the threshold alone decides on.",
                    "Change its threshold, or choose a model that was calibrated.",
                )
            manifest = _with_error_rates(old, error_rates, kind, by, reason)
            announce(old, manifest)
            commit(self._path(name), manifest, card)
        return manifest

    def set_stress(
        self,
        name: str,
        stress: list[dict[str, Any]],
        trade_off: list[dict[str, Any]],
        card: Callable[[Manifest], str],
        announce: Announce = announce_to_nobody,
    ) -> Manifest:
        """Keep what the stress suite measured with the model.

        Raises
        ------
        ModelError, UnavailableError
            As for `load` and `save`.
        """
        with self.writing():
            old = self.manifest(name)
            manifest = replace(old, stress=stress, trade_off=trade_off)
            announce(old, manifest)
            commit(self._path(name), manifest, card)
        return manifest

    def pointer(self) -> Pointer | None:
        """Return which model is champion as recorded, or None where that cannot be used."""
        pointer = self._recorded(read_champion)
        return pointer if pointer is not None and pointer.name in self.names() else None

    def pointer_history(self) -> list[Pointer]:
        """Return every champion there was, the present one last; none where it cannot be read."""
        return self._recorded(read_history) or []

    def _recorded(self, read: Callable[[str], Recorded]) -> Recorded | None:
        path = self.folder / _POINTER
        try:
            with opened_file(path) as file:
                return read(file.read().decode())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _logger.warning("%s cannot be used (%s): it counts as absent", path, error)
            return None

    def point_at(
        self, name: str, reason: str, by: str, announce: AnnouncePointer = announce_to_nobody
    ) -> Pointer:
        """Record a champion, keeping the history of earlier ones.

        Parameters
        ----------
        name : str
            A stored model.
        reason, by : str
            Why, and who says so.
        announce : callable, optional
            Gets the pointer that was, None where there was none, and the new one.

        Raises
        ------
        ModelNotFoundError, InvalidRequestError, UnavailableError
            No such model, no reason, or the folder cannot be written.
        """
        require_reason(reason)
        self.manifest(name)
        with self.writing():
            pointer = Pointer(name, by, reason, now())
            history = [*self.pointer_history(), pointer]
            announce(self.pointer(), pointer)
            values = {"champion": asdict(pointer), "history": [asdict(entry) for entry in history]}
            write_text(self.folder / _POINTER, json.dumps(values, indent=2) + "\n")
        return pointer

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ModelNotFoundError(
                f"'{name}' is not a model name.",
                "",
                "Names have lower-case letters, digits and dashes; claimclf models lists them.",
            )
        path = self.folder / name
        if path.is_symlink():  # what is written or cleared away there is not ours
            raise damaged(name, f"{path} is a link, not a folder of this store")
        return path

    def _checked(self, manifest: Manifest, file: str) -> Path:
        """Return the path of a file that is the one that was stored."""
        digest = manifest.files.get(file, "")
        path = self._path(manifest.name) / placed_name(file, digest)
        if not digest or not path.is_file():
            raise damaged(manifest.name, f"{path.name} is missing")
        if sha256(path) != digest:
            raise damaged(manifest.name, f"{path.name} is not the file that was stored")
        return path


def _with_error_rates(
    old: Manifest, rates: dict[str, float], kind: str | None, by: str, reason: str
) -> Manifest:
    """Return a manifest with other error rates, in general or for a kind of text."""
    if kind is not None and kind not in old.kind_error_rates:
        raise InvalidRequestError(
            f"The model '{old.name}' has no error rates of its own for '{kind}'.",
            f"Found: {', '.join(old.kind_error_rates) or 'one pair for all texts'}.",
            "Choose one of these kinds of text, or none.",
        )
    before = old.error_rates if kind is None else old.kind_error_rates[kind]
    new = {**before, **rates}
    change = change_entry(by, reason, before, new)
    if kind is not None:
        change["kind"] = kind
        by_kind = {**old.kind_error_rates, kind: new}
        changed = replace(old, kind_error_rates=by_kind)
    else:
        changed = replace(old, error_rates=new)
    return replace(changed, error_rates_history=[*old.error_rates_history, change])
