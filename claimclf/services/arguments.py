"""What a service may be given, by the name of its parameter: checked before anything is done.

The bounds themselves are in `claimclf.queue.settings.bounds`. A parameter of a service has a
check here, or is one of `OWN`: what the program itself makes, never a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from claimclf.errors import InvalidRequestError
from claimclf.people import Person
from claimclf.queue.outbound.window import check_place
from claimclf.queue.queries.decided import DecidedFilters
from claimclf.queue.queries.filters import Filters
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.review.decisions import check as check_verdict
from claimclf.queue.settings import bounds
from claimclf.queue.settings.bounds import check_number, check_text
from claimclf.queue.settings.preferences import Preferences
from claimclf.queue.settings.preferences import check as check_preferences
from claimclf.queue.settings.restrictions import check_code, check_restriction
from claimclf.queue.settings.tokens import check_scopes
from claimclf.schema import Decision, Lane, Language, Ranking

#: Parameters that no person fills.
OWN = frozenset(
    {
        *("source", "engines", "on_progress", "ranked", "model", "store", "dataset", "texts"),
        *("parallel", "elsewhere", "history", "error_rates", "threshold"),
        *("tables", "trained", "cv_results", "by_others", "measured", "predictor"),
        *("report_log", "goes_on", "unscored"),
    }
)
_MOST_KEYS = 16  # of a place in a list; each ranking sorts by fewer columns


def check_arguments(arguments: Mapping[str, Any]) -> None:
    """Refuse what cannot be stored, shown or asked of a database.

    Parameters
    ----------
    arguments : mapping of str to object
        By the names of the service's parameters; those without a check are passed over.

    Raises
    ------
    InvalidRequestError
        One is out of its bounds, or of another kind.
    """
    for name, value in arguments.items():
        if name in CHECKS:
            CHECKS[name](value)


def _check_filters(filters: Any) -> None:
    if filters is None:
        return
    _check_kind(filters, Filters, "The filters")
    for field in fields(Filters):
        value = getattr(filters, field.name)
        if field.name in bounds.FILTERS and value is not None:
            words = f"The filter '{field.name}'"
            check_number(value, words, bounds.FILTERS[field.name])
    _check_kind(filters.verified, tuple, "The filter 'verified'")
    _check_kind(filters.ban, tuple, "The filter 'ban'")
    texts = [filters.text, filters.statement_id or "", filters.holder or ""]
    for text in [*texts, *filters.verified, *filters.ban]:
        # Any character: what comes from a link may be anything, and fits nothing then.
        _check_kind(text, str, "A filter")
        if len(text) > bounds.LONGEST_FILTER:
            check_text(text, "What is searched for", bounds.LONGEST_FILTER)
    _check_all(filters.lanes, list(Lane), "The lanes")
    _check_all(filters.language, list(Language), "The languages")


def _check_decided(filters: Any) -> None:
    if filters is None:
        return
    _check_kind(filters, DecidedFilters, "The filters")
    for text in (filters.text, filters.by):
        _check_kind(text, str, "A filter")
        if len(text) > bounds.LONGEST_FILTER:
            check_text(text, "What is searched for", bounds.LONGEST_FILTER)
    _check_all(filters.kinds, list(Decision), "The decisions")


def _check_chosen(chosen: Any) -> None:
    if isinstance(chosen, Preferences):
        check_preferences(chosen)
        return
    _check_kind(chosen, Sequence, "What is chosen")
    for pair in chosen:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise _unfit("What is chosen", pair, "Name each case with its version.")
        check_number(pair[0], "The number of a case", bounds.IDS)
        check_number(pair[1], "The version of a case", bounds.VERSIONS)


def _check_left_out(numbers: Any) -> None:
    _check_kind(numbers, Sequence, "What is left out")
    bounds.check_ids(numbers, "The number of a case")


def _check_values(values: Any) -> None:
    """Check the names of settings; their values are checked by what each of them is."""
    _check_kind(values, Mapping, "What is changed")
    for name in values:
        check_text(name, "The name of a setting", bounds.LONGEST_ID, lines=False)


def _check_verdict(verdict: Any) -> None:
    _check_kind(verdict, Verdict, "The decision")
    check_verdict(verdict)


def _check_to(to: Any) -> None:
    _check_kind(to, Person, "The colleague")
    if to.name != "":  # whose absence is refused in words of its own
        bounds.check_person(to, "Your colleague's name")


def _check_place(after: Any) -> None:
    """Check where a page of a list begins, which a screen gives back as it got it."""
    if after is None:
        return
    _check_kind(after, list, "The place in the list")
    are_keys = (isinstance(key, int | float) or bounds.is_storable(key) for key in after)
    if len(after) > _MOST_KEYS or not all(are_keys):
        raise _unfit("The place in the list", after, "Begin with the first page.")


def _check_texts(values: Any) -> None:
    _check_kind(values, Sequence, "What is chosen")
    for value in values:
        check_text(value, "What is chosen", bounds.LONGEST_ID, lines=False)


def _check_path(path: Any) -> None:
    if not bounds.is_storable(str(path)) or len(str(path)) > bounds.LONGEST_PATH:
        raise _unfit("The path", str(path), "Choose another file or folder.")


def _check_all(values: Any, allowed: Sequence[str], what: str) -> None:
    _check_kind(values, tuple, what)
    for value in values:
        if value not in allowed:
            raise _unfit(what, value, f"Choose from {', '.join(allowed)}.")


def _check_kind(value: Any, kind: type[Any], what: str) -> None:
    if not isinstance(value, kind):
        raise _unfit(what, type(value).__name__, "Choose again.")


def _unfit(what: str, value: object, advice: str) -> InvalidRequestError:
    return InvalidRequestError(f"{what} cannot be used.", f"Found: {bounds.shown(value)}.", advice)


def _check_records(records: Any) -> None:
    _check_kind(records, list, "The reports")


def _check_key(key: Any) -> None:
    if key is not None:
        _check_kind(key, tuple, "The Idempotency-Key")
        for part in key:
            check_text(part, "The Idempotency-Key", bounds.LONGEST_ID, lines=False)


def _check_changes(changes: Any) -> None:
    _check_kind(changes, dict, "What is amended")


def _number(what: str, allowed: bounds.Range, *, optional: bool = False) -> Callable[[Any], object]:
    def check(value: Any) -> None:
        if not (optional and value is None):
            check_number(value, what, allowed)

    return check


def _text(what: str, longest: int, *, lines: bool = False, optional: bool = False) -> Any:
    def check(value: Any) -> None:
        if not (optional and value is None):
            check_text(value, what, longest, lines=lines)

    return check


def _one_of(what: str, allowed: Sequence[str], *, optional: bool = False) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value not in allowed and not (optional and value is None):
            raise _unfit(what, value, f"Choose one of {', '.join(allowed)}.")

    return check


#: Parameter -> what refuses a value that it cannot have.
CHECKS: dict[str, Callable[[Any], object]] = {
    "weeks": _number("The number of weeks", bounds.WEEKS),
    "days": _number("The number of days", bounds.DAYS),
    "case_id": _number("The number of a case", bounds.IDS, optional=True),
    "decision_id": _number("The number of a decision", bounds.IDS),
    "look_id": _number("The number of a second look", bounds.IDS),
    "batch_id": _number("The number of an upload", bounds.IDS),
    "version": _number("The version of a case", bounds.VERSIONS),
    "size": _number("The number of rows", bounds.ROWS),
    "since": _number("The beginning", bounds.TIMES, optional=True),
    "until": _number("The end", bounds.TIMES),
    "start": lambda value: check_place(value, "The beginning"),
    "stop": lambda value: check_place(value, "The end"),
    "code": check_code,
    "scopes": check_scopes,
    "ends_at": _number("The end", bounds.TIMES, optional=True),
    "sender": _text("The sender", bounds.LONGEST_ID, optional=True),
    "records": _check_records,
    "key": _check_key,
    "report_id": _text("The report's id", bounds.LONGEST_ID),
    "changes": _check_changes,
    "reporter": _text("The reporter", bounds.LONGEST_ID),
    "video_id": _text("The video's id", bounds.LONGEST_ID),
    "restriction": check_restriction,
    "token": _text("The hold on the case", bounds.LONGEST_ID),
    "name": _text("The name", bounds.LONGEST_FILTER),
    "taught": _text("The model that was taught", bounds.LONGEST_ID),
    "challenger": _text("The challenger", bounds.LONGEST_ID, optional=True),
    "reason": _text("A reason", bounds.LONGEST_REASON, lines=True),
    "statement_id": _text("The statement", bounds.LONGEST_ID),
    "bulk_id": _text("The name of the decisions", bounds.LONGEST_ID),
    "kind": _text("The kind of text", bounds.LONGEST_ID, optional=True),
    "ranking": _one_of("The ranking", list(Ranking), optional=True),
    "what": _one_of("What is exported", ["decisions", "cases", "audit"]),
    "filters": _check_filters,
    "decided": _check_decided,
    "before": _number("The place in the list", bounds.IDS, optional=True),
    "after": _check_place,
    "verdict": _check_verdict,
    "to": _check_to,
    "chosen": _check_chosen,
    "values": _check_values,
    "left_out": _check_left_out,
    "feature_sets": _check_texts,
    "folder": _check_path,
    "file": _check_path,
}
