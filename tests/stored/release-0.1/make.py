"""Make the reference files beside this script, by the code of commit 6d7d4b5.

Needs a checkout of that commit and an environment with the packages it pins. From the
checkout's folder, with OUT a folder that is new or empty:

    PYTHONPATH=. python path/to/make.py OUT

All videos are made up (`claimclf demo`), as are all people. Hashes and versions of models, names
of parts, tokens and the audit log's chain differ from one run to the next; videos, probabilities
and decisions come out the same.
"""

# ruff: noqa: S603, S607

from __future__ import annotations

import csv
import getpass
import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

COMMIT = "6d7d4b5"
ADMIN_NAME = "casey.admin"
os.environ["LOGNAME"] = ADMIN_NAME  # who is at the shell, for commands that record it
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import xgboost  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

import claimclf  # noqa: E402

ROOT = Path(claimclf.__file__).resolve().parents[1]

from claimclf.dataset.blocks import open_blocks  # noqa: E402
from claimclf.dataset.reading import read_table  # noqa: E402
from claimclf.dataset.validation import validate  # noqa: E402
from claimclf.modeling.champion import best_by_rule, champion  # noqa: E402
from claimclf.modeling.features import FEATURE_SETS  # noqa: E402
from claimclf.modeling.scoring import score  # noqa: E402
from claimclf.modeling.search import TreeSearchCV  # noqa: E402
from claimclf.modeling.store import ModelStore  # noqa: E402
from claimclf.queue import migrations, webhook  # noqa: E402
from claimclf.queue.database import Database  # noqa: E402
from claimclf.queue.decisions import Verdict  # noqa: E402
from claimclf.queue.ordering import Filters  # noqa: E402
from claimclf.queue.people import Person  # noqa: E402
from claimclf.queue.preferences import Preferences  # noqa: E402
from claimclf.queue.tables import metadata  # noqa: E402
from claimclf.schema import REPORTED, Decision, Lane, Ranking, ReasonCode, Role  # noqa: E402
from claimclf.services import queue as service  # noqa: E402
from claimclf.services.models import load_model  # noqa: E402
from claimclf.services.streaming import Sizes, Source, score_file  # noqa: E402

LABELLED_ROWS, LABELLED_SEED = 800, 0
VIDEOS, VIDEOS_SEED = 60, 7
FEATURES = ("course", "content", "content-counts")
CHAMPION = "content-random-forest"
#: The run of several parts: about so many bytes in a block, killed with so many parts done.
BLOCK, PARTS_DONE = 3_000, 3
#: Stands in a part's description for the absolute path of its working folder.
FOLDER = "{folder}"
#: 2025-06-02T09:00:00Z in microseconds; the queue's clock goes on by a second at each look.
START = 1_748_854_800_000_000
SECOND = 1_000_000

ALEX = Person("alex.moderator", Role.MODERATOR)
KIM = Person("kim.moderator", Role.MODERATOR)
ROBIN = Person("robin.lead", Role.LEAD)
ADMIN = Person(ADMIN_NAME, Role.ADMIN)


def cli(*words: object, cwd: Path) -> str:
    """Give a command as at the shell."""
    run = "import sys; sys.argv[0] = 'claimclf'; from claimclf.cli import main; main()"
    command = [sys.executable, "-c", run, *map(str, words)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def check_commit() -> None:
    """Refuse any other code."""
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True)
    dirty = subprocess.check_output(
        ["git", "status", "--porcelain", "--", "claimclf"], cwd=ROOT, text=True
    )
    if not head.startswith(COMMIT) or dirty:
        sys.exit(f"Needs an unchanged checkout of {COMMIT} first on PYTHONPATH.")
    if getpass.getuser() != ADMIN_NAME:
        sys.exit("The user's name is not taken from LOGNAME here.")


# Models --------------------------------------------------------------------------------------


