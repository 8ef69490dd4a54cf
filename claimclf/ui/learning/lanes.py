"""Whether the lanes keep their promise, week by week, and calibrating them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf.configuration import models_folder
from claimclf.people import Person
from claimclf.schema import CLAIM
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import explained
from claimclf.ui.state.database import queue_database

if TYPE_CHECKING:
    from claimclf.modeling.monitoring.promised_lanes import WeekOfLanes
    from claimclf.queue.storage.database import Database

_PLACE = "lanes-anew"
_TITLES = {True: "claims in the lane opinions", False: "opinions in the lane claims"}


def show_lanes(database: Database, person: Person) -> None:
    """Show what was promised and what people found, and offer to calibrate the lanes anew."""
    from claimclf.services.learning import lanes_by_week

    with explained():
        weeks = lanes_by_week(database, person, models_folder())
    outcomes.show_outcome(_PLACE)
    outcomes.forget(_PLACE)
    st.subheader("Do the lanes keep their promise?")
    if not weeks:
        st.info("Nothing is decided yet: each decision says whether its lane was right.")
        return
    st.markdown(advice(weeks))
    for is_claim, title in _TITLES.items():
        _show_weeks([week for week in weeks if (week.label == CLAIM) == is_claim], title)
    st.caption(
        "A claim in the lane opinions is found through the audit sample, where each stands for all "
        "that were not drawn."
    )
    if st.button("Calibrate the lanes on what was decided since the model was taught"):
        with st.spinner("Calibrating …"):
            calibrate()
        outcomes.redraw_or_explain(_PLACE)


def advice(weeks: list[WeekOfLanes]) -> str:
    """Say whether the last weeks kept what was promised, and what to do next."""
    latest = {week.label: week for week in weeks}
    alarms = [label for label, week in latest.items() if week.signal.state == "alarm"]
    if alarms:
        which = " and of ".join(f"{label}s" for label in alarms)
        return (
            f"**More of the {which} than promised were ruled out in the last week with decisions.**"
            " Calibrate the lanes anew, and look at the challenger in the shadow first."
        )
    if all(week.signal.state != "quiet" for week in latest.values()):
        return "Not enough decisions in the last week to say: some 50 of a class are needed."
    return "The last week with decisions gives no sign that the lanes break their promise."


def _show_weeks(weeks: list[WeekOfLanes], title: str) -> None:
    from claimclf.charts.weeks import shares_by_week

    if not weeks:
        return
    table = pd.DataFrame(
        {
            "week": week.week.tz_localize(None),
            "share": week.signal.share,
            "share_low": week.signal.interval.low,
            "share_high": week.signal.interval.high,
            "cases": week.signal.n,
            "is_small": week.signal.state == "not enough data",
            "promised": week.promised,
        }
        for week in weeks
    )
    st.plotly_chart(shares_by_week(table, title), key=f"weeks-{title}")
    with st.expander(f"As a table: {title}"):
        st.dataframe(_readable(table), hide_index=True)


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    between = [
        f"{low:.1%} and {high:.1%}"
        for low, high in zip(table["share_low"], table["share_high"], strict=True)
    ]
    return pd.DataFrame(
        {
            "week": table["week"].dt.strftime("%Y-%m-%d"),
            "decisions": table["cases"],
            "share": table["share"].map("{:.1%}".format),
            "between": between,
            "promised at most": table["promised"].map("{:.1%}".format),
            "how sure": table["is_small"].map({True: "few: it says little", False: ""}),
        }
    )


@action(_PLACE)
def calibrate(person: Person) -> str:
    """Store a challenger that has the lanes calibrated anew, and nothing else."""
    from claimclf.services.learning import calibrate_lanes

    name = calibrate_lanes(queue_database(), person, models_folder())
    return f"{name} has the lanes calibrated anew. Look at it in the shadow, or use it, there."
