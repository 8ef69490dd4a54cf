"""Files are written in one place, which follows no link; the few others are named, with why."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from claimclf.paths import ROOT

PACKAGE = ROOT / "claimclf"
FILES = PACKAGE / "files.py"
#: Methods and functions that write whatever they are given, and those that do in some modes.
WRITES = {"memmap", "touch", "write_bytes", "write_text", "ParquetWriter"}
BY_MODE = {"open", "GzipFile", "OSFile", "TarFile", "ZipFile"}
#: They write where they are given a place, else they return text.
TABLES = {"to_csv", "to_json", "to_parquet"}
PLACES = {"path", "path_or_buf"}
BY_FULL_NAME = {"np.save", "np.savez", "os.open", "shutil.copy", "shutil.copyfile", "shutil.move"}

_WORKING = "in the working folder, which nobody else may enter or move"
_STREAM = "to a stream that `files` has opened"
_MEMORY = "to memory"
#: Module and call -> why it may be outside of `files`.
ALLOWED = {
    ("streaming/parts.py", "path.write_bytes"): _WORKING,
    ("streaming/parts.py", "np.save"): _WORKING,
    ("streaming/parts.py", "unfinished.write_text"): _WORKING,
    ("streaming/parts.py", "pa.OSFile"): _WORKING,
    ("streaming/groups.py", "np.save"): _WORKING,
    ("streaming/output.py", "path.write_bytes"): _WORKING,
    ("streaming/ranges.py", "pa.OSFile"): _WORKING,
    ("streaming/output.py", "pq.ParquetWriter"): _STREAM,
    ("dataset/writing.py", "frame.to_parquet"): _STREAM,
    ("dataset/blocks.py", "path.open"): "in a temporary folder of this process",
    ("modeling/store/store.py", "predictions.to_parquet"): "under a name that nobody can foresee",
    ("modeling/store/store.py", "cv_results.to_csv"): "under a name that nobody can foresee",
    ("queue/outbound/backup/writing.py", "archive.open"): "a member of an archive in a stream",
    ("queue/outbound/backup/writing.py", "zipfile.ZipFile"): _STREAM,
    ("queue/outbound/backup/placing.py", "open"): "to lock it; nothing is written",
    (
        "queue/outbound/backup/placing.py",
        "os.open",
    ): "to read a folder, to lock a file of ours",
    ("ui/queue_list/export.py", "neutralised(table).to_parquet"): _MEMORY,
}


def writes(source: str) -> Iterator[str]:
    """Each call that may write to a file by its path, as it stands in the source."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        called = ast.unparse(call.func)
        name = called.rpartition(".")[2]
        values = [*call.args, *(option.value for option in call.keywords)]
        if (
            called in BY_FULL_NAME
            or (name in WRITES and name != called)
            or (name in BY_MODE and any(map(is_mode, values)))
            or (name in TABLES and (call.args or {o.arg for o in call.keywords} & PLACES))
        ):
            yield called


def is_mode(value: ast.expr) -> bool:
    """Whether it is text such as "wb" and "r+"."""
    if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return False
    return set(value.value) <= set("rwaxbt+") and bool(set(value.value) & set("wax+"))


@pytest.mark.parametrize(
    "source",
    [
        "path.write_bytes(b'')",
        "Path(name).write_text('', 'utf-8')",
        "open(name, 'w')",
        "path.open(mode='ab')",
        "io.open(name, 'x')",
        "path.open('r+b')",
        "os.open(name, os.O_CREAT)",
        "np.save(name, values)",
        "frame.to_csv(path)",
        "frame.to_csv(path_or_buf=path, index=False)",
        "ZipFile(path, 'w')",
        "pa.OSFile(path, 'wb')",
        "path.touch()",
        "shutil.copyfile(one, other)",
    ],
)
def test_calls_that_write_are_found(source: str) -> None:
    assert list(writes(source))


@pytest.mark.parametrize(
    "source", ["path.open('rb')", "open(name)", "frame.to_csv(index=False)", "store.save(model)"]
)
def test_calls_that_do_not_write_are_none_of_them(source: str) -> None:
    assert not list(writes(source))


def test_files_are_written_in_one_place_or_where_it_is_said_why() -> None:
    """Elsewhere a link would be followed, or a file be half-written after a crash."""
    found = {
        (str(path.relative_to(PACKAGE)), called)
        for path in PACKAGE.rglob("*.py")
        if path != FILES
        for called in writes(path.read_text("utf-8"))
    }
    assert found - ALLOWED.keys() == set(), "Write through `replacing` or `written` of files.py."
    assert ALLOWED.keys() - found == set(), "No longer there; take it from the list."
