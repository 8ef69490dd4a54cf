"""Tables of reported videos as bytes, well formed unless a test asks otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: One good cell for each column of a reported video; `{n}` is the row's number.
GOOD = {
    "video_id": "video-{n}",
    "video_duration_sec": "30",
    "video_transcription_text": "someone read online that a hedgehog can swim {n} miles",
    "verified_status": "not verified",
    "author_ban_status": "active",
    "video_view_count": "50{n}",
    "video_like_count": "40",
    "video_share_count": "30",
    "video_download_count": "20",
    "video_comment_count": "10",
    "report_count": "{n}",
}
_LABEL = {"claim_status": "opinion"}


def reported_rows(rows: int = 3, **overrides: Any) -> dict[str, list[str]]:
    """Return column -> cells.

    Parameters
    ----------
    rows : int
        How many videos.
    overrides : scalar, sequence or None
        Column -> one cell for all rows, or a cell for each row; None leaves the column out.
        A name that is not in the contract becomes an extra column.
    """
    columns = {name: [cell.format(n=n) for n in range(1, rows + 1)] for name, cell in GOOD.items()}
    return _overridden(columns, rows, overrides)


def _overridden(
    columns: dict[str, list[str]], rows: int, overrides: Mapping[str, Any]
) -> dict[str, list[str]]:
    for name, cells in overrides.items():
        if cells is None:
            columns.pop(name, None)
        elif isinstance(cells, Sequence) and not isinstance(cells, str):
            assert len(cells) == rows, f"{name} needs {rows} cells"
            columns[name] = [str(cell) for cell in cells]
        else:
            columns[name] = [str(cells)] * rows
    return columns


def as_csv(
    columns: Mapping[str, Sequence[str]],
    delimiter: str = ",",
    newline: str = "\n",
    *,
    quote_all: bool = False,
) -> str:
    """Write column -> cells as a CSV; text with a line break, delimiter or quote is quoted."""

    def written(cell: str) -> str:
        quoted = quote_all or any(special in cell for special in (delimiter, '"', "\r", "\n"))
        return '"' + cell.replace('"', '""') + '"' if quoted else cell

    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join(delimiter.join(map(written, row)) + newline for row in rows)


def reported_csv(
    rows: int = 3,
    *,
    delimiter: str = ",",
    newline: str = "\n",
    encoding: str = "utf-8",
    **overrides: Any,
) -> bytes:
    """Return a CSV of reported videos; `overrides` as for `reported_rows`."""
    return as_csv(reported_rows(rows, **overrides), delimiter, newline).encode(encoding)


def labelled_csv(rows: int = 3, **overrides: Any) -> bytes:
    """Return a CSV of labelled videos; `overrides` as for `reported_rows`."""
    columns = reported_rows(rows, report_count=None)
    labels = {name: [cell] * rows for name, cell in _LABEL.items()}
    return as_csv(_overridden(labels | columns, rows, overrides)).encode()


#: Names that read like the one of the program: of any case, with spaces, unseen characters, or
#: letters of other scripts that look the same.
LIKE_THE_PROGRAM = (
    *("claimclf", "CLAIMCLF", " Claimclf", "claimclf ", "claim clf", "claim\u00a0clf"),
    *("claim\u2009clf", "claim\u3000clf", "claimclf\u2800", "claim\u200bclf", "claim\u00adclf"),
    *("claimclf\ufe0f", "ｃlaimclf", "𝐜laimclf", "\u0441laimclf", "cIaimcIf", "cl\u0430imclf"),
)
