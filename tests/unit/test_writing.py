from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimclf.dataset.reading import read_table
from claimclf.dataset.writing import neutralised, to_csv_bytes, write_table
from claimclf.errors import InputError

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
HARMLESS = ["", "a=b", "'=1", "7", "-6", "+49", "-1.5e-3", "a\n=b", "# title", "<b>", "שלום", "😀"]
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

    def fails(frame: pd.DataFrame) -> bytes:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("claimclf.dataset.writing.to_csv_bytes", fails)
    with pytest.raises(RuntimeError, match="disk is full"):
        write_table(pd.DataFrame({"a": [1]}), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_replaced_and_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    write_table(pd.DataFrame({"a": [1]}), path)
    assert path.read_text() == "a\n1\n"
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_place_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written\..*does not exist"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "absent" / "out.csv")
    with pytest.raises(InputError, match=r"cannot be written\. Found: a folder"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "sink"
    link.symlink_to("/dev/null")
    write_table(pd.DataFrame({"a": [1]}), link)
    assert link.is_symlink()
    assert not Path("/dev/null").is_file()