def make_models(out: Path, scratch: Path) -> None:
    """Train five small models; change thresholds and error rates; overrule the champion."""
    data = scratch / "labelled-demo.csv"
    demo = ("demo", "--labelled", "--rows", LABELLED_ROWS, "--seed", LABELLED_SEED)
    cli(*demo, "--output", data, cwd=out)
    sets = [word for name in FEATURES for word in ("--features", name)]
    cli("train", "--data", data, *sets, "--models", "models", cwd=out)
    shutil.rmtree(out / "models" / "content-counts-random-forest")  # 200 kB that tell little

    def change(*words: object) -> None:
        cli(*words, "--models", "models", cwd=out)

    # With so few calibration rows the default rates would make every video uncertain.
    rates = ("error-rates", CHAMPION, "--claims", 0.05, "--opinions", 0.05)
    change(*rates, "--reason", "Few rows: 5 % is the least that can be promised")
    change("error-rates", CHAMPION, "--claims", 0.04, "--reason", "Claims count for more")
    change("error-rates", "content-xgboost", "--opinions", 0.06, "--reason", "A first try")
    change("threshold", CHAMPION, "--cut-off", 0.4, "--reason", "Rather one review too many")
    change("threshold", "course-random-forest", "--recall", 0.99, "--reason", "Find 99 %")
    change("threshold", "course-xgboost", "--cut-off", 0.3, "--reason", "First")
    change("threshold", "course-xgboost", "--cut-off", 0.5, "--reason", "Back to one half")
    change("champion", "course-xgboost", "--reason", "A trial of the old features")
    change("champion", CHAMPION, "--reason", "Reads words only: works on young videos")
    (out / "models" / ".lock").unlink()


# Videos --------------------------------------------------------------------------------------


def demo_rows(scratch: Path, n: int, seed: int) -> list[list[str]]:
    """Return the header and rows of made-up reported videos."""
    path = scratch / "demo.csv"
    cli("demo", "--rows", n, "--seed", seed, "--output", path, cwd=scratch)
    return list(csv.reader(io.StringIO(path.read_text("utf-8"))))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    """Write rows with LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def make_videos(out: Path, scratch: Path) -> None:
    """Make up reported videos; some rows are broken, some cannot be scored, some are odd."""
    rows = demo_rows(scratch, VIDEOS, VIDEOS_SEED)
    header = rows[0]

    def put(row: int, **cells: str) -> None:
        for name, cell in cells.items():
            rows[row][header.index(name)] = cell

    ident, text = header.index("video_id"), header.index("video_transcription_text")
    # Rejected.
    put(5, video_view_count="-3")
    put(9, report_count="many")
    put(13, author_ban_status="gone")
    put(17, video_id="")
    put(21, video_id=rows[2][ident])
    rows[25].append("one field too many")
    put(29, last_reported_at="yesterday")
    # Accepted, but cannot be scored.
    put(33, video_transcription_text="")
    put(37, video_view_count="")
    # Accepted and odd.
    put(41, video_transcription_text='„Übermäßig viele“ Wale,\nsagt "jemand" – 🐋')
    put(45, author_id="=1+1")
    put(49, author_id="", video_url="", first_reported_at="", last_reported_at="")
    put(50, first_reported_at="2025-05-28 10:00:00+02:00")
    # Two more videos of the same statement.
    put(53, video_transcription_text=rows[3][text])
    put(54, video_transcription_text=rows[3][text].upper() + "!")
    write_rows(out / "videos.csv", rows)

    texts = (
        "someone read in the news that a full grown oak weighs more than 12 elephants",
        "my friends' opinion is that a beehive in midsummer was built in only 9 days",
        "Wie hoch ist der höchste Turm? Niemand hat bisher nachgemessen.",
        "whales",
        "i am convinced of what a colleague learned on the radio: a claim that the steepest "
        "tram line travels 40 miles in a single day, though in my view it is less",
    )
    five = [list(row) for row in demo_rows(scratch, 5, VIDEOS_SEED + 2)]
    for number, words in enumerate(texts, start=1):
        five[number][ident], five[number][text] = f"demo-five-{number}", words
    write_rows(out / "five.csv", five)


def make_scored(out: Path) -> str:
    """Score the videos with the champion, as at the shell; return what was said."""
    where = ("--output", "scored.csv", "--rejects", "rejects.csv")
    return cli("score", "videos.csv", "--models", "models", *where, cwd=out).strip()


def make_later(out: Path, scratch: Path) -> None:
    """Make a second upload: more reports on the ten videos that come first, and three new ones."""
    header, *rows = csv.reader(io.StringIO((out / "videos.csv").read_text("utf-8")))
    reports, ident = header.index("report_count"), header.index("video_id")
    last = header.index("last_reported_at")
    first = read_table(out / "scored.csv").frame["video_id"].tolist()[:10]
    again = [row for row in rows if row[ident] in first and len(row) == len(header)]
    for number, row in enumerate(again):  # every other one has grown enough to be opened again
        row[reports] = str(int(row[reports]) * 3 if number % 2 else int(row[reports]) + 1)
        row[last] = "2025-06-02T08:00:00Z"
    new = demo_rows(scratch, 3, VIDEOS_SEED + 1)[1:]
    for number, row in enumerate(new):
        row[ident] = f"demo-9000000{number}"
    write_rows(out / "later.csv", [header, *again, *new])


# Interrupted runs ----------------------------------------------------------------------------


def until_killed(work) -> None:
    """Do work in a process of its own, which must be ended by SIGKILL."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
        sys.exit(f"The run was not killed: {status}")


