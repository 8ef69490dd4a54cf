"""The command line: each command reads its options, calls one service and prints.

A file for each group of commands, and in each of them `COMMANDS`, what it offers. What takes long
to import is imported by the command that uses it, so that `claimclf --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from claimclf import __version__, configuration
from claimclf.cli import (
    data,
    evaluation,
    inspecting,
    learning,
    models,
    monitoring,
    queue,
    scoring,
    serving,
    settings,
    tokens,
    training,
    upkeep,
)
from claimclf.cli.exits import STOPPED, UNFORESEEN, exit_code
from claimclf.cli.output import readable, say
from claimclf.errors import ClaimclfError
from claimclf.logs import belonging_to, new_id, set_up, unforeseen

_GROUPS = (
    data,
    training,
    evaluation,
    models,
    inspecting,
    learning,
    monitoring,
    scoring,
    queue,
    upkeep,
    serving,
    tokens,
    settings,
)


class _Commands(click.Group):
    """Turns every error into one line on stderr and the exit code of its kind."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _readable_usage():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _readable_usage():
                return super().invoke(ctx)
        except ClaimclfError as error:
            _tell(str(error))
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            _tell("Stopped. The same command goes on or starts again.")
            ctx.exit(STOPPED)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise  # click's own ways to end
        except Exception as error:
            _tell(
                f"Something went wrong that nobody foresaw. Found: error {unforeseen(error)}. "
                "docs/operations.md says what to do with this number."
            )
            ctx.exit(UNFORESEEN)


@contextmanager
def _readable_usage() -> Iterator[None]:
    """Have click's errors, which quote what was typed, not steer the terminal."""
    try:
        yield
    except click.ClickException as error:
        text = error.format_message()
        if readable(text) == text:
            raise
        if isinstance(error, click.UsageError):
            raise click.UsageError(readable(text), error.ctx) from error
        raise click.ClickException(readable(text)) from error


def _tell(message: str) -> None:
    say(f"claimclf: {' '.join(message.split())}", err=True)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option(
    "--log-level",
    metavar="LEVEL",
    help="Least level to log to stderr: debug, info, warning (unless set otherwise) or error.",
)
@click.pass_context
def main(ctx: click.Context, log_level: str | None) -> None:
    """Predict which reported videos make claims, and rank them for human review."""
    set_up(configuration.log_level(log_level, default="warning"))
    ctx.with_resource(belonging_to(request=new_id()))


for _group in _GROUPS:
    for _command in _group.COMMANDS:
        main.add_command(_command)
