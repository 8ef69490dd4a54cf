"""The command that says how claimclf is set up."""

from __future__ import annotations

import click

from claimclf import configuration
from claimclf.cli.options import JSON
from claimclf.cli.output import print_json, say
from claimclf.configuration import Value


@click.command()
@JSON
def config(as_json: bool) -> None:
    """Print every setting with its value and where it comes from, without what is secret."""
    values = [configuration.look_up(setting) for setting in configuration.SETTINGS]
    foreign = configuration.unknown()
    if as_json:
        print_json({"settings": [_as_record(value) for value in values], "unknown": foreign})
        return
    width = max(len(setting.name) for setting in configuration.SETTINGS)
    for value in values:
        say(f"{value.setting.name:<{width}}  {value.shown or '-'}  ({value.source})")
    for problem in foreign:
        say(f"claimclf: {problem}", err=True)


def _as_record(value: Value) -> dict[str, str | None]:
    return {
        "name": value.setting.name,
        "value": value.shown or None,
        "source": value.source,
        "variable": value.setting.variable or None,
        "secrets_key": value.setting.key or None,
        "option": value.setting.option or None,
    }


COMMANDS = (config,)
