"""Every reference export goes through the shell: inspected, scored and stored with its values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from claimclf.cli import main
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases
from tests.conftest import shared_file
from tests.dataset.formats.test_reference_files import EXPORTS, FORMATS, Export
from tests.dataset.formats.videos import VIDEOS

every_export = pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.file)


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    return result


def given(export: Export) -> Path:
    return shared_file(f"formats/{export.file}")


def ids(export: Export) -> set[str]:
    return {video.id for name, video in VIDEOS.items() if name not in export.without}


@every_export
def test_export_is_inspected_with_all_rows_accounted_for(export: Export) -> None:
    record: dict[str, Any] = json.loads(run("inspect", given(export), "--json").stdout)
    assert record["sentence"] == export.sentence
    assert record["rows"] == record["accepted"] + record["rejected"] == export.n_rows
    assert record["videos"] == len(ids(export))


@every_export
def test_export_is_scored_with_every_digit_of_its_ids(export: Export, tmp_path: Path) -> None:
    output, rejects = tmp_path / "out.csv", tmp_path / "rejects.csv"
    run("score", given(export), "--output", output, "--rejects", rejects)
    scored = pd.read_csv(output, dtype="str", keep_default_na=False)
    assert set(scored["video_id"]) == ids(export)
    assert (scored["lane"] != "").all()
    views = dict(zip(scored["video_id"], scored["video_view_count"], strict=True))
    assert float(views[VIDEOS["octopus"].id]) in (48_212, 48_200)  # rounded by some exporters


@every_export
def test_export_that_was_scored_comes_back_unchanged_when_it_is_scored_again(
    export: Export, tmp_path: Path
) -> None:
    """Captions stay captions, counts of merged rows stay, and no column is added."""
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    run("score", given(export), "--output", once)
    said = run("score", once, "--output", twice).stdout
    assert twice.read_bytes() == once.read_bytes()
    assert "Not found where" not in said


@every_export
def test_export_becomes_cases_of_the_queue(export: Export, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    run("ingest", given(export), "--database", url)
    database = Database(url)
    stored = set(database.read(lambda c: c.scalars(select(cases.c.video_id)).all()))
    database.close()
    assert stored == ids(export)


def test_report_log_beside_an_export_gives_its_counts(tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    videos, log = shared_file("formats/zeeschuimer_tiktok.ndjson"), FORMATS / "reports.csv"
    run("score", videos, "--reports", log, "--output", output)
    scored = pd.read_csv(output, dtype={"video_id": "str"}).set_index("video_id")
    expected = {video.id: video.reports for video in VIDEOS.values()}
    assert scored["report_count"].to_dict() == expected


def test_report_log_beside_an_export_is_stored_with_the_cases(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    videos, log = shared_file("formats/zeeschuimer_tiktok.ndjson"), FORMATS / "reports.csv"
    run("ingest", videos, "--reports", log, "--database", url)
    database = Database(url)
    total = database.read(lambda c: c.scalar(select(func.sum(cases.c.report_count))))
    database.close()
    assert total == sum(video.reports for video in VIDEOS.values())


def test_saved_mapping_reads_a_table_whose_columns_nothing_tells(tmp_path: Path) -> None:
    table, mapping, output = tmp_path / "t.csv", tmp_path / "mapping.json", tmp_path / "out.csv"
    rows = "".join(f"v{1000 + i};what is said here, in some more words {i};{i}\n" for i in range(5))
    table.write_text(f"nr;what;n\n{rows}", "utf-8")
    run("inspect", table, "--column", "report_count=n", "--save-mapping", mapping)
    run("score", table, "--mapping", mapping, "--output", output)
    assert sorted(pd.read_csv(output)["report_count"]) == [0, 1, 2, 3, 4]


def test_output_for_excel_begins_with_a_byte_order_mark_and_is_read_back(tmp_path: Path) -> None:
    output, again = tmp_path / "out.csv", tmp_path / "again.csv"
    run("score", shared_file("formats/apify.csv"), "--output", output, "--for-excel")
    assert output.read_bytes().startswith(b"\xef\xbb\xbf")
    run("score", output, "--output", again)
    first, second = (pd.read_csv(file, dtype="str") for file in (output, again))
    assert set(first["video_id"]) == set(second["video_id"])


def test_ids_and_authors_of_a_scored_csv_come_back_unchanged(tmp_path: Path) -> None:
    table, output, again = (tmp_path / name for name in ("t.csv", "out.csv", "again.csv"))
    given = [f"{first}abc{n}" for n, first in enumerate(("-", "@", "+", "=", "'", "'=", "''-", ""))]
    rows = "".join(f"{one},said here,{one}\n" for one in given)
    table.write_text(f"video_id,transcript,author_id\n{rows}", "utf-8")
    run("score", table, "--output", output)
    run("score", output, "--output", again, "--raw")
    raw = pd.read_csv(again, dtype="str")
    assert set(raw["video_id"]) == set(raw["author_id"]) == set(given)
