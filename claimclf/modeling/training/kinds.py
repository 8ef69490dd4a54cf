"""Learn from the course and from real people's texts together, and calibrate for each kind.

Each source is cut into groups that belong together (stretches of debates, framings of the
course). Every group is scored once by a model that was fitted without it; these scores
calibrate, set the lanes and are the figures that a manifest shows by kind of text. The model
that is stored has learnt from all rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.labelled_texts import N_GROUPS, LabelledTexts
from claimclf.modeling.learners.algorithms import LINEAR
from claimclf.modeling.learners.linear import (
    Task,
    as_learner,
    in_single_precision,
    learnt_weights,
    plain_weights,
)
from claimclf.modeling.learners.recipes import Recipe
from claimclf.modeling.learners.vocabulary import (
    Vocabulary,
    opening_matrix,
    openings,
    vocabulary,
)
from claimclf.modeling.store.model import Predictor
from claimclf.modeling.stored.kinds import KindConformal, Words, fit_to_judge, strange
from claimclf.modeling.stored.speech import SpeechFeatures
from claimclf.modeling.stored.tokens import spelling, tokens
from claimclf.schema import LABELS, P_VALUES, PROBABILITY, TRANSCRIPT, TextKind

#: How much of what a kind has to itself goes into the one reader of all real texts.
_SHARE = {TextKind.SPEECH: 0.7, TextKind.POSTS: 0.3, TextKind.DECIDED: 0.5}
#: A constant is penalised a ninth as much as a term.
_CONSTANT = 3.0
#: Terms of an opening are many and count fully; beside those of the whole text, so much.
_OPENING_SCALE = 0.15
#: A word is known to a kind from so many of its texts on.
_KNOWN = 3
_CLIP = 1e-9
_FRAMING_WORDS = 2


@dataclass(frozen=True)
class World:
    """All rows to learn from, one source after another, the course first.

    Parameters
    ----------
    texts : tuple of LabelledTexts
        The sources beside the course.
    rows : DataFrame, shape (n, 1)
        Transcripts.
    labels, group, source : ndarray of int, shape (n,)
        1 for claim; what is held out together; 0 for the course, then the place in `texts`.
    weight : ndarray, shape (n,)
        What each row counts.
    """

    texts: tuple[LabelledTexts, ...]
    rows: pd.DataFrame
    labels: np.ndarray
    group: np.ndarray
    source: np.ndarray
    weight: np.ndarray

    @property
    def course(self) -> np.ndarray:
        """Which rows are the course's."""
        is_course: np.ndarray = self.source == 0
        return is_course

    @property
    def kinds(self) -> list[TextKind]:
        """The kinds of the sources, each once."""
        return list(dict.fromkeys([TextKind.COURSE, *(source.kind for source in self.texts)]))

    @property
    def kind(self) -> np.ndarray:
        """Number of each row's kind in `kinds`."""
        of_source = [TextKind.COURSE, *(source.kind for source in self.texts)]
        places = np.array([self.kinds.index(kind) for kind in of_source])
        numbers: np.ndarray = places[self.source]
        return numbers


@dataclass(frozen=True)
class Learnt:
    """A predictor, and what models without each group said of it.

    Parameters
    ----------
    predictor : Predictor
        Fitted on all rows.
    held_out : DataFrame, shape (n, 6)
        `source` (number, 0 for the course), `kind`, `truth`, `claim_probability`, `p_opinion`
        and `p_claim`; for each row by models and calibration that had not met its group.
    """

    predictor: Predictor
    held_out: pd.DataFrame


class _Learner(Protocol):
    def fit(self, seen: np.ndarray) -> Pipeline:
        """Fit on some rows."""

    def log_odds(self, group: int | None) -> np.ndarray:
        """Return what a model without a group says of all rows."""


