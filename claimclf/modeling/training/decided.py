"""Learn from decisions: a linear model of real speech that is pulled towards the one in use.

Nothing of what the model in use was trained on is needed. Its score of a text stays one term of
the new score, and the weights of its terms, and of terms that the decided texts alone have, are
pulled towards zero beside it: few decisions change little, and where the old score is worth
nothing for what is decided on, it counts little. How strongly is chosen by cross-validation.
The reader of the course's texts and the gate between the two readers stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array, hstack
from scipy.special import expit, logit
from sklearn.pipeline import Pipeline

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.labelled_texts import N_GROUPS, LabelledTexts
from claimclf.modeling.learners.linear import Task, as_learner, in_single_precision, learnt_weights
from claimclf.modeling.learners.vocabulary import further_terms
from claimclf.modeling.store.model import Predictor
from claimclf.modeling.stored.kinds import KindConformal, fit_to_judge, strange
from claimclf.modeling.stored.speech import SpeechFeatures
from claimclf.modeling.stored.terms import BLOCKS
from claimclf.modeling.stored.tokens import spelling, tokens
from claimclf.schema import LABELS, P_VALUES, PROBABILITY, TRANSCRIPT, TextKind

#: How much decisions count against what is known: of these the one of least loss on decisions
#: that were held out.
STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
#: A constant is penalised a ninth as much as a term, the old score eleven times as much, and a
#: shape four times: what all kinds of text share is in the old score.
_CONSTANT, _OLD_SCORE, _SHAPE = 3.0, 0.3, 0.5
#: A word is known from so many decided texts on.
_KNOWN = 3
#: A probability nearer to 0 or 1 is no more certain.
_LEAST = 1e-9


@dataclass(frozen=True)
class LearntDecisions:
    """A challenger, and what models without each group said of the decided texts.

    Parameters
    ----------
    predictor : Predictor
        It has learnt from all decisions.
    held_out : DataFrame, shape (n, 6)
        As `training.kinds.Learnt` has it; the only source is 0.
    strength : float
        How much decisions count.
    trust : float
        What the old score counts, 1 where it is taken over as it is.
    """

    predictor: Predictor
    held_out: pd.DataFrame
    strength: float
    trust: float


def learn_decisions(
    old: Predictor, decided: LabelledTexts, strengths: Sequence[float] = STRENGTHS
) -> LearntDecisions:
    """Teach a linear model of real speech what was decided.

    Parameters
    ----------
    old : Predictor
        A linear model on the feature set `speech`, with a calibration by kind.
    decided : LabelledTexts
        Decided texts, each statement once.
    strengths : sequence of float
        Between which cross-validation chooses.

    Notes
    -----
    Logistic regression with an L2 penalty on the distance from the old weights, as for a new
    kind of text in Daumé (2007) and Chelba and Acero (2006).
    """
    old_features, old_weights = old.pipeline["features"], old.pipeline["model"].coef_[0]
    transcripts = decided.rows[TRANSCRIPT].tolist()
    labels = is_claim(decided.rows).to_numpy().astype(np.int64)
    features, weights = extended(old_features, old_weights, transcripts)
    fitting = _Fitting.of(features, weights, decided.rows, labels)
    strength, odds = _chosen(fitting, decided.group, strengths)
    learnt = fitting.fit(np.arange(len(labels)), strength)
    learner = as_learner(in_single_precision(fitting.whole(learnt, weights)), strength)
    conformal = _calibrated(_conformal_of(old), transcripts, labels, odds)
    held_out = pd.DataFrame(
        {
            "source": 0,
            "kind": str(TextKind.DECIDED),
            "truth": labels,
            PROBABILITY: expit(odds),
        }
    )
    p_values = _held_out_p_values(conformal, decided, labels, odds)
    return LearntDecisions(
        Predictor.of(Pipeline([("features", features), ("model", learner)]), conformal),
        held_out.assign(**dict(zip(P_VALUES, p_values.T, strict=True))),
        strength,
        float(learnt[-1] * _OLD_SCORE),
    )


def calibrate_lanes(old: Predictor, decided: LabelledTexts) -> LearntDecisions:
    """Calibrate a model's lanes on decided texts that it has not learnt from; it learns nothing.

    Parameters
    ----------
    old : Predictor
        As for `learn_decisions`; what it says of a text stays as it is.
    decided : LabelledTexts
        Texts that were decided after the model was taught, each statement once.
    """
    before = _conformal_of(old)
    labels = is_claim(decided.rows).to_numpy().astype(np.int64)
    said = before.calibrated(old.pipeline.predict_proba(decided.rows)[:, 1])
    odds = logit(np.clip(said, _LEAST, 1 - _LEAST))
    anew = _calibrated(before, decided.rows[TRANSCRIPT].tolist(), labels, odds)
    held_out = {"source": 0, "kind": str(TextKind.DECIDED), "truth": labels, PROBABILITY: said}
    p_values = _held_out_p_values(anew, decided, labels, odds)
    conformal = replace(anew, slope=before.slope, intercept=before.intercept)
    return LearntDecisions(
        Predictor.of(old.pipeline, conformal),
        pd.DataFrame(held_out).assign(**dict(zip(P_VALUES, p_values.T, strict=True))),
        strength=0.0,
        trust=1.0,
    )


def extended(
    features: SpeechFeatures, weights: np.ndarray, texts: Sequence[str]
) -> tuple[SpeechFeatures, np.ndarray]:
    """Add the terms that texts have and a model does not know; they weigh nothing at first.

    Parameters
    ----------
    features : SpeechFeatures
        What the model knows.
    weights : ndarray, shape (n_whole + n_openings + 2,)
        Of the linear model.
    texts : sequence of str
        Decided texts.

    Returns
    -------
    SpeechFeatures, ndarray
        The same model on a larger vocabulary.
    """
    n_whole = features.n_whole
    ends = np.cumsum([len(features.terms(block)) for block in BLOCKS])[:-1]
    scales, gates, own = (
        np.split(part, ends)
        for part in (features.scale, features.gate[:n_whole], weights[:n_whole])
    )
    further = further_terms({block: features.terms(block) for block in BLOCKS}, texts)
    blocks = {block: [*features.terms(block), *further[block]] for block in BLOCKS}
    for number, block in enumerate(BLOCKS):
        unweighed = np.zeros(len(further[block]))
        # As rare as the middle one of those that are known.
        scale = np.full(len(unweighed), np.median(scales[number]) if len(scales[number]) else 1.0)
        scales[number] = np.concatenate([scales[number], scale])
        gates[number] = np.concatenate([gates[number], unweighed])
        own[number] = np.concatenate([own[number], unweighed])
    larger = SpeechFeatures(
        **{block: "\n".join(terms) for block, terms in blocks.items()},
        openings=features.openings,
        scale=np.concatenate(scales),
        gate=np.concatenate([*gates, features.gate[n_whole:]]),
        gate_start=features.gate_start,
    )
    return larger, np.concatenate([*own, weights[n_whole:]])


@dataclass(frozen=True)
class _Fitting:
    """Decided texts as a matrix: terms of the whole text, a constant, and the old score.

    The course's reader says `offset` of them, whatever is learnt.
    """

    matrix: csr_array
    labels: np.ndarray
    offset: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(
        cls, features: SpeechFeatures, weights: np.ndarray, rows: pd.DataFrame, labels: np.ndarray
    ) -> _Fitting:
        both = features.transform(rows)
        n_real = features.n_whole + 1
        sizes = [len(features.terms(block)) for block in BLOCKS]
        scale = np.repeat([*(_SHAPE if block == "shapes" else 1.0 for block in BLOCKS)], sizes)
        scale = np.append(scale, _CONSTANT)
        score = csr_array((both[:, :n_real] @ weights[:n_real] * _OLD_SCORE)[:, None])
        matrix = hstack([both[:, :n_real] @ diags_array(scale), score])
        return cls(csr_array(matrix), labels, both[:, n_real:] @ weights[n_real:], scale)

    @property
    def towards(self) -> np.ndarray:
        """The old model: its score alone, as it is."""
        pull = np.zeros(self.matrix.shape[1])
        pull[-1] = 1 / _OLD_SCORE
        return pull

    def fit(self, seen: np.ndarray, strength: float, start: np.ndarray | None = None) -> np.ndarray:
        """Return the weights learnt from some rows."""
        parts = np.ones((len(seen), 1))
        matrix = csr_array(self.matrix[seen])
        task = Task(matrix, self.labels[seen], parts[:, 0], parts, self.offset[seen])
        begin = self.towards if start is None else start
        return learnt_weights(task, strength, begin[:, None], self.towards[:, None])[:, 0]

    def whole(self, learnt: np.ndarray, old_weights: np.ndarray) -> np.ndarray:
        """Return the weights of the model's own columns."""
        n_real = len(self.scale)
        real = old_weights[:n_real] * (learnt[-1] * _OLD_SCORE) + learnt[:n_real] * self.scale
        return np.concatenate([real, old_weights[n_real:]])


