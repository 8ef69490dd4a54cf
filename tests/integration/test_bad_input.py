"""Bad input on the command line: a clear message or an account of every row, never a traceback."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from claimclf.cli import main
from claimclf.paths import ROOT
from tests.builders import reported_csv, reported_rows

pytestmark = pytest.mark.usefixtures("load_each_model_once")
FORMULA = "=cmd()|' /C calc'!A1"
Row = dict[str, str]


@dataclass(frozen=True)
class Run:
    """What one `claimclf score` did."""

    result: Result
    output: Path
    rejects: Path

    @property
    def ranked(self) -> list[Row]:
        return rows_of(self.output)

    @property
    def rejected(self) -> list[Row]:
        return [row for row in rows_of(self.rejects) if row["outcome"] == "rejected"]

    @property
    def noted(self) -> list[Row]:
        """Rows that were accepted without some of their values."""
        return [row for row in rows_of(self.rejects) if row["outcome"] == "note"]


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


Score = Callable[..., Run]


@pytest.fixture
def score(tmp_path: Path) -> Score:
    def run(content: bytes | Path, *options: str, name: str = "in.csv", to: str = "out.csv") -> Run:
        source = content if isinstance(content, Path) else tmp_path / name
        if isinstance(content, bytes):
            source.write_bytes(content)
        output, rejects = tmp_path / to, tmp_path / "rejected.csv"
        arguments = ["score", source, "--output", output, "--rejects", rejects]
        arguments += ["--models", ROOT / "models", *options]
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        return Run(result, output, rejects)

    return run


def refused(run: Run, code: int = 3) -> str:
    """Check that nothing but one line on stderr came out, and return the line."""
    assert isinstance(run.result.exception, SystemExit), run.result.exception
    assert run.result.exit_code == code
    assert run.result.stdout == ""
    lines = run.result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("claimclf: ")
    assert "Traceback" not in lines[0]
    assert not run.output.exists()
    assert not run.rejects.exists()
    return lines[0]


def accounted(run: Run, rows: int) -> tuple[list[Row], list[Row]]:
    """Check that every row is either ranked or rejected, and return both."""
    assert run.result.exception is None, run.result.exception
    assert run.result.exit_code == 0
    ranked, rejected = run.ranked, run.rejected
    assert len(ranked) + len(rejected) == rows
    assert [row["rank"] for row in ranked] == [str(n) for n in range(1, len(ranked) + 1)]
    assert all(int(row["line"]) >= 2 and row["reasons"] for row in rows_of(run.rejects))
    summary = run.result.stderr.splitlines()[0]
    assert summary.startswith(f"{rows:,} rows: {len(ranked):,} accepted")
    assert f"{len(rejected):,} rejected" in summary
    return ranked, rejected


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


# Input of which nothing can be used

WHOLE_GZIP = gzip.compress(reported_csv(100))
REFUSED = {
    "a renamed PNG": (
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
        r"not a table that can be read\. Found: a PNG image\. Give a CSV",
    ),
    "binary data": (
        b"\x7fELF" + bytes(range(256)) * 9,
        r"not a table that can be read\. Found: binary data\. Give a CSV",
    ),
    "an empty file": (b"", r"is empty\. Found: no header line\. Give a CSV"),
    "a header only": (
        reported_csv(1).splitlines()[0],
        r"has no rows\. Found: a header only\. Add one row per video",
    ),
    "one column": (
        b"video_id\n1\n2\n",
        r"missing\. Found: video_id\. The model \S+ reads video_transcription_text",
    ),
    "pipes between fields": (
        reported_csv(delimiter="|"),
        r"missing\. Found: video_id\|video_duration.*one column only: save it with commas",
    ),
    "Latin-1": (
        reported_csv(video_transcription_text="la forêt était là", encoding="latin-1"),
        r"not UTF-8 text\. Found: bytes that look like cp1252\. Save it as UTF-8, or read it",
    ),
    "UTF-16": (
        reported_csv(encoding="utf-16"),
        r"not UTF-8 text\. Found: bytes that look like utf-16\. Save it as UTF-8",
    ),
    "50,000 columns": (
        reported_csv(1, **{f"c{n}": "" for n in range(50_000)}),
        r"too many columns\. Found: 50,011; the limit is 500\. Remove columns",
    ),
    "two columns of one name": (
        reported_csv().replace(b"report_count", b"video_id", 1),
        r"same name\. Found: column 'video_id' at positions 1 and 11\. Rename or remove one",
    ),
    "no id": (
        reported_csv(video_id=None, report_count="1"),
        r"Column 'video_id' is missing\. Found: video_duration_sec, .*--column",
    ),
    "nothing that a model reads": (
        reported_csv(video_transcription_text=None),
        r"Column 'video_transcription_text' is missing\. Found: .* reads video_transcription_text",
    ),
    "a quote that is not closed": (
        reported_csv() + b'"open,1\n',
        r"cannot be read as CSV near line \d+\. Found: .*\. Look for a quotation mark",
    ),
    "a 10 MB cell as header": (
        b"x" * 10_000_000 + b"\n1\n",
        r"no header that can be read\. Found: a first line of 4,000,000",
    ),
    "a truncated gzip file": (WHOLE_GZIP[:-30], r"not a readable gzip file\. Found: damaged"),
    "a truncated Parquet file": (
        parquet(pa.table(reported_rows()))[:-40],
        r"not a readable Parquet file\. Found: damaged or cut data\. Export it again",
    ),
    "a gzip bomb": (
        gzip.compress(b"\0" * 10_000_000),
        r"no header that can be read\. Found: a first line of 4,000,000",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=list(REFUSED))
def test_unusable_input_is_refused_in_one_clear_line(
    content: bytes, message: str, score: Score
) -> None:
    line = refused(score(content))
    assert re.search(message, line), line
    assert len(line) < 700


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path, score: Score) -> None:
    assert "Found: a folder without .info.json files of yt-dlp." in refused(score(tmp_path))
    absent = refused(score(tmp_path / "absent.csv"))
    assert "absent.csv cannot be opened. Found: No such file or directory." in absent


@pytest.mark.parametrize(
    ("options", "message", "code"),
    [
        (["--encoding", "nonsense"], "The encoding 'nonsense' is unknown.", 2),
        (["--encoding", "utf-16"], "is not utf-16 text.", 3),
        (["--column", "report_count=absent"], "--column report_count=absent names an unknown", 2),
        (["--column", "nothing"], "--column nothing= names an unknown column.", 2),
        (["--model", "absent"], "'absent'", 9),
    ],
)
def test_an_option_that_does_not_fit_is_refused(
    options: list[str], message: str, code: int, score: Score
) -> None:
    assert message in refused(score(reported_csv(), *options), code)


def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path, score: Score) -> None:
    assert "cannot be written. Found: its folder does not exist" in refused(
        score(reported_csv(), to="absent/out.csv"), 2
    )
    (tmp_path / "folder").mkdir()
    run = score(reported_csv(), to="folder")
    assert run.result.exit_code == 2
    assert "cannot be written. Found: a folder. Name a file in it." in run.result.stderr
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize("to", ["h\udcff.csv", "h\udcff.parquet"])
def test_an_output_whose_name_is_no_text_is_refused(to: str, score: Score, tmp_path: Path) -> None:
    words = refused(score(reported_csv(), to=to), 2)
    assert "'h?." in words
    assert "Found: bytes in it that are no text in UTF-8. Give the file or the folder" in words
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


# Input that is unusual and good


@pytest.mark.parametrize(
    "content",
    [
        reported_csv(encoding="utf-8-sig"),
        reported_csv(newline="\r\n"),
        reported_csv(delimiter=";"),
        reported_csv(delimiter="\t", encoding="utf-8-sig", newline="\r\n"),
        gzip.compress(reported_csv()),
        parquet(pa.table(reported_rows())),
    ],
    ids=["BOM", "CRLF", "semicolons", "tabs, BOM and CRLF", "gzip", "Parquet"],
)
def test_an_accepted_way_to_write_the_table_gives_the_same_output(
    content: bytes, score: Score, tmp_path: Path
) -> None:
    usual = score(reported_csv(), to="usual.csv")
    other = score(content)
    accounted(other, 3)
    assert other.output.read_bytes() == usual.output.read_bytes()


def test_latin_1_is_read_when_asked_for(score: Score) -> None:
    content = reported_csv(video_transcription_text="la forêt", encoding="latin-1")
    ranked, _ = accounted(score(content, "--encoding", "cp1252"), 3)
    assert {row["video_transcription_text"] for row in ranked} == {"la forêt"}


def test_quoted_line_breaks_stay_in_their_cell(score: Score) -> None:
    text = 'first line\r\nsecond, "quoted" line\n\nlast'
    content = reported_csv(3, video_transcription_text=text, report_count=["1", "3", "2"])
    content = content.replace(b"video-2", b"")
    ranked, rejected = accounted(score(content), 3)
    assert {row["video_transcription_text"] for row in [*ranked, *rejected]} == {text}
    assert [row["line"] for row in rejected] == ["6"]


def test_a_chosen_column_stands_for_the_report_count(score: Score) -> None:
    content = reported_csv(3, report_count=None, flags=["5", "9", "7"])
    ranked, _ = accounted(score(content, "--column", "report_count=flags"), 3)
    assert sorted(row["report_count"] for row in ranked) == ["5", "7", "9"]
    assert all(row["report_count"] == row["flags"] for row in ranked)


def test_extra_columns_and_ids_are_carried_through(score: Score) -> None:
    content = reported_csv(
        3, video_id=["007", "1e5", "9007199254740993"], note=["NA", " x ", "1.50"], lane="left"
    )
    ranked, _ = accounted(score(content), 3)
    notes = {row["video_id"]: row["note"] for row in ranked}
    assert notes == {"007": "NA", "1e5": " x ", "9007199254740993": "1.50"}
    assert {row["input_lane"] for row in ranked} == {"left"}


# Rows that are rejected, or set apart


@pytest.mark.parametrize(
    ("cells", "lines", "reason"),
    [
        (["", "b", " ", "d"], ["2", "4"], "video_id is missing"),
        (["a", "7.23457E+18", "c", "d"], ["3"], "'7.23457E+18' is not the whole id"),
        (["a", "b", "x" * 201, "d"], ["4"], "video_id has 201 characters"),
    ],
)
def test_rows_without_a_whole_id_are_rejected_with_line_and_reason_and_the_others_scored(
    cells: list[str], lines: list[str], reason: str, score: Score
) -> None:
    run = score(reported_csv(4, video_id=cells))
    ranked, rejected = accounted(run, 4)
    assert [row["line"] for row in rejected] == lines
    assert all(reason in row["reasons"] for row in rejected)
    assert all(row["lane"] in ("claims", "opinions") for row in ranked)
    assert run.noted == []


@pytest.mark.parametrize(
    ("column", "cells", "lines", "reason"),
    [
        ("report_count", ["1", "-2", "3", "4"], ["3"], "report_count is -2; the least is 0"),
        ("report_count", ["1", "2", "2.5", "4"], ["4"], "report_count is not a whole number: 2.5"),
        ("report_count", ["1", "2", "1e308", "4"], ["4"], "report_count is 1e+308; the most is"),
        ("video_view_count", ["-7"] * 4, ["2", "3", "4", "5"], "video_view_count is -7"),
        ("video_duration_sec", ["30", "1e308", "30", "30"], ["3"], "the most is 86,400"),
        ("verified_status", ["True", "perhaps", "no", ""], ["3"], "verified_status is 'perhaps'"),
    ],
)
def test_a_cell_that_cannot_be_read_costs_its_value_and_is_noted(
    column: str, cells: list[str], lines: list[str], reason: str, score: Score
) -> None:
    run = score(reported_csv(4, **{column: cells}))
    ranked, rejected = accounted(run, 4)
    assert rejected == []
    assert [row["line"] for row in run.noted] == lines
    assert all(reason in row["reasons"] for row in run.noted)
    assert all(row["lane"] in ("claims", "opinions") for row in ranked)
    assert f"{len(lines)} note" in run.result.stderr


def test_a_text_that_cannot_be_read_sets_its_video_apart(score: Score) -> None:
    texts = ["someone read online that it is", "a\0b", *["our view is that it is"] * 2]
    run = score(reported_csv(4, video_transcription_text=texts))
    ranked, _ = accounted(run, 4)
    assert [row["line"] for row in run.noted] == ["3"]
    assert (ranked[-1]["video_id"], ranked[-1]["lane"]) == ("video-2", "uncertain")


def test_rows_of_one_id_become_one_video_with_the_largest_counts(score: Score) -> None:
    content = reported_csv(
        4, video_id=["a", "b", "a", "a"], report_count=["3", "1", "9", "2"],
        video_transcription_text="someone read online that it is",
        video_view_count=["", "1", "5", "4"],
    )  # fmt: skip
    run = score(content)
    assert [(row["video_id"], row["report_count"]) for row in run.ranked] == [
        ("a", "9"),
        ("b", "1"),
    ]
    assert [row["line"] for row in run.noted] == ["4", "5"]
    assert all("stands on line 2 already: one video" in row["reasons"] for row in run.noted)
    assert "4 rows: 4 accepted as 2 videos" in run.result.stderr


def test_a_row_that_contradicts_an_earlier_one_of_its_id_adds_nothing(score: Score) -> None:
    texts = ["someone read online that it is", "our view is that it is not"]
    content = reported_csv(2, video_id="a", report_count=["3", "9"], video_transcription_text=texts)
    run = score(content)
    assert [(row["report_count"], row["video_transcription_text"]) for row in run.ranked] == [
        ("3", texts[0])
    ]
    assert "another text or author: the first row counts" in run.noted[0]["reasons"]


def test_rejected_rows_are_counted_where_no_file_for_them_is_given(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(reported_csv(3, video_id=["a", "", " "]))
    arguments = ["score", source, "--output", tmp_path / "out.csv", "--models", ROOT / "models"]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0
    assert "2 rejected" in result.stderr
    assert "--rejects FILE" in result.stderr


def test_a_10_mb_transcript_is_not_read_with_a_short_note(score: Score) -> None:
    content = reported_csv(2, video_transcription_text=["x" * 10_000_000, "fine"])
    ranked, rejected = accounted_large(score(content))
    assert len(ranked) == 2
    assert rejected["outcome"].tolist() == ["note"]
    assert rejected["reasons"].tolist() == [
        "video_transcription_text has 10,000,000 characters; the most is 100,000"
    ]
    assert rejected["video_transcription_text"].str.len().tolist() == [10_000_000]


def test_a_10_mb_cell_of_ones_own_is_carried_through(score: Score) -> None:
    ranked, rejected = accounted_large(score(reported_csv(2, note=["x" * 10_000_000, ""])))
    assert sorted(ranked["note"].fillna("").str.len()) == [0, 10_000_000]
    assert rejected.empty


def accounted_large(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As `accounted`, for two rows with cells that the csv module refuses by default."""
    assert run.result.exit_code == 0, run.result.exception
    ranked, rejected = pd.read_csv(run.output), pd.read_csv(run.rejects)
    assert len(ranked) + (rejected["outcome"] == "rejected").sum() == 2
    return ranked, rejected