def gathered(course: pd.DataFrame, texts: Sequence[LabelledTexts]) -> World:
    """Put the course's rows and other sources together."""
    parts = [course[[TRANSCRIPT]], *(source.rows[[TRANSCRIPT]] for source in texts)]
    sizes = [len(part) for part in parts]
    labels = [is_claim(course), *(is_claim(source.rows) for source in texts)]
    weights = [1.0, *(source.weight for source in texts)]
    return World(
        tuple(texts),
        pd.concat(parts, ignore_index=True),
        np.concatenate([of_source.to_numpy() for of_source in labels]),
        np.concatenate([_framings(course[TRANSCRIPT]), *(source.group for source in texts)]),
        np.repeat(np.arange(len(parts)), sizes),
        np.repeat(weights, sizes),
    )


def _framings(transcripts: pd.Series) -> np.ndarray:
    """Deal texts into groups by their first words."""
    first = transcripts.str.casefold().str.split().str[:_FRAMING_WORDS].str.join(" ")
    groups = np.zeros(len(first), dtype=np.int64)
    if first.nunique() < N_GROUPS:
        return np.arange(len(first)) % N_GROUPS
    for number, (_, held) in enumerate(GroupKFold(N_GROUPS).split(first, groups=first)):
        groups[held] = number
    return groups


def learn_kinds(recipe: Recipe, course: pd.DataFrame, texts: Sequence[LabelledTexts]) -> Learnt:
    """Fit a recipe on the course and other texts, calibrate and measure it by kind.

    Parameters
    ----------
    recipe : Recipe
        On the feature set `speech`.
    course : DataFrame, shape (n, n_columns)
        Complete labelled rows of both classes.
    texts : sequence of LabelledTexts
        Other sources; at least one.
    """
    world = gathered(course, texts)
    learner: _Learner = (
        _Readers(recipe, world) if recipe.algorithm == LINEAR else _Trees(recipe, world)
    )
    odds, held = np.zeros(len(world.labels)), _Held.of(world)
    for group in range(N_GROUPS):
        out = world.group == group
        odds[out] = learner.log_odds(group)[out]
    slope, intercept = (1.0, 0.0) if recipe.algorithm == LINEAR else _calibration(world, odds)
    odds = slope * odds + intercept
    shown = strange(odds, held.new)
    conformal = KindConformal(
        slope,
        intercept,
        [str(kind) for kind in world.kinds],
        *_evidence(world, np.ones(len(odds), dtype=bool)),
        _own(world, held.kind, shown, held.fit),
    )
    pipeline = learner.fit(np.ones(len(odds), dtype=bool))
    table = pd.DataFrame(
        {
            "source": world.source,
            "kind": np.array(world.kinds, dtype=object)[world.kind],
            "truth": world.labels,
            PROBABILITY: expit(odds),
        }
    )
    p_values = _held_out_p_values(world, conformal, held, odds)
    return Learnt(
        Predictor.of(pipeline, conformal),
        table.assign(**dict(zip(P_VALUES, p_values.T, strict=True))),
    )


@dataclass(frozen=True)
class _Held:
    """TextKind, share of new words and length of each row, told without its group."""

    kind: np.ndarray
    new: np.ndarray
    length: np.ndarray

    @property
    def fit(self) -> np.ndarray:
        """Which rows are long and familiar enough to be calibrated with."""
        return fit_to_judge(self.new, self.length)

    @classmethod
    def of(cls, world: World) -> _Held:
        held = np.zeros((len(world.labels), 3))
        for group in range(N_GROUPS):
            out = np.flatnonzero(world.group == group)
            words = Words(*_evidence(world, world.group != group))
            held[out] = np.column_stack(words.look(world.rows[TRANSCRIPT].iloc[out].tolist()))
        return cls(held[:, 0].astype(np.int64), held[:, 1], held[:, 2])


def _evidence(world: World, seen: np.ndarray) -> tuple[str, np.ndarray]:
    """Count words by kind: the known ones, and how frequent each is in each kind."""
    counts = [Counter[str]() for _ in world.kinds]
    kinds, texts = world.kind[seen], world.rows[TRANSCRIPT][seen]
    for kind, text in zip(kinds.tolist(), texts, strict=True):
        counts[kind].update({spelling(token) for token in tokens(text)})
    known = sorted(word for word, n in sum(counts, Counter()).items() if n >= _KNOWN)
    table = np.array([[count[word] for count in counts] for word in [*known, ""]], dtype=float)
    smooth = table.reshape(len(known) + 1, len(counts)) + 0.5
    frequency = np.log(smooth / smooth.sum(axis=0))
    return "\n".join(known), frequency.astype(np.float32).astype(np.float64)


