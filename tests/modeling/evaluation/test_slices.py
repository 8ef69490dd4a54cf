from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score

from claimclf.dataset.demo import demo_videos
from claimclf.modeling.evaluation.slices import slices
from claimclf.modeling.evaluation.statistics import wilson


def labelled(n: int, seed: int = 1) -> pd.DataFrame:
    rows = demo_videos(n, seed=seed, labelled=True)
    return rows.assign(text_length=rows["video_transcription_text"].str.len())


ROWS = labelled(1000)
CLAIM = (ROWS["claim_status"] == "claim").to_numpy()
PREDICTED = CLAIM ^ (np.arange(1000) % 9 == 0)


def test_every_video_is_in_one_slice_of_each_column() -> None:
    parts = slices(ROWS, PREDICTED)
    columns = [
        "verified_status", "author_ban_status", "text_length", "video_view_count",
        "video_duration_sec",
    ]  # fmt: skip
    assert parts["column"].drop_duplicates().tolist() == columns
    assert set(parts.groupby("column")["n"].sum()) == {1000}
    assert set(parts.groupby("column")["n_claims"].sum()) == {int(CLAIM.sum())}


def test_rates_are_scikit_learns_with_wilson_intervals() -> None:
    parts = slices(ROWS, PREDICTED).set_index("value")
    for value in ("active", "banned", "under review"):
        inside = (ROWS["author_ban_status"] == value).to_numpy()
        part, claim, predicted = parts.loc[value], CLAIM[inside], PREDICTED[inside]
        assert part["recall"] == pytest.approx(recall_score(claim, predicted))
        specificity = recall_score(claim, predicted, pos_label=0)
        assert part["specificity"] == pytest.approx(specificity)
        caught = wilson(int((claim & predicted).sum()), int(claim.sum()))
        assert (part["recall_low"], part["recall_high"]) == (caught.low, caught.high)
        spared = wilson(int((~claim & ~predicted).sum()), int((~claim).sum()))
        assert (part["specificity_low"], part["specificity_high"]) == (spared.low, spared.high)


def test_numbers_are_cut_into_quarters_as_pandas_does() -> None:
    quarters = slices(ROWS, PREDICTED).query("column == 'video_duration_sec'")
    expected = pd.qcut(ROWS["video_duration_sec"], 4).value_counts(sort=False)
    assert quarters["n"].tolist() == expected.tolist()
    assert quarters["value"].iloc[0].startswith("5-")
    assert quarters["value"].iloc[-1].endswith("-60 s")


def test_names_show_the_values_inside_with_their_unit() -> None:
    rows = ROWS.head(8).assign(
        video_duration_sec=[5, 6, 7, 8, 9, 10, 11, 12.5],
        video_view_count=[1, 2, 3, 4, 5, 6, 7, 1_234_567],
        text_length=40,
    )
    values = slices(rows, PREDICTED[:8])["value"].tolist()
    assert values[-4:] == ["5-6 s", "7-8 s", "9-10 s", "11-12.5 s"]
    assert "7-1,234,567 views" in values
    assert values.count("40 characters") == 1


def test_small_slices_are_marked_and_empty_rates_are_unknown() -> None:
    few = ROWS[CLAIM].head(40)
    parts = slices(few, np.ones(40, dtype=bool)).set_index("value")
    active = parts.loc["active"]
    assert (active["n"] < 30) == active["small"] == active["recall_small"]
    assert parts.loc["not verified", "n"] >= 30
    assert not parts.loc["not verified", "small"]
    assert parts.loc["not verified", "specificity_small"]
    assert parts["specificity"].isna().all()
    assert (parts[["specificity_low", "specificity_high"]] == [0.0, 1.0]).all(axis=None)


def test_no_rows_have_no_slices() -> None:
    assert slices(ROWS.head(0), np.array([], dtype=bool)).empty
