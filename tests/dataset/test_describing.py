from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.dataset import describing
from claimclf.dataset.cleaning import Cleaned, clean, require_both_classes
from claimclf.dataset.describing import Description, describe
from claimclf.dataset.findings import best_cut, findings
from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.validate import validate
from claimclf.errors import TrainingDataError
from claimclf.schema import LABELLED
from tests.builders import labelled_csv

COUNTS = ["view", "like", "share", "download", "comment"]
#: Distinct statements, so that no finding about texts or counts is made unless a test asks.
VARIED = [f"the same w{n} x{n} y{n} z{n} v{n} u{n}" for n in range(40)]


def opened(rows: int, **overrides: Any) -> tuple[Description, Cleaned]:
    validated = validate(read_table(labelled_csv(rows, **overrides)), LABELLED)
    cleaned = clean(validated)
    return describe(validated, cleaned), cleaned


def alternating(rows: int) -> list[str]:
    return ["claim" if row % 2 else "opinion" for row in range(rows)]


def neutral(rows: int = 40, **overrides: Any) -> tuple[Description, Cleaned]:
    """A dataset in which nothing misleads."""
    numbers = {f"video_{name}_count": [str(n // 2) for n in range(rows)] for name in COUNTS}
    given = {
        "claim_status": alternating(rows),
        "video_transcription_text": VARIED[:rows],
        **numbers,
    }
    return opened(rows, **(given | overrides))


def found_codes(description: Description, cleaned: Cleaned) -> list[str]:
    return [finding.code for finding in findings(description, cleaned)]


# Cleaning


def test_rows_with_a_missing_value_are_dropped_and_counted_by_column() -> None:
    _, cleaned = opened(
        5,
        claim_status=["claim", "", "claim", "opinion", "claim"],
        video_view_count=["1", "", "NA", "4", "5"],
        video_id=["a", "b", "c", "d", "e"],
    )
    assert cleaned.rows["video_id"].tolist() == ["a", "d", "e"]
    assert cleaned.rows.index.tolist() == [0, 1, 2]
    assert (cleaned.n_accepted, cleaned.n_dropped) == (5, 2)
    assert cleaned.missing == {"claim_status": 1, "video_view_count": 2}


def test_a_missing_value_in_a_column_of_ones_own_drops_nothing() -> None:
    _, cleaned = opened(3, note=["", "NA", "x"])
    assert cleaned.n_dropped == 0


def test_text_length_is_the_number_of_characters() -> None:
    _, cleaned = opened(3, video_transcription_text=["abc", "שלום", "é 😀"])
    assert cleaned.rows["text_length"].tolist() == [3, 4, 3]


@pytest.mark.parametrize(("claims", "refused"), [(0, True), (9, True), (10, False)])
def test_ten_rows_of_each_class_are_needed(claims: int, refused: bool) -> None:
    _, cleaned = opened(20 + claims, claim_status=["opinion"] * 20 + ["claim"] * claims)
    if refused:
        with pytest.raises(TrainingDataError, match=f"20 opinion, {claims} claim"):
            require_both_classes(cleaned)
    else:
        require_both_classes(cleaned)


# Describing


def test_the_description_counts_rows_of_every_fate() -> None:
    description, _ = opened(
        5,
        video_id=["a", "b", "c", "d", "d"],
        claim_status=["claim", "claim", "opinion", "", "claim"],
        video_transcription_text=["1234", "12", "123456", "x", "y"],
        video_view_count=["9", "9", "9", "9", "-9"],
    )
    assert (description.rows, description.columns) == (5, 11)
    assert (description.rejected, description.complete) == (1, 3)
    assert description.missing_per_column["claim_status"] == 1
    assert description.missing_per_column["video_view_count"] == 0
    assert description.class_shares == pytest.approx({"opinion": 1 / 3, "claim": 2 / 3})
    assert description.mean_text_length == {"opinion": 6.0, "claim": 3.0}


def test_equal_rows_are_duplicates_and_rejected_for_their_id() -> None:
    description, _ = opened(3, video_id="same", video_transcription_text="t", video_view_count="1")
    assert (description.duplicates, description.rejected) == (2, 2)


def test_a_class_without_rows_has_share_zero_and_no_mean_length() -> None:
    description, _ = opened(3, claim_status="opinion")
    assert description.class_shares == {"opinion": 1.0, "claim": 0.0}
    assert list(description.mean_text_length) == ["opinion"]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**7)), min_size=1, max_size=30))
