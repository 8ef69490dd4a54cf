"""The command that opens the dashboard."""

from __future__ import annotations

import sys

import click

from claimclf.configuration import LOG_LEVEL, has_screen, log_level, pass_on
from claimclf.logs import set_up


@click.command()
@click.option(
    "--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="TCP port."
)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; others than this machine come in only where [auth] is in the "
    "Streamlit secrets.",
)
@click.option(
    "--browser/--no-browser",
    "opens",
    default=None,
    help="Open the address in this user's browser, without a login. By default where there is a "
    "screen and a person at the terminal.",
)
def serve(port: int, address: str, opens: bool | None) -> None:
    """Open the dashboard, on 127.0.0.1 unless people sign in.

    Without a login it is for whoever started it: the address that is printed has a token in it,
    which a browser must bring once.
    """
    from claimclf.services.serving import serve as run

    level = click.get_current_context().find_root().params.get("log_level")
    if level:
        pass_on(LOG_LEVEL, level)
    set_up(log_level(level))
    run(port, address, opens=has_screen() and is_terminal() if opens is None else opens)


def is_terminal() -> bool:
    """Say whether a person reads what is printed."""
    return sys.stdin.isatty() and sys.stdout.isatty()


COMMANDS = (serve,)
