"""What pages and commands ask of the stored queue; each function states who may ask.

Every function takes the database and the person first. The capability that it needs stands in
its decorator and is checked before anything else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimclf.errors import NotConfiguredError
from claimclf.people import Capability, Person
from claimclf.queue.queries import briefing as briefings
from claimclf.queue.queries import decided as decided_lists
from claimclf.queue.queries import holding, listing, sampling, statement, tallying, views
from claimclf.queue.queries.filters import Filters
from claimclf.queue.review import bulk, decisions, leases
from claimclf.queue.settings import bounds, preferences
from claimclf.queue.settings import team as settings
from claimclf.queue.storage import audit
from claimclf.queue.storage.cases import Case
from claimclf.queue.storage.database import Database
from claimclf.schema import Ranking
from claimclf.services.permissions import needs

# What reads, scores or writes tables takes seconds to import: only services that do so need it.
if TYPE_CHECKING:
    import pandas as pd

    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.modeling.store.model import Model
    from claimclf.queue.intake import ingest, rescoring, taking_back
    from claimclf.queue.intake.staging import KeysOf, Videos
    from claimclf.queue.outbound import export as exports
    from claimclf.queue.outbound.backup.manifest import Backup
    from claimclf.queue.outbound.webhook import dead_letters as letters
    from claimclf.queue.outbound.webhook import delivery
    from claimclf.queue.outbound.window import Place
    from claimclf.queue.queries.reporting.report import Report
    from claimclf.services.streaming import EngineFactory, Source


#: Rows of a page of the list; cases counted one by one; cases decided on at once.
PAGE_SIZE, MOST_COUNTED, MOST_AT_ONCE = listing.PAGE, briefings.MOST_COUNTED, bulk.MOST
#: What each setting is called on screens.
SETTINGS_IN_WORDS = settings.WORDS
#: How far the team is today.
Day = sampling.Day


@needs(Capability.REVIEW)
def store_file(
    database: Database,
    person: Person,
    source: Source,
    engines: EngineFactory | None = None,
    on_progress: Callable[[str, int, int], object] | None = None,
) -> ingest.Batch:
    """Score and store a file of any size: all of it, or nothing.

    Parameters
    ----------
    source : Source
        The file, and what predicts.
    engines : callable, optional
        Returns an engine; by default one of a process for each core.
    on_progress : callable, optional
        Called with the kind of work, how much is done, and of how much.

    Raises
    ------
    InputError
        The file cannot be used.
    EngineError
        Scoring was interrupted; finished parts are kept.
    StorageError
        Nothing was stored.
    """
    from claimclf.services.streaming import ranked_file

    report = on_progress or (lambda what, done, total: None)
    with ranked_file(source, engines=engines, on_progress=report) as (accounted, videos):
        log = None if source.reports is None else source.reports.read_bytes()
        digest = _digest(accounted.sha256, _reading_of(source), log)
        file = (source.path.name, digest, accounted.n_rejected, accounted.n_merged)
        stored = partial(report, "videos stored")
        return _store(database, person, videos, file, source.model, stored)


@needs(Capability.REVIEW)
def store_ranked(
    database: Database,
    person: Person,
    ranked: Ranked,
    model: Model,
    on_progress: Callable[[int, int], object] | None = None,
    report_log: bytes | None = None,
) -> ingest.Batch:
    """Store reported videos that were ranked already, by the same model.

    Parameters
    ----------
    report_log : bytes or None
        The reports beside the videos: with others they are another upload.

    Raises
    ------
    StorageError
        Nothing was stored.
    """
    from claimclf.dataset.statements import statement_keys
    from claimclf.services.mappings import reading

    validated = ranked.scored.validated
    read_as = reading(validated.table, validated.mapping)
    digest = _digest(validated.table.sha256, read_as, report_log)
    return _store(
        database,
        person,
        ranked.videos,
        (
            validated.table.name,
            digest,
            validated.n_rejected,
            validated.n_merged,
        ),
        model,
        on_progress,
        statement_keys,
    )


@needs(Capability.REVIEW)
def take_back(database: Database, person: Person, batch_id: int) -> taking_back.TakenBack:
    """Undo one's own upload, or anybody's as a lead, while nobody has touched its cases.

    Raises
    ------
    ConflictError
        Somebody has, and it says to which; nothing was changed.
    NotFoundError, NotAllowedError
        There is no such upload, or another person's.
    """
    from claimclf.queue.intake import taking_back

    return taking_back.take_back(database, person, batch_id)


def _reading_of(source: Source) -> str:
    from claimclf.services.mappings import reading
    from claimclf.services.streaming import understood

    return reading(*understood(source))


def _digest(sha256: str, read_as: str, reports: bytes | None) -> str:
    """Return what stands for a file as it was read, with the report log beside it if any.

    The same bytes read in another way are another upload.
    """
    if not read_as and reports is None:
        return sha256
    return hashlib.sha256(f"{sha256}{read_as}".encode() + (reports or b"")).hexdigest()


def _store(
    database: Database,
    person: Person,
    videos: pd.DataFrame | Videos,
    file: tuple[str, str, int, int],
    model: Model,
    on_progress: Callable[[int, int], object] | None,
    keys_of: KeysOf | None = None,
) -> ingest.Batch:
    from claimclf.queue.intake import ingest

    name, sha256, n_rejected, n_merged = file
    bounds.check_text(name, "The file's name", bounds.LONGEST_FILE_NAME, required=True, lines=False)
    used = (model.name, model.manifest.version)
    upload = ingest.Upload(name, sha256, *used, n_rejected, n_merged)
    report = on_progress or (lambda done, total: None)
    return ingest.ingest(database, person, videos, upload, report, keys_of)


@needs(Capability.LEAD)
def rescore_open(
    database: Database,
    person: Person,
    model: Model,
    on_progress: Callable[[int, int], object] | None = None,
) -> rescoring.Rescored:
    """Give open cases that nobody holds another model's prediction."""
    from claimclf.modeling.scoring.score import predicted
    from claimclf.queue.intake import rescoring

    def predict(videos: pd.DataFrame) -> pd.DataFrame:
        return predicted(model, videos)

    report = on_progress or (lambda done, total: None)
    version = model.manifest.version
    return rescoring.rescore(database, person, model.name, version, predict, report)


