"""One declaration of every setting, one precedence, and the same answer for shell and pages."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from click.testing import CliRunner, Result

from claimclf import configuration
from claimclf.cli import main
from claimclf.configuration import (
    BELOW,
    DATABASE,
    DATABASE_PASSWORD_FILE,
    DATASET,
    IDLE_MINUTES,
    LOG_LEVEL,
    MODELS,
    SECRETS_FILES,
    SETTINGS,
    TOKEN,
    WEBHOOK_SECRET,
    WEBHOOK_URL,
    Setting,
    look_up,
    served_below,
)
from claimclf.errors import ClaimclfError, NotConfiguredError
from claimclf.paths import ROOT
from claimclf.queue.storage.database import Database
from claimclf.ui.state import database as state
from tests.queue.builders import fill

DOCS = ROOT / "docs" / "configuration.md"
PASSWORD = "p4ssw0rd-that-nobody-sees"  # noqa: S105
WITH_BOTH = [setting for setting in SETTINGS if setting.variable and setting.key]


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for setting in SETTINGS:
        if setting.variable:
            monkeypatch.delenv(setting.variable, raising=False)
    monkeypatch.setenv(SECRETS_FILES.variable, str(tmp_path / "secrets.toml"))


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets.toml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def url(file: Path) -> str:
    return f"sqlite:///{file}"


# Precedence


@pytest.mark.parametrize("setting", WITH_BOTH, ids=lambda setting: setting.name)
def test_option_comes_before_environment_before_secrets_before_default(
    setting: Setting, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look_up(setting).source == "default"
    secrets.write_text(f'{setting.key} = "/of/secrets"')
    assert look_up(setting).value == "/of/secrets"
    assert look_up(setting).source == f"{secrets}: {setting.key}"
    monkeypatch.setenv(setting.variable, "/of/environment")
    assert look_up(setting).value == "/of/environment"
    assert look_up(setting).source == f"environment {setting.variable}"
    assert look_up(setting, "/of/option").value == "/of/option"
    assert look_up(setting, "/of/option").source == f"option {setting.option}"


def test_empty_value_counts_as_none(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.write_text(f'{MODELS.key} = ""')
    monkeypatch.setenv(MODELS.variable, "")
    assert look_up(MODELS, "").source == "default"


def test_projects_secrets_come_before_the_users_section_by_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRETS_FILES.variable)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(configuration, "ROOT", tmp_path / "project")
    users, projects = (tmp_path / who / ".streamlit/secrets.toml" for who in ("home", "project"))
    for file in (users, projects):
        file.parent.mkdir(parents=True)
    users.write_text(f'{MODELS.key} = "/u"\n[claimclf]\nidle_minutes = 7\n')
    assert (look_up(MODELS).value, look_up(IDLE_MINUTES).value) == ("/u", "7")
    projects.write_text(f'{DATASET.key} = "/p"\n[claimclf]\nrole_claim = "groups"\n')
    assert (look_up(MODELS).value, look_up(DATASET).value) == ("/u", "/p")
    assert look_up(IDLE_MINUTES).source == "default"
    assert configuration.secrets() == {
        MODELS.key: "/u", DATASET.key: "/p", "claimclf": {"role_claim": "groups"},
    }  # fmt: skip


def test_relative_path_counts_from_the_project_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(MODELS.variable, "other/models")
    monkeypatch.setenv(DATABASE.variable, "sqlite:///data/other.db")
    monkeypatch.setenv(SECRETS_FILES.variable, "deploy/none.toml")
    assert configuration.models_folder() == ROOT / "other" / "models"
    assert configuration.database_url() == url(ROOT / "data" / "other.db")
    assert configuration.secrets_files() == [ROOT / "deploy" / "none.toml"]
    assert configuration.database_url("sqlite:///here.db") == "sqlite:///here.db"


def test_changed_secrets_are_read_again(secrets: Path) -> None:
    secrets.write_text(f'{MODELS.key} = "/one"')
    assert look_up(MODELS).value == "/one"
    secrets.write_text(f'{MODELS.key} = "/another"')
    assert look_up(MODELS).value == "/another"
    secrets.unlink()
    assert look_up(MODELS).source == "default"


@pytest.mark.parametrize(
    ("name", "content"),
    [("secrets.toml", b"[auth\n"), ("secrets.toml", b"\xff\xfe"), ("secrets", b"a = 1")],
)
def test_secrets_that_cannot_be_read_are_refused_before_an_empty_queue_is_used(
    name: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    monkeypatch.setenv(SECRETS_FILES.variable, str(file))
    with pytest.raises(NotConfiguredError, match=rf"cannot be read. Found: {file}"):
        Database()
    assert run("backup", tmp_path / "b").exit_code == 6
    assert not (tmp_path / "b").exists()
    monkeypatch.setenv(DATABASE.variable, url(tmp_path / "queue.db"))  # it need not be read
    assert run("backup", tmp_path / "b").exit_code == 0


# Shell and pages


def test_backup_saves_the_queue_that_the_pages_show(secrets: Path, tmp_path: Path) -> None:
    file = tmp_path / "shared.db"
    database = Database(url(file))
    fill(database, 3)
    database.close()
    secrets.write_text(f'{DATABASE.key} = "{url(file)}"')
    st.cache_resource.clear()
    assert state.queue_database().name == url(file)
    done = run("backup", tmp_path / "b")
    assert done.exit_code == 0, done.output
    assert f"rows of {url(file)} written to" in done.stdout
    restored = Database(url(tmp_path / "restored.db"))
    assert run("restore", tmp_path / "b", "--database", restored.name).exit_code == 0
    assert len(restored.read(lambda c: c.exec_driver_sql("SELECT id FROM cases").all())) == 3
    restored.close()


# Streamlit puts what is at the top of the secrets into the environment, over what is there, once
# the server's application was imported and before the first page is.
_SERVED = """
import sys
import claimclf.api.application
import streamlit as st
st.config.set_option("secrets.files", sys.argv[1:])
st.secrets.to_dict()
from claimclf.configuration import DATABASE, look_up
print(look_up(DATABASE).value)
"""
_SHELL = "from claimclf.configuration import DATABASE, look_up; print(look_up(DATABASE).value)"


@pytest.mark.parametrize("is_in_environment", [True, False])
def test_pages_and_shell_take_the_same_database_where_both_name_one(
    is_in_environment: bool, secrets: Path
) -> None:
    secrets.write_text(f'{DATABASE.key} = "sqlite:////of/secrets"')
    environment = {**os.environ, SECRETS_FILES.variable: str(secrets)}
    if is_in_environment:
        environment[DATABASE.variable] = "sqlite:////of/environment"
    for code in (_SERVED, _SHELL):
        command = [sys.executable, "-W", "ignore", "-c", code, str(secrets)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        chosen = f"sqlite:////of/{'environment' if is_in_environment else 'secrets'}"
        assert done.stdout.split() == [chosen], code


def test_webhook_of_the_secrets_is_the_shells_too(secrets: Path) -> None:
    from claimclf.queue.outbound.webhook.endpoint import configured

    secrets.write_text(
        f'{WEBHOOK_URL.key} = "https://x.example"\n{WEBHOOK_SECRET.key} = "{PASSWORD}"'
    )
    hook = configured()
    assert hook is not None
    assert (hook.url, hook.secret) == ("https://x.example", PASSWORD)


# What is shown


SECRET_VALUES = {
    DATABASE: [
        (
            f"postgresql://ann:{PASSWORD}@db.example:5433/queue",
            "postgresql://db.example:5433/queue",
        ),
        (f"postgresql+psycopg://db/queue?password={PASSWORD}", "postgresql://db/queue"),
        (f"postgresql://ann:{PASSWORD}@/queue?host=/run/pg", "postgresql:///run/pg/queue"),
        (f"postgresql://ann:{PASSWORD}%2F@[::1]/queue", "postgresql://[::1]/queue"),
        (f"oracle://ann:{PASSWORD}@db/queue", "an address that cannot be read"),
        (f"postgresql://ann:x@{PASSWORD}@db/queue", "an address that cannot be read"),
        (f"postgresql://db/ann:{PASSWORD}@db/queue", "an address that cannot be read"),
        (
            f"postgresql://ann:{PASSWORD}@/queue?host=one,two&port=5432,5433",
            "postgresql://one,two/queue",
        ),
        (f"postgresql:///queue?host={PASSWORD}%40db", "an address that cannot be read"),
        (f"postgresql://ann:x@{PASSWORD}?y@db/queue", "an address that cannot be read"),
        (f"postgresql://ann@db/queue;password={PASSWORD}", "an address that cannot be read"),
        (f"postgresql://ann@db/queue password={PASSWORD}", "an address that cannot be read"),
        (f"postgresql://ann@db/queue&password={PASSWORD}", "an address that cannot be read"),
        (f"sqlite:///x.db?password={PASSWORD}", f"sqlite:///{ROOT}/x.db"),
        (f"{PASSWORD}", "an address that cannot be read"),
    ],
    WEBHOOK_URL: [
        (f"https://x.example:444/{PASSWORD}?token={PASSWORD}", "https://x.example:444"),
        (f"https://ann:{PASSWORD}@x.example/", "https://x.example"),
        (f"https://[{PASSWORD}", "an address that cannot be read"),
    ],
    WEBHOOK_SECRET: [(PASSWORD, "set, not shown")],
    TOKEN: [(PASSWORD, "set, not shown")],
}


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("where", ["environment", "secrets"])
@pytest.mark.parametrize(
    ("setting", "value", "shown"),
    [(setting, *pair) for setting, pairs in SECRET_VALUES.items() for pair in pairs],
)
def test_config_shows_nothing_secret(
    setting: Setting,
    value: str,
    shown: str,
    where: str,
    as_json: bool,
    secrets: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets.write_text(f'auth = {{client_secret = "{PASSWORD}"}}\n')
    if where == "environment":
        monkeypatch.setenv(setting.variable, value)
    else:
        secrets.write_text(f'{setting.key} = "{value}"\n{secrets.read_text()}')
    done = run("config", *(["--json"] if as_json else []))
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    if as_json:
        (record,) = (
            one for one in json.loads(done.stdout)["settings"] if one["name"] == setting.name
        )
        assert record["value"] == shown
        source = f"{secrets}: {setting.key}"
        assert record["source"] == (
            f"environment {setting.variable}" if where == "environment" else source
        )
    else:
        assert re.search(rf"^{setting.name} +{re.escape(shown)}  \(", done.stdout, re.MULTILINE)


def test_all_that_may_be_secret_is_among_what_the_test_above_tries() -> None:
    with_values = {setting for setting in SETTINGS if setting.is_secret and setting.variable}
    assert with_values == set(SECRET_VALUES)


def test_config_shows_every_setting_and_where_it_comes_from(secrets: Path) -> None:
    secrets.write_text("[claimclf]\nidle_minutes = 12\n")
    done = run("config")
    shown = {line.split("  ")[0].strip() for line in done.stdout.splitlines()}
    assert shown == {setting.name for setting in SETTINGS}
    assert f"idle minutes    12  ({secrets}: claimclf.idle_minutes)" in done.stdout
    assert f"models          {ROOT / 'models'}  (default)" in done.stdout


def test_what_looks_like_a_setting_and_is_none_is_pointed_out(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIMCLF_DATABSE_URL", PASSWORD)
    secrets.write_text(
        'CLAIMCLF_NOTHING_LIKE_IT = "x"\n[claimclf]\nidle_minuets = 3\n[other]\na = 1'
    )
    done = run("config")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "claimclf: environment CLAIMCLF_DATABSE_URL is no setting: CLAIMCLF_DATABASE_URL is.",
        f"claimclf: {secrets}: CLAIMCLF_NOTHING_LIKE_IT is no setting.",
        f"claimclf: {secrets}: claimclf.idle_minuets is no setting: claimclf.idle_minutes is.",
    ]
    assert len(json.loads(run("config", "--json").stdout)["unknown"]) == 3


def test_address_that_is_none_is_refused_without_being_quoted() -> None:
    for address in (
        PASSWORD,
        f"oracle://ann:{PASSWORD}@db/queue",
        f"postgresql://ann:x@{PASSWORD}@db/queue",
    ):
        with pytest.raises(NotConfiguredError, match="cannot be used") as raised:
            Database(address)
        assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize(
    ("written", "path"),
    [("", ""), ("/", ""), ("/claimclf/", "/claimclf"), ("tools/claimclf", "/tools/claimclf")],
)
def test_path_that_everything_is_below_is_read_in_one_form(
    monkeypatch: pytest.MonkeyPatch, written: str, path: str
) -> None:
    monkeypatch.setenv(BELOW.variable, written)
    assert served_below() == path


@pytest.mark.parametrize("written", ["/a b", "/..", "/a//b", "/a?b", '/"', "/ä"])
def test_path_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv(BELOW.variable, written)
    with pytest.raises(NotConfiguredError, match="cannot be understood"):
        served_below()


@pytest.mark.parametrize("written", ["/static", "/tools/static", "/media", "/_stcore/x", "/api"])
def test_path_below_a_name_of_the_server_itself_is_refused(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv(BELOW.variable, written)
    with pytest.raises(NotConfiguredError, match="has for itself"):
        served_below()


def test_log_level_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOG_LEVEL.variable, "loud")
    with pytest.raises(NotConfiguredError, match=r"Found: loud \(environment CLAIMCLF_LOG_LEVEL"):
        configuration.log_level()
    assert run("--log-level", "loud", "config").exit_code == 2


# The declaration


def row(setting: Setting) -> str:
    def code(text: str) -> str:
        return f"`{text}`" if text else ""

    cells = [setting.name, code(setting.variable), code(setting.key), code(setting.option)]
    return f"| {' | '.join([*cells, code(setting.default), setting.meaning])} |"


def test_docs_list_exactly_what_is_declared() -> None:
    rows = re.findall(r"^\| [a-z ]+ \| .* \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    listed = [line for line in rows if line.count("|") == 7 and "environment" not in line]
    assert listed == [row(setting) for setting in SETTINGS]


def test_each_setting_is_declared_once() -> None:
    for what in ("name", "variable", "key"):
        named = [getattr(setting, what) for setting in SETTINGS if getattr(setting, what)]
        assert len(named) == len(set(named)), what


def test_options_are_those_of_commands() -> None:
    commands = [main, *main.commands.values()]
    known = {name for command in commands for param in command.params for name in param.opts}
    assert {setting.option for setting in SETTINGS if setting.option} <= known


@pytest.mark.parametrize("folder", ["claimclf", "pages", "docs", "deploy", ".streamlit"])
def test_variables_that_are_spoken_of_are_declared(folder: str) -> None:
    declared = {setting.variable for setting in SETTINGS} | {"CLAIMCLF_"}
    for path in [*(ROOT / folder).rglob("*.*"), ROOT / "README.md", ROOT / "app.py"]:
        if path.suffix in {".py", ".md", ".toml", ".yaml"}:
            assert set(re.findall(r"CLAIMCLF_[A-Z_]*", path.read_text("utf-8"))) <= declared, path


#: Modules that use the environment for something other than a setting of ours.
_OTHERS = {"claimclf/configuration.py", "claimclf/paths.py", "claimclf/streaming/engines.py"}


def test_environment_and_secrets_are_read_in_one_place() -> None:
    for path in [*(ROOT / "claimclf").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        name = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text("utf-8"))
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if name not in _OTHERS:
            assert not attributes & {"environ", "getenv"}, name
        if name != "claimclf/ui/access/secrets.py":  # Streamlit's own login
            assert "secrets" not in attributes, name


@pytest.mark.parametrize("option", ["sslmode", "gssencmode", "channel_binding"])
def test_driver_that_repeats_an_option_says_nothing_secret(option: str) -> None:
    """A password may have slipped into the wrong place of an address."""
    database = Database(f"postgresql://ann@127.0.0.1:1/queue?{option}={PASSWORD}")
    with pytest.raises(ClaimclfError) as refused:
        database.prepare()
    assert "127.0.0.1" in str(refused.value)
    assert PASSWORD not in str(refused.value)


# The database's password


def test_password_in_a_file_is_used_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}@/?\n", "utf-8")
    monkeypatch.setenv(DATABASE_PASSWORD_FILE.variable, str(file))
    database = Database("postgresql://ann@db.example/queue")
    assert database.url.password == f"{PASSWORD}@/?"
    assert PASSWORD not in f"{database.name} {database.url} {run('config').output}"
    assert Database("postgresql://ann:x@db.example/queue").url.password == "x"  # noqa: S105
    assert Database("postgresql://db.example/queue?password=other").url.password is None


def test_password_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATABASE_PASSWORD_FILE.variable, str(tmp_path / "none"))
    with pytest.raises(NotConfiguredError, match=r"FileNotFoundError in reading .*none"):
        Database("postgresql://ann@db.example/queue")
    Database(url(tmp_path / "queue.db")).close()
