"""How reports on a video came over time: a small line, and a pace in words."""

from __future__ import annotations

from claimclf.ui.wording import span
from claimclf.units import HOUR

#: Seen on light and on dark.
_LINE_COLOUR = "#3A87C8"


def line_svg(reports: list[tuple[int, int]]) -> tuple[str, str]:
    """Draw how reports came as a small line, from the first time known to the last.

    Parameters
    ----------
    reports : list of (int, int)
        Time in microseconds since 1970, and reports by then; at least one, in order.

    Returns
    -------
    svg, words : str
        Empty where reports are known at one time only.
    """
    (start, first), (end, last) = reports[0], reports[-1]
    if start == end:
        return "", ""
    points = " ".join(
        f"{200 * (time - start) / (end - start):.1f},{38 - 36 * count / max(last, 1):.1f}"
        for time, count in reports
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40" width="200" height="40">'
        f'<polyline points="{points}" fill="none" stroke="{_LINE_COLOUR}" stroke-width="2"/></svg>'
    )
    return svg, f"Line: from {first:,} to {last:,} reports within {span(end - start)}"


def pace(reports: list[tuple[int, int]]) -> str:
    """Say how fast reports come, from what `line_svg` draws."""
    (first, before), (last, after) = reports[0], reports[-1]
    if last == first:
        return "How fast reports come is not known."
    hours, more = (last - first) / HOUR, after - before
    if not more:
        return f"No new reports over {span(last - first)}."
    rate, unit = (more / hours, "an hour") if more >= hours else (24 * more / hours, "a day")
    about = f"About {rate:,.0f} {unit}" if rate >= 1 else "Fewer than one a day"
    return f"{about} over {span(last - first)}."