def _own(
    world: World, kind: np.ndarray, shown: np.ndarray, seen: np.ndarray
) -> list[list[np.ndarray]]:
    """Collect how strange the calibration rows of each kind and class are for their own class."""
    return [
        [
            np.sort(shown[seen & (kind == number) & (world.labels == c), c])
            for c in range(len(LABELS))
        ]
        for number in range(len(world.kinds))
    ]


def _held_out_p_values(
    world: World, conformal: KindConformal, held: _Held, odds: np.ndarray
) -> np.ndarray:
    """Return p-values of each row by the calibration rows of the other groups."""
    p_values = np.zeros((len(odds), len(LABELS)))
    shown, novelty = strange(odds, held.new), np.column_stack([held.kind, held.new, held.length])
    for group in range(N_GROUPS):
        out = world.group == group
        own = _own(world, held.kind, shown, held.fit & ~out)
        bare = KindConformal(1.0, 0.0, conformal.kinds, "", conformal.evidence, own)
        p_values[out] = bare.p_values(expit(odds[out]), novelty[out])
    return p_values


def _calibration(world: World, odds: np.ndarray) -> tuple[float, float]:
    curve = LogisticRegression().fit(odds.reshape(-1, 1), world.labels, world.weight)
    return round(float(curve.coef_[0, 0]), 9), round(float(curve.intercept_[0]), 9)


class _Trees:
    """Trees on the feature set, all sources together."""

    def __init__(self, recipe: Recipe, world: World) -> None:
        self._recipe, self._world = recipe, world

    def fit(self, seen: np.ndarray) -> Pipeline:
        rows, labels = self._world.rows[seen], self._world.labels[seen]
        return self._recipe.build().fit(rows, labels, model__sample_weight=self._world.weight[seen])

    def log_odds(self, group: int | None) -> np.ndarray:
        pipeline = self.fit(self._world.group != group)
        learnt = pipeline.predict_proba(self._world.rows)[:, 1].astype(np.float64)
        odds: np.ndarray = logit(np.clip(learnt, 1e-3, 1 - 1e-3))
        return odds


