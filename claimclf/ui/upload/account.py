"""What became of every row of an upload that was added, in numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from claimclf.ui.wording import counted

if TYPE_CHECKING:
    from claimclf.queue.intake.batches import Batch


@dataclass(frozen=True)
class Account:
    """What became of an upload.

    Parameters
    ----------
    words : str
        The batch, and how many cases it made.
    tiles : dict of str to int
        New and known videos; then the known ones by how many reports they have now.
    lines : tuple of str
        Sums: the known ones, the rows of the file; what else is to be known.
    """

    words: str
    tiles: dict[str, int]
    lines: tuple[str, ...]


def account_of(batch: Batch) -> Account:
    """Account for every row of an upload that was added just now."""
    tiles = {"New": batch.n_new, "Known": batch.n_known}
    tiles |= {"Raised": batch.n_raised, "Unchanged": batch.n_same, "Lowered": batch.n_lower}
    not_compared = batch.n_known - batch.n_raised - batch.n_same - batch.n_lower
    if not_compared:
        tiles["Not compared"] = not_compared
    words = f"Batch {batch.id}: {counted(batch.n_new, 'new case')}"
    words += f", {counted(batch.n_known, 'known video')}." if batch.n_known else "."
    lines = [*_known(batch, not_compared), _rows(batch)]
    if batch.n_unscorable:
        waits = "waits" if batch.n_unscorable == 1 else "wait"
        lines.append(
            f"{counted(batch.n_unscorable, 'video')} cannot be scored and {waits} in the lane "
            "*uncertain*."
        )
    return Account(words, tiles, tuple(lines))


def _known(batch: Batch, not_compared: int) -> list[str]:
    """Say what came of known videos: each is one of these."""
    if not batch.n_known:
        return []
    parts = [
        f"{batch.n_raised:,} raised (more reports than before)",
        f"{batch.n_same:,} unchanged (as many)",
        f"{batch.n_lower:,} lowered (fewer in this file; the larger number stays)",
    ]
    if not_compared:
        parts.append(f"{not_compared:,} not compared (a count is missing, here or before)")
    lines = [f"{counted(batch.n_known, 'known video')} = {' + '.join(parts)}."]
    if batch.n_reopened:
        is_open = "case is" if batch.n_reopened == 1 else "cases are"
        lines.append(
            f"{batch.n_reopened:,} decided {is_open} open again: reports have grown since."
        )
    return lines


def _rows(batch: Batch) -> str:
    """Say what every row of the file was."""
    n_videos = batch.n_new + batch.n_known
    parts = [counted(n_videos, "video")]
    if n_again := batch.n_accepted - n_videos:
        parts.append(f"{counted(n_again, 'row')} that repeat{'s' if n_again == 1 else ''} a video")
    if batch.n_rejected:
        parts.append(counted(batch.n_rejected, "rejected row"))
    return f"{counted(batch.n_rows, 'row')} = {' + '.join(parts)}."
