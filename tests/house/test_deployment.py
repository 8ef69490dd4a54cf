"""The compose file names commands and options that exist, and keeps the scheduler inside."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest
import yaml

from claimclf import configuration
from claimclf.cli import main
from claimclf.configuration import SECRETS_FILES
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


def test_only_the_dashboard_can_be_reached_from_outside() -> None:
    services = COMPOSE["services"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name, service in services.items():
        assert ("ports" in service) == (name == "dashboard"), name
        assert set(service["networks"]) <= (
            {"inside", "outside"} if name == "dashboard" else {"inside"}
        )


def test_dashboard_and_commands_beside_it_read_the_same_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dashboard = COMPOSE["services"]["dashboard"]
    ((name, place),) = dashboard["environment"].items()
    assert name == SECRETS_FILES.variable
    assert place in {f"/run/secrets/{secret['target']}" for secret in dashboard["secrets"]}
    monkeypatch.setenv(name, place)
    assert configuration.secrets() == {}  # the name is one that is read, in this test of no file
    # A variable that only one process has would leave the others with another queue.
    assert dashboard["command"][0] == "claimclf"


def test_secrets_are_neither_in_the_repository_nor_in_the_image() -> None:
    files = {secret["file"].removeprefix("./") for secret in COMPOSE["secrets"].values()}
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    left_out = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    for name in files:
        assert f"deploy/{name}" in ignored
        assert f"deploy/{name}" in left_out
        assert not (DEPLOY / name).exists()
