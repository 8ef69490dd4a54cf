"""Ids that went through a spreadsheet or a double are never taken for whole ones."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.errors import DamagedIdsError
from claimclf.schema import REPORTED
from tests.builders import reported_csv

WHOLE = "7368782908649595235"
LINK = f"https://www.tiktok.com/@a/video/{WHOLE}"
relaxed = settings(deadline=None, max_examples=40)


def checked(content: bytes, **how: bool) -> Validated:
    return validate(read_table(content), REPORTED, **how)


@pytest.mark.parametrize(
    "damaged",
    ["7.36878290864959E+18", "7,36878E+18", "7368782908649595000.0", "7368782908649590000"],
)
def test_a_damaged_id_comes_from_the_link_or_is_rejected(damaged: str) -> None:
    content = reported_csv(2, video_id=damaged, video_url=[LINK, ""])
    validated = checked(content)
    assert validated.accepted["video_id"].tolist() == [WHOLE]
    assert validated.notes["code"].tolist() == ["repaired"]
    assert validated.problems["code"].tolist() == ["damaged"]


@pytest.mark.parametrize("whole", ["1e5", "007", "-_AbC1e7", "12345678901234567", "=x", WHOLE])
def test_other_ids_stay_as_they_are(whole: str) -> None:
    validated = checked(reported_csv(1, video_id=whole))
    assert validated.accepted["video_id"].tolist() == [whole]
    assert validated.problems.empty


def test_an_id_that_is_the_double_of_the_one_in_its_link_is_repaired() -> None:
    content = reported_csv(2, video_id=[str(int(float(WHOLE))), WHOLE[:-1] + "1"], video_url=LINK)
    validated = checked(content)
    assert validated.accepted["video_id"].tolist() == [WHOLE, WHOLE[:-1] + "1"]


def test_a_table_of_doubles_is_refused_unless_a_person_says_they_are_right() -> None:
    ids = [str(int(float(number))) for number in range(int(WHOLE), int(WHOLE) + 9000, 3000)]
    with pytest.raises(DamagedIdsError, match="all 3 ids of 16 and more digits are multiples"):
        checked(reported_csv(3, video_id=ids))
    assert checked(reported_csv(3, video_id=ids), trust_ids=True).n_accepted == 3


def test_a_parquet_column_of_doubles_is_damaged() -> None:
    frame = pd.DataFrame({"video_id": [float(WHOLE), 12.0], "text": ["so it is", "it is so"]})
    sink = io.BytesIO()
    frame.to_parquet(sink)
    validated = checked(sink.getvalue())
    assert validated.accepted["video_id"].tolist() == ["12"]
    assert validated.problems["code"].tolist() == ["damaged"]


def test_the_time_of_the_upload_is_read_from_the_id() -> None:
    validated = checked(reported_csv(3, video_id=[WHOLE, "1234567890123456789", "short"]))
    times = validated.accepted["posted_at"]
    assert times.iloc[0] == pd.Timestamp(int(WHOLE) >> 32, unit="s", tz="UTC")
    assert times.iloc[1:].isna().all()
    assert validated.notes[["line", "code"]].to_numpy().tolist() == [[3, "not_its_time"]]
    assert validated.n_dated == 1


big = st.integers(0, 2**70)


@relaxed
@given(st.lists(big, min_size=1, max_size=5, unique=True), st.booleans(), st.sampled_from("lad"))
def test_numbers_of_json_keep_every_digit(ids: list[int], gap: bool, form: str) -> None:
    rows = [{"video_id": number, "text": "so it is"} for number in ids]
    rows += [{"video_id": None, "text": "none"}] if gap else []
    content = {
        "l": "\n".join(map(json.dumps, rows)),
        "a": json.dumps(rows, indent=1),
        "d": json.dumps({"error": {"code": "ok"}, "data": {"rows": rows, "cursor": 3}}),
    }[form]
    table = read_table(content.encode())
    assert table.frame["video_id"].tolist() == [*map(str, ids), *([""] if gap else [])]
