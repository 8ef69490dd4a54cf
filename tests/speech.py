"""A small world of made-up talk: claims have figures in them, opinions have views."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.labelled_texts import LabelledTexts
from claimclf.dataset.reading import read_table
from claimclf.services.stress import read_texts

_TOPICS = ("taxes", "schools", "farms", "roads", "hospitals", "jobs", "wages", "ports")
_PLACES = tuple(
    f"{side} {land}"
    for side in ("northern", "southern", "eastern", "western", "upper", "lower", "central", "old")
    for land in ("Ohio", "Texas", "Maine", "Iowa", "Utah", "Oregon", "Georgia", "Nevada")
)
_CLAIMS = (
    "We have cut {topic} in {place} by {n} percent since 19{y}.",
    "Last year there were {n} million {topic} in {place}.",
    "He voted against {topic} in {place} {n} times.",
    "The number of {topic} in {place} has doubled in {n} years, and that's a fact.",
)
_VIEWS = (
    "I believe that {topic} matter to every one of us in {place}.",
    "We must do better on {topic} in {place}, my friends.",
    "What do you think of our {topic} in {place}?",
    "I'm proud of {topic} in {place} and I hope you are too.",
)


def talk(n: int = 240, seed: int = 0, tail: str = "") -> pd.DataFrame:
    """Return made-up sentences in the order in which they were spoken."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(n):
        forms = (_VIEWS, _CLAIMS)[number % 2]
        topic = _TOPICS[int(rng.integers(len(_TOPICS)))]
        form = forms[int(rng.integers(len(forms)))]
        place = _PLACES[int(rng.integers(len(_PLACES)))]
        figures = {"n": int(rng.integers(2, 90)), "y": int(rng.integers(60, 99))}
        text = form.format(topic=topic, place=place, **figures)
        lines.append({"sentence_id": number, "label": number % 2, "text": text + tail})
    return pd.DataFrame(lines)


def talk_file(path: Path, n: int = 240, seed: int = 0, tail: str = "") -> Path:
    """Write made-up sentences."""
    talk(n, seed, tail).to_csv(path, index=False)
    return path


def texts_of(table: pd.DataFrame, name: str = "talk.csv", weight: float = 1.0) -> LabelledTexts:
    """Read a table as labelled texts, as the command does."""
    content = io.BytesIO()
    table.to_csv(content, index=False)
    return read_texts(read_table(content.getvalue(), name), weight)


def course_rows(n: int = 400, seed: int = 3) -> pd.DataFrame:
    """Return labelled made-up videos."""
    return demo_videos(n, seed, labelled=True)
