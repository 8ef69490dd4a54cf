"""What is counted for Prometheus, in its text format."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any


class Counts:
    """Counts of one server since it was started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._reports: Counter[str] = Counter()

    def note_request(self, route: str, status: int) -> None:
        """Count an answer."""
        with self._lock:
            self._requests[route, status] += 1

    def note_reports(self, answer: Mapping[str, Any]) -> None:
        """Count what became of reports."""
        with self._lock:
            for outcome in ("accepted", "known", "rejected"):
                self._reports[outcome] += int(answer[outcome])

    def text(self, waiting: Mapping[str, Any]) -> str:
        """Return everything in Prometheus' text format."""
        with self._lock:
            requests, reports = sorted(self._requests.items()), sorted(self._reports.items())
        lines = [
            "# HELP claimclf_requests_total Answers by route and status.",
            "# TYPE claimclf_requests_total counter",
            *(
                f'claimclf_requests_total{{route="{route}",status="{status}"}} {n}'
                for (route, status), n in requests
            ),
            "# HELP claimclf_reports_total Reports by what became of them.",
            "# TYPE claimclf_reports_total counter",
            *(f'claimclf_reports_total{{outcome="{outcome}"}} {n}' for outcome, n in reports),
            "# HELP claimclf_reports_waiting Accepted reports that are not in the queue yet.",
            "# TYPE claimclf_reports_waiting gauge",
            f"claimclf_reports_waiting {waiting['reports']}",
            "# HELP claimclf_reports_oldest_seconds How long the first of them has waited.",
            "# TYPE claimclf_reports_oldest_seconds gauge",
            f"claimclf_reports_oldest_seconds {waiting['oldest_seconds']}",
        ]
        return "\n".join(lines) + "\n"
