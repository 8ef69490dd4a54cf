from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from claimclf.cli import main
from claimclf.dataset.demo import demo_videos
from claimclf.errors import (
    InvalidRequestError,
    ModelDamagedError,
    ModelNotFoundError,
    UnavailableError,
    UnsuitableModelError,
)
from claimclf.modeling.scoring.prediction import predictions
from claimclf.modeling.store import files
from claimclf.modeling.store import store as store_module
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.champion import RULE, back_to_rule, champion, follow_rule, overrule
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.services.loading import load_model
from tests.conftest import Logged

NAME, WORDS = "course-xgboost", "content-xgboost"


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path) -> ModelStore:
    """A copy of two of the shipped models that a test may damage."""
    two = shutil.ignore_patterns("content-*", "speech-*", "champion.json")
    shutil.copytree(shipped.folder, tmp_path / "models", ignore=two)
    store = ModelStore(tmp_path / "models")
    follow_rule(store)
    return store


@pytest.fixture
def calibrated(shipped: ModelStore, tmp_path: Path) -> ModelStore:
    """A copy of a model that has calibration and lanes of its own."""
    shutil.copytree(shipped.folder / WORDS, tmp_path / "models" / WORDS)
    return ModelStore(tmp_path / "models")


def file_of(store: ModelStore, stem: str) -> Path:
    (path,) = (store.folder / NAME).glob(f"{stem}-*")
    return path


@pytest.mark.parametrize("file", ["model", "predictions"])
def test_one_changed_byte_is_found_before_the_file_is_read(store: ModelStore, file: str) -> None:
    path = file_of(store, file)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert len(store.problems()) == 1
    with pytest.raises(ModelDamagedError, match="not the file that was stored"):
        store.load(NAME) if file == "model" else store.predictions(NAME)


def test_missing_file_is_named(store: ModelStore) -> None:
    file_of(store, "model").unlink()
    with pytest.raises(ModelDamagedError, match=r"model-\w+\.skops is missing"):
        store.load(NAME)


def test_model_of_another_library_version_is_refused(store: ModelStore) -> None:
    path = store.folder / NAME / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["libraries"]["scikit-learn"] = "0.1"
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelDamagedError, match=r"made with scikit-learn 0\.1"):
        store.load(NAME)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"name": 1}'])
def test_unreadable_manifest_leaves_the_other_models_usable(
    store: ModelStore, content: str
) -> None:
    (store.folder / NAME / "manifest.json").write_text(content)
    with pytest.raises(ModelDamagedError, match="manifest"):
        store.load(NAME)
    assert [manifest.name for manifest in store.manifests()] == ["course-random-forest"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "list in place of an object"),
        ("7", "int in place of an object"),
        ("null", "NoneType in place of an object"),
        ("{", "Expecting property name"),
        ('{"threshold": NaN}', "NaN in place of a number"),
        ('{"threshold": 1e999}', "threshold is no finite number"),
        ('{"threshold": "0.5"}', "threshold is str, not float"),
        ('{"threshold": true}', "threshold is bool, not float"),
        ('{"files": ["model.skops"]}', "files is list, not dict"),
        ('{"metrics": {"test": [1]}}', "metrics of test are no object"),
        ('{"metrics": {"test": {"recall": 1}}}', "confusion_matrix is missing"),
        ('{"run": "rm"}', "unknown: run"),
        ('{"seed": null}', "seed is NoneType, not int"),
        ("[" * 200_000, "too deep"),
        ('{"threshold": null}', "threshold is NoneType, not float"),
        ('{"threshold": 5}', "threshold is 5, not between 0 and 1"),
        ('{"threshold": -7}', "threshold is -7, not between 0 and 1"),
        (f'{{"threshold": 1{"0" * 400}}}', "threshold is no finite number"),
        ('{"stress": [1]}', "stress is int, not dict"),
        ('{"stress": [{"kind": "altered"}]}', "stress without condition"),
        ('{"kinds": [1]}', "kinds is int, not dict"),
        ('{"kinds": [{}]}', "kinds without kind"),
        ('{"files": {"model.skops": 5}}', "files: model.skops is int, not str"),
        ('{"metrics": {}}', "metrics of validation are missing"),
        ('{"data": {}}', "data without name"),
        ('{"split": {"train": "1"}}', "split: train is str, not int"),
        ('{"threshold_history": [{"at": 1}]}', "threshold_history: at is int, not str"),
        ('{"kind_error_rates": {"real speech": 1}}', "kind_error_rates: real speech is int"),
        ('{"intervals": {"test": {"recall": ["low"]}}}', "recall is str, not float"),
    ],
)
def test_damaged_manifest_is_said_in_words(store: ModelStore, content: str, said: str) -> None:
    path = store.folder / NAME / "manifest.json"
    whole = json.loads(path.read_text("utf-8"))
    try:
        content = json.dumps({**whole, **json.loads(content)})
        content = content.replace("Infinity", "1e999")  # as a file may have it
    except (RecursionError, TypeError, ValueError):
        pass  # no JSON object, as it is
    path.write_text(content, "utf-8")
    with pytest.raises(ModelDamagedError, match=re.escape(said)):
        store.load(NAME)
    assert any(said in str(problem) for problem in store.problems())
    assert [manifest.name for manifest in store.manifests()] == ["course-random-forest"]