def _chosen(
    fitting: _Fitting, group: np.ndarray, strengths: Sequence[float]
) -> tuple[float, np.ndarray]:
    """Choose by held-out loss how much decisions count; return it with the held-out log-odds."""
    signs = 2.0 * fitting.labels - 1
    best = (np.inf, strengths[0], np.zeros(len(signs)))
    starts: dict[int, np.ndarray] = {}
    for strength in strengths:
        odds = np.zeros(len(signs))
        for number in range(N_GROUPS):
            seen = np.flatnonzero(group != number)
            starts[number] = fitting.fit(seen, strength, starts.get(number))
            said = fitting.matrix @ starts[number] + fitting.offset
            odds[group == number] = said[group == number]
        loss = float(np.logaddexp(0, -signs * odds).mean())
        if loss < best[0]:
            best = (loss, strength, odds)
    return best[1], best[2]


def _conformal_of(old: Predictor) -> KindConformal:
    if not isinstance(old.conformal, KindConformal):
        raise TypeError("a model is taught that is calibrated by kind of text")
    return old.conformal


def _calibrated(
    old: KindConformal, transcripts: Sequence[str], labels: np.ndarray, odds: np.ndarray
) -> KindConformal:
    """Add decided texts as a kind of their own, with what they are told from the others by."""
    kind = str(TextKind.DECIDED)
    kept = [number for number, name in enumerate(old.kinds) if name != kind]
    counts = Counter[str]()
    for text in transcripts:
        counts.update({spelling(token) for token in tokens(text)})
    known = old.words.split("\n") if old.words else []
    further = sorted({word for word, n in counts.items() if n >= _KNOWN} - set(known))
    others = old.evidence[:, kept]
    # A word that the other kinds never had is to them what any other unknown word is.
    rows = np.vstack([others[:-1], np.repeat(others[-1:], len(further) + 1, axis=0)])
    smooth = np.array([counts[word] for word in [*known, *further, ""]], dtype=float) + 0.5
    evidence = np.column_stack([rows, in_single_precision(np.log(smooth / smooth.sum()))])
    bare = replace(
        old,
        slope=1.0,
        intercept=0.0,
        kinds=[*(old.kinds[number] for number in kept), kind],
        words="\n".join([*known, *further]),
        evidence=evidence,
        strangeness=[],
    )
    _, new, length = bare.novelty(pd.Series(transcripts, dtype="str")).T
    own = _own(strange(odds, new)[fit_to_judge(new, length)], labels[fit_to_judge(new, length)])
    return replace(bare, strangeness=[*(old.strangeness[number] for number in kept), own])


def _own(shown: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    return [np.sort(shown[labels == c, c]) for c in range(len(LABELS))]


def _held_out_p_values(
    conformal: KindConformal, decided: LabelledTexts, labels: np.ndarray, odds: np.ndarray
) -> np.ndarray:
    """Return p-values of each decided text by the calibration texts of the other groups."""
    novelty = conformal.novelty(decided.rows[TRANSCRIPT])
    number = len(conformal.kinds) - 1
    novelty[:, 0] = number
    shown, fit = strange(odds, novelty[:, 1]), fit_to_judge(novelty[:, 1], novelty[:, 2])
    p_values = np.zeros((len(odds), len(LABELS)))
    for group in range(N_GROUPS):
        out = decided.group == group
        own = _own(shown[fit & ~out], labels[fit & ~out])
        bare = replace(conformal, strangeness=[*conformal.strangeness[:-1], own])
        p_values[out] = bare.p_values(expit(odds[out]), novelty[out])
    return p_values
