"""The command line: each command reads its options, calls one service and prints.

A file for each group of commands, and in each of them `COMMANDS`, what it offers. What takes long
to import is imported by the command that uses it, so that `claimclf --help` answers at once.
"""

from __future__ import annotations

from typing import Any

import click

from claimclf import __version__
from claimclf.cli import data, evaluation, models, queue, scoring, serving, training, upkeep
from claimclf.errors import ClaimclfError

_GROUPS = (data, training, evaluation, models, scoring, queue, upkeep, serving)


class _Commands(click.Group):
    """Turns every error of ours into one line on stderr and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClaimclfError as error:
            message = " ".join(str(error).split())
            click.echo(f"claimclf: {message}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo("claimclf: Stopped. The same command goes on or starts again.", err=True)
            ctx.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Predict which reported videos make claims, and rank them for human review."""


for _group in _GROUPS:
    for _command in _group.COMMANDS:
        main.add_command(_command)
