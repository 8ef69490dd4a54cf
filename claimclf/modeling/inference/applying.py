"""A fitted pipeline applied to many rows: the learner's own probabilities, many times sooner."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from claimclf.modeling.inference.additive import Additive
from claimclf.modeling.inference.encoding import Encoder
from claimclf.modeling.inference.votes import Votes
from claimclf.modeling.learners.weights import reads_speech, weights_of
from claimclf.schema import TRANSCRIPT


class Applied:
    """Says what a pipeline's `predict_proba` says, to the last bit, or to 1e-12 where it adds.

    What is out of the ordinary (another kind of pipeline; rows with a value that is missing,
    unknown or too large) the pipeline does itself.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted: features, then a learner of two classes.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        features, self._learner = pipeline["features"], pipeline["model"]
        dense = isinstance(features, ColumnTransformer) and not features.sparse_output_
        self._encoder = Encoder(features) if dense else None
        adds = reads_speech(features, self._learner)
        self._additive = Additive(weights_of(features, self._learner)) if adds else None
        self._votes = Votes(self._learner) if Votes.can_count(self._learner) else None

    def probability(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of class 1.

        Parameters
        ----------
        rows : DataFrame, shape (n, n_columns)
            Typed columns.

        Returns
        -------
        ndarray of float64, shape (n,)

        Raises
        ------
        ValueError
            The pipeline cannot take the rows, as for a category it does not know.
        """
        if self._additive is not None and Additive.can_take(rows):
            return self._additive.probability(rows[TRANSCRIPT])
        matrix = self._encoder.matrix(rows) if self._encoder else None
        if matrix is None or not np.isfinite(matrix).all():
            return _of_claim(self._pipeline.predict_proba(rows))
        if self._votes is None:
            return _of_claim(self._learner.predict_proba(matrix))
        return self._votes.share(matrix)


def _of_claim(probabilities: np.ndarray) -> np.ndarray:
    return probabilities[:, 1].astype(np.float64)
