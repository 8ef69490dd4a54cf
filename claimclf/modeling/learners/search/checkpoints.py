"""Finished fits on disk, so that a stopped search goes on where it was."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import xgboost

from claimclf.modeling.learners.search.data import SearchData
from claimclf.modeling.learners.search.digests import digest
from claimclf.modeling.learners.search.families import Family
from claimclf.modeling.learners.search.results import Outcome

_logger = logging.getLogger(__name__)
#: Raise it when the same settings would be scored differently.
CHECKPOINT_FORMAT = 1


class Checkpoint:
    """Keep each fit's scores in a file named by all that they depend on.

    Each file is written aside and then renamed, so a killed process leaves the old state or the
    new one. A file that is damaged, or of another format, counts as absent.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None, data: SearchData, scoring: Any
    ) -> None:
        self._folder = None if folder is None else Path(folder)
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        rows = data.X if data.numbers is None else data.numbers
        libraries = [sklearn.__version__, xgboost.__version__, np.__version__]
        self._common = digest(CHECKPOINT_FORMAT, libraries, rows, data.y, scoring)
        self._folds = [digest(fold) for fold in data.folds]

    def load(self, family: Family, fold: int) -> Outcome | None:
        """Return what a family's fit on a fold gave; None if it is not here whole."""
        if self._folder is None:
            return None
        try:
            content = json.loads(self._path(family, fold).read_text("utf-8"))
            outcome = Outcome(**content["outcome"])
            whole = content["sha256"] == _checksum(content["outcome"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            whole = False
        if not whole:
            _logger.warning("A finished fit was not kept whole and is done again")
            return None
        return outcome

    def save(self, family: Family, fold: int, outcome: Outcome) -> None:
        """Keep what a family's fit on a fold gave."""
        if self._folder is None:
            return
        content = {"outcome": asdict(outcome), "sha256": _checksum(asdict(outcome))}
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=self._folder, suffix=".part", delete=False
        ) as part:
            json.dump(content, part)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, self._path(family, fold))

    def _path(self, family: Family, fold: int) -> Path:
        model = (type(family.estimator).__qualname__, family.estimator.get_params())
        # Settings that are alone keep apart: two unseeded models are two experiments.
        alone = None if family.nested else family.members
        name = digest(self._common, self._folds[fold], model, family.sizes, alone)
        return Path(self._folder or "") / f"{name}.json"


def _checksum(outcome: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()
