"""An upload: validated, scored, ranked, looked at, and added to the shared queue."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import Table
from claimclf.dataset.writing import to_csv_bytes
from claimclf.modeling.explaining.highlighting import explain
from claimclf.modeling.scoring.ranking import Ranked, ranked_anew
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.model import Model
from claimclf.queue.queries.filters import Filters
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    LANE,
    LIKES,
    PREDICTION,
    PROBABILITY,
    RANK,
    REASON,
    REPORT_COUNT,
    REPORTED,
    SHARES,
    STATEMENT_REPORTS,
    STATEMENT_VIDEOS,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
    Lane,
    Ranking,
)
from claimclf.services.queue import store_ranked
from claimclf.services.triage import filtered, top, triage
from claimclf.ui.access import person_at_work
from claimclf.ui.inputs import LIMITS_IN_WORDS, read_upload, upload, with_matched_columns
from claimclf.ui.page import explained, plain, synthetic_notice
from claimclf.ui.state import (
    STORED,
    demo_table,
    model_store,
    queue_database,
    remember_queue,
    remembered_queue,
    replace_queue,
    words_of,
)
from claimclf.ui.transcript import show_transcript
from claimclf.ui.wording import RANKINGS, likely

MOST_SHOWN = 500
#: Words shown in the table for each video.
MOST_WORDS = 3
WORDS = "words that moved the score"
SELECTED, UPLOADED = "selected_video", "uploaded_videos"


def show_upload(model: Model) -> None:
    """Draw an upload from its file to the ranked videos."""
    table = choose_table()
    replaced = champion(model_store())
    if replaced is not None and replaced.name != model.name:
        st.warning(
            f"The champion {plain(replaced.name)} cannot be loaded; {plain(model.name)} is used "
            "instead. The page *Model comparison* says what is wrong with it."
        )
    ranked = with_matched_columns(
        table, REPORTED, "queue", lambda chosen: ranked_queue(table, model, chosen)
    )
    st.caption(f"{plain(table.name)}, scored by {plain(model.name)}")
    show_validation(ranked)
    if ranked.videos.empty:
        st.warning("No row was accepted. See above why, correct the file and upload it again.")
        st.stop()
    offer_storing(ranked, model)
    ranked = choose_ranking(ranked)
    filters, percent = ask_filters(ranked)
    matching = filtered(ranked, filters)
    first = top(matching, percent)
    if first.empty:
        st.info("No video matches these filters. Choose another lane or clear the search.")
    else:
        show_queue(first, model, len(matching), percent)
        left, _right = st.columns(2)
        left.download_button(
            f"Download all {len(ranked.videos):,} ranked videos",
            # Written when it is asked for: a million rows take seconds.
            lambda: to_csv_bytes(ranked.output()),
            "ranked.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        selected = first[first[VIDEO_ID] == st.session_state.get(SELECTED)]
        if selected.empty:
            st.caption("Choose a row to read the video's details.")
        else:
            show_detail(selected, model, len(ranked.videos))


def ranked_queue(table: Table, model: Model, chosen: dict[str, str]) -> Ranked:
    """Return the queue of a table, scored once per table, model and choice of columns."""
    key = queue_key(table, model, chosen)
    kept = remembered_queue(key)
    if kept is not None:
        return kept
    bar = st.progress(0.0, "Checking …")
    ranked = triage(
        table,
        model,
        chosen,
        lambda done, total: bar.progress(done / total, f"Scored {done:,} of {total:,} videos"),
    )
    bar.empty()
    remember_queue(key, ranked)
    return ranked


def queue_key(table: Table, model: Model, chosen: dict[str, str]) -> tuple[object, ...]:
    """Name what a queue is made from: another table, model or setting makes another queue."""
    return (table.sha256, model.name, model.manifest.version, tuple(chosen.items()))


def choose_ranking(ranked: Ranked) -> Ranked:
    """Ask what puts one video before another, and order the queue by it."""
    policies = [p for p in Ranking if p is not Ranking.AUTHOR or ranked.has_authors]
    wanted = st.selectbox(
        "Ranked by",
        policies,
        index=policies.index(ranked.ranking) if ranked.ranking in policies else 0,
        format_func=RANKINGS.__getitem__,
    )
    if wanted is ranked.ranking:
        return ranked
    anew = ranked_anew(ranked, wanted)
    replace_queue(anew)
    return anew


def choose_table() -> Table:
    """Return the uploaded table, or demo data that say so."""
    file = upload("Upload reported videos", "queue_upload")
    limits, template = st.columns([3, 1], vertical_alignment="center")
    limits.caption(LIMITS_IN_WORDS)
    template.download_button(
        "Template CSV",
        to_csv_bytes(demo_videos(3, 0)),
        "reported-videos-template.csv",
        "text/csv",
        icon=":material/description:",
        help="The columns with three synthetic videos; replace them by yours.",
    )
    if file is not None:
        st.session_state[UPLOADED] = read_upload(file, "queue")
    # The uploader forgets its file when one visits another page; the queue does not.
    elif UPLOADED in st.session_state and st.button("Put this upload away"):
        del st.session_state[UPLOADED]
        st.rerun()
    if UPLOADED in st.session_state:
        uploaded: Table = st.session_state[UPLOADED]
        return uploaded
    synthetic_notice("Upload a CSV of reported videos above to see your own queue.")
    return demo_table()


def show_validation(ranked: Ranked) -> None:
    """Account for every row of the upload."""
    validated = ranked.scored.validated
    tiles = {
        "Rows": len(validated.table),
        "Accepted": len(validated.accepted),
        "Rejected": validated.n_rejected,
        "Cannot be scored": ranked.n_unscorable,
        "Predicted claims": int((ranked.videos[LANE] == Lane.CLAIMS).sum()),
        "Uncertain": int((ranked.videos[LANE] == Lane.UNCERTAIN).sum()),
    }
    for column, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        column.metric(label, f"{value:,}")
    if validated.n_rejected:
        with st.expander(
            f"{validated.n_rejected:,} rows were rejected: see why", icon=":material/block:"
        ):
            rejected = validated.rejected
            st.dataframe(_cut(rejected.head(MOST_SHOWN)), hide_index=True)
            st.download_button(
                "Download all rejected rows",
                lambda: to_csv_bytes(rejected),
                "rejected.csv",
                "text/csv",
                on_click="ignore",
            )


def _cut(frame: pd.DataFrame, most: int = 1_000) -> pd.DataFrame:
    """Cut long cells for the screen; downloads keep them whole."""
    text = frame.select_dtypes(include=["str", "object"]).columns
    return frame.assign(**{name: frame[name].astype("str").str.slice(0, most) for name in text})


def moving_words(model: Model, videos: pd.DataFrame) -> list[str]:
    """Name the words that moved each video's score most; explained once for a whole page."""
    scored = videos[videos[PROBABILITY].notna()]
    key = (model.name, model.manifest.version, *scored[VIDEO_ID])
    words = dict(zip(scored.index, words_of(key, model, scored, MOST_WORDS), strict=True))
    return [words.get(index, "") for index in videos.index]


