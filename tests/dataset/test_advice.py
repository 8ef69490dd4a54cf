"""Whoever is told what is wrong with a row is told what to write instead."""

from __future__ import annotations

import pytest

from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.advice import INSTEAD, SENTENCES, instead, to_correct, to_know
from claimclf.dataset.validation.problems import MESSAGES
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.schema import DURATION, POSTED_AT, REPORT_COUNT, REPORTED, VERIFIED_STATUS, VIDEO_ID
from tests.builders import reported_csv


def validated(rows: int, **cells: object) -> Validated:
    return validate(read_table(reported_csv(rows, **cells)), REPORTED)


def test_every_kind_of_problem_has_a_sentence_for_every_column() -> None:
    assert list(SENTENCES) == list(MESSAGES)
    for code in SENTENCES:
        for column in (None, *REPORTED.columns):
            assert instead(code, column).endswith(".")


@pytest.mark.parametrize(
    ("code", "column", "words"),
    [
        ("too_large", DURATION, "a number from 1 to 86,400"),
        ("too_long", VIDEO_ID, "at most 200 characters"),
        ("not_allowed", VERIFIED_STATUS, "not verified, verified"),
        ("ambiguous", POSTED_AT, "2025-01-31"),
        ("ambiguous", REPORT_COUNT, "digits alone"),
    ],
)
def test_sentence_names_what_the_column_takes(code: str, column: str, words: str) -> None:
    assert words in instead(code, REPORTED[column])


def test_rejected_rows_have_line_reasons_advice_and_their_own_cells() -> None:
    rows = validated(5, video_id=["a", "7.36878290864959E+18", "", "d", ""], write_instead="mine")
    table = to_correct(rows, 2)
    assert list(table["line"]) == [3, 4]
    assert list(table[INSTEAD]) == [
        "Write the whole id, all its digits. In a spreadsheet, make the column text before the ids "
        "go in.",
        "Write the video's id, or give its link in a column of its own.",
    ]
    assert list(table[f"input_{INSTEAD}"]) == ["mine", "mine"]
    assert list(table["reasons"]) == list(rows.rejected["reasons"][:2])
    assert len(to_correct(rows, 99)) == 3


def test_row_of_another_width_says_how_many_fields_there_should_be() -> None:
    table = to_correct(validate(read_table(b"video_id,text\n1,a\n2,b,c\n"), REPORTED), 9)
    assert list(table["line"]) == [3]
    assert "as many fields as the header has" in table[INSTEAD].iloc[0]
    assert list(table["surplus_fields"]) == ["c"]


def test_notes_name_the_files_own_column() -> None:
    csv = b"id,text,number of reports\n1,a,many\n2,b,-1\n"
    notes = to_know(validate(read_table(csv), REPORTED), 9)
    assert list(notes["column"]) == ["number of reports"] * 2
    assert list(notes[INSTEAD]) == [
        "Write digits alone, such as 1200, or leave the cell empty.",
        "Write a number from 0 to 1,000,000,000,000, or leave the cell empty.",
    ]