class _Readers:
    """A reader of real texts, one of the course, and a gate between them, each linear."""

    def __init__(self, recipe: Recipe, world: World) -> None:
        self._world, self._settings = world, recipe.settings
        self._real = _real_reader(world.texts, float(recipe.settings["strength"]))
        texts = world.rows[TRANSCRIPT].tolist()
        n_course = int(world.course.sum())
        self._terms = openings(texts[:n_course])
        course = self._real.vocabulary.matrix(texts[:n_course])
        ones = np.ones((len(texts), 1))
        self._whole = csr_array(hstack([_stacked([course, self._real.matrix]), ones * _CONSTANT]))
        self._opening = csr_array(hstack([opening_matrix(texts, self._terms), ones * _CONSTANT]))
        small = csr_array(self._opening * _OPENING_SCALE)
        self._both = csr_array(hstack([self._whole, small]))

    def fit(self, seen: np.ndarray) -> Pipeline:
        real, course, gate = self._weights(None, seen)
        n_whole = self._whole.shape[1] - 1
        gate_whole, gate_opening = gate[:n_whole], gate[n_whole + 1 : -1] * _OPENING_SCALE
        start = _CONSTANT * (gate[n_whole] + gate[-1] * _OPENING_SCALE)
        terms = self._real.vocabulary.terms
        features = SpeechFeatures(
            "\n".join(terms["words"]),
            "\n".join(terms["pieces"]),
            "\n".join(terms["shapes"]),
            "\n".join(self._terms),
            self._real.vocabulary.scale,
            in_single_precision(np.concatenate([gate_whole, gate_opening])),
            float(start),
        )
        weights = [real[:-1], real[-1:] * _CONSTANT, course[:-1], course[-1:] * _CONSTANT]
        learner = as_learner(
            in_single_precision(np.concatenate(weights)), float(self._settings["strength"])
        )
        return Pipeline([("features", features), ("model", learner)])

    def log_odds(self, group: int | None) -> np.ndarray:
        real, course, gate = self._weights(group, self._world.group != group)
        share = expit(self._both @ gate)
        odds: np.ndarray = (1 - share) * (self._whole @ real) + share * (self._opening @ course)
        return odds

    def _weights(
        self, group: int | None, seen: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the weights of the real reader, the course's reader and the gate."""
        world, settings = self._world, self._settings
        course_rows = np.flatnonzero(seen & world.course)
        course = plain_weights(
            self._opening[course_rows],
            world.labels[course_rows],
            np.ones(len(course_rows)),
            float(settings["opening_strength"]),
        )
        rows = np.flatnonzero(seen)
        gate = plain_weights(
            self._both[rows],
            world.course[rows].astype(int),
            world.weight[rows],
            float(settings["gate_strength"]),
        )
        gate[self._whole.shape[1] - 1] += float(settings["towards_course"]) / _CONSTANT
        return self._real.weights[group], course, gate


@dataclass(frozen=True)
class _Real:
    """The reader of real texts, fitted on all of them and without each group.

    Parameters
    ----------
    vocabulary : Vocabulary
        Its terms.
    matrix : csr_array, shape (n, n_terms)
        The real texts.
    weights : dict
        Group that was left out, or None -> weights and constant, in calibrated log-odds.
    """

    vocabulary: Vocabulary
    matrix: csr_array
    weights: dict[int | None, np.ndarray]


@lru_cache(maxsize=2)
def _real_reader(texts: tuple[LabelledTexts, ...], strength: float) -> _Real:
    """Fit the reader of real texts; kept, because the course's rows do not change it."""
    transcripts = [text for source in texts for text in source.rows[TRANSCRIPT]]
    terms = vocabulary(transcripts)
    matrix = terms.matrix(transcripts)
    labels = np.concatenate([is_claim(source.rows).to_numpy() for source in texts])
    group = np.concatenate([source.group for source in texts])
    counts = np.repeat([s.weight for s in texts], [len(s.rows) for s in texts])
    kinds = list(dict.fromkeys(source.kind for source in texts))
    of_row = np.repeat([kinds.index(s.kind) for s in texts], [len(s.rows) for s in texts])
    parts = np.column_stack([np.ones(len(labels)), _SHARE_APART * np.eye(len(kinds))[of_row]])
    mixed = np.array([1.0, *(_SHARE_APART * share for share in _shares(kinds))])
    known = csr_array(hstack([matrix, np.full((len(labels), 1), _CONSTANT)]))
    start = np.zeros((known.shape[1], parts.shape[1]))
    whole = learnt_weights(Task(known, labels, counts, parts), strength, start, start)
    weights: dict[int | None, np.ndarray] = {None: whole @ mixed}
    odds = np.zeros(len(labels))
    for number in range(N_GROUPS):
        seen = np.flatnonzero(group != number)
        task = Task(known[seen], labels[seen], counts[seen], parts[seen])
        weights[number] = learnt_weights(task, strength, whole, np.zeros_like(whole)) @ mixed
        odds[group == number] = (known @ weights[number])[group == number]
    main = of_row == (kinds.index(TextKind.SPEECH) if TextKind.SPEECH in kinds else 0)
    curve = LogisticRegression().fit(odds[main, None], labels[main], counts[main])
    slope, intercept = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    for own in weights.values():
        own *= slope
        own[-1] += intercept / _CONSTANT
    return _Real(terms, matrix, weights)


#: How loose what one kind has to itself is, beside what all share.
_SHARE_APART = 0.7


def _shares(kinds: Sequence[TextKind]) -> list[float]:
    total = sum(_SHARE[kind] for kind in kinds)
    return [_SHARE[kind] / total for kind in kinds]


def _stacked(parts: Sequence[csr_array]) -> csr_array:
    from scipy.sparse import vstack

    return csr_array(vstack(parts))
