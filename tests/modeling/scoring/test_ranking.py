"""What puts one video before another: policies, totals, and a total order under each."""

from __future__ import annotations

import io
from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.dataset.reading import read_table
from claimclf.errors import InputError
from claimclf.modeling.scoring.ranking import ADDED, Ranked, ranked_anew
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import OUTPUT, Lane, Ranking
from claimclf.services.triage import triage
from tests.builders import reported_csv
from tests.conftest import ROOT

A, B = "the tower is nine thousand years old today", "a small whale can sleep for eleven hours"
VIDEOS = {
    "video_transcription_text": [
        f"someone read online that {A}",
        f"a friend heard on the radio that {A}",
        f"someone read online that {B}",
        f"our view is that {A}",
    ],
    "report_count": ["5", "4", "8", "100"],
    "author_id": ["ann", "bob", "", "bob"],
    "video_view_count": ["500000"] * 3 + ["500"],
    "video_like_count": ["200000"] * 3 + ["50"],
}


@cache
def words_model() -> Model:
    return ModelStore(ROOT / "models").load("content-random-forest")


@pytest.fixture
def words() -> Model:
    return words_model()


def ranked(model: Model, ranking: Ranking = Ranking.REPORTS, **overrides: object) -> Ranked:
    content = reported_csv(4, **(VIDEOS | overrides))
    return triage(read_table(content), model, ranking=ranking)


def order(queue: Ranked) -> list[str]:
    return [str(name).removeprefix("video-") for name in queue.videos["video_id"]]


def test_a_statement_counts_all_its_videos_and_reports_whatever_their_framing(
    words: Model,
) -> None:
    videos = ranked(words).videos.set_index("video_id").sort_index()
    assert videos["statement_videos"].tolist() == [3, 3, 1, 3]
    assert videos["statement_reports"].tolist() == [109, 109, 8, 109]
    assert videos["statement_id"].nunique() == 2
    assert videos["author_reports"].tolist() == [5, 104, 8, 104]


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        (Ranking.REPORTS, ["3", "1", "2", "4"]),
        (Ranking.EXPECTED_CLAIMS, ["3", "1", "2", "4"]),
        (Ranking.STATEMENT, ["1", "2", "3", "4"]),
        (Ranking.AUTHOR, ["2", "3", "1", "4"]),
    ],
)
def test_each_policy_orders_as_it_says_and_opinions_come_last(
    words: Model, ranking: Ranking, expected: list[str]
) -> None:
    queue = ranked(words, ranking)
    assert order(queue) == expected
    assert order(ranked_anew(ranked(words), ranking)) == expected


def test_expected_claims_weigh_reports_by_probability(forest: Model) -> None:
    queue = ranked(forest, Ranking.EXPECTED_CLAIMS).videos
    review = queue[queue["lane"] == Lane.CLAIMS]
    weight = review["claim_probability"] * review["report_count"]
    assert weight.is_monotonic_decreasing


def test_uncertain_videos_stand_among_the_claims_by_their_reports(words: Model) -> None:
    unheard = "what the senator never told you about bread"
    spoken = [*VIDEOS["video_transcription_text"][:1], unheard, *["our view is that x y z"] * 2]
    queue = ranked(words, video_transcription_text=spoken, report_count=["5", "9", "50", ""])
    assert order(queue) == ["2", "1", "3", "4"]
    assert queue.videos["lane"].tolist() == ["uncertain", "claims", "opinions", "opinions"]
    assert queue.videos["reason"].tolist() == [
        "unlike anything the model was trained on", "", "", "",
    ]  # fmt: skip


def test_without_authors_ranking_by_author_is_refused_and_says_why(words: Model) -> None:
    with pytest.raises(InputError, match="'author_id' is missing"):
        ranked(words, Ranking.AUTHOR, author_id=None)
    assert "author_reports" not in ranked(words, author_id=None).output()


def test_own_columns_stand_untouched_between_what_is_added(words: Model) -> None:
    output = ranked(words, reason=["mine"] * 4, statement_id=["s"] * 4).output()
    assert tuple(output.columns[: len(OUTPUT)]) == OUTPUT
    assert tuple(output.columns[-len(ADDED) :]) == ADDED
    assert output["input_reason"].tolist() == ["mine"] * 4
    assert output["input_statement_id"].tolist() == ["s"] * 4


def test_times_that_were_read_stand_as_machines_write_them(words: Model) -> None:
    # The upper half of these ids is the second of the upload: 2025-01-31, twelve o'clock.
    at = 1_738_324_800 << 32
    output = ranked(words, video_id=[str(at + n) for n in (1, 3, 5, 7)]).output()
    assert set(output["posted_at"]) == {"2025-01-31T12:00:00Z"}


@given(st.permutations(range(4)), st.sampled_from(list(Ranking)))
@settings(max_examples=20, deadline=None)
def test_every_policy_is_a_total_order_whatever_the_order_of_rows(
    places: list[int], ranking: Ranking
) -> None:
    model = words_model()
    frame = pd.read_csv(
        io.BytesIO(reported_csv(4, **(VIDEOS | {"report_count": "7"}))), dtype="str"
    )
    shuffled = frame.iloc[places].to_csv(index=False).encode()
    straight = frame.to_csv(index=False).encode()
    one = triage(read_table(straight), model, ranking=ranking)
    two = triage(read_table(shuffled), model, ranking=ranking)
    assert order(one) == order(two)
    ids = ["video_id", "statement_id", "statement_reports"]
    assert one.videos[ids].to_numpy().tolist() == two.videos[ids].to_numpy().tolist()
