"""What a transcript asserts, without its framing."""

from __future__ import annotations

import pandas as pd

#: In the course's dataset the framing comes first and the statement last; this many words at
#: the end tell statements apart.
ENDING_WORDS = 6


def endings(transcripts: pd.Series, words: int = ENDING_WORDS) -> pd.Series:
    """Return the last words of each transcript, lower case, as a stand-in for its statement.

    Parameters
    ----------
    transcripts : Series of str
        Without missing values.
    words : int
        How many words to keep.
    """
    return transcripts.str.casefold().str.split().str[-words:].str.join(" ")