def ask_filters(ranked: Ranked) -> tuple[Filters, float]:
    """Read the filters, and the share of the matching videos to review, in percent."""
    most = int(ranked.videos[REPORT_COUNT].fillna(0).clip(lower=1).max())
    first, second, third = st.columns([5, 4, 2])
    lanes = first.pills(
        "Lanes",
        list(Lane),
        default=[Lane.CLAIMS, Lane.UNCERTAIN],
        selection_mode="multi",
        format_func=lambda lane: f"{lane} ({int((ranked.videos[LANE] == lane).sum()):,})",
    )
    text = second.text_input("Search in transcripts", placeholder="words, such as: harbor")
    reports = third.number_input("Minimum reports", min_value=0, max_value=most, value=0)
    first, second, third = st.columns([5, 4, 2])
    verified = first.pills(
        "Verified status", REPORTED[VERIFIED_STATUS].allowed, selection_mode="multi"
    )
    ban = second.pills("Author status", REPORTED[BAN_STATUS].allowed, selection_mode="multi")
    percent = third.number_input("Review the top %", min_value=1, max_value=100, value=100)
    filters = Filters(
        lanes=tuple(lanes),
        min_reports=int(reports),
        verified=tuple(verified),
        ban=tuple(ban),
        text=text,
    )
    return filters, float(percent)


