from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimclf.dataset.formatting import is_plain, neutralised_text, unprotected_text
from claimclf.dataset.reading import read_table
from claimclf.dataset.writing import (
    csv_lines,
    holds_cr,
    neutralised,
    to_csv_bytes,
    write_table,
)
from claimclf.errors import InvalidRequestError

relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
#: What the OWASP page on CSV injection lists, and the full-width forms.
STARTS = tuple("=+-@\t\r\n＝＋－＠")
FORMULAS = [
    "=cmd()",
    "=HYPERLINK(A1)",
    "+1+cmd|' /C calc'!A1",
    "-2+3",
    "@SUM(A1)",
    "  =1+1",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "－1-1",
    "--1",
    "-",
]
HARMLESS = ["", "a=b", "'tis", "7", "-6", "+49", "-1.5e-3", "a\n=b", "# title", "<b>", "שלום", "😀"]
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
risky = st.builds(lambda pad, start, rest: pad + start + rest, st.sampled_from(["", " ", "  "]),
                  st.sampled_from(STARTS), text)  # fmt: skip


def a_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@relaxed
@given(st.lists(text | risky, min_size=1, max_size=6), st.booleans())
def test_no_cell_or_header_begins_like_a_formula(cells: list[str], as_objects: bool) -> None:
    frame = pd.DataFrame({"=header": cells, " +other": cells})
    safe = neutralised(frame.astype(object) if as_objects else frame)
    assert list(safe.columns) == ["'=header", "' +other"]
    for name in safe:
        for cell in safe[name]:
            assert a_number(cell) or not cell.startswith(STARTS), cell
            assert a_number(cell) or not cell.lstrip(" ").startswith(tuple("=+-@")), cell


@relaxed
@given(st.lists(text | risky, min_size=1, max_size=6))
def test_neutralising_only_ever_adds_one_apostrophe(cells: list[str]) -> None:
    safe = neutralised(pd.DataFrame({"text": cells}))
    assert all(new in (old, f"'{old}") for new, old in zip(safe["text"], cells, strict=True))


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert neutralised(pd.DataFrame({"text": [cell]}))["text"].tolist() == [f"'{cell}"]


cells_of_ours = text | risky | st.text(st.sampled_from("'=+-@\t 1a"), max_size=5)


@relaxed
@given(st.lists(cells_of_ours, min_size=1, max_size=6))
def test_what_protects_a_spreadsheet_can_be_undone(cells: list[str]) -> None:
    column = pd.Series(cells, dtype="str")
    assert unprotected_text(neutralised_text(column)).tolist() == cells


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_harmless_text_and_missing_values_stay(dtype: str) -> None:
    frame = pd.DataFrame({"text": pd.Series([*HARMLESS, None], dtype=dtype)})
    safe = neutralised(frame)["text"]
    assert safe.tolist()[:-1] == HARMLESS
    assert pd.isna(safe.iloc[-1])


@relaxed
@given(st.lists(st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9), min_size=1, max_size=5))
def test_numbers_stay_numbers(numbers: list[float]) -> None:
    frame = pd.DataFrame({"n": numbers})
    pd.testing.assert_frame_equal(neutralised(frame), frame)


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_every_way_to_store_text_is_neutralised(dtype: str) -> None:
    frame = pd.DataFrame({"text": pd.Series(["=1+1", "fine", "=1+1"], dtype=dtype)})
    assert neutralised(frame)["text"].tolist() == ["'=1+1", "fine", "'=1+1"]


def test_the_given_table_is_not_changed() -> None:
    frame = pd.DataFrame({"=a": ["=1"]})
    neutralised(frame)
    assert frame.to_dict("list") == {"=a": ["=1"]}


@relaxed
@given(st.lists(text | st.just("x\r=cmd()") | st.just('a,b\n"c"'), min_size=1, max_size=5))
def test_a_raw_csv_is_read_back_cell_for_cell(cells: list[str]) -> None:
    frame = pd.DataFrame({"id": [str(n) for n in range(len(cells))], "text": cells}, dtype="str")
    path = io.BytesIO(to_csv_bytes(frame))
    table = read_table(path.getvalue())
    assert table.frame["id"].tolist() == frame["id"].tolist()
    expected = neutralised(frame)["text"].tolist()
    assert table.frame["text"].tolist() == expected


@pytest.mark.parametrize("raw", [False, True])
def test_a_carriage_return_inside_a_cell_starts_no_row(raw: bool, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_table(pd.DataFrame({"text": ["safe\r=cmd()"], "n": [1]}), path, raw=raw)
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert rows == [["text", "n"], ["safe\r=cmd()", "1"]]


def test_a_csv_is_neutralised_unless_raw(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["=cmd()", "é"], "n": [-1, 2]})
    write_table(frame, tmp_path / "safe.csv")
    write_table(frame, tmp_path / "raw.csv", raw=True)
    assert (tmp_path / "safe.csv").read_bytes() == "text,n\n'=cmd(),-1\né,2\n".encode()
    assert (tmp_path / "raw.csv").read_bytes() == "text,n\n=cmd(),-1\né,2\n".encode()


