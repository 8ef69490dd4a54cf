"""The words of a case, marked by the model that scored them, or why they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ModelDamagedError, ModelError, ModelNotFoundError
from claimclf.schema import TRANSCRIPT
from claimclf.ui.messages import plain, say_error
from claimclf.ui.state.models import loaded_model, model_in_use

# The page is there before its first case, whose explanation takes seconds to import.
if TYPE_CHECKING:
    from claimclf.modeling.store.model import Model
    from claimclf.queue.storage.cases import Case


def show_words(case: Case) -> None:
    """Draw why a person must look, and the transcript with the words that moved its score."""
    if case.reason:
        st.warning(f"{plain(case.reason).capitalize()}.")
    with st.container(key="transcript"):
        model = None if case.probability is None else _model_of(case)
        if model is None:
            st.text(case.video[TRANSCRIPT] or "No transcript.")
            return
        from claimclf.services.explaining import explain_video
        from claimclf.ui.transcript import show_transcript

        show_transcript(explain_video(model, case.video))


def _model_of(case: Case) -> Model | None:
    """Return the model that scored a case: no other one can say why; None is said on the page."""
    scored_by = (case.model_name, case.model_version)
    try:
        model = model_in_use()
        if (model.name, model.manifest.version) != scored_by:
            model = loaded_model(case.model_name)
    except ModelNotFoundError:
        model = None
    except ModelDamagedError as error:
        _say_unmarked(case, "cannot be read")
        say_error(error)
        return None
    except ModelError as error:  # a person can decide without
        say_error(error)
        return None
    if model is None or (model.name, model.manifest.version) != scored_by:
        _say_unmarked(case, "is no longer stored")
        return None
    return model


def _say_unmarked(case: Case, why: str) -> None:
    st.caption(
        f"Words are not marked: the model that scored this text, {plain(case.model_name)} of "
        f"version {plain(case.model_version)}, {why}."
    )