def show_queue(queue: pd.DataFrame, model: Model, total: int, percent: float) -> None:
    """Draw the ranked table and remember which video is chosen, by id."""
    st.markdown(
        f"**{len(queue):,} {'video' if len(queue) == 1 else 'videos'} to review**"
        + (f": the top {percent:.0f} % of {total:,}" if percent < 100 else "")
        + (f". The first {MOST_SHOWN:,} are shown." if len(queue) > MOST_SHOWN else ".")
    )
    shown = queue.head(MOST_SHOWN)
    engagement = [VIEWS, LIKES, SHARES, DOWNLOADS, COMMENTS]
    author = [AUTHOR_ID] if AUTHOR_ID in queue else []
    reason = [REASON] if shown[REASON].ne("").any() else []
    columns = [
        RANK, REPORT_COUNT, PROBABILITY, LANE, *reason, TRANSCRIPT, WORDS, STATEMENT_VIDEOS,
        STATEMENT_REPORTS, *author, VERIFIED_STATUS, BAN_STATUS, *engagement, DURATION, VIDEO_ID,
    ]  # fmt: skip
    shown = shown.assign(**{WORDS: moving_words(model, shown)})
    event = st.dataframe(
        _cut(shown[columns]),
        hide_index=True,
        height=560,
        row_height=75,  # three lines: lower rows do not wrap
        on_select="rerun",
        selection_mode="single-row",
        key="queue_table",
        column_config={
            RANK: st.column_config.NumberColumn("Rank", width=60),
            REPORT_COUNT: st.column_config.NumberColumn("Reports", format="localized", width=80),
            PROBABILITY: st.column_config.ProgressColumn(
                "Claim probability", format="%.3f", min_value=0.0, max_value=1.0, width=130
            ),
            LANE: st.column_config.TextColumn("Lane", width=90),
            REASON: st.column_config.TextColumn("Why a person must look", width=180),
            TRANSCRIPT: st.column_config.TextColumn("Transcript", width=380),
            WORDS: st.column_config.TextColumn("Words that moved the score", width=180),
            STATEMENT_VIDEOS: st.column_config.NumberColumn(
                "Videos with this statement", format="localized"
            ),
            STATEMENT_REPORTS: st.column_config.NumberColumn(
                "Reports on the statement", format="localized"
            ),
            AUTHOR_ID: "Author",
            VERIFIED_STATUS: "Verified",
            BAN_STATUS: "Author status",
            **{
                name: st.column_config.NumberColumn(
                    name.split("_")[1].capitalize() + "s", format="localized"
                )
                for name in engagement
            },
            DURATION: st.column_config.NumberColumn("Seconds"),
            VIDEO_ID: "Video id",
        },
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(shown):
        # The table forgets its selection when its rows change; the id does not change.
        st.session_state[SELECTED] = shown[VIDEO_ID].iloc[picked[0]]


def show_detail(row: pd.DataFrame, model: Model, total: int) -> None:
    """Show one video, given as a table of one row; its text as text."""
    video = row.iloc[0]
    with st.container(border=True):
        st.subheader(f"Rank {video[RANK]:,} of {total:,}")
        if video[REASON]:
            st.warning(f"{plain(video[REASON]).capitalize()}. A person must look at it.")
        show_why(row, model)
        if video[STATEMENT_VIDEOS] > 1:
            st.markdown(
                f"This statement: **{video[STATEMENT_VIDEOS]:,} videos, "
                f"{video[STATEMENT_REPORTS]:,} reports**."
            )
        tiles = {
            "Reports": REPORT_COUNT,
            "Views": VIEWS,
            "Likes": LIKES,
            "Shares": SHARES,
            "Downloads": DOWNLOADS,
            "Comments": COMMENTS,
            "Seconds": DURATION,
        }
        probability = video[PROBABILITY]
        shown = {"Probability": "none" if math.isnan(probability) else f"{probability:.3f}"}
        shown |= {k: "none" if pd.isna(video[c]) else f"{video[c]:,.0f}" for k, c in tiles.items()}
        places = [*st.columns(4), *st.columns(4)]
        for column, (label, value) in zip(places, shown.items(), strict=True):
            column.metric(label, value)
        author = plain(video[AUTHOR_ID]) if pd.notna(video.get(AUTHOR_ID)) else "unknown"
        st.markdown(
            f"Lane **{video[LANE]}** · prediction **{video[PREDICTION] or 'none'}** · "
            f"video {plain(video[VIDEO_ID])} · author {author}, "
            f"{plain(video[VERIFIED_STATUS])}, {plain(video[BAN_STATUS])}"
        )
        if pd.notna(video.get(VIDEO_URL)):
            st.link_button("Open the video in a new tab", video[VIDEO_URL])


def show_why(row: pd.DataFrame, model: Model) -> None:
    """Show the transcript with what moved the score, or as it is where nothing was scored."""
    if pd.isna(row[PROBABILITY].iloc[0]):
        text = row[TRANSCRIPT].iloc[0]
        st.text(text if isinstance(text, str) else "No transcript.")
        return
    show_transcript(explain(model.pipeline, row)[0])
    if model.predictor.conformal is not None:
        chance = float(row[PROBABILITY].iloc[0])
        st.caption(f"Calibrated probability {chance:.3f}: {likely(chance)}.")


def offer_storing(ranked: Ranked, model: Model) -> None:
    """Offer to put the ranked videos into the queue that everybody shares."""
    if not st.button(
        f"Add these {len(ranked.videos):,} videos to the shared queue",
        icon=":material/playlist_add:",
    ):
        return
    bar = st.progress(0.0, "Storing …")
    with explained():
        batch = store_ranked(
            queue_database(),
            person_at_work(),
            ranked,
            model,
            lambda done, total: bar.progress(done / total, f"Stored {done:,} of {total:,}"),
        )
    st.session_state[STORED] = (
        f"This file was stored before, as batch {batch.id}: nothing was changed."
        if batch.is_repeated
        else f"Batch {batch.id}: {batch.n_new:,} new cases, {batch.n_known:,} known, "
        f"{batch.n_reopened:,} reopened."
    )
    st.rerun()
