"""What becomes of the case that somebody holds who leaves."""

from __future__ import annotations

import logging

from claimclf.errors import ClaimclfError
from claimclf.people import Capability, Person
from claimclf.ui.access.visitor import Visitor

_logger = logging.getLogger(__name__)


def end_hold(before: Person, now: Visitor | None) -> None:
    """Give back what somebody holds, unless they may hold it and are still at work somewhere."""
    if _may_hold_on(before, now):
        return
    from claimclf.services import queue
    from claimclf.ui.state.database import queue_database

    try:
        queue.end_holds(queue_database(), before)
    except ClaimclfError as error:  # it lapses by itself
        _logger.warning("A hold could not be ended: %s", error.code)


def _may_hold_on(before: Person, now: Visitor | None) -> bool:
    if not before.may(Capability.REVIEW):
        return True  # who holds nothing
    if now is None or not isinstance(now.person, Person) or now.person.name != before.name:
        return False
    # A lead may hold what waits for a lead.
    needed = [Capability.REVIEW, *([Capability.LEAD] if before.may(Capability.LEAD) else [])]
    covered = all(now.person.may(capability) for capability in needed)
    return covered and (not now.is_over or now.is_elsewhere)
