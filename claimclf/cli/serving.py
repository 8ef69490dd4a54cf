"""The command that opens the dashboard."""

from __future__ import annotations

import click

from claimclf.configuration import LOG_LEVEL, log_level, pass_on
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
def serve(port: int, address: str) -> None:
    """Open the dashboard, on 127.0.0.1 unless people sign in."""
    from claimclf.services.serving import serve as run

    level = click.get_current_context().find_root().params.get("log_level")
    if level:
        pass_on(LOG_LEVEL, level)
    set_up(log_level(level))
    run(port, address)


COMMANDS = (serve,)
