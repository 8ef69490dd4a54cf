"""Model comparison: in what models differ first; a closer look is one click away."""

from functools import partial

import streamlit as st

from claimclf.ui.comparison.champion import offer_decisions
from claimclf.ui.comparison.choosing import choose_models, choose_source
from claimclf.ui.comparison.cutoffs import choose_cutoffs
from claimclf.ui.comparison.export import offer_export
from claimclf.ui.comparison.learning import offer_learning
from claimclf.ui.comparison.sections import Compared, show_section
from claimclf.ui.comparison.training import offer_training
from claimclf.ui.folds import fold
from claimclf.ui.frame.opening import open_page
from claimclf.ui.messages import say_error, synthetic_notice
from claimclf.ui.state.dataset import dataset_in_use
from claimclf.ui.state.models import champion, damaged_models, stored_manifests

person = open_page("pages/model_comparison.py")
best = champion()
if best is None:
    st.info("No model is stored yet. Train some now; it takes a minute.", icon=":material/school:")
    offer_training()
    st.stop()

if best.data["synthetic"]:
    synthetic_notice("These models learnt from made-up videos: they say nothing of real ones.")
for problem in damaged_models():
    say_error(problem)

models = choose_models(stored_manifests(), best)
source = choose_source(models)
cut = choose_cutoffs(models, source)
compared = Compared(stored_manifests(), best, models, cut, dataset_in_use(), source)
show_section(compared)

fold(
    "Save a cut-off, overrule the champion",
    partial(offer_decisions, models, cut),
    key="decisions",
    icon=":material/gavel:",
)
fold(
    "Learn from decisions",
    partial(offer_learning, stored_manifests(), best),
    key="learning",
    icon=":material/model_training:",
)
fold("Train or search again", offer_training, key="training", icon=":material/school:")
offer_export(compared)