@pytest.mark.parametrize("word", ["NaN", "NA", "None", "null", ""])
def test_a_count_that_is_a_word_for_no_value_is_missing_where_a_model_reads_it(
    word: str, score: Score
) -> None:
    content = reported_csv(3, video_view_count=["5", word, "7"])
    ranked, _ = accounted(score(content, "--model", "course-random-forest"), 3)
    assert [row["lane"] == "uncertain" for row in ranked] == [False, False, True]
    apart = ranked[-1]
    assert (apart["video_id"], apart["claim_probability"]) == ("video-2", "")
    assert (apart["prediction"], apart["video_view_count"]) == ("", word)


def test_a_video_without_words_is_set_apart(score: Score) -> None:
    run = score(reported_csv(3, video_transcription_text=["", "our view is", "my view is"]))
    ranked, _ = accounted(run, 3)
    assert (ranked[-1]["video_id"], ranked[-1]["lane"]) == ("video-1", "uncertain")
    assert "(1 cannot be scored)" in run.result.stderr


@pytest.mark.parametrize("cells", [None, ["", "1", "2"]])
def test_without_report_counts_videos_are_scored_and_that_is_said(
    cells: list[str] | None, score: Score
) -> None:
    run = score(reported_csv(3, report_count=cells))
    ranked, _ = accounted(run, 3)
    assert all(row["claim_probability"] for row in ranked)
    said = "No report counts are given: videos are ranked by claim probability"
    assert (said in run.result.stderr) is (cells is None)


