"""What each feature set reads: known without what it takes to build one."""

from __future__ import annotations

from claimclf.schema import BAN_STATUS, DURATION, ENGAGEMENT, TRANSCRIPT, VERIFIED_STATUS

#: Feature set -> the columns it reads; a video without a value in one of them cannot be scored.
COLUMNS = {
    "course": (TRANSCRIPT, DURATION, VERIFIED_STATUS, BAN_STATUS, *ENGAGEMENT),
    "content": (TRANSCRIPT,),
    # For an analyst who wants to see what adding the counts costs on young videos.
    "content-counts": (TRANSCRIPT, *ENGAGEMENT),
    "speech": (TRANSCRIPT,),
}
