"""The compose file names commands and options that exist, and keeps the scheduler inside."""

from __future__ import annotations

import re
import tomllib
from ipaddress import ip_address, ip_network
from typing import Any

import click
import pytest
import yaml

from claimclf import configuration
from claimclf.api.door.limits import Limits
from claimclf.cli import main
from claimclf.configuration import BELOW, DATABASE_PASSWORD_FILE, PROXIES, SECRETS_FILES
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def commands() -> list[list[str]]:
    """The claimclf and dask commands of the file and its comments, by words."""
    text = (DEPLOY / "compose.yaml").read_text("utf-8").replace("\\\n#", " ")
    plain = text.replace('", "', " ")
    return [
        line.split()
        for line in re.findall(
            r"\b(?:claimclf|dask) (?:serve|score|scheduler|worker)\b[^\"\n]*", plain
        )
    ]


def test_there_is_a_command_for_each_part() -> None:
    assert {words[1] for words in commands()} == {"serve", "score", "scheduler", "worker"}


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words[:2]))
def test_commands_and_their_options_exist(words: list[str]) -> None:
    options = {word for word in words if word.startswith("--")}
    if words[0] == "claimclf":
        known = {name for param in main.commands[words[1]].params for name in param.opts}
    else:
        from distributed.cli import dask_scheduler, dask_worker

        command: click.Command = {"scheduler": dask_scheduler, "worker": dask_worker}[words[1]].main
        known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    assert options <= known


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    services = COMPOSE["services"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name, service in services.items():
        assert ("ports" in service) == (name == "proxy"), name
        assert set(service["networks"]) <= (
            {"inside", "outside"} if name == "dashboard" else {"inside"}
        ) or (name == "proxy" and set(service["networks"]) == {"outside"})


def test_dashboard_and_commands_beside_it_read_the_same_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dashboard = COMPOSE["services"]["dashboard"]
    declared = {setting.variable for setting in configuration.SETTINGS}
    assert set(dashboard["environment"]) <= declared
    places = {
        f"/run/secrets/{secret['target'] if isinstance(secret, dict) else secret}"
        for secret in dashboard["secrets"]
    }
    assert dashboard["environment"][SECRETS_FILES.variable] in places
    assert dashboard["environment"][DATABASE_PASSWORD_FILE.variable] in places
    monkeypatch.setenv(SECRETS_FILES.variable, dashboard["environment"][SECRETS_FILES.variable])
    assert configuration.secrets() == {}  # the name is one that is read, in this test of no file
    # `docker compose exec` runs commands with the container's environment.
    assert dashboard["command"][0] == "claimclf"


def test_proxy_and_dashboard_agree_on_each_other() -> None:
    proxy, dashboard = COMPOSE["services"]["proxy"], COMPOSE["services"]["dashboard"]
    (network,) = COMPOSE["networks"]["outside"]["ipam"]["config"]
    address = proxy["networks"]["outside"]["ipv4_address"]
    assert ip_address(address) in ip_network(network["subnet"])
    assert dashboard["environment"][PROXIES.variable] == address
    assert dashboard["environment"][BELOW.variable] == proxy["environment"]["PROXY_BELOW"]
    assert proxy["environment"]["PROXY_TO"] == "dashboard:8501"
    (mounted,) = proxy["volumes"]
    template = (DEPLOY / mounted.partition(":")[0]).read_text("utf-8")
    assert set(re.findall(r"\$\{(\w+)\}", template)) == set(proxy["environment"])
    places = {f"/run/secrets/{secret}" for secret in proxy["secrets"]}
    assert places == {proxy["environment"][f"PROXY_{name}"] for name in ("CERTIFICATE", "KEY")}


def test_proxy_lets_through_what_the_server_takes() -> None:
    template = (DEPLOY / "proxy.conf.template").read_text("utf-8")
    pages, door = map(int, re.findall(r"client_max_body_size (\d+)m;", template))
    streamlit = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert pages > streamlit["server"]["maxUploadSize"]
    assert door * 2**20 > Limits().body


def test_password_of_the_database_stands_in_no_address() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert not re.search(r"postgresql://[^@/\s]*:[^@/\s]*@", text)
    environment = COMPOSE["services"]["dashboard"]["environment"]
    postgres = COMPOSE["services"]["postgres"]["environment"]
    password_file = environment[DATABASE_PASSWORD_FILE.variable]
    assert password_file == postgres["POSTGRES_PASSWORD_FILE"]


def test_secrets_are_neither_in_the_repository_nor_in_the_image() -> None:
    files = {secret["file"].removeprefix("./") for secret in COMPOSE["secrets"].values()}
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    left_out = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    for place in [*(f"deploy/{name}" for name in files), ".streamlit/secrets.toml"]:
        assert place in ignored
        assert place in left_out
    assert not any((DEPLOY / name).exists() for name in files)