def test_a_model_that_reads_more_says_so_and_names_one_that_does_not(score: Score) -> None:
    content = reported_csv(verified_status=None, author_ban_status=None)
    line = refused(score(content, "--model", "course-random-forest"))
    assert "Columns 'verified_status', 'author_ban_status' are missing." in line
    assert "content-random-forest" in line


def test_ids_and_transcripts_that_read_nan_are_text(score: Score) -> None:
    words = ["NaN", "NA", "None"]
    content = reported_csv(3, video_id=words, video_transcription_text=words)
    ranked, _ = accounted(score(content), 3)
    assert {row["video_id"] for row in ranked} == set(words)
    assert all(row["video_id"] == row["video_transcription_text"] for row in ranked)
    assert all(row["claim_probability"] for row in ranked)


def test_nothing_accepted_is_an_empty_output_with_its_header(score: Score) -> None:
    run = score(reported_csv(2, video_id=""))
    accounted(run, 2)
    assert run.output.read_text().startswith("rank,lane,video_id,prediction,claim_probability,")


# What a spreadsheet or a screen might run

TEXTS = [
    "<script>alert('x')</script><b>bold</b>",
    "# title **bold** [link](https://a.example) `code` $x$ :smile:",
    FORMULA,
    "😀 👩‍👩‍👧 e\u0301",
    "שלום עולם \u202eabc\u202c",
    "line\r=cmd()",
]


