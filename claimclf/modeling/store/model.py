"""A fitted model, ready to predict, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from claimclf.modeling.store.manifest import Manifest
from claimclf.schema import TRANSCRIPT

# What is known of a model is read without what it takes to load or measure one.
if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from claimclf.modeling.inference.additive import Additive
    from claimclf.modeling.inference.applying import Applied
    from claimclf.modeling.learners.weights import Weights
    from claimclf.modeling.stored.conformal import Conformal
    from claimclf.modeling.stored.kinds import KindConformal


@dataclass(frozen=True)
class Predictor:
    """What says something of a video.

    Parameters
    ----------
    rebuild : callable
        Returns the fitted pipeline: features, then the learner. Called once, when it is needed.
    conformal : Conformal, KindConformal or None
        Calibration and lanes, where rows were kept for them.
    weights : Weights or None
        Of a linear model on real speech: its probabilities need no pipeline.
    """

    rebuild: Callable[[], Pipeline]
    conformal: Conformal | KindConformal | None = None
    weights: Weights | None = None

    @classmethod
    def of(
        cls, pipeline: Pipeline, conformal: Conformal | KindConformal | None = None
    ) -> Predictor:
        """Return the predictor of a pipeline that is at hand."""
        return cls(lambda: pipeline, conformal)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The fitted pipeline; rebuilt when it is first asked for."""
        return self.rebuild()

    def probability(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the pipeline's probability of *claim*, as `Applied.probability` does."""
        additive = self._additive
        if additive is not None and additive.can_take(rows):
            return additive.probability(rows[TRANSCRIPT])
        return self._applied.probability(rows)

    @cached_property
    def _additive(self) -> Additive | None:
        from claimclf.modeling.inference.additive import Additive

        return None if self.weights is None else Additive(self.weights)

    @cached_property
    def _applied(self) -> Applied:
        """The pipeline, ready for many rows; made when it is first asked for."""
        from claimclf.modeling.inference.applying import Applied

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
