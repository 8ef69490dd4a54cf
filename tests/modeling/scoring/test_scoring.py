from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.validate import validate
from claimclf.modeling.scoring.ranking import rank
from claimclf.modeling.scoring.score import Scored
from claimclf.modeling.store.model import Model
from claimclf.queue.queries.filters import Filters
from claimclf.schema import OUTPUT, REPORTED, Lane
from claimclf.services.triage import filtered, top, triage

VIDEOS = demo_videos(60, seed=3)


def scored(
    reports: list[int], probabilities: list[float], views: list[int], order: list[int]
) -> Scored:
    """Videos with given ranking keys, in a given row order."""
    n = len(reports)
    frame = VIDEOS.head(n).assign(
        report_count=reports, video_view_count=views, video_id=[f"v{i}" for i in range(n)]
    )
    frame = frame.iloc[order]
    validated = validate(read_table(frame.to_csv(index=False).encode()), REPORTED)
    p = np.array(probabilities)[order]
    lanes = np.select([np.isnan(p), p > 0.5], [Lane.UNCERTAIN, Lane.CLAIMS], Lane.OPINIONS)
    predictions = pd.DataFrame(
        {"claim_probability": p, "prediction": "", "lane": lanes, "reason": ""},
        index=validated.accepted.index,
    )
    return Scored(validated, "model", predictions)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[float], list[int], list[int]]:
    n = draw(st.integers(1, 8))
    few = st.integers(0, 2)
    probability = st.sampled_from([0.1, 0.4, 0.6, 0.9, float("nan")])
    lists = [draw(st.lists(s, min_size=n, max_size=n)) for s in (few, probability, few)]
    return (*lists, draw(st.permutations(range(n))))  # type: ignore[return-value]


@given(cases())
@settings(deadline=None, max_examples=60)
def test_ranking_is_total_and_does_not_depend_on_the_order_of_rows(
    case: tuple[list[int], list[float], list[int], list[int]],
) -> None:
    reports, probabilities, views, order = case
    ranked = rank(scored(reports, probabilities, views, order)).videos
    place = {True: 0, False: 1}

    def key(i: int) -> tuple[float, ...]:
        p = probabilities[i]
        group = 2 if np.isnan(p) else place[p > 0.5]
        return (group, -reports[i], 0 if np.isnan(p) else -p, -views[i], i)

    expected = [f"v{i}" for i in sorted(range(len(reports)), key=key)]
    assert ranked["video_id"].tolist() == expected
    assert ranked["rank"].tolist() == list(range(1, len(reports) + 1))


@pytest.mark.parametrize(
    "column", ["video_transcription_text", "video_view_count", "verified_status"]
)
def test_video_without_a_needed_value_is_listed_apart_and_never_dropped(
    forest: Model, column: str
) -> None:
    frame = VIDEOS.head(5).astype({column: object})
    frame.loc[2, column] = None
    ranked = triage(read_table(frame.to_csv(index=False).encode()), forest)
    last = ranked.videos.iloc[-1]
    assert len(ranked.videos) == 5
    assert last["video_id"] == frame.loc[2, "video_id"]
    assert last["lane"] == Lane.UNCERTAIN
    assert last["reason"] == f"cannot be scored: no {column}"
    assert pd.isna(last["claim_probability"])
    assert ranked.n_unscorable == 1


def test_a_video_without_report_count_is_scored_and_comes_behind_those_with_one(
    forest: Model,
) -> None:
    frame = VIDEOS.head(5).astype({"report_count": object})
    frame.loc[2, "report_count"] = None
    ranked = triage(read_table(frame.to_csv(index=False).encode()), forest)
    assert ranked.n_unscorable == 0
    lane = ranked.videos.groupby(ranked.videos["lane"] == Lane.OPINIONS)["video_id"].agg(list)
    assert any(ids[-1] == frame.loc[2, "video_id"] for ids in lane)


def test_output_leads_with_our_columns_and_keeps_the_inputs_own_untouched(forest: Model) -> None:
    frame = VIDEOS.head(4).rename(columns={"report_count": "Reports"})
    frame = frame.assign(rank="mine", note=" kept  as is ")
    frame[""] = ["a", "b", "c", "d"]
    out = triage(read_table(frame.to_csv(index=False).encode()), forest).output()
    assert tuple(out.columns[: len(OUTPUT)]) == OUTPUT
    assert out["input_rank"].tolist() == ["mine"] * 4
    assert out["note"].tolist() == [" kept  as is "] * 4
    assert sorted(out[""]) == ["a", "b", "c", "d"]
    assert out["Reports"].tolist() == out["report_count"].astype(str).tolist()


def test_scoring_is_the_pipelines_and_counts_up(forest: Model) -> None:
    seen: list[tuple[int, int]] = []
    table = read_table(VIDEOS.to_csv(index=False).encode())
    ranked = triage(table, forest, on_progress=lambda done, all_: seen.append((done, all_)))
    accepted = ranked.scored.validated.accepted
    expected = forest.pipeline.predict_proba(accepted)[:, 1]
    probabilities = ranked.videos["claim_probability"].reindex(accepted.index).to_numpy()
    assert np.array_equal(probabilities, expected)
    assert seen == [(60, 60)]


def test_filters_narrow_and_the_share_rounds_up(forest: Model) -> None:
    ranked = triage(read_table(VIDEOS.to_csv(index=False).encode()), forest)
    claims = filtered(ranked, Filters(lanes=(Lane.CLAIMS,)))
    assert set(claims["lane"]) == {"claims"}
    assert len(claims) + len(filtered(ranked, Filters(lanes=(Lane.OPINIONS,)))) == 60
    words = filtered(ranked, Filters(text="OAK full"))["video_transcription_text"]
    assert len(words)
    assert words.str.contains("full grown oak").all()
    least = filtered(ranked, Filters(min_reports=5))
    assert (least["report_count"] >= 5).all()
    banned = filtered(ranked, Filters(ban=("banned",), verified=("not verified",)))
    assert set(banned["author_ban_status"]) <= {"banned"}
    assert len(top(claims, 1)) == 1
    assert top(claims, 100).equals(claims)
    assert len(top(claims, 50)) == -(-len(claims) // 2)
