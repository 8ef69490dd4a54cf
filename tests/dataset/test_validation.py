from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.reading import parse, read_table
from claimclf.dataset.validation.cells import read_column
from claimclf.dataset.validation.columns import match_columns
from claimclf.dataset.validation.mapping import understand
from claimclf.dataset.validation.problems import MESSAGES, in_order
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.errors import MissingColumnError
from claimclf.schema import LABELLED, MISSING_WORDS, REPORTED, Column, Contract, Kind
from tests.builders import GOOD, as_csv, labelled_csv, reported_csv, reported_rows

relaxed = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def checked(content: bytes, contract: Contract = REPORTED, **chosen: str) -> Validated:
    return validate(read_table(content), contract, chosen)


def codes(validated: Validated) -> list[tuple[int, str, str]]:
    """Line, column and reason code of every problem."""
    return listed(validated.problems)


def noted(validated: Validated) -> list[tuple[int, str, str]]:
    """Line, column and code of every note."""
    return listed(validated.notes)


def listed(problems: pd.DataFrame) -> list[tuple[int, str, str]]:
    places = problems[["line", "column", "code"]]
    return [tuple(problem) for problem in places.itertuples(index=False)]


def merged(validated: Validated) -> list[int]:
    """Rows that repeat a video."""
    again = validated.notes["code"].isin(["repeated", "contradicting"])
    return validated.notes.loc[again, "row"].tolist()


# Rows in = rows out

plain = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
tried = {
    "video_id": st.sampled_from(["", "a", "b", " a ", "007", "NaN", "c\0"]) | plain,
    "video_duration_sec": st.sampled_from(["30", "0", "-1", "3601", "x", "", "NA", "2.5"]),
    "video_transcription_text": st.sampled_from(["", "NA", "a\0b", "said\nso"]) | plain,
    "verified_status": st.sampled_from(["verified", "Not Verified", "perhaps", "", "none"]),
    "video_view_count": st.sampled_from(["5", "-5", "1e308", "1.5", "many", "", "N/A"]),
    "report_count": st.sampled_from(["3", "-1", "0.5", "inf", "1e12", "1e13", "", "null"]) | plain,
    "extra": plain,
}


@st.composite
def reported_tables(draw: st.DrawFn) -> dict[str, list[str]]:
    rows = draw(st.integers(1, 6))
    drawn = {
        name: draw(st.lists(cells, min_size=rows, max_size=rows)) for name, cells in tried.items()
    }
    return reported_rows(rows, **drawn)


@relaxed
@given(reported_tables())
def test_accepted_and_rejected_rows_are_all_rows_and_no_row_is_both(
    columns: dict[str, list[str]],
) -> None:
    validated = checked(as_csv(columns).encode())
    accepted, rejected = validated.accepted, validated.rejected
    rows = [*accepted.index, *merged(validated), *rejected.index]
    assert sorted(rows) == list(range(len(columns["video_id"])))
    assert validated.n_rejected == len(rejected)
    assert validated.n_accepted == len(accepted) + len(merged(validated))
    assert not set(validated.notes["row"]) & set(rejected.index)
    assert (rejected["reasons"].str.len() > 0).all()
    assert rejected["line"].tolist() == [validated.table.lines[row] for row in rejected.index]
    assert set(validated.problems["row"]) == set(rejected.index)
    assert set(validated.problems["code"]) <= set(MESSAGES)


@relaxed
@given(reported_tables())
def test_ids_and_extra_columns_are_carried_through_untouched(
    columns: dict[str, list[str]],
) -> None:
    validated = checked(as_csv(columns).encode())
    rejected = validated.rejected
    assert set(validated.notes["code"]) <= set(MESSAGES)
    for row, video_id in validated.accepted["video_id"].items():
        assert video_id == columns["video_id"][row].strip()
    for name, cells in columns.items():
        assert [rejected.loc[row, name] for row in rejected.index] == [
            cells[row] for row in rejected.index
        ]
        assert validated.table.frame[name].tolist() == cells