def test_parquet_keeps_every_cell(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": [*FORMULAS, *HARMLESS]})
    write_table(frame, tmp_path / "out.parquet")
    assert pd.read_parquet(tmp_path / "out.parquet")["text"].tolist() == [*FORMULAS, *HARMLESS]


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fails(frame: pd.DataFrame, **options: object) -> bytes:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("claimclf.dataset.writing.csv_lines", fails)
    with pytest.raises(RuntimeError, match="disk is full"):
        write_table(pd.DataFrame({"a": [1]}), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# Byte for byte as pandas writes


def by_pandas(frame: pd.DataFrame, *, raw: bool) -> bytes:
    """Write in the plain way: what the fast one is held against."""
    shown = frame if raw else neutralised(frame)
    written = shown.to_csv(index=False, lineterminator="\n")
    if "\r" in written:
        written = shown.to_csv(index=False, lineterminator="\r\n")
    return written.encode()


special = st.text(st.sampled_from('a1, "\r\n\t\0=-@＝\xa0é😀'), max_size=6)
floats = st.floats() | st.integers(-(10**17), 10**17).map(float) | st.floats(1e-6, 1e11)
columns = st.integers(0, 6).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            name: st.lists(values, min_size=rows, max_size=rows)
            for name, values in {
                "text": special | st.none() | st.sampled_from(FORMULAS),
                "more,=text": special | st.none(),
                "whole": st.integers(-(2**63), 2**63 - 1),
                "gaps": st.integers(-(2**63), 2**63 - 1) | st.none(),
                "number": floats,
                "other": floats | st.none(),
            }.items()
        }
    )
)
TYPES = {"text": "str", "more,=text": "string", "whole": "int64", "gaps": "Int64",
         "number": "float64", "other": "float64"}  # fmt: skip


@settings(relaxed, max_examples=150)
@given(columns, st.booleans(), st.permutations(list(TYPES)), st.integers(2, 6), st.integers(0, 3))
def test_a_csv_is_byte_for_byte_what_pandas_writes(
    cells: dict[str, list[object]], raw: bool, order: list[str], width: int, skipped: int
) -> None:
    series = {name: pd.Series(cells[name], dtype=TYPES[name]) for name in order[:width]}
    frame = pd.DataFrame(series).iloc[skipped:]  # a slice begins within Arrow's memory
    assert is_plain(frame)
    assert to_csv_bytes(frame, raw=raw) == by_pandas(frame, raw=raw)
    assert holds_cr(frame) == (b"\r" in by_pandas(frame, raw=raw))


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["=1", None, "a\rb"], dtype=object),
        pd.Series([1, "x,y", None], dtype=object),
        pd.Series(["-", "b", "b"], dtype="category"),
        pd.Series([True, False, True]),
        pd.Series([0.1, None, 3.0], dtype="float32"),
        pd.Series([1, None, 3], dtype="int64[pyarrow]"),
        pd.Series(["", "x", None], dtype="str"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_unusual_columns_are_written_as_pandas_does(column: pd.Series, raw: bool) -> None:
    for frame in (column.to_frame("alone"), pd.DataFrame({"text": ["a", "\n", "="], "it": column})):
        assert to_csv_bytes(frame, raw=raw) == by_pandas(frame, raw=raw)
        assert holds_cr(frame) == (b"\r" in by_pandas(frame, raw=raw))


def test_a_time_is_written_the_same_whatever_times_stand_around_it() -> None:
    times = pd.to_datetime(["2025-01-31", "2025-01-31T12:00:00.5", None], format="ISO8601")
    frame = pd.DataFrame({"at": times, "utc": times.tz_localize("UTC"), "n": [1, 2, 3]})
    first, rest = frame.iloc[:1], frame.iloc[1:]
    assert to_csv_bytes(frame).decode().splitlines() == [
        "at,utc,n",
        "2025-01-31 00:00:00,2025-01-31 00:00:00+00:00,1",
        "2025-01-31 12:00:00.500000,2025-01-31 12:00:00.500000+00:00,2",
        ",,3",
    ]
    assert csv_lines(first) + csv_lines(rest, header=False) == to_csv_bytes(frame)


def test_a_carriage_return_in_a_name_is_seen() -> None:
    frame = pd.DataFrame({"a\rb": ["x"], "c": ["y"]})
    assert holds_cr(frame)
    assert to_csv_bytes(frame) == by_pandas(frame, raw=False) == b'"a\rb",c\r\nx,y\r\n'


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_stretches_joined_are_the_whole(line_end: str) -> None:
    cells = [cell for cell in (*FORMULAS, *HARMLESS) if "\r" not in cell]
    frame = pd.DataFrame({"text": cells, "n": range(len(cells)), "also": cells})
    first, rest = frame.iloc[:5], frame.iloc[5:]
    joined = csv_lines(first, line_end=line_end) + csv_lines(rest, line_end=line_end, header=False)
    assert joined == csv_lines(frame, line_end=line_end)
    assert joined.decode() == neutralised(frame).to_csv(index=False, lineterminator=line_end)


def test_a_long_table_is_written_in_stretches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.dataset.writing._STRETCH_ROWS", 2)
    frame = pd.DataFrame({"text": ["a", "=b", "c\rd", "e", "f"], "n": range(5)})
    write_table(frame, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == by_pandas(frame, raw=False)


def test_an_existing_file_is_replaced_and_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    write_table(pd.DataFrame({"a": [1]}), path)
    assert path.read_text() == "a\n1\n"
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_place_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"cannot be written\..*does not exist"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "absent" / "out.csv")
    with pytest.raises(InvalidRequestError, match=r"cannot be written\. Found: a folder"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_device_is_replaced_and_the_device_stays(tmp_path: Path) -> None:
    link = tmp_path / "sink"
    link.symlink_to("/dev/null")
    write_table(pd.DataFrame({"a": [1]}), link)
    assert not link.is_symlink()
    assert link.read_text("utf-8") == "a\n1\n"
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("behind", ["", "=1", "a"])
def test_whatever_a_cell_begins_with_it_is_neutralised_as_text_is(behind: str) -> None:
    first = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
    frame = pd.DataFrame({"text": [f"{one}{behind}" for one in first], "place": range(len(first))})
    assert to_csv_bytes(frame) == by_pandas(frame, raw=False)
