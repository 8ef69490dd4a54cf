"""Model comparison: which model, how sure, what it misses; depth is one click away."""

from collections.abc import Sequence

import streamlit as st

from claimclf.errors import ModelDamagedError
from claimclf.modeling.store.champion import RULE, champion
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.services.comparison import Judged
from claimclf.services.models import back_to_rule, overrule, set_threshold
from claimclf.ui import comparison
from claimclf.ui.access import person_at_work
from claimclf.ui.page import explained, open_page, plain, say_error, synthetic_notice
from claimclf.ui.state import (
    damaged_models,
    dataset_in_use,
    judged_model,
    model_store,
    queue_database,
    stored_manifests,
)
from claimclf.ui.training import offer_training

SECTIONS = (
    "Class reports",
    "Curves",
    "Is one better?",
    "Under stress",
    "Lanes",
    "Slices",
    "What it got wrong",
    "Importances",
    "Checks",
    "Would we use it?",
    "Test set",
)


def show_champion(store: ModelStore, best: Manifest) -> None:
    """Name the champion, say why, and what it misses."""
    metrics = best.metrics["validation"]
    (_, extra), (missed, _) = metrics.confusion_matrix
    low, high = best.intervals["validation"]["recall"]
    st.success(
        f"**Champion: {plain(best.name)}**. Recall {metrics.recall:.2%} on validation "
        f"(95 % interval {low:.2%} to {high:.2%}): it misses {missed:,} claims and sends "
        f"{extra:,} opinions to review.",
        icon=":material/trophy:",
    )
    pointer = store.pointer()
    if pointer and pointer.overruled and pointer.name == best.name:
        st.caption(f"Chosen by {plain(pointer.by)} on {pointer.at}: {plain(pointer.reason)}")
    st.caption(RULE)


def judged(manifests: Sequence[Manifest]) -> list[Judged]:
    """Read the stored predictions; a damaged model is named and left out."""
    found = []
    for manifest in manifests:
        try:
            found.append(judged_model(manifest.name, manifest))
        except ModelDamagedError as error:
            say_error(error)
    return found


def offer_decisions(store: ModelStore, models: Sequence[Judged], cut: dict[str, float]) -> None:
    """Save a cut-off as a model's threshold, or overrule the champion; each with a reason."""
    names = [model.name for model in models]
    left, right = st.columns(2)
    with left, st.form("threshold"):
        st.markdown("**Save a cut-off as a model's threshold**")
        name = st.selectbox("Model", names)
        st.caption("Now shown: " + ", ".join(f"{plain(n)} {cut[n]:.6g}" for n in names))
        reason = st.text_input("Reason")
        if st.form_submit_button("Save the threshold"):
            with explained():
                set_threshold(queue_database(), person_at_work(), store, name, cut[name], reason)
            st.rerun()
    with right, st.form("champion"):
        st.markdown("**Overrule the champion**")
        name = st.selectbox("New champion", names)
        reason = st.text_input("Reason", key="overrule_reason")
        if st.form_submit_button("Make it champion"):
            with explained():
                overrule(queue_database(), person_at_work(), store, name, reason)
            st.rerun()
    pointer = store.pointer()
    if pointer and pointer.overruled and right.button("Go back to the rule"):
        with explained():
            back_to_rule(queue_database(), person_at_work(), store)
        st.rerun()
    for entry in reversed(store.pointer_history()):
        st.caption(f"{entry.at}: {plain(entry.name)}, by {plain(entry.by)}. {plain(entry.reason)}")


open_page("pages/model_comparison.py")
store = model_store()
manifests = stored_manifests()
best = champion(store, manifests)
if best is None:
    st.info("No model is stored yet. Train some now; it takes a minute.", icon=":material/school:")
    offer_training()
    st.stop()

if best.data["synthetic"]:
    synthetic_notice("These models learnt from made-up videos: they say nothing of real ones.")
show_champion(store, best)
for problem in damaged_models():
    say_error(problem)

names = [manifest.name for manifest in manifests]
default = [best.name, *[name for name in names if name != best.name]][:2]
chosen = st.multiselect("Models side by side", names, default=default)
by_name = {manifest.name: manifest for manifest in manifests}
models = judged([by_name[name] for name in chosen])
if not models:
    st.info("Choose at least one model above.")
    st.stop()
st.caption(
    "Measured on the validation split: "
    + "; ".join(f"{plain(m.name)} on {plain(m.manifest.data['name'])}" for m in models)
)
cut = comparison.choose_cutoffs(models)
comparison.show_figures(models, cut)

dataset = dataset_in_use()
section = st.segmented_control("Look closer", SECTIONS, key="section")
if section == "Class reports":
    comparison.show_reports(models, cut)
elif section == "Curves":
    comparison.show_curves(models, cut)
elif section == "Is one better?":
    comparison.show_differences(models, cut)
elif section == "Under stress":
    from claimclf.ui import stress

    stress.show_stress(manifests, dataset)
elif section == "Lanes":
    from claimclf.ui import stress

    stress.show_lanes(models)
elif section == "Slices":
    comparison.show_slices(models, cut, dataset)
elif section == "What it got wrong":
    comparison.show_mistakes(models, cut, dataset)
elif section == "Importances":
    comparison.show_importances(models)
elif section == "Checks":
    comparison.show_checks(models)
elif section == "Would we use it?":
    comparison.show_card(models)
elif section == "Test set":
    comparison.show_test_set(best)

with st.expander("Save a cut-off, overrule the champion", icon=":material/gavel:"):
    offer_decisions(store, models, cut)
with st.expander("Train or search again", icon=":material/school:"):
    offer_training()
if st.button("Prepare the comparison as one HTML file", icon=":material/description:"):
    from claimclf.services.export import comparison_html

    with st.spinner("Drawing …"):
        st.session_state["comparison_html"] = comparison_html(models, cut, dataset)
if "comparison_html" in st.session_state:
    st.download_button(
        "Download comparison.html",
        st.session_state["comparison_html"],
        "comparison.html",
        "text/html",
        icon=":material/download:",
    )