@relaxed
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=10))
def test_of_equal_ids_one_video_is_made(ids: list[str]) -> None:
    text = "someone read online that it is"
    validated = checked(reported_csv(len(ids), video_id=ids, video_transcription_text=text))
    assert validated.accepted["video_id"].tolist() == list(dict.fromkeys(ids))
    assert codes(validated) == []
    assert validated.n_accepted == len(ids)
    for row, note in validated.notes.groupby("row"):
        first = ids.index(ids[row]) + 2
        assert note["message"].tolist() == [
            f"video_id '{ids[row]}' stands on line {first} already: one video, the largest counts"
        ]


@relaxed
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=10))
def test_of_equal_labelled_ids_the_first_is_accepted(ids: list[str]) -> None:
    validated = checked(labelled_csv(len(ids), video_id=ids), LABELLED)
    assert validated.accepted["video_id"].tolist() == list(dict.fromkeys(ids))
    for row, problem in validated.problems.groupby("row"):
        first = ids.index(ids[row]) + 2
        assert problem["message"].tolist() == [
            f"video_id '{ids[row]}' stands on line {first} already"
        ]


# Every reason


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("video_id", "", "missing"),
        ("video_id", "   ", "missing"),
        ("video_id", "x" * 201, "too_long"),
        ("video_id", "a\0", "nul_character"),
    ],
)
def test_a_bad_id_rejects_its_row_alone(column: str, cell: str, code: str) -> None:
    validated = checked(reported_csv(3, **{column: ["video-1", cell, "video-3"]}))
    assert codes(validated) == [(3, column, code)]
    assert validated.accepted.index.tolist() == [0, 2]


UNREADABLE = pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("video_duration_sec", "-1", "too_small"),
        ("video_duration_sec", "86400.5", "too_large"),
        ("video_duration_sec", "a minute", "not_a_number"),
        ("video_transcription_text", "x" * 100_001, "too_long"),
        ("video_transcription_text", "so\0", "nul_character"),
        ("verified_status", "maybe", "not_allowed"),
        ("author_ban_status", "deleted", "not_allowed"),
        ("video_view_count", "-1", "too_small"),
        ("video_like_count", "1e308", "too_large"),
        ("video_share_count", "inf", "too_large"),
        ("video_download_count", "2.5", "not_whole"),
        ("video_comment_count", "1.234K", "ambiguous"),
        ("report_count", "0.5", "not_whole"),
        ("report_count", "-3", "too_small"),
        ("report_count", "many", "not_a_number"),
        ("report_count", "0x10", "not_a_number"),
        ("report_count", "True", "not_a_number"),
        ("author_id", "x" * 201, "too_long"),
        ("video_url", "javascript:alert(1)", "not_a_url"),
        ("video_url", "https://a.example/b c", "not_a_url"),
        ("video_url", "https://tiktok.com@a.example/", "not_a_url"),
        ("video_url", "https://tiktok.com:p@a.example", "not_a_url"),
        ("video_url", "https://a.example\\\\@tiktok.com/", "not_a_url"),
        ("first_reported_at", "yesterday", "not_a_time"),
        ("last_reported_at", "2025-02-30", "not_a_time"),
    ],
)


@UNREADABLE
def test_a_bad_cell_costs_its_value_alone(column: str, cell: str, code: str) -> None:
    good = GOOD.get(column, "")
    cells = [good.format(n=1), cell, good.format(n=3)]
    validated = checked(reported_csv(3, **{column: cells}))
    assert codes(validated) == []
    assert noted(validated) == [(3, column, code)]
    assert validated.accepted.index.tolist() == [0, 1, 2]
    assert bool(validated.accepted[column].isna()[1])
    if good:
        assert validated.accepted[column].notna().tolist() == [True, False, True]


LABELLED_ONLY = {"video_duration_sec": "0", "video_view_count": "-1", "verified_status": "maybe"}


@pytest.mark.parametrize("column", list(LABELLED_ONLY))
def test_a_bad_cell_rejects_its_labelled_row_alone(column: str) -> None:
    good = GOOD[column]
    cells = [good.format(n=1), LABELLED_ONLY[column], good.format(n=3)]
    validated = checked(labelled_csv(3, **{column: cells}), LABELLED)
    assert [(line, name) for line, name, _ in codes(validated)] == [(3, column)]
    assert validated.accepted.index.tolist() == [0, 2]


