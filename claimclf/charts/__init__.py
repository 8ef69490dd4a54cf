"""Charts: a small DataFrame in, a plotly figure out.

Every figure gets data that are already counted or binned, so that a page stays light. The
two classes have the same two colours everywhere (Okabe and Ito's, which people with any
colour vision tell apart), and bars also differ in pattern.

::

    dataset       classes, lengths, counts, words
    curves        all cut-offs of several models
    comparison    one model at its cut-off
    robustness    models under stress
    lead          the team's work
    monitoring    what is missed, and what changes
    theme         colours and marks that all of them share
"""

from __future__ import annotations

from claimclf.charts.comparison import confusion_matrix, contributions, importances, slices
from claimclf.charts.curves import gains, precision_recall, reliability, roc, score_histogram
from claimclf.charts.dataset import (
    class_balance,
    correlations,
    count_histogram,
    length_histogram,
    shares_by_class,
    telling_ngrams,
)
from claimclf.charts.lead import arrivals_and_decisions, backlog_course, time_to_decision
from claimclf.charts.monitoring import (
    changes_of_signals,
    course_of_signal,
    found_by_capacity,
    missed_by_week,
)
from claimclf.charts.robustness import stress, trade_off
from claimclf.charts.theme import COLOURS

__all__ = [
    "COLOURS",
    "arrivals_and_decisions",
    "backlog_course",
    "changes_of_signals",
    "class_balance",
    "confusion_matrix",
    "contributions",
    "correlations",
    "count_histogram",
    "course_of_signal",
    "found_by_capacity",
    "gains",
    "importances",
    "length_histogram",
    "missed_by_week",
    "precision_recall",
    "reliability",
    "roc",
    "score_histogram",
    "shares_by_class",
    "slices",
    "stress",
    "telling_ngrams",
    "time_to_decision",
    "trade_off",
]
