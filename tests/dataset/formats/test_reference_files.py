"""Every reference export is read with the values that its README names."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimclf.dataset.reading import read_table
from claimclf.dataset.report_log import count_reports
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.schema import REPORTED
from claimclf.services.inspecting import inspect_file
from tests.conftest import SHARED, shared_file
from tests.dataset.formats.videos import NO_SPEECH, VIDEOS, rounded

FORMATS = SHARED / "formats"


@dataclass(frozen=True)
class Export:
    """What a reference file holds, as its README says."""

    file: str
    sentence: str
    n_rows: int
    without: tuple[str, ...] = ()
    rounds: bool = True
    has: str = "seconds saves author"
    comments_of_tortilla: bool = False
    sources: tuple[str, ...] = ("caption",)
    days_only: bool = False


EXPORTS = [
    Export(
        "research_api.json", "This is an answer of TikTok's Research API, 21 entries, 20 videos.",
        21, rounds=False, sources=("voice_to_text", "caption"),
    ),
    Export(
        "research_api_pages.ndjson",
        "This is an answer of TikTok's Research API, 21 entries, 20 videos.",
        21, rounds=False, has="saves author", sources=("voice_to_text", "caption"),
    ),
    Export(
        "zeeschuimer_tiktok.ndjson",
        "This is a Zeeschuimer export of TikTok, 21 lines, 20 videos.", 21,
        has="seconds saves author verified",
    ),
    Export(
        "4cat_tiktok.csv", "This is a 4CAT export of TikTok, 20 rows, 19 videos.",
        20, without=("saltlamp",), has="author",
    ),
    Export(
        "ytdlp.ndjson", "This is yt-dlp's output, 20 entries, 19 videos.",
        20, without=("lake",), comments_of_tortilla=True,
    ),
    Export(
        "apify.csv", "This is an Apify export of TikTok, 21 rows, 20 videos.", 21,
        has="seconds author verified",
    ),
    Export(
        "videos_excel.xlsx", "This is an Excel workbook, 21 rows, 16 videos.", 21,
        without=("crust", "saltlamp", "bees_a", "meeting"), rounds=False,
        has="seconds saves author verified reports", sources=("transcript", "caption"),
    ),
    Export(
        "videos_excel_text_ids.xlsx", "This is an Excel workbook, 21 rows, 20 videos.", 21,
        has="seconds saves author verified reports", sources=("transcript", "caption"),
        days_only=True,
    ),
]  # fmt: skip
every_export = pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.file)


def read(name: str) -> Validated:
    shared_file(f"formats/{name}")
    return validate(read_table(FORMATS / name), REPORTED)


def plain(value: Any) -> Any:
    return None if pd.isna(value) else value


@every_export
def test_an_export_is_told_in_one_sentence(export: Export) -> None:
    assert inspect_file(shared_file(f"formats/{export.file}")).sentence == export.sentence


@every_export
def test_every_row_of_an_export_is_accounted_for(export: Export) -> None:
    validated = read(export.file)
    assert len(validated.table) == export.n_rows
    assert validated.n_accepted + validated.n_rejected == export.n_rows
    damaged = 4 if export.file == "videos_excel.xlsx" else 0
    assert validated.n_rejected == damaged
    expected = {video.id for name, video in VIDEOS.items() if name not in export.without}
    assert set(validated.accepted["video_id"]) == expected
    assert validated.n_merged == 1


@every_export
@pytest.mark.parametrize("name", list(VIDEOS))
def test_an_exports_values_are_those_of_its_readme(export: Export, name: str) -> None:
    if name in export.without:
        return
    video = VIDEOS[name]
    videos = read(export.file).accepted.set_index("video_id")
    row = videos.loc[video.id]
    exact = (lambda value: value) if not export.rounds else rounded
    counts = [plain(row[f"video_{kind}_count"]) for kind in ("view", "like", "share", "comment")]
    comments = video.comments
    if name == "tortilla" and not export.comments_of_tortilla:
        comments = None
    assert counts == [exact(v) for v in (video.views, video.likes, video.shares, comments)]
    assert plain(row["video_download_count"]) is None
    posted = pd.Timestamp(video.posted, tz="UTC")
    assert row["posted_at"] == (posted.normalize() if export.days_only else posted)
    if "saves" in export.has:
        assert row["video_save_count"] == exact(video.saves)
    if "seconds" in export.has:
        assert plain(row["video_duration_sec"]) == video.seconds
    if "reports" in export.has:
        assert row["report_count"] == video.reports
    author = plain(row["author_id"])
    assert (author is None) if name == "lake" else not author.startswith("@")
    verified = name in ("drones", "bridge", "ticket", "lecture")
    if "verified" in export.has and name != "lake":
        assert row["verified_status"] == ("verified" if verified else "not verified")


@every_export
def test_the_table_says_where_each_rows_words_are_from(export: Export) -> None:
    videos = read(export.file).accepted
    given = videos["text_source"].dropna()
    assert set(given) == set(export.sources)
    assert (videos["video_transcription_text"].notna() == videos["text_source"].notna()).all()
    captions = videos[videos["text_source"] == "caption"]
    assert (captions["video_transcription_text"] == captions["video_caption"]).all()
    if export.sources[0] == "transcript":
        unspoken = {VIDEOS[name].id for name in NO_SPEECH}
        assert set(captions["video_id"]) == unspoken


def test_ids_that_a_spreadsheet_has_damaged_come_from_links_or_are_rejected() -> None:
    validated = read("videos_excel.xlsx")
    assert validated.notes["code"].value_counts().to_dict() == {"repaired": 17, "repeated": 1}
    assert validated.problems["code"].tolist() == ["damaged"] * 4
    assert validated.problems["message"].str.contains("export the ids as text").all()


def test_files_of_ytdlp_are_read_with_the_subtitles_beside_them(tmp_path: Path) -> None:
    shared_file("formats/ytdlp.ndjson")
    for folder in ("ytdlp_info", "ytdlp_subtitles"):
        for file in (FORMATS / folder).iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in tmp_path.iterdir():
            archive.write(file, f"videos/{file.name}")
    for source in (tmp_path, packed.getvalue()):
        videos = validate(read_table(source, "videos"), REPORTED).accepted.set_index("video_id")
        octopus, silent = videos.loc[VIDEOS["octopus"].id], videos.loc[VIDEOS["silent"].id]
        assert octopus["video_transcription_text"] == (
            "so an octopus has three hearts and two of them stop beating while it swims which is "
            "why it would rather crawl over the sand than swim away from you"
        )
        assert octopus["text_source"] == "subtitles"
        assert silent["text_source"] == "caption"
        assert len(videos) == 3


def test_subtitles_alone_are_videos_known_by_their_names() -> None:
    folder = shared_file("formats/README.md").parent / "ytdlp_subtitles"
    videos = validate(read_table(folder), REPORTED).accepted
    assert set(videos["video_id"]) == {VIDEOS["octopus"].id, VIDEOS["lecture"].id}
    assert set(videos["text_source"]) == {"subtitles"}


def test_a_report_log_is_counted() -> None:
    log = count_reports(read_table(shared_file("formats/reports.csv")))
    assert log.sentence == "This is a report log, 87 rows: 86 reports about 18 videos."
    counts = log.videos["report_count"].to_dict()
    for video in VIDEOS.values():
        assert counts.get(video.id, 0) == video.reports
    assert counts["7693045370319694001"] == 4
    drones = log.videos.loc[VIDEOS["drones"].id]
    assert drones["first_reported_at"] == pd.Timestamp("2026-10-20T03:58:02Z")
    assert "NA (1)" in drones["reporters"]
    assert drones["report_reasons"].startswith("misinformation (11)")


def zeeschuimer(change: Callable[[dict[str, Any]], object]) -> bytes:
    lines = shared_file("formats/zeeschuimer_tiktok.ndjson").read_bytes().splitlines()
    records = [json.loads(line) for line in lines]
    for record in records:
        change(record)
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_one_report_is_called_one() -> None:
    log = count_reports(read_table(b"video_id,reason\nv1,spam\n"))
    assert log.sentence == "This is a report log, 1 row: 1 report about 1 video."


def test_exact_counts_of_newer_zeeschuimer_lines_win() -> None:
    def newer(record: dict[str, Any]) -> None:
        data = record["data"]
        data["createTime"] = str(data["createTime"])
        data["statsV2"] = {key: str(value) for key, value in data["stats"].items()}
        if data["id"] == VIDEOS["drones"].id:
            data["statsV2"]["playCount"] = "2341870"
        if data["id"] == VIDEOS["moon"].id:
            data["statsV2"]["playCount"] = "undefined"

    videos = validate(read_table(zeeschuimer(newer)), REPORTED).accepted.set_index("video_id")
    assert videos.loc[VIDEOS["drones"].id, "video_view_count"] == 2_341_870
    assert videos.loc[VIDEOS["moon"].id, "video_view_count"] == 152_400
    assert videos.loc[VIDEOS["octopus"].id, "posted_at"] == pd.Timestamp("2024-05-14T09:21:10Z")


def test_what_is_not_understood_of_a_known_export_is_said(tmp_path: Path) -> None:
    def other(record: dict[str, Any]) -> None:
        record["data"]["statistics"] = record["data"].pop("stats")

    path = tmp_path / "later.ndjson"
    path.write_bytes(zeeschuimer(other))
    inspection = inspect_file(path)
    assert inspection.sentence.startswith("This is a Zeeschuimer export of TikTok")
    said = next(remark for remark in inspection.remarks if remark.startswith("Not found where"))
    assert "video_view_count (data.statsV2.playCount, data.stats.playCount)" in said
    assert "author_id" not in said


def test_another_platform_in_the_same_frame_is_told_apart(tmp_path: Path) -> None:
    def instagram(record: dict[str, Any]) -> None:
        record["source_platform"] = "instagram.com"
        record["item_id"] = "-" + record["item_id"][:10]
        record["data"] = {"caption": {"text": "a b c"}, "user": {"username": "ann"}}

    path = tmp_path / "other.ndjson"
    path.write_bytes(zeeschuimer(instagram))
    inspection = inspect_file(path)
    assert "another platform than TikTok" in inspection.sentence
    assert inspection.preview["video_id"].str.startswith("-").all()
    assert inspection.preview["author_id"].tolist() == ["ann"] * 5


def test_the_collectors_session_is_never_read() -> None:
    table = read_table(shared_file("formats/zeeschuimer_tiktok.ndjson"))
    assert not {"source_url", "user_agent"} & set(table.columns)


@every_export
def test_packed_with_gzip_an_export_is_the_same(export: Export) -> None:
    path = shared_file(f"formats/{export.file}")
    packed = read_table(gzip.compress(path.read_bytes()), path.name)
    pd.testing.assert_frame_equal(packed.frame, read_table(path).frame)


def test_ids_of_parquet_keep_every_digit() -> None:
    shared_file("formats/README.md")
    ids = [int(video.id) for video in VIDEOS.values()]
    for kind in (pa.int64(), pa.uint64(), pa.string(), pa.decimal128(20)):
        for values in (ids, [*ids, None]):
            column = pa.array([str(v) if v and kind == pa.string() else v for v in values], kind)
            table = pa.table({"video_id": column, "text": ["so it is"] * len(values)})
            sink = io.BytesIO()
            pq.write_table(table, sink)
            validated = validate(read_table(sink.getvalue()), REPORTED)
            assert validated.accepted["video_id"].tolist() == [str(i) for i in ids]
