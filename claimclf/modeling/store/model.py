"""A fitted model, ready to predict, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from claimclf.modeling.store.manifest import Manifest

# What is known of a model is read without what it takes to load or measure one.
if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from claimclf.modeling.inference.applying import Applied
    from claimclf.modeling.stored.conformal import Conformal
    from claimclf.modeling.stored.kinds import KindConformal


@dataclass(frozen=True)
class Predictor:
    """What says something of a video.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted: features, then the learner.
    conformal : Conformal, KindConformal or None
        Calibration and lanes, where rows were kept for them.
    """

    pipeline: Pipeline
    conformal: Conformal | KindConformal | None = None

    @cached_property
    def applied(self) -> Applied:
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
