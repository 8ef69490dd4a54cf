"""What commands print in the same way."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable

import click

#: Kinds of characters that steer a terminal, end a line unseen or are halves of a character.
_STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: What changes the order of letters, so that a line reads as another one.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_OF_LINES = frozenset("\n\t")


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text, of which nothing steers the terminal: it may quote what others wrote.

    Parameters
    ----------
    text : str
        Of several lines, if need be.
    err : bool
        Whether to print to stderr.
    nl : bool
        Whether to end the line.
    """
    click.echo(readable(text), err=err, nl=nl)


def readable(text: str) -> str:
    """Write out the characters that steer a terminal; ends of lines stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(letter) if _steers(letter) else letter for letter in text)


def _steers(letter: str) -> bool:
    if letter in _OF_LINES:
        return False
    return letter in _REORDERING or unicodedata.category(letter) in _STEERING


def _written_out(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def print_json(value: object) -> None:
    """Print for other programs, indented for people."""
    say(json.dumps(value, indent=2))


def show_progress() -> Callable[[str, int, int], object]:
    """Count on a terminal; stay silent in a pipe."""
    if not sys.stderr.isatty():
        return lambda what, done, total: None

    def show(what: str, done: int, total: int) -> None:
        click.echo(f"\r{what}: {done:,} of {total:,} ", nl=done == total, err=True)

    return show
