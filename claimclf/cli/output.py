"""What commands print in the same way."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click


def print_json(value: object) -> None:
    """Print for other programs, indented for people."""
    click.echo(json.dumps(value, indent=2))


def show_progress() -> Callable[[str, int, int], object]:
    """Count on a terminal; stay silent in a pipe."""
    if not sys.stderr.isatty():
        return lambda what, done, total: None

    def show(what: str, done: int, total: int) -> None:
        click.echo(f"\r{what}: {done:,} of {total:,} ", nl=done == total, err=True)

    return show
