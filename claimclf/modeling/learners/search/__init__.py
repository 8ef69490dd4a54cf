"""Search the settings of forests and boosted trees without fitting the same trees twice.

A grid asks for many models that contain each other:

- A forest of 200 trees contains the one of 75, because each tree's seed is drawn in turn.
- 500 boosting rounds contain the first 300, because no round looks ahead.
- A tree never splits fewer than ``2 * min_samples_leaf`` rows, so a smaller
  ``min_samples_split`` changes nothing.
- A booster of depth 12 starts with the rounds of one of depth 8, up to its first deeper tree.

:class:`TreeSearchCV` fits the largest of each family once per fold and scores its prefixes; a
shallower booster goes on from the rounds that it shares with the next deeper one. The
scores are those of :class:`sklearn.model_selection.GridSearchCV`. Whatever is not known to be
nested (see :func:`is_nested`) is fitted one setting at a time, as there.

::

    estimator      TreeSearchCV: GridSearchCV's interface
    request        grid and metrics, checked          data       rows and folds, checked
    nesting        which model contains which         families   which settings share a fit
    fitting        one fit, and all that it answers   results    GridSearchCV's table
    choosing       the best setting                   progress   how far it is
    checkpoints    finished fits on disk              digests    names for what they depend on
"""

from __future__ import annotations

from claimclf.modeling.learners.search.choosing import best_index, simplicity
from claimclf.modeling.learners.search.estimator import TreeSearchCV
from claimclf.modeling.learners.search.nesting import is_nested
from claimclf.modeling.learners.search.progress import Progress

__all__ = ["Progress", "TreeSearchCV", "best_index", "is_nested", "simplicity"]