def by_id(rows: list[Row], column: str) -> list[str]:
    return [row[column] for row in sorted(rows, key=lambda row: row["video_id"])]


def test_only_formulas_are_changed_in_a_csv_for_people(score: Score) -> None:
    content = reported_csv(6, video_transcription_text=TEXTS, **{"=extra": "+1+1", "n": "-6"})
    run = score(content)
    ranked, _ = accounted(run, 6)
    expected = [f"'{text}" if text == FORMULA else text for text in TEXTS]
    assert by_id(ranked, "video_transcription_text") == expected
    assert by_id(ranked, "'=extra") == ["'+1+1"] * 6
    assert by_id(ranked, "n") == ["-6"] * 6


def test_rejected_rows_are_neutralised_too(score: Score) -> None:
    content = reported_csv(2, video_transcription_text=FORMULA, video_id="", note="=1+1")
    run = score(content)
    _, rejected = accounted(run, 2)
    assert by_id(rejected, "video_transcription_text") == [f"'{FORMULA}"] * 2
    assert by_id(rejected, "note") == ["'=1+1"] * 2


def test_raw_keeps_every_cell(score: Score) -> None:
    content = reported_csv(6, video_transcription_text=TEXTS, report_count=[*"12345", "=1"])
    run = score(content, "--raw")
    ranked, _ = accounted(run, 6)
    assert by_id(ranked, "video_transcription_text") == TEXTS
    assert by_id(run.noted, "report_count") == ["=1"]


def test_parquet_keeps_every_cell(score: Score) -> None:
    run = score(reported_csv(6, video_transcription_text=TEXTS), to="out.parquet")
    assert run.result.exit_code == 0
    written = pd.read_parquet(run.output).sort_values("video_id")
    assert written["video_transcription_text"].tolist() == TEXTS
    assert sorted(written["rank"]) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
def test_own_columns_named_like_the_output_are_kept_apart(to: str, score: Score) -> None:
    run = score(reported_csv(2, rank="mine", input_rank="also mine"), to=to)
    assert run.result.exit_code == 0, run.result.exception
    read = pd.read_csv if to == "out.csv" else pd.read_parquet
    written = read(run.output)
    assert written.columns.is_unique
    assert {"mine", "also mine"} <= set(written.iloc[0].astype("str"))
