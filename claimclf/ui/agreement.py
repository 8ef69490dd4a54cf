"""Figures of agreement as people read them: the team's, or one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from claimclf.schema import ReasonCode
from claimclf.services.agreement import is_small
from claimclf.ui.wording import REASONS

if TYPE_CHECKING:
    from claimclf.modeling.monitoring.agreement import Agreement, Coefficient
    from claimclf.services.agreement import AgreementReport, Shares

_SAME, _SURE, _CASES = "same answer", "how sure", "cases"
_FEW = "few cases: it says little"


def show_report(report: AgreementReport, rate: float) -> None:
    """Show how often people who look at the same cases say the same."""
    whole = report.whole
    st.markdown(advice(report, rate))
    if not whole.n:
        return
    tiles = st.columns(4)
    tiles[0].metric("Looked at twice", f"{whole.n:,}")
    tiles[1].metric("Same answer", _percent(whole))
    for tile, name, one in ((tiles[2], "AC1", whole.ac1), (tiles[3], "kappa", whole.kappa)):
        tile.metric(name, "says nothing" if one.value is None else f"{one.value:.2f}")
    for name, one in (("Gwet's AC1", whole.ac1), ("Cohen's kappa", whole.kappa)):
        st.caption(f"{name}: {coefficient(one)}.")
    _show_weeks(report)
    with st.expander("As tables"):
        weeks = {f"{week:%Y-%m-%d}": figures for week, figures in report.by_week.items()}
        _show_table(weeks, "week")
        if report.by_pair:
            # By name: nobody is ranked.
            pairs = {f"{one} and {other}": f for (one, other), f in report.by_pair.items()}
            _show_table(pairs, "pair")
        _show_shares(
            _named(report.by_reason), "rule", "both name it", "of cases where anybody does"
        )


def advice(report: AgreementReport, rate: float) -> str:
    """Say what the figures mean and what to do next."""
    whole, waits = report.whole, f"{report.n_waiting:,} wait for a second person"
    if not whole.n:
        return (
            f"**No case was looked at twice yet.** {rate:.1%} of the decisions are drawn for a "
            f"second person, who does not see the first one; {waits}."
        )
    if whole.is_small:
        return (
            f"**{whole.n:,} cases say little**: between {whole.interval.low:.0%} and "
            f"{whole.interval.high:.0%} of all decisions would be the same. {waits}."
        )
    return (
        f"Of {whole.n:,} cases that two people looked at, {whole.n_same:,} got the same answer: "
        f"between {whole.interval.low:.0%} and {whole.interval.high:.0%} of all decisions would. "
        f"Look at the rules with the lowest share below first. {waits[0].upper()}{waits[1:]}."
    )


def show_overturned(report: AgreementReport) -> None:
    """Show how many first decisions did not stand, by lane and by rule."""
    if not (report.by_lane or report.appeals):
        return
    with st.expander("Overturned decisions"):
        if report.n_unsettled:
            st.caption(
                f"{report.n_unsettled:,} differences wait for a ruling and count nowhere until "
                "then: as long as they do, the shares are too low."
            )
        _show_shares(report.by_lane, "lane", "overturned", "looked at again and settled")
        named = _named(report.by_first_reason)
        _show_shares(named, "rule of the first decision", "overturned", "looked at again")
        if report.appeals:
            st.caption("After an appeal, which nobody drew: this says nothing of other cases.")
            _show_shares(report.appeals, "lane", "overturned", "appeals decided")


def coefficient(one: Coefficient) -> str:
    """Write a coefficient with its interval, or why it says nothing."""
    if one.value is None or one.interval is None:
        return f"says nothing here: {one.problem}"
    return f"{one.value:.2f} ({one.interval.low:.2f} to {one.interval.high:.2f})"


def _percent(figures: Agreement) -> str:
    return "none yet" if figures.share is None else f"{figures.share:.1%}"


def _show_weeks(report: AgreementReport) -> None:
    from claimclf.charts.weeks import shares_by_week

    weeks = pd.DataFrame(
        {
            "week": week.tz_localize(None),
            "share": figures.share,
            "share_low": figures.interval.low,
            "share_high": figures.interval.high,
            "cases": figures.n,
            "is_small": figures.is_small,
        }
        for week, figures in report.by_week.items()
        if figures.n
    )
    if len(weeks):
        st.plotly_chart(shares_by_week(weeks, "same answer"), key="agreement-weeks")


def _show_table(figures: dict[str, Agreement], what: str) -> None:
    rows = [
        {
            what: name,
            _CASES: one.n,
            _SAME: _percent(one),
            "between": f"{one.interval.low:.0%} and {one.interval.high:.0%}",
            "AC1": coefficient(one.ac1),
            "kappa": coefficient(one.kappa),
            _SURE: _FEW if one.is_small else "",
        }
        for name, one in figures.items()
    ]
    _show_greyed(rows)


def _show_shares(shares: Shares, what: str, part: str, of: str) -> None:
    rows = [
        {
            what: name,
            part: n,
            of: total,
            "share": f"{n / total:.1%}",
            "between": f"{interval.low:.0%} and {interval.high:.0%}",
            _SURE: _FEW if is_small(total) else "",
        }
        for name, (n, total, interval) in shares.items()
    ]
    if rows:
        _show_greyed(rows)


def _named(shares: Shares) -> Shares:
    return {REASONS[ReasonCode(reason)]: figures for reason, figures in shares.items()}


def _show_greyed(rows: list[dict[str, Any]]) -> None:
    """Draw a table, rows of few cases in grey."""
    table = pd.DataFrame(rows)

    def grey(row: pd.Series) -> list[str]:
        return ["color: #808080" if row[_SURE] else ""] * len(row)

    st.dataframe(table.style.apply(grey, axis=1), hide_index=True)
