"""With what number a command ends; docs/command-line.md lists them, and a test compares."""

from __future__ import annotations

from claimclf.errors import (
    ClaimclfError,
    ConflictError,
    DamagedError,
    InputError,
    InvalidRequestError,
    NotAllowedError,
    NotConfiguredError,
    NotFoundError,
    UnavailableError,
)

#: By the kind of error. Click itself ends with 2 where it does not understand a command.
EXIT_CODES = {
    InvalidRequestError.kind: 2,
    InputError.kind: 3,
    ConflictError.kind: 4,
    NotAllowedError.kind: 5,
    NotConfiguredError.kind: 6,
    DamagedError.kind: 7,
    UnavailableError.kind: 8,
    NotFoundError.kind: 9,
}
#: An error that nobody foresaw, as sysexits.h has it.
UNFORESEEN = 70
#: Stopped by Ctrl-C, as shells have it.
STOPPED = 130


def exit_code(error: ClaimclfError) -> int:
    """Return the number for an error of ours."""
    return EXIT_CODES[error.kind]