def test_histograms_count_every_video_of_each_class_once(videos: list[tuple[bool, int]]) -> None:
    rows = pd.DataFrame(
        {
            "claim_status": ["claim" if claim else "opinion" for claim, _ in videos],
            "video_view_count": [float(views) for _, views in videos],
            "text_length": [views % 200 for _, views in videos],
        }
    )
    expected = rows["claim_status"].value_counts().reindex(["opinion", "claim"], fill_value=0)
    for bins in (
        describing.length_histogram(rows),
        describing.count_histogram(rows, "video_view_count"),
    ):
        counted = bins.groupby("label")["videos"].sum()
        assert counted.to_dict() == expected.to_dict()
        assert (bins["low"] < bins["high"]).all()


def test_few_very_long_texts_do_not_push_the_others_into_a_corner() -> None:
    lengths = [*range(100, 200), 90_000]
    rows = pd.DataFrame({"claim_status": "claim", "text_length": lengths})
    bins = describing.length_histogram(rows)
    assert bins["high"].max() <= 201
    assert bins["videos"].sum() == len(lengths)
    assert describing.longest_drawn(rows.head(100)) == 199


def test_a_count_of_zero_has_a_bin_of_its_own() -> None:
    rows = pd.DataFrame({"claim_status": ["claim"] * 3, "video_view_count": [0.0, 0.0, 1.0]})
    bins = describing.count_histogram(rows, "video_view_count")
    claims = bins[bins["label"] == "claim"]
    assert claims.iloc[0].to_dict() == {"label": "claim", "low": 0.0, "high": 1.0, "videos": 2}
    assert claims.iloc[1]["videos"] == 1


def test_shares_of_a_category_add_up_to_one_within_each_class() -> None:
    _, cleaned = opened(
        4,
        claim_status=["claim", "claim", "claim", "opinion"],
        verified_status=["verified", "not verified", "not verified", "verified"],
    )
    shares = describing.shares_by_class(cleaned.rows, "verified_status")
    claims = shares[shares["label"] == "claim"].set_index("verified_status")
    assert claims["videos"].to_dict() == {"not verified": 2, "verified": 1}
    assert claims["share"].to_dict() == pytest.approx({"not verified": 2 / 3, "verified": 1 / 3})
    assert shares.groupby("label")["share"].sum().tolist() == pytest.approx([1, 1])


def test_summary_statistics_have_one_row_for_each_number() -> None:
    _, cleaned = opened(3, video_view_count=["10", "20", "60"])
    statistics = describing.summary_statistics(cleaned.rows)
    assert statistics.loc["video_view_count", ["count", "mean", "min", "50%", "max"]].tolist() == [
        3, 30, 10, 20, 60,
    ]  # fmt: skip
    assert len(statistics) == 7


def test_correlations_are_of_ranks_and_with_the_label() -> None:
    _, cleaned = opened(
        4,
        claim_status=["opinion", "opinion", "claim", "claim"],
        video_view_count=["1", "2", "30", "4000"],
        video_like_count=["1000", "100", "10", "1"],
        video_share_count=["1", "2", "3", "4"],
    )
    matrix = describing.correlations(cleaned.rows)
    assert matrix.loc["video_view_count", "video_like_count"] == pytest.approx(-1)
    assert matrix.loc["video_view_count", "video_share_count"] == pytest.approx(1)
    assert matrix.loc["claim", "video_view_count"] == pytest.approx(0.894, abs=1e-3)