@pytest.mark.parametrize("cell", ["0", "0.0", "00:00"])
def test_a_length_of_nothing_is_no_length_and_no_note(cell: str) -> None:
    validated = checked(reported_csv(1, video_duration_sec=cell))
    assert (codes(validated), noted(validated)) == ([], [])
    assert validated.accepted["video_duration_sec"].isna().all()


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("video_duration_sec", "1", 1.0),
        ("video_duration_sec", "3600", 3600.0),
        ("video_duration_sec", "7200", 7200.0),
        ("video_view_count", "0", 0.0),
        ("video_view_count", "1e12", 1e12),
        ("report_count", " 7 ", 7.0),
        ("report_count", "7.0", 7.0),
        ("verified_status", "VERIFIED", "verified"),
        ("author_ban_status", " Under Review ", "under review"),
        ("video_id", "007", "007"),
        ("video_id", "1e5", "1e5"),
        ("video_id", "NaN", "NaN"),
        ("video_transcription_text", "None", "None"),
        ("video_url", "https://a.example/b?c=1", "https://a.example/b?c=1"),
        ("first_reported_at", "2025-01-31", pd.Timestamp("2025-01-31T00:00Z")),
        ("first_reported_at", "2025-01-31T12:00+02:00", pd.Timestamp("2025-01-31T10:00Z")),
    ],
)
def test_a_good_cell_is_read_as_its_kind(column: str, cell: str, value: object) -> None:
    validated = checked(reported_csv(1, **{column: cell}))
    assert (codes(validated), noted(validated)) == ([], [])
    assert validated.accepted[column].tolist() == [value]


@pytest.mark.parametrize("word", ["", "NaN", "NA", "n/a", "None", "NULL", "<NA>", "#N/A"])
@pytest.mark.parametrize("column", ["video_duration_sec", "verified_status", "report_count"])
def test_a_word_for_no_value_is_a_missing_value_and_no_problem(column: str, word: str) -> None:
    validated = checked(reported_csv(1, **{column: word}))
    assert (codes(validated), noted(validated)) == ([], [])
    assert validated.accepted[column].isna().tolist() == [True]


def test_all_problems_of_a_row_stand_in_its_reasons() -> None:
    content = labelled_csv(
        2,
        video_id=["ok", ""],
        video_duration_sec=["5", "0"],
        verified_status=["verified", "?"],
        video_view_count=["1", "-1"],
    )
    rejected = checked(content, LABELLED).rejected
    assert rejected["line"].tolist() == [3]
    expected = [
        "video_id is missing",
        "video_duration_sec is 0; the least is 1",
        "verified_status is '?'; allowed: not verified, verified",
        "video_view_count is -1; the least is 0",
    ]
    assert rejected["reasons"].tolist() == ["; ".join(expected)]


def test_rejected_rows_and_notes_stand_in_one_report_in_the_order_of_the_file() -> None:
    content = reported_csv(
        4, video_id=["a", "", "c", "d"], verified_status=["?", "?", "verified", "verified"],
        report_count=["-1", "1", "2", "many"],
    )  # fmt: skip
    validated = checked(content)
    assert validated.report[["line", "outcome", "reasons", "report_count"]].to_numpy().tolist() == [
        [2, "note", "verified_status is '?'; allowed: not verified, verified; "
            "report_count is -1; the least is 0", "-1"],
        [3, "rejected", "video_id is missing", "1"],
        [5, "note", "report_count is not a number: 'many'", "many"],
    ]  # fmt: skip
    assert (validated.n_accepted, validated.n_rejected, validated.n_notes) == (3, 1, 3)


def test_missing_ids_are_not_duplicates_of_each_other() -> None:
    assert codes(checked(reported_csv(3, video_id=["", " ", ""]))) == [
        (2, "video_id", "missing"),
        (3, "video_id", "missing"),
        (4, "video_id", "missing"),
    ]


def test_rows_of_another_width_are_rejected_with_everything_they_held() -> None:
    content = reported_csv(2) + b"lonely\n" + b"video-9," * 10 + b"1,more,and more\n"
    rejected = checked(content).rejected
    assert rejected["line"].tolist() == [4, 5]
    assert rejected["reasons"].str.startswith("the row has").all()
    assert rejected["video_id"].tolist() == ["lonely", "video-9"]
    assert rejected["surplus_fields"].fillna("").tolist() == ["", "more,and more"]


