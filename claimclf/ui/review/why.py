"""Why a case is where it is: one sentence, with one probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimclf.schema import NOT_SCORABLE, TOO_SHORT_TO_JUDGE, UNLIKE_TRAINING
from claimclf.ui.messages import plain
from claimclf.ui.wording import LANES, chance, likely

if TYPE_CHECKING:
    from claimclf.queue.storage.cases import Case

#: What a model gives as its reason -> the end of a sentence. Other reasons stand as they are.
REASONS = {
    "words point both ways": "the words point both ways",
    TOO_SHORT_TO_JUDGE: "the text is too short to judge",
    UNLIKE_TRAINING: "it is unlike anything the model was trained on",
}


def why(case: Case) -> str:
    """Say what the model expects of a case, and why a person must look at it, in one sentence."""
    if case.probability is None:
        what, says = "Not scored", ""
    else:
        what = f"{likely(case.probability).capitalize()}, {chance(case.probability)}"
        says = f", says {plain(case.model_name)}"
    return f"{LANES[case.lane]} **{what}**{says}{_reason(case.reason)}."


def _reason(reason: str | None) -> str:
    if not reason:
        return ""
    words = REASONS.get(reason, plain(reason))
    if reason.startswith(NOT_SCORABLE):
        words = f"it {words}"
    return f"; to a person because {words}"
