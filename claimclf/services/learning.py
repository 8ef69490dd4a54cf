"""Learn from what moderators decided: a challenger beside the model in use, which stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.decided_texts import (
    AT,
    BY,
    COLUMNS,
    LABEL,
    LABEL_OF,
    LEAST_PER_CLASS,
    LOOK,
    ORIGIN,
    UNKNOWN,
    Decided,
    Origin,
    decided,
)
from claimclf.dataset.labelled_texts import LabelledTexts
from claimclf.dataset.reading import Table
from claimclf.dataset.validation.labels import not_understood, unknown_labels
from claimclf.errors import ConflictError, ModelNotFoundError
from claimclf.modeling.evaluation.kinds import by_source, ranking_figures
from claimclf.modeling.evaluation.metrics import with_interval, written
from claimclf.modeling.evaluation.statistics import PairedTest, mcnemar
from claimclf.modeling.learners.algorithms import LINEAR
from claimclf.modeling.learners.recipes import recipes_for
from claimclf.modeling.monitoring.promised_lanes import WEIGHT, WeekOfLanes, by_week
from claimclf.modeling.scoring.prediction import predict
from claimclf.modeling.store.champion import champion, is_challenger, real_speech_auc
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.model import Model, Predictor
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.stored.kinds import KIND_ERROR_RATES
from claimclf.modeling.training import decided as decisions_of
from claimclf.modeling.training.decided import STRENGTHS, LearntDecisions, learn_decisions
from claimclf.modeling.training.fitting import SPEECH, Trained, measured, train
from claimclf.people import Capability, Person
from claimclf.queue.queries.final_decisions import final_decisions
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.recording import require_log
from claimclf.queue.storage.turns import turn
from claimclf.schema import (
    CLAIM,
    CLAIM_STATUS,
    LABELS,
    LANE,
    OPINION,
    TRANSCRIPT,
    Decision,
    TextKind,
)
from claimclf.services.permissions import needs
from claimclf.services.promotion import Measured, promote_by_rule
from claimclf.services.stress import read_elsewhere
from claimclf.services.training import keep

if TYPE_CHECKING:
    from claimclf.services.datasets import Dataset

#: Of the decisions the last fifth measures a challenger that has learnt from those before.
LATER_SHARE = 0.2
#: What a decision counts beside a row of the course, where all is learnt anew.
_WEIGHT = 5.0
_UNDONE, _DECISION, _TEXT, _BULK = "undone", "decision", "text", "bulk_id"
_TURN = "learning"
#: A higher probability is a prediction of *claim*.
_CUT = 0.5


@dataclass(frozen=True)
class Later:
    """A challenger and the champion on decisions that came later than those it learnt from.

    Parameters
    ----------
    n : int
        Statements.
    champion, challenger : dict
        As `evaluation.kinds.ranking_figures` returns it.
    test : PairedTest
        Which of them is right where only one is, first the champion.
    sources : dict of str to (float, float)
        How the decisions came about -> AUC of both; none of one class alone.
    """

    n: int
    champion: dict[str, Any]
    challenger: dict[str, Any]
    test: PairedTest
    sources: dict[str, tuple[float, float]]

    @property
    def measured(self) -> Measured:
        """What the rule of a lead looks at."""
        return Measured(self.test, self.sources)


@dataclass(frozen=True)
class Lesson:
    """What was learnt, from what, and whether it is better.

    Parameters
    ----------
    challenger, champion, base : str
        Names: of the new model, of the one in use, and of the one that was taught.
    rows : int
        Statements that were learnt from.
    decisions : int
        Decisions behind them.
    contradicting : int
        Statements that were left out because people contradict each other on them.
    people : int
        How many people decided, as far as it is known.
    sources : dict of str to int
        How the decisions came about -> statements.
    unknown_labels : dict of str to int
        Labels of a file that are not understood -> rows, which were left out.
    later : Later or None
        None where too few decisions would be left to learn from.
    promoted : str
        Why it is in use already, by a rule that a lead has set; empty where it is not.
    """

    challenger: str
    champion: str
    base: str
    rows: int
    decisions: int
    contradicting: int
    people: int
    sources: dict[str, int]
    unknown_labels: dict[str, int]
    later: Later | None
    promoted: str = ""


def read_decisions(table: Table) -> pd.DataFrame:
    """Take a table as decisions: our own export, or any table with a text and a label.

    Returns
    -------
    DataFrame
        With `decided_texts.COLUMNS`.

    Raises
    ------
    MissingColumnError
        There is no label or no text.
    """
    frame = table.frame
    if {_TEXT, _DECISION, _UNDONE} <= set(frame.columns):
        counts = frame[frame[_UNDONE].astype("str").str.casefold() != "true"]
        label = counts[_DECISION].map({str(d): of for d, of in LABEL_OF.items()})
        given = counts.reindex(columns=[BY, AT, _BULK])
        return pd.DataFrame(
            {
                TRANSCRIPT: counts[_TEXT],
                LABEL: label,
                ORIGIN: Origin.IMPORTED,
                LOOK: given[_BULK].where(given[_BULK].notna() & (given[_BULK] != "")),
                BY: given[BY],
                AT: pd.to_datetime(given[AT], utc=True, errors="coerce", format="ISO8601"),
                UNKNOWN: counts[_DECISION].where(
                    ~counts[_DECISION].isin([str(d) for d in Decision])
                ),
            }
        )
    validated = read_elsewhere(table)
    rows = validated.accepted.reindex(columns=[TRANSCRIPT, CLAIM_STATUS])
    rows.columns = pd.Index([TRANSCRIPT, LABEL])
    rows = rows.assign(**{ORIGIN: Origin.IMPORTED}).reindex(columns=list(COLUMNS))
    unknown = [label for label, n in unknown_labels(validated).items() for _ in range(n)]
    return pd.concat([rows, pd.DataFrame({UNKNOWN: unknown}, dtype="str")], ignore_index=True)


@needs(Capability.MANAGE_MODELS)
def decisions_to_learn_from(
    database: Database, _person: Person, tables: Sequence[pd.DataFrame] = ()
) -> Decided:
    """Return what was decided in the queue, or what tables say where there are some."""
    return decided(tables or [_of_queue(database)])


@needs(Capability.MANAGE_MODELS)
def learn(
    database: Database,
    person: Person,
    folder: Path,
    tables: Sequence[pd.DataFrame] = (),
    dataset: Dataset | None = None,
    texts: Sequence[LabelledTexts] = (),
) -> Lesson:
    """Teach a challenger what was decided, and store it beside the model in use.

    Parameters
    ----------
    folder : Path
        The model store.
    tables : sequence of DataFrame
        Decisions, as `read_decisions` returns them; without any those of the queue.
    dataset : Dataset, optional
        The labelled dataset; the challenger is measured on it. Without it on made-up videos.
    texts : sequence of LabelledTexts
        With these, and a dataset, all of it is learnt anew; else the best linear model of real
        speech that is stored is taught.

    Raises
    ------
    TrainingDataError
        There are too few decisions, or all of one class.
    ModelNotFoundError
        No linear model of real speech is stored.
    ConflictError
        Somebody else is teaching one.
    UnavailableError
        The store cannot be written.
    StorageError
        The audit log cannot be reached: no model is stored that it does not tell of.
    """
    require_log(database)
    store = ModelStore(folder)
    with turn(database, _TURN, waits=False) as is_mine:
        if not is_mine:
            advice = "Wait until it is stored."
            raise ConflictError("A challenger is being taught already.", "", advice)
        made = decided(tables or [_of_queue(database)])
        base = _base(store)
        trained, later = _learnt(store, base, made, dataset, texts)
        stored = keep(database, person, store, trained)
        measured = None if later is None else later.measured
        promoted = promote_by_rule(database, person, folder, base.name, stored.name, measured)
    return Lesson(
        stored.name,
        (champion(store) or base).name,
        base.name,
        len(made.rows),
        made.n_decisions,
        made.n_contradicting,
        len(made.people),
        made.origins,
        made.unknown_labels,
        later,
        promoted,
    )


@needs(Capability.MANAGE_MODELS)
def calibrate_lanes(database: Database, person: Person, folder: Path) -> str:
    """Calibrate the lanes of the model in use on what was decided since it was taught.

    It is stored as a challenger, which says of each text what the model in use says, and puts it
    into another lane perhaps. Returns its name.

    Raises
    ------
    TrainingDataError
        Too few statements were decided since, or all of one class.
    ModelNotFoundError, ConflictError, UnavailableError, StorageError
        As for `learn`.
    """
    require_log(database)
    store = ModelStore(folder)
    with turn(database, _TURN, waits=False) as is_mine:
        if not is_mine:
            advice = "Wait until it is stored."
            raise ConflictError("A challenger is being taught already.", "", advice)
        base, table = _base(store), _of_queue(database)
        # What it has learnt from says nothing of how it does on others.
        made = decided([table[table[AT] > pd.Timestamp(base.trained_at)]])
        source = made.texts()
        learnt = decisions_of.calibrate_lanes(store.load(base.name).predictor, source)
        trained = _taught(base, learnt, source, None)
        manifest = replace(trained.model.manifest, settings=base.settings)
        manifest = _named(store, manifest, base, made, lanes_only=True)
        model = Model(trained.model.predictor, manifest)
        return keep(database, person, store, Trained(model, trained.predictions)).name


@needs(Capability.LEAD)
def lanes_by_week(database: Database, _person: Person, folder: Path) -> list[WeekOfLanes]:
    """Hold what the lanes promise against what people found, by week.

    Raises
    ------
    ModelNotFoundError
        No model is in use.
    """
    manifest = champion(ModelStore(folder))
    if manifest is None:
        raise ModelNotFoundError("No model is in use.", "", "Train one.")
    own = {row["kind"] for row in manifest.kinds}
    order = (TextKind.DECIDED, TextKind.SPEECH, TextKind.POSTS)
    kind = next((str(kind) for kind in order if kind in own), str(TextKind.COURSE))
    zone = database.read(settings_of).time_zone
    rows = final_decisions(database)
    table = pd.DataFrame(
        {
            AT: pd.to_datetime([row.at for row in rows], unit="us", utc=True).tz_convert(zone),
            LANE: [row.lane for row in rows],
            LABEL: [LABEL_OF[Decision(row.decision)] for row in rows],
            WEIGHT: [1 / row.sample_probability if row.sampled else 1.0 for row in rows],
        }
    )
    return by_week(table, manifest.rates_for(kind))


def _learnt(
    store: ModelStore,
    base: Manifest,
    made: Decided,
    dataset: Dataset | None,
    texts: Sequence[LabelledTexts],
) -> tuple[Trained, Later | None]:
    source, predictor = made.texts(), store.load(base.name).predictor
    later, strengths = _later(predictor, made)
    if dataset is not None and texts:
        weighted = replace(source, weight=_WEIGHT)
        trained = _trained_anew(base, dataset, [*texts, weighted])
    else:
        trained = _taught(base, learn_decisions(predictor, source, strengths), source, dataset)
    manifest = _named(store, trained.model.manifest, base, made)
    model = Model(trained.model.predictor, manifest)
    return Trained(model, trained.predictions), later


def said(lesson: Lesson) -> Iterator[str]:
    """Say for people what was learnt, and whether it is better."""
    origins = ", ".join(f"{n:,} {origin}" for origin, n in lesson.sources.items())
    yield (
        f"{lesson.challenger} has learnt {lesson.rows:,} statements from {lesson.decisions:,} "
        f"decisions ({origins}), beginning from {lesson.base}."
    )
    if lesson.contradicting:
        yield (
            f"Left out: {lesson.contradicting:,} "
            f"statement{'s' if lesson.contradicting > 1 else ''} that as many looks call a claim "
            "as an opinion."
        )
    if lesson.unknown_labels:
        words = not_understood(lesson.unknown_labels).removeprefix("; ")
        yield f"Left out: rows with {words}."
    if lesson.people == 1:
        yield "All decisions are one person's: what it has learnt is how that person decides."
    if lesson.later is None:
        yield "Too few decisions, or none with a time, to measure it on later ones."
    else:
        later = lesson.later
        yield (
            f"On the last {later.n:,} statements, which another like it had not met: AUC "
            f"{with_interval(later.challenger, 'auc')}; {lesson.base} has "
            f"{written(later.champion['auc'], 'auc', '.3f')}."
        )
        if later.test.only_a + later.test.only_b:
            yield (
                f"Where only one of them is right it is the challenger on {later.test.only_b:,} "
                f"and the other on {later.test.only_a:,} (p {later.test.p_value:.3f})."
            )
    if lesson.promoted:
        yield f"It is in use from now on. {lesson.promoted}"
    else:
        yield f"In use is still {lesson.champion}."


def _of_queue(database: Database) -> pd.DataFrame:
    rows = final_decisions(database)
    return pd.DataFrame(
        {
            TRANSCRIPT: [row.text for row in rows],
            LABEL: [LABEL_OF[Decision(row.decision)] for row in rows],
            ORIGIN: [Origin.SAMPLE if row.sampled else Origin.QUEUE for row in rows],
            LOOK: [row.bulk_id for row in rows],
            BY: [row.by for row in rows],
            AT: pd.to_datetime([row.at for row in rows], unit="us", utc=True),
        },
        columns=list(COLUMNS),
    )


def _base(store: ModelStore) -> Manifest:
    """Return the champion where it can be taught, else the best that can."""
    manifests = store.manifests()
    able = [m for m in manifests if (m.feature_set, m.algorithm) == (SPEECH, LINEAR)]
    in_use = champion(store, manifests)
    if in_use in able:
        return in_use
    fixed = [manifest for manifest in able if not is_challenger(manifest)]
    if not fixed:
        raise ModelNotFoundError(
            "There is no model that can be taught.",
            f"Found: {', '.join(m.name for m in manifests) or 'none'}; a linear model on the "
            "feature set 'speech' is needed.",
            "Train one with claimclf train --data CSV --speech FILE --features speech.",
        )
    return max(fixed, key=real_speech_auc)


def _taught(
    base: Manifest, learnt: LearntDecisions, source: LabelledTexts, dataset: Dataset | None
) -> Trained:
    """Describe a model that was taught; measure it on the dataset, or on made-up videos."""
    from claimclf.services.datasets import open_default_dataset

    data = dataset if dataset is not None else open_default_dataset()
    rates = KIND_ERROR_RATES
    figures = by_source(learnt.held_out, {0: source.name}, rates, base.threshold)
    own = {str(TextKind.DECIDED): dict(rates[str(TextKind.DECIDED)])}
    manifest = replace(
        base,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        settings={**base.settings, "strength": learnt.strength},
        threshold_history=[],
        error_rates_history=[],
        stress=[],
        trade_off=[],
        kinds=figures,
        kind_error_rates={**base.kind_error_rates, **own},
    )
    return measured(learnt.predictor, manifest, data.cleaned, data.name, data.sha256, [source])


def _trained_anew(base: Manifest, dataset: Dataset, texts: Sequence[LabelledTexts]) -> Trained:
    recipe = next(recipe for recipe in recipes_for([SPEECH]) if recipe.algorithm == base.algorithm)
    return train(recipe, dataset.cleaned, dataset.name, dataset.sha256, texts)


def _named(
    store: ModelStore,
    manifest: Manifest,
    base: Manifest,
    made: Decided,
    *,
    lanes_only: bool = False,
) -> Manifest:
    number = 1
    while f"challenger-{number}" in store.names():
        number += 1
    learnt_from = {
        "base": base.name,
        "base_version": base.version,
        "decisions": made.n_decisions,
        "statements": len(made.rows),
        "contradicting": made.n_contradicting,
        "people": len(made.people),
        "origins": made.origins,
        **({"lanes_only": True} if lanes_only else {}),
    }
    data = {**manifest.data, "learnt_from": learnt_from}
    return replace(manifest, name=f"challenger-{number}", data=data)


def _later(predictor: Predictor, made: Decided) -> tuple[Later | None, Sequence[float]]:
    """Measure on the last decisions what was learnt from those before them.

    Returns
    -------
    Later or None, sequence of float
        And how much decisions count, as it was chosen there; all choices where it was not.
    """
    if made.rows[AT].isna().all():
        return None, STRENGTHS
    n_before = len(made.rows) - round(LATER_SHARE * len(made.rows))
    after = made.rows.iloc[n_before:]
    both = after[CLAIM_STATUS].nunique() == 2
    before = made.rows.iloc[:n_before][CLAIM_STATUS].value_counts()
    if not both or before.reindex([CLAIM, OPINION], fill_value=0).min() < LEAST_PER_CLASS:
        return None, STRENGTHS
    learnt = learn_decisions(predictor, made.texts(slice(0, n_before)))
    truth = is_claim(after).to_numpy().astype(bool)

    old, new = (
        np.asarray(predict(model, after[[TRANSCRIPT]]).probability)
        for model in (predictor, learnt.predictor)
    )
    return _both(truth, old, new, after[ORIGIN].to_numpy(dtype=str)), (learnt.strength,)


def _both(truth: np.ndarray, old: np.ndarray, new: np.ndarray, origins: np.ndarray) -> Later:
    """Hold two models against the same later decisions."""
    sources = {}
    for origin in sorted(set(origins)):
        some = origins == origin
        if len(set(truth[some])) == len(LABELS):
            own = (ranking_figures(truth[some], said[some], _CUT)["auc"] for said in (old, new))
            sources[str(origin)] = (float(next(own)), float(next(own)))
    return Later(
        len(truth),
        ranking_figures(truth, old, _CUT),
        ranking_figures(truth, new, _CUT),
        mcnemar((old > _CUT) == truth, (new > _CUT) == truth),
        sources,
    )