def kill(*_args: object, **_options: object) -> None:
    """End this process without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


def make_runs(out: Path) -> dict[str, object]:
    """Leave behind two runs that were killed."""
    run = out / "run"
    run.mkdir()
    shutil.copy(out / "videos.csv", run / "videos.csv")

    def several() -> None:
        from claimclf.streaming import parts

        model = load_model(out / "models")
        source = Source(run / "videos.csv", model, out / "models", {})
        write, done, files = parts.write_frame, 0, 0

        def write_and_die(frame, path):
            nonlocal files
            if done == PARTS_DONE:
                files += 1
                if files == 3:
                    kill()
            write(frame, path)

        def told(what: str, _done: int, _total: int) -> None:
            nonlocal done
            done += what == "MB scored"

        parts.write_frame = write_and_die
        where = (run / "several.csv", run / "several-rejects.csv")
        score_file(source, *where, sizes=Sizes(block=BLOCK), on_progress=content)

    def one() -> None:
        from claimclf.cli import main
        from claimclf.services import streaming

        os.chdir(run)
        streaming.write_ranked = kill
        where = ("--output", "one.csv", "--rejects", "one-rejects.csv")
        main(["score", "videos.csv", "--models", "../models", *where])

    until_killed(several)
    until_killed(one)
    with open_blocks(run / "videos.csv", size=BLOCK) as blocks:
        in_all = sum(1 for _ in blocks)
    summary = {}
    for name, size, n in (("several", BLOCK, in_all), ("one", None, 1)):
        folder = run / f".{name}.csv.scoring"
        done = sorted(folder.glob("*.json"))
        for path in done:
            content = path.read_text("utf-8")
            if json.loads(content)["path"] != str(path.with_suffix("")):
                sys.exit(f"{path} names another place")
            path.write_text(content.replace(str(folder), FOLDER), "utf-8")
        summary[name] = {
            "folder": folder.name,
            "block": size,
            "parts_in_all": n,
            "parts_done": [path.stem for path in done],
            "written_already": sorted(path.name for path in run.glob(f"{name}*.csv")),
        }
    return summary


# Interrupted searches ------------------------------------------------------------------------


def make_searches(out: Path) -> dict[str, object]:
    """Stop three searches when some of their fits are done; rows are worked out, not drawn."""
    i = np.arange(60)
    X = np.stack([i * i % 11, i * 7 % 13, i % 5], axis=1).astype(float)
    y = (X[:, 0] + i * 3 % 7 > 7).astype(int)
    booster = xgboost.XGBClassifier(random_state=1, n_jobs=1)
    searches = {
        "forest": (
            RandomForestClassifier(random_state=0),
            {"n_estimators": [2, 4], "max_depth": [2, None], "min_samples_split": [2, 3]},
        ),
        "booster": (booster, {"n_estimators": [2, 4], "max_depth": [1, 3]}),
        "alone": (LogisticRegression(), {"C": [0.1, 1.0]}),
    }
    facts: dict[str, object] = {
        "libraries": {
            "sklearn": sklearn.__version__,
            "xgboost": xgboost.__version__,
            "numpy": np.__version__,
        }
    }
    for name, (model, grid) in searches.items():

        def stop(progress) -> None:
            if progress.done == 2:
                raise KeyboardInterrupt

        folder = out / "search" / name
        search = TreeSearchCV(
            model,
            grid,
            scoring=["recall", "f1"],
            refit="recall",
            cv=3,
            checkpoint=folder,
            on_progress=stop,
        )
        try:
            search.fit(X, y)
        except KeyboardInterrupt:
            facts[name] = {"fits_done": len(list(folder.glob("*.json")))}
    return facts


# Queue ---------------------------------------------------------------------------------------


@contextmanager
def platform(n_well: int):
    """Listen for what the platform is told; understand the first few events only."""
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204 if len(heard) <= n_well else 500)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def make_queue(out: Path, scratch: Path) -> dict[str, object]:
    """Fill a queue: uploads, decisions, settings, a view, a lease, events told."""
    ticks = iter(range(START, START + 10**6 * SECOND, SECOND))
    database = Database(f"sqlite:///{out / 'queue.db'}", clock=lambda: next(ticks))
    model = load_model(out / "models")

    def upload(person: Person, name: str) -> None:
        path = Path(shutil.copy(out / name, scratch / name))
        service.store_file(database, person, Source(path, model, out / "models", {}))

    def say(person: Person, lease, decision: Decision, note: str = "", code=None) -> int:
        verdict = Verdict(decision, code, note)
        held = (lease.case.id, lease.token, lease.case.version)
        return service.decide(database, person, *held, verdict).id

    upload(ADMIN, "videos.csv")

    def change(reason: str, **values: object) -> None:
        service.change_settings(database, ROBIN, reason, values)

    change("Long transcripts take longer", lease_minutes=20, capacity=0.5)
    change("Two people on duty", capacity=40)
    change("A larger sample", sample_rate=0.2)

    take = service.take_next
    say(
        ALEX,
        take(database, ALEX),
        Decision.BREAKS_RULES,
        "Misstates a figure – „weighs more“",
        ReasonCode.HEALTH,
    )
    say(KIM, take(database, KIM), Decision.OPINION, "Only a view.\nNothing to check.")
    wrong = say(ALEX, take(database, ALEX), Decision.WITHIN_RULES, "Too quick")
    service.undo(database, ALEX, wrong)
    say(ALEX, take(database, ALEX), Decision.SKIP, "Not in a language I read")
    say(ALEX, take(database, ALEX), Decision.ESCALATE, "Needs a second pair of eyes")
    say(KIM, take(database, KIM), Decision.ESCALATE, "Could be harassment")
    say(KIM, take(database, KIM), Decision.BREAKS_RULES, "Asks for money", ReasonCode.FRAUD)
    say(ALEX, take(database, ALEX), Decision.WITHIN_RULES)

    escalated = service.listed(database, ROBIN, Filters(escalated=True)).rows
    lease = service.take_chosen(database, ROBIN, escalated[0].case.id)
    say(ROBIN, lease, Decision.BREAKS_RULES, "Ruled on by a lead", ReasonCode.HARASSMENT)

    opinions = service.listed(database, KIM, Filters(lanes=(Lane.OPINIONS,))).rows
    ids = [row.case.id for row in opinions[-4:]]
    service.decide_many(database, KIM, ids, Verdict(Decision.OPINION, None, "All alike"))

    secret = "synthetic-secret-for-nobody"  # noqa: S105
    with platform(n_well=2) as url:
        hook = webhook.Webhook(url, secret)
        webhook.begin(database, ADMIN)
        webhook.add_history(database, ADMIN)
        webhook.deliver_due(database, hook)

    upload(KIM, "later.csv")
    service.reopen(database, ROBIN, ids[0], "One of the four is a claim after all")
    filters = Filters(lanes=(Lane.CLAIMS, Lane.UNCERTAIN), min_reports=5, text="lake")
    service.save_view(database, KIM, "Lakes – many reports", filters, Ranking.STATEMENT)
    service.prefer(database, ALEX, Preferences(False, True, 25, (Lane.OPINIONS,)))
    lease = service.take_next(database, KIM)
    end = next(ticks)

    token = queue_facts(database, end)
    token["held"]["token"] = lease.token
    database.close()
    with sqlite3.connect(out / "queue.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    cli("backup", "backup.zip", "--database", f"sqlite:///{out / 'queue.db'}", cwd=out)
    connection = sqlite3.connect(out / "queue.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for path in out.glob("queue.db?*"):
        if path.suffix != ".lock":
            sys.exit(f"{path.name} is left")
        path.unlink()
    return token


def queue_facts(database: Database, at: int) -> dict[str, object]:
    """Say what is in the queue, as its own code reads it at a time."""
    database.now = lambda: at

    def rows(query: str) -> list[dict[str, object]]:
        read = database.read(lambda c: c.exec_driver_sql(query).all())
        flags = {"reported_again", "sampled", "delivered"}
        return [{k: bool(v) if k in flags else v for k, v in row._mapping.items()} for row in read]

    verified = service.verify_audit(database, ADMIN)
    if verified.problems:
        sys.exit(f"{verified.problems}")
    cases = rows(
        "SELECT id, video_id, state, round, version, lane, prediction, claim_probability, reason,"
        " report_count, reported_again, skip_count, statement_id FROM cases ORDER BY id"
    )
    (held,) = service.in_hands(database, ADMIN)
    settings = service.settings_in_force(database, ADMIN)
    (view,) = service.saved_views(database, ADMIN)
    order = {}
    for ranking in Ranking:
        page = service.listed(database, ADMIN, Filters(), ranking, None, 1_000)
        order[str(ranking)] = [row.case.video["video_id"] for row in page.rows]
    tables = [table.name for table in metadata.sorted_tables]
    return {
        "at": at,
        "version": migrations.HEAD,
        "rows": {n: rows(f"SELECT count(*) AS n FROM {n}")[0]["n"] for n in tables},  # noqa: S608
        "states": dict(sorted(Counter(case["state"] for case in cases).items())),
        "states_and_lanes": dict(
            sorted(Counter(f"{case['state']} {case['lane']}" for case in cases).items())
        ),
        "cases": cases,
        "open_by_rank": order,
        "decisions": rows(
            "SELECT d.id, c.video_id, d.round, d.decision, d.reason_code, d.note, d.by,"
            " d.undone_by, d.bulk_id, d.sampled FROM decisions d JOIN cases c ON c.id = d.case_id"
            " ORDER BY d.id"
        ),
        "batches": rows(
            "SELECT id, file_name, file_sha256, model_name, model_version, uploaded_by, n_rows,"
            " n_accepted, n_rejected, n_unscorable, n_new, n_known, n_reopened FROM batches"
            " ORDER BY id"
        ),
        "audit": {"entries": verified.n_entries, "head": verified.head},
        "audit_actions": dict(
            sorted(
                (row["action"], row["n"])
                for row in rows("SELECT action, count(*) AS n FROM audit GROUP BY action")
            )
        ),
        "settings": {
            "ranking": str(settings.ranking),
            "lease_minutes": settings.lease_minutes,
            "undo_minutes": settings.undo_minutes,
            "reopen_factor": settings.reopen_factor,
            "capacity": settings.capacity,
            "sample_rate": settings.sample_rate,
            "sample_seed": settings.sample_seed,
        },
        "settings_history": [
            {"name": one.name, "old": one.old, "new": one.new, "by": one.by, "reason": one.reason}
            for one in service.settings_history(database, ADMIN)
        ],
        "held": {
            "case_id": held.case_id,
            "holder": held.holder,
            "since": held.since,
            "until": held.until,
        },
        "view": {
            "name": view.name,
            "by": view.by,
            "ranking": str(view.ranking),
            "lanes": [str(lane) for lane in view.filters.lanes],
            "min_reports": view.filters.min_reports,
            "text": view.filters.text,
        },
        "preferences": {
            "person": ALEX.name,
            "blur": False,
            "greyscale": True,
            "pause_after": 25,
            "without": ["opinions"],
        },
        "deliveries": rows(
            "SELECT seq, tries, last_error, delivered_at IS NOT NULL AS delivered FROM deliveries"
            " ORDER BY seq"
        ),
    }


# What can be asserted ------------------------------------------------------------------------


def model_facts(out: Path) -> dict[str, object]:
    """Say what the models are, and what they say of five videos."""
    store = ModelStore(out / "models")
    validated = validate(read_table(out / "five.csv"), REPORTED)
    videos, models = validated.accepted, {}
    for manifest in store.manifests():
        model = store.load(manifest.name)
        said = score(validated, model).predictions
        columns = list(FEATURE_SETS[manifest.feature_set].columns)
        raw = model.pipeline.predict_proba(videos)[:, 1]
        models[manifest.name] = {
            "version": manifest.version,
            "algorithm": manifest.algorithm,
            "feature_set": manifest.feature_set,
            "reads": columns,
            "threshold": manifest.threshold,
            "error_rates": manifest.error_rates,
            "thresholds_before": [one["old"] for one in manifest.threshold_history],
            "error_rates_before": [one["old"] for one in manifest.error_rates_history],
            "recall": {part: figures.recall for part, figures in manifest.metrics.items()},
            "n_stress": len(manifest.stress),
            "libraries": manifest.libraries,
            "pipeline_probability": [float(value) for value in raw],
            "claim_probability": [float(value) for value in said["claim_probability"]],
            "prediction": said["prediction"].tolist(),
            "lane": said["lane"].tolist(),
            "reason": said["reason"].tolist(),
        }
    return {
        "champion": champion(store).name,
        "champion_by_rule": best_by_rule(store.manifests()).name,
        "champion_history": [
            {"name": one.name, "by": one.by, "reason": one.reason}
            for one in store.pointer_history()
        ],
        "five": [
            {"video_id": row["video_id"], "transcript": row["video_transcription_text"]}
            for _, row in videos.iterrows()
        ],
        "models": models,
    }


def written(value: object, depth: int = 0) -> str:
    """Write JSON that people can read: what fits on a line stands on one."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (depth > 1 and len(line) < 500) or len(line) < 90:
        return line
    space, is_dict = " " * depth, isinstance(value, dict)
    items = value.items() if is_dict else enumerate(value)
    lines = [
        f"{space} " + (f"{json.dumps(key)}: " if is_dict else "") + written(inner, depth + 1)
        for key, inner in items
    ]
    first, last = "{}" if is_dict else "[]"
    return f"{first}\n" + ",\n".join(lines) + f"\n{space}{last}"


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Make all files."""
    check_commit()
    out = Path(sys.argv[1]).absolute()
    out.mkdir(exist_ok=True)
    if any(path.name not in ("make.py", "README.md") for path in out.iterdir()):
        sys.exit(f"{out} is not empty.")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        make_models(out, scratch)
        make_videos(out, scratch)
        said = make_scored(out)
        make_later(out, scratch)
        runs = make_runs(out)
        searches = make_searches(out)
        queue = make_queue(out, scratch)
    rejected = read_table(out / "rejects.csv").frame
    expected = {
        "commit": COMMIT,
        "claimclf": claimclf.__version__,
        **model_facts(out),
        "scored": {
            "said": said,
            "sha256": {n: sha256(out / n) for n in ("videos.csv", "scored.csv", "rejects.csv")},
            "lanes": dict(sorted(Counter(read_table(out / "scored.csv").frame["lane"]).items())),
            "rejected": dict(zip(rejected["line"], rejected["reasons"], strict=True)),
        },
        "runs": runs,
        "searches": searches,
        "queue": queue,
    }
    (out / "expected.json").write_text(written(expected) + "\n", "utf-8")


if __name__ == "__main__":
    main()