@needs(Capability.REVIEW)
def next_case(
    database: Database,
    person: Person,
    filters: Filters | None = None,
    ranking: Ranking | None = None,
) -> leases.Lease | None:
    """Take the highest-ranked case that nobody holds, or the one already held."""
    return leases.next_case(database, person, filters, ranking)


@needs(Capability.REVIEW)
def held_case(database: Database, person: Person) -> leases.Lease | None:
    """Return the case that the person holds, or None; takes none."""
    return leases.held(database, person)


@needs(Capability.REVIEW)
def take_case(database: Database, person: Person, case_id: int) -> leases.Lease:
    """Take a case that was chosen from the table."""
    return leases.take_case(database, person, case_id)


@needs(Capability.REVIEW)
def renew(database: Database, person: Person, case_id: int, token: str) -> leases.Lease:
    """Renew a lease, as a screen does while the case is on it."""
    return leases.renew(database, person, case_id, token)


@needs(Capability.REVIEW)
def release(database: Database, person: Person, case_id: int, token: str) -> None:
    """Give a case back to the queue, undecided."""
    leases.release(database, person, case_id, token)


@needs(Capability.REVIEW)
def hand_on(
    database: Database, person: Person, case_id: int, token: str, to: Person
) -> leases.Lease:
    """Give one's own case to another person."""
    return leases.hand_on(database, person, case_id, token, to)


@needs(Capability.LEAD)
def take_over(database: Database, person: Person, case_id: int) -> leases.Lease:
    """Take a case over from whoever holds it."""
    return leases.take_over(database, person, case_id)


@needs(Capability.LEAD)
def reassign(database: Database, person: Person, case_id: int, to: Person) -> leases.Lease:
    """Give a waiting case to another person, whoever holds it now."""
    return leases.reassign(database, person, case_id, to)


@needs(Capability.REVIEW)
def decide(
    database: Database,
    person: Person,
    case_id: int,
    token: str,
    version: int,
    verdict: decisions.Verdict,
) -> decisions.Decided:
    """Record a person's verdict on the case they hold."""
    return decisions.decide(database, person, case_id, token, version, verdict)


@needs(Capability.REVIEW)
def undo(database: Database, person: Person, decision_id: int) -> Case:
    """Take back one's own decision."""
    return decisions.undo(database, person, decision_id)


@needs(Capability.LEAD)
def reopen(
    database: Database, person: Person, case_id: int, reason: str, by_others: bool = False
) -> Case:
    """Open a decided case for another round, for an appeal to be decided by others than before."""
    return decisions.reopen(database, person, case_id, reason, by_others)


@needs(Capability.REVIEW)
def decide_cases(
    database: Database,
    person: Person,
    chosen: Sequence[tuple[int, int]],
    verdict: decisions.Verdict,
) -> bulk.Bulk:
    """Decide on all chosen cases at once; each is named by its number and version as shown."""
    return bulk.decide_cases(database, person, chosen, verdict)


