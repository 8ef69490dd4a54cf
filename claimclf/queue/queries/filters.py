"""Which videos somebody wants to see, in the queue and in an upload alike."""

from __future__ import annotations

from dataclasses import dataclass, fields

from claimclf.schema import Lane, Language


@dataclass(frozen=True)
class Filters:
    """Which videos somebody wants to see; a filter left at its default lets everything through.

    Parameters
    ----------
    lanes : tuple of Lane
        Empty for all.
    min_reports : int
        Fewest reports; in the queue, those that came while a case is held count once it is
        released.
    language : tuple of Language
        Whether the model that scored it has learnt its language; empty for any.
    verified, ban : tuple of str
        The author's statuses; empty for any.
    statement_id : str or None
        Videos of that statement only.
    text : str
        Words of the transcript, as `claimclf.queue.storage.words` finds them; empty for any.
    escalated : bool
        Cases that moderators passed on to a lead, instead of those that are open.
    min_probability, max_probability : float or None
        Least and most claim probability; either leaves out what could not be scored.
    again : bool
        Cases that were decided before and then reported again, only.
    holder : str or None
        Cases that this person holds now, only.
    older_than_hours, newer_than_hours : float or None
        Cases that have been waiting for at least, or for less than, so many hours.
    """

    lanes: tuple[Lane, ...] = ()
    min_reports: int = 0
    language: tuple[Language, ...] = ()
    verified: tuple[str, ...] = ()
    ban: tuple[str, ...] = ()
    statement_id: str | None = None
    text: str = ""
    escalated: bool = False
    min_probability: float | None = None
    max_probability: float | None = None
    again: bool = False
    holder: str | None = None
    older_than_hours: float | None = None
    newer_than_hours: float | None = None

    @property
    def of_cases(self) -> tuple[str, ...]:
        """The filters in use that only a case can fulfil, and no video of an upload."""
        in_use = {f.name for f in fields(self) if getattr(self, f.name) != f.default}
        return tuple(name for name in _OF_CASES if name in in_use)


_OF_CASES = ("escalated", "again", "holder", "older_than_hours", "newer_than_hours")
