"""The log: what a line holds, and what never gets in."""

from __future__ import annotations

import ast
import io
import logging
import re
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from claimclf import logs
from claimclf.cli import main
from claimclf.logs import LOGGER, belonging_to, new_id, set_up, unforeseen
from claimclf.paths import ROOT

LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<level>[A-Z]+) +"
    r"person=(?P<person>\S+) case=(?P<case>\S+) request=(?P<request>\S+) "
    r"(?P<logger>claimclf\S*): (?P<message>.+)"
)
WRITTEN = "drones will deliver by 2025"


class Log:
    """What a process writes to stderr."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._text = capsys, ""

    @property
    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text

    @property
    def lines(self) -> list[dict[str, str]]:
        return parsed(self.text)


@pytest.fixture(autouse=True)
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """The log of a process that has just begun, and what it has written."""
    handlers, level, propagates = LOGGER.handlers[:], LOGGER.level, LOGGER.propagate
    factory = logging.getLogRecordFactory()
    LOGGER.handlers.clear()
    yield Log(capsys)
    LOGGER.handlers[:], LOGGER.propagate = handlers, propagates
    LOGGER.setLevel(level)
    logging.setLogRecordFactory(factory)


def parsed(text: str) -> list[dict[str, str]]:
    matches = [LINE.fullmatch(line) for line in text.splitlines()]
    assert all(matches), text
    return [match.groupdict() for match in matches if match]


def test_line_has_time_level_person_case_request_and_module(log: Log) -> None:
    set_up(logging.INFO)
    logger = logging.getLogger("claimclf.queue.x")
    logger.info("outside")
    with belonging_to(person="ann@example.org", request="r1"):
        with belonging_to(case=7, person=None):
            logger.warning("%d rows", 3)
        logger.error("after", extra={"case": 8})
    entries = [tuple(line.values())[1:] for line in log.lines]
    assert entries == [
        ("INFO", "-", "-", "-", "claimclf.queue.x", "outside"),
        ("WARNING", "ann@example.org", "7", "r1", "claimclf.queue.x", "3 rows"),
        ("ERROR", "ann@example.org", "8", "r1", "claimclf.queue.x", "after"),
    ]


def test_set_up_again_changes_the_level_and_writes_no_line_twice(log: Log) -> None:
    logger = logging.getLogger("claimclf.x")
    set_up(logging.WARNING)
    logger.info("not this")
    set_up(logging.DEBUG)
    logger.debug("this")
    assert [line["message"] for line in log.lines] == ["this"]


def test_who_a_line_belongs_to_is_not_told_of_other_threads(log: Log) -> None:
    set_up(logging.INFO)
    with belonging_to(person="ann"):
        thread = threading.Thread(target=logging.getLogger("claimclf.x").info, args=("of nobody",))
        thread.start()
        thread.join()
    assert [line["person"] for line in log.lines] == ["-"]


@pytest.mark.parametrize(
    "name", ["eve\n2026-01-01T00:00:00.000Z ERROR", "eve case=3 request=x", "\x1b[31meve", "\udcff"]
)
def test_nobodys_name_can_make_up_a_line_or_steer_a_terminal(name: str, log: Log) -> None:
    set_up(logging.INFO)
    with belonging_to(person=name):
        logging.getLogger("claimclf.x").info("a person")
    (line,) = log.lines
    assert (line["case"], line["request"], line["message"]) == ("-", "-", "a person")
    assert log.text.rstrip("\n").isprintable()


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def library(written: io.StringIO) -> Iterator[logging.Logger]:
    """A logger with a handler and a format of its own, as libraries have."""
    logger, handler = logging.getLogger("a_library"), logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    set_up(logging.INFO)
    yield logger
    logger.removeHandler(handler)


def test_what_a_library_logs_is_one_short_line_that_steers_no_terminal(
    library: logging.Logger, written: io.StringIO
) -> None:
    library.warning("no part %s", f"\x1b]0;x\x07\n2026-01-01T00:00:00.000Z {'x' * 10_000}")
    line, rest = written.getvalue().split("\n")
    assert line.isprintable()
    assert "no part \\x1b]0;x\\x07\\n2026" in line
    assert len(line) < 600
    assert rest == ""


def test_what_anybody_at_the_door_has_streamlit_log_is_left_out(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    set_up(logging.INFO)
    streamlits = logging.getLogger("streamlit.runtime.app_session")
    streamlits.addHandler(caplog.handler)
    streamlits.info("The fragment with id %s does not exist anymore", "0" * 64)
    streamlits.warning("This matters")
    streamlits.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records] == ["This matters"]


def test_words_of_a_failed_sign_in_are_left_out(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    set_up(logging.INFO)
    streamlits = logging.getLogger("streamlit.web.server.starlette.starlette_auth_routes")
    streamlits.addHandler(caplog.handler)
    streamlits.error("Error: %s. Description: %s", WRITTEN, WRITTEN)
    streamlits.removeHandler(caplog.handler)
    assert {record.getMessage() for record in caplog.records} == {"Error: .... Description: ..."}


def test_of_an_error_that_a_library_logs_there_is_its_kind_and_where_it_came_from(
    library: logging.Logger, written: io.StringIO
) -> None:
    try:
        failing()
    except KeyError:
        library.exception("it failed")
    where = "it failed\nbuiltins.KeyError from ValueError at tests/house/test_logs.py:"
    assert where in written.getvalue()
    assert WRITTEN not in written.getvalue()


def failing() -> None:
    try:
        raise ValueError(WRITTEN)
    except ValueError as error:
        raise KeyError(WRITTEN) from error


def test_unforeseen_error_is_logged_under_its_id_with_kind_and_place_and_without_its_text(
    log: Log,
) -> None:
    set_up(logging.INFO)
    try:
        failing()
    except KeyError as error:
        name = unforeseen(error)
    (line,) = log.lines
    assert line["level"] == "ERROR"
    here = r"tests/house/test_logs\.py:\d+"
    words = f"Unforeseen error {name}: builtins.KeyError from ValueError at {here} failing < {here}"
    assert re.match(words, line["message"])
    assert WRITTEN not in log.text


def test_text_of_an_unforeseen_error_is_logged_when_asked_for_in_one_line(
    log: Log,
) -> None:
    set_up(logging.DEBUG)
    try:
        failing()
    except KeyError as error:
        name = unforeseen(error)
    _, line = log.lines
    assert line["level"] == "DEBUG"
    assert line["message"].startswith(f"Text of error {name}: Traceback")
    assert WRITTEN in line["message"]


def test_streamlits_own_line_of_an_unforeseen_error_is_left_out(log: Log) -> None:
    from streamlit import error_util

    set_up(logging.INFO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(error_util.config, "get_option", lambda name: False)
        error_util._log_uncaught_app_exception(KeyError(WRITTEN))
    assert log.text == ""


def test_ids_are_short_and_different() -> None:
    ids = {new_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert {len(one) for one in ids} == {8}


def test_command_logs_from_warning_on_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def level(*arguments: str) -> int:
        assert CliRunner().invoke(main, [*arguments, "config"]).exit_code == 0
        return LOGGER.level

    monkeypatch.delenv("CLAIMCLF_LOG_LEVEL", raising=False)
    assert level() == logging.WARNING
    assert level("--log-level", "debug") == logging.DEBUG
    monkeypatch.setenv("CLAIMCLF_LOG_LEVEL", "info")
    assert level() == logging.INFO
    assert level("--log-level", "error") == logging.ERROR


def test_lines_of_one_command_belong_to_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    from claimclf.cli import settings

    def log_twice() -> list[str]:
        for _ in range(2):
            logging.getLogger("claimclf.x").warning("a line")
        return []

    monkeypatch.setattr(settings.configuration, "unknown", log_twice)
    runs = [CliRunner().invoke(main, ["config"]).stderr for _ in range(2)]
    by_run = [{line["request"] for line in parsed(run)} for run in runs]
    assert [len(requests) for requests in by_run] == [1, 1]
    assert by_run[0] != by_run[1]
    assert "-" not in by_run[0]


def test_carried_function_logs_nothing_where_nobody_set_the_log_up() -> None:
    assert not logs.is_set_up()
    assert logs.carried(len)([1]) == 1
    assert not logs.is_set_up()


def test_messages_are_constants_with_numbers_and_names_in_them() -> None:
    """A sentence put together elsewhere, or a traceback, could bring in what users wrote."""
    levels = {"debug", "info", "warning", "error", "critical", "log"}
    calls = []
    for path in (ROOT / "claimclf").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "_logger":
                calls.append((path, node, node.func.attr))
    assert calls
    for path, node, name in calls:
        place = f"{path}:{node.lineno}"
        assert name in levels, place
        assert isinstance(node.args[0], ast.Constant), place
        assert not {keyword.arg for keyword in node.keywords} - {"extra"}, place