def test_a_message_quotes_at_most_sixty_characters() -> None:
    notes = checked(reported_csv(1, report_count="9x" * 5_000)).notes
    assert len(notes["message"].iloc[0]) < 120


def test_own_columns_named_like_those_added_are_renamed_and_kept() -> None:
    content = reported_csv(1, video_id="", line="a", reasons="b", input_line="c", outcome="d")
    rejected = checked(content).rejected
    assert rejected.columns.is_unique
    assert rejected["line"].tolist() == [2]
    assert "video_id is missing" in rejected["reasons"].iloc[0]
    assert rejected["input_outcome"].tolist() == ["d"]
    assert rejected["input_reasons"].tolist() == ["b"]
    assert {"a", "c"} <= set(rejected.iloc[0].astype("str"))


def test_an_unknown_label_is_rejected_and_a_missing_one_is_not() -> None:
    validated = checked(labelled_csv(3, claim_status=["claim", "", "rumour"]), LABELLED)
    assert codes(validated) == [(4, "claim_status", "not_allowed")]
    assert validated.accepted["claim_status"].isna().tolist() == [False, True]


def test_typed_parquet_and_csv_are_accepted_alike() -> None:
    content = reported_csv(4, report_count=["1", "", "3", "-4"], video_id=["1", "2", "3", "4"])
    frame = pd.read_csv(io.BytesIO(content))
    stream = io.BytesIO()
    frame.assign(video_id=frame["video_id"].astype("int64")).to_parquet(stream)
    from_csv, from_parquet = checked(content), checked(stream.getvalue())
    pd.testing.assert_frame_equal(from_parquet.accepted, from_csv.accepted)
    assert from_parquet.notes["message"].tolist() == from_csv.notes["message"].tolist()
    assert len(from_csv.notes) == 1


# Cells, many at once and one at a time


def read_plainly(cells: list[str], column: Column) -> tuple[pd.Series, list[int]]:
    """Read cells with pandas alone: values and unreadable rows, for the fast way to equal."""
    text = pd.Series(cells, dtype="str").str.strip()
    if column.kind in (Kind.IDENTIFIER, Kind.TEXT, Kind.URL):
        return text.mask(text == ""), list(np.flatnonzero(text.str.contains("\0", regex=False)))
    text = text.mask(text.str.lower().isin(MISSING_WORDS), "")
    given = text != ""
    if column.kind is Kind.CATEGORY:
        meant = text.str.casefold().replace(dict(column.synonyms))
        return meant.where(given).astype("str"), []
    if column.kind is Kind.TIME:
        values = pd.to_datetime(text.where(given), format="ISO8601", utc=True, errors="coerce")
    else:
        values = pd.to_numeric(text.where(given), errors="coerce").astype("float64")
    return values, list(np.flatnonzero(given & values.isna()))


spaced = st.tuples(*[st.sampled_from(["", "", " ", "\u2003", "\n"])] * 2)
numbers = ["007", "-5", "+5", "1e3", "2.5", "١٢", "0x1F", "1_000", "inf", "nan", "True"]
times = [
    "2025-02-30T00:00:00Z", "2025-01-31T24:00:00", "2025-01-31", "2025-01-3112:00:00Z",
    "2025-01-31T12:00:00+02", "2025-01-31X12:00:00Z", "2025-01-31T12:00:00z",
]  # fmt: skip
spellings = {
    Kind.NUMBER: st.integers(0, 10**15 - 1).map(str) | st.sampled_from(numbers),
    Kind.TIME: st.datetimes().map(lambda time: time.isoformat()[:19] + "Z")
    | st.datetimes().map(lambda time: str(time)[:19])
    | st.sampled_from(times),
    Kind.CATEGORY: st.sampled_from(["claim", "Claim", "OPINION", "1", "0", "ſ", "İ", "n/a"]),
    Kind.TEXT: plain,
    Kind.URL: st.sampled_from(["https://a.b/c", "http://x", "http://", "a\0"]),
}


