"""Error rates for a kind of text, chosen with the consequence in front of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.schema import CLAIM, OPINION, TextKind
from claimclf.services.lanes import (
    choices,
    consequences,
    kinds_with_lanes,
    prices,
    promised_and_measured,
)
from claimclf.services.models import set_error_rates
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.models import model_store

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest

_RATES = "kind_error_rates"


def show_by_kind(manifest: Manifest) -> None:
    """Show what lanes promise and do on each source, and let a lead choose for a kind of text."""
    st.markdown("**Promised and measured**, by groups of each source that were held out")
    st.table(promised_and_measured(manifest))
    st.caption("A text that is like no kind, or has fewer than four words, stays uncertain.")
    st.markdown("**Choose for a kind of text**")
    kinds = kinds_with_lanes(manifest)
    kind = st.segmented_control("Kind of text", kinds, default=kinds[0], required=True)
    rates = _choose_rates(manifest, kind)
    for line in consequences(manifest, kind, rates):
        st.info(plain(line), icon=":material/balance:")
    table = prices(manifest, kind, rates[OPINION])
    if len(table):
        st.table(table)
    _ask_reason(manifest, kind, rates)


def _choose_rates(manifest: Manifest, kind: str) -> dict[str, float]:
    # The key changes with model, kind and rates in use: a slider shows no other's choice.
    in_use, options = manifest.rates_for(kind), choices(manifest, kind)
    key = f"{manifest.name}-{manifest.version}-{kind}"
    left, right = st.columns(2)
    of_claims = left.select_slider(
        "Claims ruled out at most (hidden, seen by nobody)",
        options.claim,
        in_use[CLAIM],
        format_func=_percent,
        key=f"claims-{key}",
    )
    of_opinions = right.select_slider(
        "Opinions ruled out at most (a look too many)",
        options.opinion,
        in_use[OPINION],
        format_func=_percent,
        key=f"opinions-{key}",
    )
    return {CLAIM: float(of_claims), OPINION: float(of_opinions)}


def _percent(rate: float) -> str:
    return f"{rate:.1%}"


def _ask_reason(manifest: Manifest, kind: str, rates: dict[str, float]) -> None:
    with st.form("kind_error_rates"):
        reason = st.text_input("Reason", key="lanes_reason")
        if st.form_submit_button(f"Save these error rates for {kind}"):
            save_kind_error_rates(manifest.name, kind, rates, reason)
            outcomes.redraw_or_explain(_RATES)


@action(_RATES)
def save_kind_error_rates(
    person: Person, name: str, kind: str, rates: dict[str, float], reason: str
) -> None:
    """Change for what share of its videos of a kind each class may be ruled out."""
    # The course's texts have the model's general rates.
    of_kind = None if kind == TextKind.COURSE else kind
    set_error_rates(queue_database(), person, model_store(), name, rates, reason, of_kind)
