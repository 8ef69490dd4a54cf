"""Model comparison: random forest beside XGBoost, recall first."""

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.dataset.cleaning import is_claim
from claimclf.modeling.champion import RULE, champion
from claimclf.modeling.evaluation import predict_claim, report_by_class
from claimclf.modeling.store import Manifest
from claimclf.places import models_folder
from claimclf.schema import PROBABILITY
from claimclf.services.models import train_models
from claimclf.ui.page import explained, open_page, plain, synthetic_notice
from claimclf.ui.state import dataset_in_use, model_store


def figures_table(manifests: list[Manifest]) -> pd.DataFrame:
    """Return validation figures, one row a model, recall first."""
    rows = {}
    for manifest in manifests:
        metrics = manifest.metrics["validation"]
        (_, false_positives), (false_negatives, _) = metrics.confusion_matrix
        rows[manifest.name] = {
            "recall": metrics.recall,
            "precision": metrics.precision,
            "F1": metrics.f1,
            "accuracy": metrics.accuracy,
            "claims missed": false_negatives,
            "opinions sent to review": false_positives,
        }
    return pd.DataFrame(rows).T.astype({"claims missed": int, "opinions sent to review": int})


def class_report(manifest: Manifest, part: str) -> pd.DataFrame:
    """Return the classification report of one split, from the stored predictions."""
    predictions = model_store().predictions(manifest.name)
    rows = predictions[predictions["split"] == part]
    predicted = predict_claim(rows[PROBABILITY].to_numpy(), manifest.threshold)
    return report_by_class(is_claim(rows).to_numpy(), predicted)


def show_report(manifest: Manifest, part: str) -> None:
    """Draw a classification report with four digits."""
    shares = dict.fromkeys(("precision", "recall", "f1-score"), "{:.4f}")
    st.dataframe(class_report(manifest, part).style.format({**shares, "support": "{:,}"}))


def offer_training(first: bool) -> None:
    """Train both models on the dataset in use, with progress."""
    dataset = dataset_in_use()
    st.markdown(
        f"Trains a random forest and an XGBoost model on **{plain(dataset.name)}** "
        f"({dataset.description.complete:,} complete rows) and stores them"
        + ("." if first else ", replacing those of the same name.")
    )
    if not st.button("Train both models", type="primary"):
        return
    bar = st.progress(0.0, "Preparing …")
    with explained():
        train_models(
            dataset,
            models_folder(),
            on_progress=lambda done, total, name: bar.progress(done / total, f"Training {name} …"),
        )
    st.rerun()


def show_champion(best: Manifest) -> None:
    """Name the champion, say why, and show its figures on the test set."""
    metrics = best.metrics["validation"]
    (_, extra), (missed, _) = metrics.confusion_matrix
    st.success(
        f"**Champion: {plain(best.name)}**. Recall {metrics.recall:.2%} on validation: it "
        f"misses {missed:,} claims and sends {extra:,} opinions to review.",
        icon=":material/trophy:",
    )
    st.caption(RULE)


open_page("pages/model_comparison.py")
store = model_store()
manifests = store.manifests()
best = champion(store, manifests)
if best is None:
    st.info("No model is stored yet. Train two now; it takes seconds.", icon=":material/school:")
    offer_training(first=True)
    st.stop()

if best.data["synthetic"]:
    synthetic_notice(
        "These models learnt from made-up videos; their figures say nothing of real ones."
    )
show_champion(best)

st.subheader("Figures on the validation set")
shares = dict.fromkeys(("recall", "precision", "F1", "accuracy"), "{:.4f}")
st.dataframe(figures_table(manifests).style.format({**shares}))

names = [manifest.name for manifest in manifests]
default = [best.name, *[name for name in names if name != best.name]][:2]
shown = st.multiselect("Models side by side", names, default=default)
if not shown:
    st.info("Choose at least one model above.")
chosen = [manifest for name in shown for manifest in manifests if manifest.name == name]
for place, manifest in zip(st.columns(max(len(chosen), 1)), chosen, strict=False):
    with place, explained():
        st.subheader(manifest.name)
        st.caption(f"{manifest.algorithm}, trained on {plain(manifest.data['name'])}")
        st.plotly_chart(
            charts.confusion_matrix(
                manifest.metrics["validation"].confusion_matrix, "Confusion matrix, validation"
            ),
            key=f"matrix-{manifest.name}",
        )
        st.markdown("**Classification report, validation**")
        show_report(manifest, "validation")
        st.plotly_chart(
            charts.importances(manifest.importances, "Feature importances"),
            key=f"importances-{manifest.name}",
        )

st.subheader("The champion on the test set")
st.caption(
    "Opened for the champion only: a test set that is looked at for every choice is a test no more."
)
with explained():
    left, right = st.columns(2)
    left.plotly_chart(
        charts.confusion_matrix(
            best.metrics["test"].confusion_matrix, f"Confusion matrix of {best.name}, test"
        ),
        key="matrix-test",
    )
    with right:
        st.markdown("**Classification report, test**")
        show_report(best, "test")

with st.expander("Train again", icon=":material/school:"):
    offer_training(first=False)