@settings(relaxed, max_examples=40)
@pytest.mark.parametrize("kind", list(spellings))
@given(st.data())
def test_cells_are_read_as_pandas_reads_them_one_by_one(kind: Kind, data: st.DataObject) -> None:
    usual = spellings[kind]
    odd = usual | plain | st.sampled_from(sorted(MISSING_WORDS))
    cell = data.draw(st.sampled_from([usual, odd]))
    padded = st.tuples(spaced, odd).map(lambda parts: parts[0][0] + parts[1] + parts[0][1])
    cells = data.draw(st.lists(st.one_of(cell, padded) if cell is odd else usual, min_size=1))
    column = Column("x", kind, "", synonyms=(("1", "claim"), ("0", "opinion")))
    values, problems = read_column(pd.Series(cells, dtype="str"), column)
    expected, unread = read_plainly(cells, column)
    assert_read_alike(values, problems, expected, unread)


def assert_read_alike(
    values: pd.Series, problems: pd.DataFrame, expected: pd.Series, unread: list[int]
) -> None:
    """Check that all that pandas reads is read in the same way, and the rest read or told."""
    row_numbers = problems["row"].tolist()
    assert set(row_numbers) <= set(unread)
    read = [row for row in unread if row not in row_numbers]
    assert values[read].notna().all()
    others = values.mask(values.index.isin(read))
    pd.testing.assert_series_equal(others, expected, check_dtype=not read)


@pytest.mark.parametrize(
    ("kind", "usual", "cell"),
    [
        *(
            (Kind.NUMBER, "12", cell)
            for cell in (*numbers, "1:", "1/", "9" * 15, "9" * 25, " 7", "7 ")
        ),
        *(
            (Kind.TIME, "2025-01-31T12:00:00Z", cell)
            for cell in (
                *times, "0000-01-01T00:00:00Z", "0999-01-01T00:00:00Z", "3000-01-01T00:00:00Z",
                "2025-01-31U12:00:00Z", "2025-01-31 12:00:00Z", "2025-01-31T12:00:00", "",
                "2025-01-31T12:00:0Z", "2025-01-31T12:00:60Z", "2025:01:31T12:00:00Z", "12",
            )
        ),
    ],
)  # fmt: skip
def test_one_odd_cell_among_usual_ones_is_read_as_ever(kind: Kind, usual: str, cell: str) -> None:
    column, cells = Column("x", kind, ""), [usual, cell, usual]
    for tried in (cells, [cell]):
        values, problems = read_column(pd.Series(tried, dtype="str"), column)
        expected, unread = read_plainly(tried, column)
        assert_read_alike(values, problems, expected, unread)


@settings(relaxed, max_examples=25)
@given(st.lists(
    st.tuples(st.sampled_from(["http://", "https://", "ftp://", "HTTP://", ""]), plain)
    .map("".join) | st.sampled_from(["http://a\xa0b", "https://é", "https://a\n", "http://x y"])
    | st.sampled_from(["http://a@b", "http://a\\b", "http://a/@b"]),
    min_size=1, max_size=6,
))  # fmt: skip
def test_a_web_address_is_what_the_pattern_says(urls: list[str]) -> None:
    cells = pd.Series(urls, dtype="str").str.strip()
    # What stands before an @ or a backslash looks like the host, and is none.
    disguised = cells.str.match(r"https?://[^/?#]*[@\\]")
    pattern = r"https?://[^\s\x00-\x1f\x7f-\x9f]+"
    wrong = cells[(cells != "") & (disguised | ~cells.str.fullmatch(pattern))].index
    problems = checked(reported_csv(len(urls), video_url=cells.tolist())).notes
    assert problems.loc[problems["code"] == "not_a_url", "row"].tolist() == wrong.tolist()


# Parts of an input


@relaxed
@given(reported_tables(), st.integers(1, 400))
def test_parts_checked_apart_are_the_whole_checked(
    columns: dict[str, list[str]], size: int
) -> None:
    content = as_csv(columns).encode()
    table = read_table(content)
    mapping = understand(table, REPORTED)
    whole = validate(table, REPORTED, unique=False, mapping=mapping)
    with open_blocks(content, size=size) as blocks:
        parts = [
            validate(parse(block), REPORTED, unique=False, mapping=mapping) for block in blocks
        ]
    starts = np.cumsum([0, *(len(part.table) for part in parts)]).tolist()
    for name in ("problems", "notes"):
        of_parts = [
            getattr(part, name).assign(row=getattr(part, name)["row"] + start)
            for part, start in zip(parts, starts, strict=False)
        ]
        together = in_order(pd.concat(of_parts, ignore_index=True), REPORTED)
        pd.testing.assert_frame_equal(together, getattr(whole, name), check_dtype=False)


