"""The words of a case, marked by the model that scored them, or why they are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ModelDamagedError, ModelError, ModelNotFoundError
from claimclf.schema import TRANSCRIPT
from claimclf.ui.messages import plain, say_error
from claimclf.ui.running_text import escaped, scrolled_html, text_html
from claimclf.ui.state.models import loaded_model, model_in_use

# The page is there before its first case, whose explanation takes seconds to import.
if TYPE_CHECKING:
    from claimclf.modeling.explaining.explained import Explained
    from claimclf.modeling.store.model import Model
    from claimclf.queue.storage.cases import Case


@dataclass(frozen=True)
class Words:
    """What can be said of the words of a case.

    Parameters
    ----------
    score : Explained or None
        Where the score comes from; None where no model can say.
    unmarked : str
        Why no word is marked, for the page; empty where there is nothing to say.
    """

    score: Explained | None
    unmarked: str = ""


def words_of(case: Case) -> Words:
    """Say where a score comes from: only the model that gave it can."""
    if case.probability is None:
        return Words(None)
    model, unmarked = _model_of(case)
    if model is None:
        return Words(None, unmarked)
    from claimclf.services.explaining import explain_video

    return Words(explain_video(model, case.video))


def show_words(case: Case, words: Words) -> None:
    """Draw the transcript with the words that moved its score."""
    with st.container(key="transcript"):
        text = str(case.video[TRANSCRIPT] or "")
        if words.score is None or not text.strip():
            st.html(scrolled_html(text_html(escaped(text) or "No transcript.")))
        else:
            from claimclf.ui.transcript import legend_html, transcript_html

            st.html(scrolled_html(transcript_html(words.score)))
            st.html(legend_html(words.score))
        if words.unmarked:
            st.caption(words.unmarked)


def _model_of(case: Case) -> tuple[Model | None, str]:
    """Return the model that scored a case, or why there is none."""
    scored_by = (case.model_name, case.model_version)
    try:
        model = model_in_use()
        if (model.name, model.manifest.version) != scored_by:
            model = loaded_model(case.model_name)
    except ModelNotFoundError:
        return None, _unmarked(case, "is no longer stored")
    except ModelDamagedError as error:
        say_error(error)
        return None, _unmarked(case, "cannot be read")
    except ModelError as error:  # a person can decide without
        say_error(error)
        return None, ""
    if (model.name, model.manifest.version) != scored_by:
        return None, _unmarked(case, "is no longer stored")
    return model, ""


def _unmarked(case: Case, why: str) -> str:
    return (
        f"Words are not marked: the model that scored this text, {plain(case.model_name)} of "
        f"version {plain(case.model_version)}, {why}."
    )
