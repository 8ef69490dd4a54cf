"""What pages say: text of users as text, errors in words, what was made up."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from claimclf.errors import ClaimclfError, DamagedError, NotConfiguredError, UnavailableError

_logger = logging.getLogger(__name__)
#: What a message says to those who are at a shell.
_FOR_THE_SHELL = re.compile(r" \(--[\w-]+ on the shell\)")
_TO_BE_MENDED = {DamagedError.kind, NotConfiguredError.kind, UnavailableError.kind}


# Streamlit's browser makes a link of an address within a stretch of text, after it has taken the
# escapes away. So the part that it knows an address by gets a stretch of its own: a colour
# without a colour, which looks and copies like the rest.
_READ_AS_LINK = re.compile(
    r"((?i:www)(?=\.)|(?<=(?i:http)):(?=//)|(?<=(?i:https)):(?=//)|@(?=[-\w]+\.))"
)


def plain(text: object) -> str:
    """Escape text of users for a place that reads Markdown.

    Parameters
    ----------
    text : object
        Names of files and columns, cells, messages that quote them.
    """
    parts = _READ_AS_LINK.split(str(text))
    # What stands between two matches, and the matches, by turns.
    return "".join(
        f":color[{_escaped(part)}]{{}}" if number % 2 else _escaped(part)
        for number, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\")
    for character in "`*_{}[]()<>#+-.!|~$:":
        escaped = escaped.replace(character, "\\" + character)
    return escaped.replace("\n", " ")


def say_error(error: ClaimclfError) -> None:
    """Show what is wrong, what was found and what to do; log what whoever runs this may mend."""
    if error.kind in _TO_BE_MENDED:
        _logger.warning("A page shows an error: %s", error.code)
    words = _FOR_THE_SHELL.sub("", str(error))
    st.error(plain(words).replace(r"\*Match columns\*", "*Match columns*"))


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of ours into a message and end the page there."""
    try:
        yield
    except ClaimclfError as error:
        say_error(error)
        st.stop()


def synthetic_notice(what: str) -> None:
    """Say that what is shown was made up."""
    st.info(f"**Synthetic demo data.** {what}", icon=":material/science:")