def test_model_file_that_is_no_archive_is_said_in_words(store: ModelStore) -> None:
    path = store.folder / NAME / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    digest = hashlib.sha256(b"no zip").hexdigest()
    (store.folder / NAME / f"model-{digest[:8]}.skops").write_bytes(b"no zip")
    manifest["files"]["model.skops"] = digest
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        store.load(NAME)
    assert store.problems()


def test_changing_a_model_leaves_what_is_not_its_own(store: ModelStore, tmp_path: Path) -> None:
    folder = store.folder / NAME
    (folder / "notes").mkdir()
    foreign = [folder / "notes" / "mine.txt", folder / "model-final.skops", folder / ".new-mine"]
    for path in foreign:
        path.write_text("mine", "utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("mine", "utf-8")
    (folder / "linked").symlink_to(outside)
    left = folder / "model-00000000.skops"
    left.write_text("of an earlier manifest", "utf-8")
    store.set_threshold(NAME, 0.4, "a reason", "ana", model_card)
    assert not left.exists()
    assert all(path.read_text("utf-8") == "mine" for path in [*foreign, outside / "kept.txt"])
    assert (folder / "linked").is_symlink()


def test_changing_a_model_writes_through_no_link(store: ModelStore, tmp_path: Path) -> None:
    private = tmp_path / "private.txt"
    private.write_text("mine", "utf-8")
    folder = store.folder / NAME
    (folder / "card.md").unlink()
    names = ("card.md", ".card.md.new", ".manifest.json.new")
    for name in names:
        (folder / name).symlink_to(private)
    store.set_threshold(NAME, 0.4, "a reason", "ana", model_card)
    assert private.read_text("utf-8") == "mine"
    assert not any((folder / name).is_symlink() for name in names)
    assert store.manifest(NAME).threshold == 0.4


def test_model_folder_that_is_a_link_is_refused(store: ModelStore, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (store.folder / NAME).rename(elsewhere)
    (store.folder / NAME).symlink_to(elsewhere)
    before = sorted(path.name for path in elsewhere.iterdir())
    with pytest.raises(ModelDamagedError, match="is a link"):
        store.set_threshold(NAME, 0.4, "a reason", "ana", model_card)
    with pytest.raises(ModelDamagedError, match="is a link"):
        store.load(NAME)
    assert sorted(path.name for path in elsewhere.iterdir()) == before


def test_damaged_champion_gives_way_to_the_next_best(store: ModelStore, logged: Logged) -> None:
    best = champion(store)
    assert best is not None
    next((store.folder / best.name).glob("model-*")).unlink()
    assert load_model(store.folder).name == NAME
    words = f"The champion {best.name} is damaged; the next best is used"
    assert logged.lines == [("WARNING", words)]


@pytest.mark.parametrize("manifest", ["[]", "5", '{"name": NaN}', "{", "null", ""])
def test_champion_whose_manifest_cannot_be_read_gives_way_and_is_named(
    store: ModelStore, logged: Logged, manifest: str
) -> None:
    best = champion(store)
    assert best is not None
    (store.folder / best.name / "manifest.json").write_text(manifest, "utf-8")
    assert load_model(store.folder).name == NAME
    words = f"The champion {best.name} cannot be read; the next best is used"
    assert logged.lines == [("WARNING", words)]
    listed = CliRunner().invoke(main, ["models", "--models", str(store.folder)])
    assert listed.stdout.startswith(f"* {NAME}")
    assert f"'{best.name}' cannot be used" in listed.stderr


@pytest.mark.parametrize("name", ["../models", "no-such-model", "", "a/b", "Ä"])
def test_unknown_and_outside_names_are_not_found(store: ModelStore, name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        store.load(name)


def test_empty_store_says_how_to_train(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="claimclf train"):
        load_model(tmp_path / "nothing")


def test_saving_replaces_the_old_model_whole(store: ModelStore) -> None:
    model, predictions = store.load(NAME), store.predictions(NAME)
    manifest = store.save(model, predictions.head(10), model_card)
    assert store.manifest(NAME) == manifest
    assert len(store.predictions(NAME)) == 10
    stems = sorted(path.name.split("-")[0] for path in (store.folder / NAME).iterdir())
    assert stems == ["card.md", "manifest.json", "model", "predictions"]


def test_failed_save_keeps_the_old_model(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, predictions = store.load(NAME), store.predictions(NAME)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skops.io.dump", full)
    with pytest.raises(UnavailableError, match="No space left"):
        store.save(model, predictions, model_card)
    assert store.load(NAME).manifest == model.manifest
    assert not store.problems()


def test_store_that_cannot_be_written_says_so(store: ModelStore, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    model = store.load(NAME)
    with pytest.raises(UnavailableError, match="cannot be written"):
        ModelStore(blocked / "models").save(model, store.predictions(NAME), model_card)


def test_shipped_models_load_from_types_on_our_list_only(shipped: ModelStore) -> None:
    for name in shipped.names():
        assert shipped.load(name).pipeline.predict_proba is not None


def test_type_that_is_not_on_our_list_is_refused(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.modeling.store.files.TRUSTED_TYPES", ())
    with pytest.raises(ModelDamagedError, match="not trusted"):
        store.load(NAME)


@pytest.mark.parametrize("moment", ["model", "predictions", "manifest", "card", "clearing"])
def test_killed_save_leaves_the_old_model_or_the_new_one(store: ModelStore, moment: str) -> None:
    model, said = store.load(NAME), store.predictions(NAME)
    changed = Model(model.predictor, replace(model.manifest, threshold=0.25))

    def save_and_die() -> None:
        die_at(moment)
        store.save(changed, said, model_card)

    assert ended_by(save_and_die) == signal.SIGKILL
    after = store.load(NAME).manifest
    assert after.threshold == (0.25 if moment in ("card", "clearing") else 0.5)
    assert len(store.predictions(NAME)) == 7634
    # The next save works and clears what the killed one left.
    store.save(store.load(NAME), store.predictions(NAME), model_card)
    assert len(list((store.folder / NAME).iterdir())) == 4


def ended_by(work: Callable[[], object]) -> int:
    """Run work in a process of its own; return the signal that ended it, 0 for none."""
    child = os.fork()  # of this process: importing everything anew would take seconds
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def die_at(moment: str) -> None:
    """Have this process kill itself without warning at a moment of the next save."""
    write_text, placed = files.write_text, files.place

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying_text(path: Path, text: str) -> None:
        if path.suffix == {"manifest": ".json", "card": ".md"}.get(moment):
            die()
        write_text(path, text)

    def dying_placed(folder: Path, file: str, write: Callable[[Path], object]) -> str:
        def half(path: Path) -> None:
            write(path)
            die()

        return placed(folder, file, half if file.startswith(moment) else write)

    files.write_text, store_module.place = dying_text, dying_placed
    if moment == "clearing":
        Path.iterdir = die  # type: ignore[method-assign,assignment]


def test_second_writer_waits_for_the_first(store: ModelStore) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from claimclf.modeling.store.card import model_card; "
        "from claimclf.modeling.store.store import ModelStore; "
        "store = ModelStore(Path(sys.argv[1])); "
        "print('ready', flush=True); "
        f"store.set_threshold('{NAME}', 0.4, 'second', 'b', model_card)"
    )
    with store.writing():
        second = subprocess.Popen(
            [sys.executable, "-c", code, str(store.folder)], stdout=subprocess.PIPE, text=True
        )
        assert second.stdout is not None
        assert second.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=1)
        assert store.manifest(NAME).threshold == 0.5
    assert second.wait(timeout=60) == 0
    second.stdout.close()
    assert store.manifest(NAME).threshold == 0.4


def test_threshold_is_saved_with_figures_reason_and_history(store: ModelStore) -> None:
    before = store.manifest(NAME)
    manifest = store.set_threshold(NAME, 0.1, "miss fewer", "ana", model_card)
    assert manifest == store.manifest(NAME)
    (change,) = manifest.threshold_history
    assert (change["by"], change["reason"], change["old"], change["new"]) == (
        "ana",
        "miss fewer",
        0.5,
        0.1,
    )
    assert manifest.metrics["validation"].recall > before.metrics["validation"].recall
    low, high = manifest.intervals["validation"]["recall"]
    assert low < manifest.metrics["validation"].recall < high
    card = (store.folder / NAME / "card.md").read_text("utf-8")
    assert card == model_card(manifest)
    assert store.load(NAME).manifest.threshold == 0.1


def test_error_rates_are_saved_with_reason_and_history_and_move_the_lanes(
    calibrated: ModelStore,
) -> None:
    rows = demo_videos(300)
    before = predictions(calibrated.load(WORDS), rows)
    manifest = calibrated.set_error_rates(WORDS, {"claim": 0.0001}, "ask", "ana", model_card)
    assert manifest == calibrated.manifest(WORDS)
    assert manifest.error_rates == {"opinion": 0.005, "claim": 0.0001}
    (change,) = manifest.error_rates_history
    assert (change["by"], change["old"]["claim"], change["new"]["claim"]) == ("ana", 0.005, 0.0001)
    after = predictions(calibrated.load(WORDS), rows)
    assert after["claim_probability"].equals(before["claim_probability"])
    # No claim can be ruled out any more: nothing is left to be an opinion.
    assert set(after["lane"]) == {"claims", "uncertain"}
    assert "opinions" in set(before["lane"])


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_unusable_error_rate_is_refused(calibrated: ModelStore, rate: float) -> None:
    with pytest.raises(InvalidRequestError, match="out of range"):
        calibrated.set_error_rates(WORDS, {"claim": rate}, "why", "ana", model_card)


def test_model_without_calibration_has_no_error_rates(store: ModelStore) -> None:
    with pytest.raises(UnsuitableModelError, match="has no error rates"):
        store.set_error_rates(NAME, {"claim": 0.01}, "why", "ana", model_card)


def test_calibration_is_kept_and_checked_like_the_model(calibrated: ModelStore) -> None:
    model = calibrated.load(WORDS)
    again = calibrated.save(model, calibrated.predictions(WORDS), model_card)
    assert again.files["conformal.skops"]
    assert len(list((calibrated.folder / WORDS).iterdir())) == 5
    rows = demo_videos(50)
    assert predictions(calibrated.load(WORDS), rows).equals(predictions(model, rows))
    next((calibrated.folder / WORDS).glob("conformal-*")).write_bytes(b"")
    with pytest.raises(ModelDamagedError, match="not the file that was stored"):
        calibrated.load(WORDS)
    assert len(calibrated.problems()) == 1


@pytest.mark.parametrize(("threshold", "reason"), [(1.0, "x"), (-0.1, "x"), (0.3, "  ")])
def test_unusable_threshold_or_missing_reason_is_refused(
    store: ModelStore, threshold: float, reason: str
) -> None:
    with pytest.raises(InvalidRequestError):
        store.set_threshold(NAME, threshold, reason, "ana", model_card)
    assert store.manifest(NAME).threshold == 0.5


def test_person_overrules_the_rule_with_a_reason_that_is_kept(store: ModelStore) -> None:
    overrule(store, NAME, "it reads faster", "ana")
    best = champion(store)
    assert best is not None
    assert best.name == NAME
    follow_rule(store)  # as after a training: a person's choice stays
    assert store.pointer_history()[-1].reason == "it reads faster"
    back_to_rule(store, "ana")
    best = champion(store)
    assert best is not None
    assert best.name == "course-random-forest"
    assert [entry.by for entry in store.pointer_history()] == ["rule", "ana", "rule"]
    with pytest.raises(InvalidRequestError, match="reason"):
        overrule(store, NAME, "", "ana")
    with pytest.raises(ModelNotFoundError):
        overrule(store, "nobody", "why", "ana")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"champion": {"name": "gone"}}'])
def test_unreadable_pointer_gives_way_to_the_rule(store: ModelStore, content: str) -> None:
    (store.folder / "champion.json").write_text(content)
    best = champion(store)
    assert best is not None
    assert best.name == "course-random-forest"
    pointer = follow_rule(store)
    assert pointer is not None
    assert pointer.reason == RULE


DEEP = "[" * 200_000
NO_TEXT = '{"name": 1, "by": "ana", "reason": "x", "at": "2026"}'
DAMAGED_POINTERS = {
    "": "Expecting value",
    DEEP: "too deep",
    f'{{"champion": {DEEP}': "too deep",
    "[]": "list in place of an object",
    '{"champion": [], "history": {}}': "is (list, not dict|dict, not list)",
    f'{{"champion": {NO_TEXT}, "history": [{NO_TEXT}]}}': "name is int, not str",
    '{"champion": {"name": "a"}, "history": [{"name": "a"}]}': "by is missing",
    '{"champion": {"name": [[]]}, "history": [[]]}': "is list, not (str|dict)",
    '{"champion": {"nam": "a"}, "history": [{"nam": "a"}]}': "unknown: nam",
    "{}": "(champion|history) is missing",
}


@pytest.mark.parametrize(
    ("content", "found"), DAMAGED_POINTERS.items(), ids=[key[:20] for key in DAMAGED_POINTERS]
)
def test_damaged_pointer_counts_as_absent_and_is_said(
    store: ModelStore, content: str, found: str, caplog: pytest.LogCaptureFixture
) -> None:
    (store.folder / "champion.json").write_text(content)
    for read in (store.pointer, store.pointer_history):
        caplog.clear()
        assert not read()
        assert re.search(rf"champion.json cannot be used \(.*{found}", caplog.text)
    (store.folder / "champion.json").unlink()
    caplog.clear()
    assert store.pointer() is None
    assert not caplog.text  # nobody has chosen yet


def test_commands_go_on_with_a_damaged_pointer(store: ModelStore, tmp_path: Path) -> None:
    (store.folder / "champion.json").write_text(DEEP)
    for command in ("champion", "models"):
        done = CliRunner().invoke(main, [command, "--models", str(store.folder)])
        assert done.exit_code == 0, done.output
        assert "course-random-forest" in done.output