@needs(Capability.REVIEW)
def preview_statement(
    database: Database, person: Person, statement_id: str, case_id: int | None = None
) -> statement.Preview:
    """Return the cases that one decision for a statement would change, to be looked at first."""
    return statement.preview(database, person, statement_id, bulk.MOST, case_id)


@needs(Capability.REVIEW)
def decide_statement(
    database: Database,
    person: Person,
    statement_id: str,
    chosen: Sequence[tuple[int, int]],
    verdict: decisions.Verdict,
    left_out: Sequence[int] = (),
) -> bulk.Bulk:
    """Decide on those cases of a statement that `preview_statement` showed and were chosen."""
    return bulk.decide_statement(database, person, statement_id, chosen, verdict, left_out)


@needs(Capability.REVIEW)
def undo_bulk(database: Database, person: Person, bulk_id: str) -> list[int]:
    """Take back decisions that were made as one."""
    return bulk.undo_bulk(database, person, bulk_id)


@needs(Capability.LOOK)
def list_cases(
    database: Database,
    _person: Person,
    filters: Filters | None = None,
    ranking: Ranking | None = None,
    after: list[Any] | None = None,
    size: int = listing.PAGE,
) -> listing.Page:
    """Return a stretch of the queue by rank."""
    return listing.page(database, filters, ranking, after, size)


@needs(Capability.LOOK)
def holds_real_cases(database: Database, _person: Person) -> bool:
    """Say whether the queue holds a case of a video that was not made up."""
    from claimclf.dataset.cleaning import DEMO_PREFIX

    return listing.has_case_beside(database, DEMO_PREFIX)


@needs(Capability.LOOK)
def decided_cases(
    database: Database,
    person: Person,
    decided: decided_lists.DecidedFilters | None = None,
    before: int | None = None,
    size: int = decided_lists.PAGE,
) -> list[decided_lists.DecidedCase]:
    """Return decided cases with who, when, what and the reports since, the latest first."""
    return decided_lists.decided_cases(database, person, decided, before, size)


@needs(Capability.REVIEW)
def own_decisions(database: Database, person: Person) -> list[decided_lists.DecidedCase]:
    """Return the person's own last decisions that can still be undone, the latest first."""
    return decided_lists.own_decisions(database, person)


@needs(Capability.LOOK)
def counts(database: Database, _person: Person) -> list[tallying.Tally]:
    """Count the cases by state, lane and age."""
    return tallying.counts(database)


@needs(Capability.LOOK)
def today(database: Database, _person: Person) -> Day:
    """Return how many cases were decided today, and how many can be."""
    return sampling.day(database)


@needs(Capability.LOOK)
def last_change(database: Database, _person: Person) -> tuple[int, int]:
    """Name the newest change of what `counted` returns."""
    return tallying.last_change(database)


@needs(Capability.LOOK)
def held_cases(database: Database, _person: Person) -> list[holding.Held]:
    """Return who holds which case now."""
    return holding.held_cases(database)


@needs(Capability.LOOK)
def saved_views(database: Database, _person: Person) -> list[views.View]:
    """Return saved filters, by name."""
    return views.views(database)


@needs(Capability.LOOK)
def save_view(
    database: Database, person: Person, name: str, filters: Filters, ranking: Ranking
) -> views.View:
    """Keep filters and a ranking under a name, for everybody."""
    return views.save_view(database, person, name, filters, ranking)


@needs(Capability.LOOK)
def delete_view(database: Database, person: Person, name: str) -> None:
    """Forget one's own saved view; anybody's as a lead."""
    views.delete_view(database, person, name)


@needs(Capability.LOOK)
def case_history(database: Database, person: Person, case_id: int) -> listing.History:
    """Return one case with everything that happened to it."""
    return listing.history(database, case_id, person)


@needs(Capability.LOOK)
def briefing(
    database: Database, _person: Person, case_id: int, ranking: Ranking | None
) -> briefings.Briefing:
    """Return what surrounds a case: its place, its reports over time, statement and author."""
    return briefings.briefing(database, case_id, ranking)


@needs(Capability.REVIEW)
def my_preferences(database: Database, person: Person) -> preferences.Preferences:
    """Return the person's settings of the review screen."""
    return preferences.preferences_of(database, person)


@needs(Capability.REVIEW)
def save_preferences(database: Database, person: Person, chosen: preferences.Preferences) -> None:
    """Store the person's settings of the review screen."""
    preferences.prefer(database, person, chosen)


