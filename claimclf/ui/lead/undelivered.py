"""What the platform could not be told, why, and putting it up for another round of tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.guard import action, fragment
from claimclf.ui.lead.actions import UNDELIVERED
from claimclf.ui.lead.giving import offer
from claimclf.ui.lead.tables import count_column, short_moment
from claimclf.ui.state.database import queue_database

if TYPE_CHECKING:
    from claimclf.queue.outbound.webhook.dead_letters import DeadLetter


@fragment()
def show_undelivered(_person: Person, letters: Sequence[DeadLetter]) -> None:
    """List what was given up, with the reason; nothing where there is none."""
    if letters:
        st.subheader("What the platform could not be told")
        table = pd.DataFrame(
            {
                "entry": letter.seq,
                "case": letter.case_id,
                "event": letter.type,
                "tries": letter.tries,
                "given up": short_moment(letter.dead_at),
                "reason": letter.last_error,
            }
            for letter in letters
        )
        column_config = {name: count_column() for name in ("entry", "case", "tries")}
        st.dataframe(table, hide_index=True, key="undelivered", column_config=column_config)
        st.caption("After all tries. Once the reason is gone, put it up for another round of them.")
        offer(st.container(), "Put it up again", put_up_again)
    outcomes.show_outcome(UNDELIVERED)


@action(UNDELIVERED)
def put_up_again(person: Person) -> str:
    """Try everything again that was given up."""
    n_events = queue.requeue(queue_database(), person)
    return f"{n_events:,} put up again. The platform is told by claimclf deliver, as before."
