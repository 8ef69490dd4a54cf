"""Whether moderators agree: second looks, rulings on differences, settled cases, and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claimclf.people import Capability, Person
from claimclf.queue.queries import looked_again
from claimclf.queue.review import rulings
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.schema import PRIMARY_DECISIONS, Look
from claimclf.services.permissions import needs

# Figures take a second to import: only services that work them out need it.
if TYPE_CHECKING:
    import pandas as pd

    from claimclf.modeling.evaluation.statistics import Interval
    from claimclf.modeling.monitoring.agreement import Agreement

#: Lane or reason -> overturned, looked at again, and the interval of their share.
Shares = dict[str, "tuple[int, int, Interval]"]


@dataclass(frozen=True)
class AgreementReport:
    """How often people who look at the same cases say the same.

    Parameters
    ----------
    whole : Agreement
        Of all second looks that were drawn.
    by_pair : dict of (str, str) to Agreement
        Of each two people, by name; empty where one person asks for their own.
    by_week : dict of Timestamp to Agreement
        By the Monday of the week.
    by_reason : dict
        Reason -> cases where both name it, where anybody does, interval of the share.
    by_lane, by_first_reason : dict
        Lane, or reason of the first decision -> first decisions that were overturned, those that
        were looked at again and settled, interval of the share.
    appeals : dict
        The same of appeals, by lane; nobody drew these, so they say nothing of other cases.
    n_waiting : int
        Cases that were drawn and that nobody has looked at again yet.
    n_unsettled : int
        Differences on which no lead has ruled yet.
    """

    whole: Agreement
    by_pair: dict[tuple[str, str], Agreement]
    by_week: dict[pd.Timestamp, Agreement]
    by_reason: Shares
    by_lane: Shares
    by_first_reason: Shares
    appeals: Shares
    n_waiting: int
    n_unsettled: int


@needs(Capability.LEAD)
def differences(database: Database, _person: Person) -> list[looked_again.Difference]:
    """Return the cases of which two people said different things, and no lead has ruled on."""
    return looked_again.differences(database)


@needs(Capability.LEAD)
def rule_on_difference(database: Database, person: Person, look_id: int, verdict: Verdict) -> int:
    """Say which decision stands where two people differ; return its number."""
    return rulings.rule(database, person, look_id, verdict)


@needs(Capability.LEAD)
def settle_case(database: Database, person: Person, case_id: int, reason: str) -> None:
    """Mark a decided case as settled: it comes back to others, unmarked."""
    rulings.settle(database, person, case_id, reason)


@needs(Capability.LEAD)
def unsettle_case(database: Database, person: Person, case_id: int) -> None:
    """Let a settled case come back no more."""
    rulings.unsettle(database, person, case_id)


@needs(Capability.LEAD)
def settled_cases(database: Database, _person: Person) -> list[looked_again.SettledCase]:
    """Return the settled cases, and how many decided otherwise and have seen that."""
    return looked_again.settled(database)


@needs(Capability.REVIEW)
def own_settled_differences(database: Database, person: Person) -> list[looked_again.Difference]:
    """Return the settled cases on which the person decided otherwise, as far as not seen yet."""
    return looked_again.own_settled_differences(database, person)


@needs(Capability.REVIEW)
def see_settled(database: Database, person: Person, look_id: int) -> None:
    """Keep that the person has seen in what they differ from a settled case."""
    rulings.see_settled(database, person, look_id)


@needs(Capability.REVIEW)
def own_agreement(database: Database, person: Person) -> AgreementReport:
    """Return how often the person and those who looked at the same cases say the same."""
    return _report(database, person)


@needs(Capability.LEAD)
def team_agreement(database: Database, _person: Person) -> AgreementReport:
    """Return how often the people of the team say the same of the same cases."""
    return _report(database, None)


def is_small(n: int) -> bool:
    """Say whether a share of so many cases says little, and is shown in grey."""
    from claimclf.modeling.monitoring.agreement import FEW

    return n < FEW


def _report(database: Database, person: Person | None) -> AgreementReport:
    from claimclf.modeling.monitoring.agreement import (
        agreement,
        by_pair,
        by_reason,
        by_week,
        overturned,
    )

    zone = database.read(settings_of).time_zone
    table = _table(looked_again.looks_of(database, person), zone)
    drawn = table[table["kind"] == str(Look.DRAWN)]
    appeals = table[table["kind"] == str(Look.APPEAL)]
    answers = [str(decision) for decision in PRIMARY_DECISIONS]
    return AgreementReport(
        whole=agreement(drawn, answers),
        by_pair=by_pair(drawn, answers) if person is None else {},
        by_week=by_week(drawn, answers),
        by_reason=by_reason(drawn),
        by_lane=overturned(drawn, "lane"),
        by_first_reason=overturned(drawn, "first_reason"),
        appeals=overturned(appeals, "lane"),
        n_waiting=looked_again.n_waiting(database),
        n_unsettled=int(drawn["overturned"].isna().sum()),
    )


def _table(rows: Sequence[AnyRow], zone: str) -> pd.DataFrame:
    import pandas as pd

    from claimclf.modeling.monitoring.agreement import AT, LOOKS

    columns = [*LOOKS, "kind", "lane", "overturned"]
    table = pd.DataFrame([row._asdict() for row in rows], columns=columns, dtype=object)
    times = pd.to_datetime(table[AT].astype("int64"), unit="us", utc=True)
    return table.assign(**{AT: times.dt.tz_convert(zone)})
