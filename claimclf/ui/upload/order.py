"""What puts one video before another, and which to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.queue.queries.filters import Filters
from claimclf.schema import (
    BAN_STATUS,
    LANE,
    REASON,
    REPORT_COUNT,
    REPORTED,
    VERIFIED_STATUS,
    Lane,
    Language,
    Ranking,
)
from claimclf.services.triage import languages, reranked
from claimclf.ui.state.upload import replace_queue
from claimclf.ui.wording import LANGUAGES, RANKINGS

if TYPE_CHECKING:
    from claimclf.modeling.scoring.ranking import Ranked


def choose_ranking(ranked: Ranked) -> Ranked:
    """Ask what puts one video before another, and order the queue by it."""
    policies = [p for p in Ranking if p is not Ranking.AUTHOR or ranked.has_authors]
    ranking = st.selectbox(
        "Ranked by",
        policies,
        index=policies.index(ranked.ranking) if ranked.ranking in policies else 0,
        format_func=RANKINGS.__getitem__,
    )
    if ranking is ranked.ranking:
        return ranked
    with st.spinner("Ordering …"):
        anew = reranked(ranked, ranking)
    replace_queue(anew)
    return anew


def ask_filters(ranked: Ranked) -> tuple[Filters, float]:
    """Read the filters, and the share of the matching videos to review, in percent."""
    most = int(ranked.videos[REPORT_COUNT].fillna(0).clip(lower=1).max())
    first, second, third = st.columns([5, 4, 2])
    lanes = first.pills(
        "Lanes",
        list(Lane),
        default=[Lane.CLAIMS, Lane.UNCERTAIN],
        selection_mode="multi",
        format_func=lambda lane: f"{lane} ({int((ranked.videos[LANE] == lane).sum()):,})",
    )
    text = second.text_input("Search in transcripts", placeholder="words, such as: harbor")
    reports = third.number_input("Minimum reports", min_value=0, max_value=most, value=0)
    first, second, third = st.columns([5, 4, 2])
    verified = first.pills(
        "Verified status", REPORTED[VERIFIED_STATUS].allowed, selection_mode="multi"
    )
    ban = second.pills("Author status", REPORTED[BAN_STATUS].allowed, selection_mode="multi")
    percent = third.number_input("Review the top %", min_value=1, max_value=100, value=100)
    languages_of_texts = languages(ranked.videos[REASON])
    language = st.pills(
        "Language, as the model knows it",
        list(Language),
        selection_mode="multi",
        format_func=lambda one: f"{LANGUAGES[one]} ({int((languages_of_texts == one).sum()):,})",
    )
    filters = Filters(
        lanes=tuple(lanes),
        language=tuple(language),
        min_reports=int(reports),
        verified=tuple(verified),
        ban=tuple(ban),
        text=text,
    )
    return filters, float(percent)