@needs(Capability.LOOK)
def settings_in_force(database: Database, _person: Person) -> settings.Settings:
    """Return what the team has set."""
    return database.read(settings.settings_of)


@needs(Capability.LEAD)
def settings_history(database: Database, _person: Person) -> list[settings.Change]:
    """Return every change of a setting with who, when and why, the latest first."""
    return settings.history(database)


@needs(Capability.LEAD)
def team_report(database: Database, _person: Person, since: int | None, until: int) -> Report:
    """Report on the backlog, arrivals, decisions and waiting times of a window, and on people.

    Parameters
    ----------
    since, until : int
        The window, microseconds since 1970, UTC; its ends are moved out to full hours. Without
        `since` it begins with the team's day in which it ends.

    Raises
    ------
    InvalidRequestError
        It is longer than ten years, or ends before it begins.
    """
    from claimclf.queue.queries.reporting import report

    bounds.check_period(until if since is None else since, until)
    return report.report(database, since, until)


@needs(Capability.LEAD)
def change_settings(
    database: Database, person: Person, reason: str, values: Mapping[str, Any]
) -> settings.Settings:
    """Change what the team has set, from now on; values by the names of `Settings`."""
    return settings.change_settings(database, person, reason, **values)


@needs(Capability.READ_LOG)
def verify_audit(database: Database, _person: Person) -> audit.Verified:
    """Walk along the audit log and name what is altered or missing."""
    return audit.verify(database)


@needs(Capability.READ_LOG)
def export(
    database: Database,
    person: Person,
    what: exports.What,
    start: Place | None = None,
    stop: Place | None = None,
) -> exports.Exported:
    """Return decisions, cases or the audit log as a table, and where the next export goes on.

    Parameters
    ----------
    what : {'decisions', 'cases', 'audit'}
        Decisions come with a machine-readable statement of reasons.
    start, stop : Cursor, int or None
        A window: places in the audit log, or times in microseconds since 1970, UTC.

    Returns
    -------
    Exported
        It includes which cases were drawn at random, for estimates; no moderator, who must not
        know, may call this.
    """
    from claimclf.queue.outbound import export as exports

    return exports.export(database, person, what, start, stop, with_sample=True)


@needs(Capability.OPERATE)
def backup(
    database: Database,
    person: Person,
    file: Path,
    on_progress: Callable[[int, int], object] | None = None,
) -> Backup:
    """Write the whole queue to one file while people go on working."""
    from claimclf.queue.outbound.backup import writing

    return writing.backup(database, person, file, on_progress or (lambda done, total: None))


@needs(Capability.OPERATE)
def restore(
    database: Database,
    person: Person,
    file: Path,
    on_progress: Callable[[int, int], object] | None = None,
) -> Backup:
    """Fill an empty queue from a backup: all of it, or nothing."""
    from claimclf.queue.outbound.backup import restoring

    return restoring.restore(database, person, file, on_progress or (lambda done, total: None))


@needs(Capability.OPERATE)
def deliver_events(
    database: Database, person: Person, *, history: bool = False
) -> delivery.Delivered:
    """Send the platform the events that it has not taken yet, from the first call on.

    Parameters
    ----------
    history : bool
        Send events from before the first call as well.

    Raises
    ------
    NotConfiguredError
        No webhook is set up.
    """
    from claimclf.queue.outbound.webhook import delivery, endpoint, outbox

    webhook = endpoint.configured()
    if webhook is None:
        raise NotConfiguredError(
            "No webhook is set up.",
            "",
            "Name it in CLAIMCLF_WEBHOOK_URL and its secret in CLAIMCLF_WEBHOOK_SECRET.",
        )
    before = outbox.begin(database, person)
    if history:
        outbox.add_history(database, person)
    return replace(delivery.deliver_due(database, webhook), n_before=0 if history else before)


@needs(Capability.LEAD)
def dead_letters(database: Database, _person: Person) -> list[letters.DeadLetter]:
    """List the events that were given up after all tries."""
    from claimclf.queue.outbound.webhook import dead_letters as letters

    return letters.dead_letters(database)


@needs(Capability.LEAD)
def requeue(database: Database, person: Person) -> int:
    """Try all dead letters again."""
    from claimclf.queue.outbound.webhook import dead_letters as letters

    return letters.requeue(database, person)


@needs(Capability.LOOK)
def end_holds(database: Database, person: Person) -> int:
    """Return to the queue what a person holds who has left, or lost the role for it.

    The entries in the log are the program's own: what role the person has now is not known.
    """
    return leases.end_holds(database, person.name)