def test_telling_ngrams_belong_to_the_class_that_uses_them() -> None:
    rows = pd.DataFrame(
        {
            "claim_status": ["claim"] * 30 + ["opinion"] * 30,
            "video_transcription_text": ["they read that cats purr"] * 30
            + ["our view is that cats purr"] * 30,
        }
    )
    ngrams = describing.telling_ngrams(rows, most=50)
    by_label = ngrams.groupby("label")["ngram"].agg(set)
    assert {"read", "they read that"} <= by_label["claim"]
    assert {"view", "our view is"} <= by_label["opinion"]
    assert not {"cats", "cats purr"} & (by_label["claim"] | by_label["opinion"])
    view = ngrams.set_index("ngram").loc["view"]
    assert view["videos"] == 30
    assert view["log_odds"] == pytest.approx(np.log(0.5 / 30.5))


def test_no_frequent_words_are_no_ngrams() -> None:
    _, cleaned = opened(30, video_transcription_text=[f"word{n}" for n in range(30)])
    assert describing.telling_ngrams(cleaned.rows).empty
    assert describing.telling_ngrams(cleaned.rows.head(0)).empty


# Findings


def test_a_dataset_in_which_nothing_misleads_has_no_findings() -> None:
    assert found_codes(*neutral()) == []


@pytest.mark.parametrize(
    ("code", "overrides", "words", "number", "level"),
    [
        ("missing", {"video_like_count": ["", *["7"] * 39]}, "1 rows (2.5%)", 0.025, "watch"),
        ("rejected", {"video_like_count": ["-1", *["7"] * 39]}, "1 of 40 rows", 0.025, "watch"),
        ("synthetic", {"video_id": [f"demo-{n}" for n in range(40)]}, "All 40", 1.0, "warning"),
        (
            "imbalance",
            {"claim_status": [*["claim"] * 10, *["opinion"] * 30]},
            "Only 25.0%",
            0.25,
            "watch",
        ),
        (
            "near_identical_statements",
            {"video_transcription_text": [t[:3] + " the same six words end this" for t in VARIED]},
            "100.0%",
            1.0,
            "warning",
        ),
        (
            "opening_words",
            {
                "video_transcription_text": [
                    ("i read " if n % 2 else "our view ") + VARIED[n] for n in range(40)
                ]
            },
            "100.0%",
            1.0,
            "warning",
        ),
        (
            "separates_alone",
            {"video_view_count": ["20000" if n % 2 else "50" for n in range(40)]},
            "'video_view_count > 50' alone is right for 100.0%",
            1.0,
            "warning",
        ),
    ],
)
def test_each_trap_is_found_with_its_number(
    code: str, overrides: dict[str, Any], words: str, number: float, level: str
) -> None:
    description, cleaned = neutral(**overrides)
    by_code = {finding.code: finding for finding in findings(description, cleaned)}
    assert code in by_code
    assert words in by_code[code].title
    assert (by_code[code].number, by_code[code].level) == (pytest.approx(number), level)


def test_repeated_rows_are_found() -> None:
    description, cleaned = opened(3, video_id="same", video_transcription_text="t")
    assert description.duplicates == 0  # their view counts differ
    description, cleaned = opened(
        3, video_id="same", video_transcription_text="t", video_view_count="1"
    )
    assert "duplicates" in found_codes(description, cleaned)


def test_a_dataset_without_a_complete_row_still_has_findings() -> None:
    assert found_codes(*opened(2, claim_status="")) == ["missing"]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=15))
def test_the_best_cut_is_as_good_as_any_tried_one_by_one(pairs: list[tuple[int, int]]) -> None:
    values = np.array([float(value) for value, _ in pairs])
    labels = np.array([label for _, label in pairs])
    cut, right = best_cut(values, labels)
    assert right == pytest.approx(((values > cut) == labels).mean())
    tried = [((values > other) == labels).mean() for other in (-1.0, *values)]
    assert right == pytest.approx(max(tried))


# The course's dataset


@pytest.mark.dataset
def test_the_course_dataset_has_its_known_traps(course: Any) -> None:
    titles = [finding.title for finding in course.findings]
    assert titles[0] == "298 rows (1.5%) have missing values"
    assert any("'video_view_count > " in t and t.endswith("99.5% of the rows") for t in titles)
    assert {finding.code for finding in course.findings} == {
        "missing",
        "separates_alone",
        "near_identical_statements",
        "opening_words",
    }