def test_reasons_of_one_cell_come_in_one_order() -> None:
    long = "\0" * 201
    validated = checked(labelled_csv(2, video_id=long, video_view_count="-0.5"), LABELLED)
    reasons = [("video_id", "nul_character"), ("video_id", "duplicate"), ("video_id", "too_long"),
               ("video_view_count", "too_small"), ("video_view_count", "not_whole")]  # fmt: skip
    assert [(column, code) for line, column, code in codes(validated) if line == 3] == reasons


# Columns


@pytest.mark.parametrize("contract", [REPORTED, LABELLED], ids=lambda contract: contract.title)
def test_every_alias_names_one_column_in_any_case(contract: Contract) -> None:
    names = [name for c in contract.columns for name in (c.name, *c.aliases)]
    assert len(names) == len(set(names))
    for column in contract.columns:
        for name in (column.name, *column.aliases):
            for spelling in (name, name.upper(), f" {name.title()} "):
                assert match_columns([spelling], contract) == {column.name: spelling}


def test_an_exact_name_wins_over_an_alias_and_a_choice_over_both() -> None:
    names = ["reports", "report_count", "n"]
    assert match_columns(names, REPORTED) == {"report_count": "report_count"}
    assert match_columns(names, REPORTED, {"report_count": "n"}) == {"report_count": "n"}
    assert match_columns(names, REPORTED, {"report_count": "gone"}) == {
        "report_count": "report_count"
    }


def test_a_column_found_by_alias_is_checked_under_its_own_name() -> None:
    columns = reported_rows(2, report_count=["5", "-5"])
    columns["Number_of_Reports"] = columns.pop("report_count")
    validated = checked(as_csv(columns).encode())
    assert validated.columns["report_count"] == "Number_of_Reports"
    assert noted(validated) == [(3, "report_count", "too_small")]
    assert validated.report["Number_of_Reports"].tolist() == ["-5"]


def test_a_chosen_column_is_used() -> None:
    content = reported_csv(1, report_count=None, flags="12")
    assert checked(content).accepted["report_count"].isna().all()
    assert checked(content, report_count="flags").accepted["report_count"].tolist() == [12.0]


@pytest.mark.parametrize("name", [name for name in LABELLED.needed if name != "claim_status"])
def test_a_missing_column_is_named_with_what_was_found_and_what_to_do(name: str) -> None:
    with pytest.raises(MissingColumnError) as caught:
        checked(labelled_csv(2, **{name: None}), LABELLED)
    assert caught.value.missing == (name,)
    message = str(caught.value)
    assert message.startswith(f"Column '{name}' is missing. Found: ")
    assert "Match columns" in message
    assert all(other in message for other in GOOD if other not in (name, "report_count"))


def test_all_missing_columns_are_named_at_once() -> None:
    with pytest.raises(MissingColumnError) as caught:
        checked(b"video_id,x\n1,2\n", LABELLED)
    assert set(caught.value.missing) == set(LABELLED.needed) - {"video_id"}


@pytest.mark.parametrize("name", [name for name in GOOD if name != "video_id"])
def test_no_column_but_the_id_is_needed_of_reported_videos(name: str) -> None:
    validated = checked(reported_csv(2, **{name: None}))
    assert (codes(validated), noted(validated)) == ([], [])
    assert validated.accepted[name].isna().all()
    assert name not in validated.columns


def test_without_an_id_a_table_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="'video_id' is missing"):
        checked(reported_csv(2, video_id=None, report_count="1"))


def test_a_table_of_one_column_is_told_about_delimiters() -> None:
    with pytest.raises(MissingColumnError, match="one column only"):
        checked(reported_csv(2, delimiter="|"))


@pytest.mark.parametrize("name", ["author_id", "video_url", "first_reported_at"])
def test_an_optional_column_may_be_left_out_or_given(name: str) -> None:
    given: dict[str, Any] = {name: ""}
    assert name not in checked(reported_csv(1)).columns
    assert checked(reported_csv(1, **given)).columns[name] == name
