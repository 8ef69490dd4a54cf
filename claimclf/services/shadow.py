"""A challenger scores what comes in beside the model in use; only leads see what it says."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimclf.errors import ClaimclfError
from claimclf.people import Capability, Person
from claimclf.queue.queries.shadowed import shadowed, texts_of
from claimclf.queue.settings import team
from claimclf.queue.storage.database import Database
from claimclf.schema import (
    AUTHOR_ID,
    LANE,
    PROBABILITY,
    REPORT_COUNT,
    STATEMENT_ID,
    VIDEO_ID,
    VIEWS,
    CaseState,
    Decision,
    Lane,
    Ranking,
)
from claimclf.services.loading import load_model
from claimclf.services.permissions import needs

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.modeling.evaluation.statistics import PairedTest

_logger = logging.getLogger(__name__)

#: Cases of a list on the screen.
MOST = 20
_PLACE, _BY_USED, _BY_CHALLENGER = "place", "now", "with the challenger"


@dataclass(frozen=True)
class ShadowReport:
    """What would be different with a challenger.

    Parameters
    ----------
    challenger : str
        Which.
    n, n_decided : int
        Cases that it has scored, and those of them that are decided by now.
    lanes : DataFrame
        Cases by lane: of the model in use in rows, of the challenger in columns.
    earlier : DataFrame
        Open cases that would come at least a place earlier, those that gain most first:
        `case`, `now`, `with the challenger`, `text`.
    hidden, shown : DataFrame
        Cases that people decided are claims: in the lane opinions by the challenger alone, and by
        the model in use alone; `case`, `decision`, `lane now`, `lane then`, `text`.
    n_earlier, n_hidden, n_shown : int
        How many there are of each; the tables have `MOST` at most.
    test : PairedTest
        On decided cases: right where only one is, first the model in use.
    """

    challenger: str
    n: int
    n_decided: int
    lanes: pd.DataFrame
    earlier: pd.DataFrame
    hidden: pd.DataFrame
    shown: pd.DataFrame
    n_earlier: int
    n_hidden: int
    n_shown: int
    test: PairedTest


@needs(Capability.LEAD)
def set_shadow(
    database: Database, person: Person, folder: Path, challenger: str | None, reason: str
) -> team.Settings:
    """Let a stored model score beside the one in use from now on; None for none.

    Raises
    ------
    ModelError
        There is no such model, or it cannot be used.
    InvalidRequestError
        No reason is given.
    """
    if challenger is not None:
        load_model(folder, challenger)
    return team.change_settings(database, person, reason, shadow=challenger)


@needs(Capability.REVIEW)
def score_shadow(
    database: Database,
    _person: Person,
    folder: Path,
    on_progress: Callable[[int, int], object] | None = None,
) -> int:
    """Let the challenger score the open cases that it has not seen; return how many.

    Nothing that a moderator sees changes.

    Raises
    ------
    ModelError
        The challenger is gone or damaged; the model in use is not.
    """
    from claimclf.modeling.scoring.score import predicted
    from claimclf.queue.intake.shadowing import shadow

    name = database.read(team.settings_of).shadow
    if name is None:
        return 0
    model = load_model(folder, name)
    report = on_progress or (lambda done, total: None)
    version = model.manifest.version
    return shadow(database, model.name, version, lambda videos: predicted(model, videos), report)


@needs(Capability.REVIEW)
def score_beside(database: Database, person: Person, folder: Path) -> None:
    """Do so after an upload, which is stored whatever becomes of it; what fails is logged."""
    try:
        score_shadow(database, person, folder)
    except ClaimclfError as error:
        _logger.warning("The challenger has not scored what came in: %s", error)


@needs(Capability.LEAD)
def shadow_report(database: Database, _person: Person, folder: Path) -> ShadowReport | None:
    """Say what would be different with the challenger; None where none scores in the shadow.

    Raises
    ------
    ModelError
        It is gone or damaged.
    """
    import pandas as pd

    from claimclf.modeling.store.store import ModelStore

    settings = database.read(team.settings_of)
    if settings.shadow is None:
        return None
    manifest = ModelStore(folder).manifest(settings.shadow)
    rows = shadowed(database, manifest.name, manifest.version)
    columns = ("case_id", "state", LANE, PROBABILITY, "used_lane", "used_probability", "decision")
    of_rank = (REPORT_COUNT, VIEWS, VIDEO_ID, "rank_statement", "rank_author")
    names = [*columns, *of_rank, STATEMENT_ID, AUTHOR_ID]
    table = pd.DataFrame([row._asdict() for row in rows], columns=names)
    return _report(database, manifest.name, table, settings.ranking)


def _report(database: Database, name: str, table: pd.DataFrame, ranking: Ranking) -> ShadowReport:
    from claimclf.modeling.evaluation.statistics import mcnemar

    decided = table[table["decision"].notna()]
    claims = decided[decided["decision"] != str(Decision.OPINION)]
    no_look = str(Lane.OPINIONS)
    hidden = claims[(claims[LANE] == no_look) & (claims["used_lane"] != no_look)]
    shown = claims[(claims[LANE] != no_look) & (claims["used_lane"] == no_look)]
    earlier = _earlier(table[table["state"] == str(CaseState.OPEN)], ranking)
    judged = decided[decided[PROBABILITY].notna() & decided["used_probability"].notna()]
    truth = (judged["decision"] != str(Decision.OPINION)).to_numpy()
    old, new = (judged[name].to_numpy() > 0.5 for name in ("used_probability", PROBABILITY))
    return ShadowReport(
        challenger=name,
        n=len(table),
        n_decided=len(decided),
        lanes=_lanes(table),
        earlier=_with_texts(database, earlier.head(MOST)),
        hidden=_with_texts(database, _differing(hidden)),
        shown=_with_texts(database, _differing(shown)),
        n_earlier=len(earlier),
        n_hidden=len(hidden),
        n_shown=len(shown),
        test=mcnemar(old == truth, new == truth),
    )


def _lanes(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    lanes = [str(lane) for lane in Lane]
    counts = pd.crosstab(table["used_lane"], table[LANE])
    return counts.reindex(index=lanes, columns=lanes, fill_value=0).rename_axis("now")


def _earlier(table: pd.DataFrame, ranking: Ranking) -> pd.DataFrame:
    """Return where open cases would come earlier, those that gain most first."""
    now = _places(table, "used_lane", "used_probability", ranking)
    then = _places(table, LANE, PROBABILITY, ranking)
    moved = table.assign(**{_BY_USED: now, _BY_CHALLENGER: then})
    gained = moved[moved[_BY_CHALLENGER] < moved[_BY_USED]]
    order = (gained[_BY_USED] - gained[_BY_CHALLENGER]).sort_values(ascending=False, kind="stable")
    return gained.loc[order.index, ["case_id", _BY_USED, _BY_CHALLENGER]]


def _places(table: pd.DataFrame, lane: str, probability: str, ranking: Ranking) -> pd.Series:
    """Return the place of each case among these, as the queue would rank them."""
    import pandas as pd

    chance, reports = table[probability].astype(float), table[REPORT_COUNT].astype(float)
    place = (table[lane] == str(Lane.OPINIONS)).astype(int).where(chance.notna(), 2)
    groups = {
        Ranking.STATEMENT: ("rank_statement", STATEMENT_ID),
        Ranking.AUTHOR: ("rank_author", AUTHOR_ID),
    }
    keys: dict[str, Any] = {_PLACE: place}
    if ranking is Ranking.EXPECTED_CLAIMS:
        keys["expected"] = -(chance * reports).fillna(0.0)
    for column in groups.get(ranking, ()):
        # What has no statement or author stands last among equals.
        keys[column] = table[column].astype(object).where(table[column].notna(), "\U0010ffff")
    keys |= {"reports": -reports, "probability": -chance.fillna(0.0)}
    keys |= {"views": -table[VIEWS].astype(float).fillna(0.0), VIDEO_ID: table[VIDEO_ID]}
    order = pd.DataFrame(keys).sort_values(list(keys), kind="stable").index
    return pd.Series(range(1, len(order) + 1), index=order, dtype="int64").reindex(table.index)


def _differing(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["case_id", "decision", "used_lane", LANE]].rename(
        columns={"used_lane": "lane now", LANE: "lane then"}
    )


def _with_texts(database: Database, rows: pd.DataFrame) -> pd.DataFrame:
    some = rows.head(MOST)
    texts = texts_of(database, some["case_id"].tolist())
    shown = some.assign(text=[texts.get(number, "")[:300] for number in some["case_id"]])
    return shown.rename(columns={"case_id": "case"}).reset_index(drop=True)
