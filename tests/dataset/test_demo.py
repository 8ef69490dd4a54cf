from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimclf.dataset.cleaning import is_synthetic
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.validate import validate
from claimclf.errors import InvalidRequestError
from claimclf.schema import CAPTION, LABELLED, POSTED_AT, REPORTED, SAVES

relaxed = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
sizes = st.integers(1, 60)
seeds = st.integers(0, 2**32)

#: What is published about the dataset: least and most views of each class.
PUBLISHED_VIEWS = {"claim": (1_049, 999_817), "opinion": (20, 9_998)}
ENGAGEMENT = ["video_like_count", "video_share_count", "video_download_count",
              "video_comment_count"]  # fmt: skip


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    return demo_videos(4_000, 7, labelled=True)


@pytest.fixture(scope="module")
def reported() -> pd.DataFrame:
    return demo_videos(4_000, 7)


@relaxed
@given(sizes, seeds, st.booleans())
def test_the_same_seed_gives_the_same_videos(rows: int, seed: int, with_labels: bool) -> None:
    first = demo_videos(rows, seed, labelled=with_labels)
    pd.testing.assert_frame_equal(first, demo_videos(rows, seed, labelled=with_labels))
    assert len(first) == rows


def test_another_seed_gives_other_videos() -> None:
    assert not demo_videos(50, 1).equals(demo_videos(50, 2))


@relaxed
@given(sizes, seeds, st.booleans())
def test_no_video_breaks_the_contract_or_lacks_a_value(
    rows: int, seed: int, with_labels: bool
) -> None:
    contract = LABELLED if with_labels else REPORTED
    videos = demo_videos(rows, seed, labelled=with_labels)
    unknown = () if with_labels else (CAPTION, SAVES, POSTED_AT)
    assert tuple(videos.columns) == tuple(n for n in contract.names if n not in unknown)
    validated = validate(read_table(videos.to_csv(index=False).encode()), contract)
    assert validated.problems["message"].tolist() == []
    assert len(validated.accepted) == rows
    values = validated.accepted.drop(columns=POSTED_AT, errors="ignore")
    assert not values.isna().any(axis=None)
    assert validated.notes.empty


@pytest.mark.parametrize("label", PUBLISHED_VIEWS)
def test_views_reach_over_the_published_range_of_their_class(
    labelled: pd.DataFrame, label: str
) -> None:
    least, most = PUBLISHED_VIEWS[label]
    views = labelled.loc[labelled["claim_status"] == label, "video_view_count"]
    assert views.between(least, most).all()
    assert views.min() < least + 0.01 * most
    assert views.max() > 0.99 * most


def test_durations_are_from_five_to_sixty_seconds(labelled: pd.DataFrame) -> None:
    durations = labelled["video_duration_sec"]
    assert (durations.min(), durations.max()) == (5, 60)


def test_nobody_likes_a_video_more_often_than_it_was_seen(labelled: pd.DataFrame) -> None:
    assert (labelled["video_like_count"] <= labelled["video_view_count"]).all()
    for name in ENGAGEMENT[1:]:
        assert (labelled[name] <= labelled["video_like_count"]).all()
        assert (labelled[name] >= 0).all()


def test_half_of_the_videos_are_claims(labelled: pd.DataFrame) -> None:
    # 50.35 % are meant; four standard errors of 4,000 draws are 3.2 points.
    share = (labelled["claim_status"] == "claim").mean()
    assert share == pytest.approx(0.5035, abs=0.032)


def test_claims_are_framed_as_heard_and_opinions_as_held(labelled: pd.DataFrame) -> None:
    text = labelled["video_transcription_text"]
    claim = labelled["claim_status"] == "claim"
    heard = text.str.contains(r"\b(?:read|learned|discovered|found out)\b")
    held = text.str.match(r"(?:my|our|i am|we are)\b")
    assert heard[claim].all()
    assert not held[claim].any()
    assert held[~claim].all()


def test_one_statement_stands_in_claims_and_in_opinions(labelled: pd.DataFrame) -> None:
    ending = labelled["video_transcription_text"].str.split().str[-6:].str.join(" ")
    labels = labelled["claim_status"].groupby(ending).nunique()
    assert (labels == 2).mean() > 0.5


def test_authors_of_claims_are_more_often_banned_and_less_often_verified(
    labelled: pd.DataFrame,
) -> None:
    claim = labelled["claim_status"] == "claim"
    banned = labelled["author_ban_status"] == "banned"
    verified = labelled["verified_status"] == "verified"
    assert banned[claim].mean() > 2 * banned[~claim].mean()
    assert verified[~claim].mean() > 2 * verified[claim].mean()


def test_reports_are_heavy_tailed(reported: pd.DataFrame) -> None:
    reports = reported["report_count"].sort_values(ascending=False)
    assert reports.min() >= 1
    assert reports.median() < 10
    assert reports.head(len(reports) // 100).sum() > 0.2 * reports.sum()


def test_some_authors_have_several_videos(reported: pd.DataFrame) -> None:
    assert 1 < reported["author_id"].nunique() < len(reported)


def test_the_latest_report_is_never_before_the_first(reported: pd.DataFrame) -> None:
    first = pd.to_datetime(reported["first_reported_at"], utc=True)
    last = pd.to_datetime(reported["last_reported_at"], utc=True)
    assert (first <= last).all()
    assert last.max() <= pd.Timestamp("2025-06-01T12:00:00Z")


def test_synthetic_videos_are_known_by_their_ids(reported: pd.DataFrame) -> None:
    assert reported["video_id"].is_unique
    assert is_synthetic(reported)
    mixed = reported.assign(video_id=reported["video_id"].where(reported.index > 0, "real"))
    assert not is_synthetic(mixed)
    assert not is_synthetic(reported.head(0))


@pytest.mark.parametrize("rows", [0, -1, 10_000_001])
def test_a_number_of_rows_out_of_range_is_refused(rows: int) -> None:
    with pytest.raises(InvalidRequestError, match=rf"out of range\. Found: {rows:,}\."):
        demo_videos(rows)
