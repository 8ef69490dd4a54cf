"""Decisions of people as labelled texts to learn from: each statement once, each look a vote."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd

from claimclf.dataset.labelled_texts import N_GROUPS, LabelledTexts
from claimclf.dataset.splitting import SEED
from claimclf.dataset.statements import statements
from claimclf.dataset.validation.labels import counted, not_understood
from claimclf.errors import TrainingDataError
from claimclf.schema import CLAIM, CLAIM_STATUS, LABELS, OPINION, TRANSCRIPT, Decision, TextKind

#: What learning needs of each class.
LEAST_PER_CLASS = 10
#: What a decision says of a text; the others say nothing.
LABEL_OF = {
    Decision.BREAKS_RULES: CLAIM,
    Decision.WITHIN_RULES: CLAIM,
    Decision.OPINION: OPINION,
}
_NAME = "decisions"


class Origin(StrEnum):
    """How a decision came about: what is reviewed is no fair sample of what is reported."""

    QUEUE = "queue"
    SAMPLE = "audit sample"
    IMPORTED = "imported"


#: Columns of a table of decisions.
LABEL, ORIGIN, LOOK, BY, AT = "label", "origin", "look", "by", "at"
COLUMNS = (TRANSCRIPT, LABEL, ORIGIN, LOOK, BY, AT)
#: One more, of tables that have such: what stood there for a label and is not understood.
UNKNOWN = "not understood"


@dataclass(frozen=True)
class Decided:
    """What people decided, as texts to learn from.

    Parameters
    ----------
    rows : DataFrame, shape (n, 4)
        `video_transcription_text`, `claim_status`, `origin` and `at` (UTC, may be missing) of
        each statement, the earliest decision first.
    n_decisions : int
        Decisions that say claim or opinion of a text.
    n_contradicting : int
        Statements of which as many looks say claim as opinion: left out.
    people : tuple of str
        Who decided, as far as it is known.
    unknown_labels : dict of str to int
        Labels that say nothing that is understood -> rows.
    """

    rows: pd.DataFrame
    n_decisions: int
    n_contradicting: int
    people: tuple[str, ...] = field(default=())
    unknown_labels: dict[str, int] = field(default_factory=dict)

    @property
    def origins(self) -> dict[str, int]:
        """Statements by how the decision came about."""
        counts = self.rows[ORIGIN].value_counts()
        return {str(origin): int(counts[origin]) for origin in Origin if origin in counts}

    @property
    def n_by_class(self) -> tuple[int, int]:
        """Statements that are claims, and opinions."""
        counts = _by_class(self.rows)
        return counts[CLAIM], counts[OPINION]

    @property
    def missing(self) -> dict[str, int]:
        """Statements that learning needs more, by class; empty where there are enough."""
        return _missing(_by_class(self.rows))

    @property
    def n_missing(self) -> int:
        """Statements that learning needs more."""
        return sum(self.missing.values())

    def texts(self, seen: slice = slice(None)) -> LabelledTexts:
        """Return the statements, or some of them, as a source to learn from.

        Raises
        ------
        TrainingDataError
            A class has too few statements.
        """
        rows = self.rows.iloc[seen][[TRANSCRIPT, CLAIM_STATUS]].reset_index(drop=True)
        self._require(rows)
        place = np.random.default_rng(SEED).permutation(len(rows))
        content = pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()
        return LabelledTexts(
            _NAME,
            hashlib.sha256(content).hexdigest(),
            TextKind.DECIDED,
            rows,
            place * N_GROUPS // max(len(rows), 1),
        )

    def _require(self, rows: pd.DataFrame) -> None:
        counts = _by_class(rows)
        missing = _missing(counts)
        if not missing:
            return
        found = " and ".join(f"{n:,} {label}{'' if n == 1 else 's'}" for label, n in counts.items())
        more = " and ".join(f"{n:,} {label}{'' if n == 1 else 's'}" for label, n in missing.items())
        raise TrainingDataError(
            "There are too few decided statements to learn from.",
            f"Found: {found}; the same statement counts once{not_understood(self.unknown_labels)}.",
            f"Decide on {more} more, or name a file: claimclf learn --decisions FILE.",
        )


def decided(tables: Sequence[pd.DataFrame]) -> Decided:
    """Put tables of decisions together; each statement is one row, labelled by most looks.

    Parameters
    ----------
    tables : sequence of DataFrame
        With `COLUMNS`; `look` is what decisions of one look at many videos have in common, or
        missing for a look of its own.
    """
    table = pd.concat([pd.DataFrame(columns=list(COLUMNS)), *tables], ignore_index=True)
    unknown = counted(table[UNKNOWN], set()) if UNKNOWN in table else {}
    worded = table[TRANSCRIPT].fillna("").astype("str").str.strip() != ""
    table = table[worded & table[LABEL].isin(LABELS)].reset_index(drop=True)
    table[AT] = pd.to_datetime(table[AT], utc=True)
    if table.empty:
        nothing = _one_each(table.assign(statement=0, claim=0.0))
        return Decided(nothing, 0, 0, unknown_labels=unknown)
    group = statements(table[TRANSCRIPT].astype("str")).group
    table = table.assign(statement=group, claim=(table[LABEL] == CLAIM).astype(float))
    own = pd.Series([f"row {n}" for n in range(len(table))], dtype="str")
    looks = table.assign(look=table[LOOK].astype("str").where(table[LOOK].notna(), own))
    votes = looks.groupby(["statement", LOOK])["claim"].mean().groupby("statement").mean()
    split = votes.index[votes == 0.5]
    kept = table[~table["statement"].isin(split)]
    label = kept["statement"].map(votes).gt(0.5).map({True: CLAIM, False: OPINION})
    kept = kept[kept[LABEL] == label]
    people = tuple(sorted({str(name) for name in table[BY].dropna()} - {""}))
    return Decided(_one_each(kept), len(table), len(split), people, unknown)


def _by_class(rows: pd.DataFrame) -> dict[str, int]:
    counts = rows[CLAIM_STATUS].value_counts()
    return {label: int(counts.get(label, 0)) for label in LABELS}


def _missing(counts: dict[str, int]) -> dict[str, int]:
    return {label: LEAST_PER_CLASS - n for label, n in counts.items() if n < LEAST_PER_CLASS}


def _one_each(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the last decision of each statement, and order them by time."""
    ordered = table.sort_values(AT, kind="stable", na_position="first")
    last = ordered.drop_duplicates("statement", keep="last")
    renamed = last.rename(columns={LABEL: CLAIM_STATUS})
    return renamed[[TRANSCRIPT, CLAIM_STATUS, ORIGIN, AT]].reset_index(drop=True)
