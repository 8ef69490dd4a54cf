"""Changing what the team has set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui.guard import action
from claimclf.ui.lead.actions import SETTINGS, counted_anew
from claimclf.ui.lead.settings.values import changes_of, in_words
from claimclf.ui.state.database import queue_database

if TYPE_CHECKING:
    from claimclf.queue.settings.team import Settings


@action(SETTINGS)
def change_settings(person: Person, now: Settings, reason: str, form: dict[str, Any]) -> str:
    """Change what the team has set to what the form says."""
    with counted_anew():
        changes = changes_of(form, now)
        queue.change_settings(queue_database(), person, reason, changes)
    words = (
        f"{queue.SETTINGS_IN_WORDS[name]}: {in_words(name, value)}"
        for name, value in changes.items()
    )
    return f"Changed. {'; '.join(words)}."
