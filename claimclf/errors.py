"""Every error that claimclf raises on purpose, by what kind of thing is wrong.

::

    ClaimclfError
    ├── InvalidRequestError       what is asked for makes no sense, whatever is stored
    │   └── SearchError           nor does this search of settings
    ├── InputError                what was given cannot be used as a table
    │   ├── NotATableError        not CSV or Parquet at all, or broken inside
    │   ├── WrongEncodingError    text that is not UTF-8
    │   ├── EmptyTableError       no header or no rows
    │   ├── MissingColumnError    a needed column is not there
    │   ├── DuplicateColumnError  two columns of one name
    │   ├── DamagedIdsError       ids that have all been through a double
    │   ├── OverLimitError        too many bytes, rows or columns
    │   └── TrainingDataError     a readable table that no model can learn from
    ├── ConflictError             it does not go with the present state, or others' work
    │   └── LostLeaseError        the hold on a case is over, or somebody else decided on it
    ├── NotAllowedError           the person's role does not cover it
    ├── NotConfiguredError        something that it needs is not set up
    │   └── ServerError           the dashboard is not, for the people who would come in
    ├── DamagedError              what is stored is damaged or altered
    │   └── ModelDamagedError     a model's files are missing, altered or made by other versions
    ├── UnavailableError          a disk, a port or another program does not do its part now
    │   ├── StorageError          the queue's database is gone, full, locked or of a newer version
    │   │   └── StorageDamagedError  or damaged, which is its kind
    │   └── EngineError           work that was given to others was not done
    └── NotFoundError             there is nothing of that name
        ├── ModelNotFoundError
        └── UnknownCaseError

    ModelError, beside its kind: a model cannot give what was asked for
    ├── ModelNotFoundError
    ├── ModelDamagedError
    └── UnsuitableModelError      this model cannot, another one could

A message says what is wrong, what was found and what to do, in this order. A program reads
`code`, which is the class's own and never changes, and `kind`, the code of the class right below
`ClaimclfError`; docs/command-line.md lists them with the exit codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class ClaimclfError(Exception):
    """Base of all errors meant for a person to read; never raised itself.

    Parameters
    ----------
    problem, found, advice : str
        What is wrong, what was found, what to do: each a full sentence or empty.

    Attributes
    ----------
    code : str
        Names the class to a program; the same in all versions.
    kind : str
        Names the kind of error: the code of the class that this one is a case of.
    """

    code: ClassVar[str] = "error"
    kind: ClassVar[str] = "error"

    def __init__(self, problem: str, found: str = "", advice: str = "") -> None:
        self.problem, self.found, self.advice = problem, found, advice
        super().__init__(" ".join(part for part in (problem, found, advice) if part))

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to come through to another process: as it is, whatever it was made from."""
        return _same_error, (type(self), self.args, self.__dict__)


def _same_error(kind: type[ClaimclfError], args: tuple[Any, ...], held: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.__dict__ |= held
    return error


class InvalidRequestError(ClaimclfError):
    """What is asked for makes no sense, whatever is stored."""

    code = kind = "invalid-request"


class ConflictError(ClaimclfError):
    """What is asked for does not go with the present state, or with somebody else's work."""

    code = kind = "conflict"


class NotAllowedError(ClaimclfError):
    """The person's role does not cover what was asked for."""

    code = kind = "not-allowed"


class NotConfiguredError(ClaimclfError):
    """Something that is needed is not set up, or not so that it can work."""

    code = kind = "not-configured"


class DamagedError(ClaimclfError):
    """What is stored is damaged or altered."""

    code = kind = "damaged"


class UnavailableError(ClaimclfError):
    """A disk, a port or another program does not do its part now; it may later."""

    code = kind = "unavailable"


class NotFoundError(ClaimclfError):
    """There is nothing of that name."""

    code = kind = "not-found"


class InputError(ClaimclfError):
    """A table-level problem: nothing of the input can be used."""

    code = kind = "invalid-input"


class NotATableError(InputError):
    """The bytes are not a CSV or Parquet table."""

    code = "not-a-table"


class WrongEncodingError(InputError):
    """The text is not UTF-8; `detected` names the likely encoding, or is None."""

    code = "wrong-encoding"

    def __init__(self, name: str, detected: str | None) -> None:
        self.detected = detected
        found = f"Found: bytes that look like {detected}." if detected else "Found: unknown bytes."
        again = f", or read it again as {detected}" if detected else ""
        super().__init__(f"{name} is not UTF-8 text.", found, f"Save it as UTF-8{again}.")


class EmptyTableError(InputError):
    """There is no header or there are no rows."""

    code = "empty-table"


class MissingColumnError(InputError):
    """Needed columns are not there.

    Parameters
    ----------
    missing : sequence of str
        Canonical names of the columns that were not found.
    found : sequence of str
        The input's own column names.
    """

    code = "missing-column"

    def __init__(self, missing: Sequence[str], found: Sequence[str], hint: str = "") -> None:
        self.missing, self.columns = tuple(missing), tuple(found)
        names = ", ".join(f"'{name}'" for name in missing)
        verb = "Column {} is" if len(missing) == 1 else "Columns {} are"
        super().__init__(
            f"{verb.format(names)} missing.",
            f"Found: {_shortened(found)}.",
            hint or "Rename a column, or choose it under *Match columns* (--column on the shell).",
        )


class DuplicateColumnError(InputError):
    """Two columns have the same name."""

    code = "duplicate-column"


class DamagedIdsError(InputError):
    """Every id of the table has been through a double; `n_ids` says how many there are."""

    code = "damaged-ids"

    def __init__(self, name: str, n_ids: int) -> None:
        self.n_ids = n_ids
        super().__init__(
            f"The ids of {name} cannot be trusted.",
            f"Found: all {n_ids:,} ids of 16 and more digits are multiples of 1,024: a "
            "spreadsheet or a program has kept them as numbers and lost their last digits.",
            "Export the ids as text, or say that they are right (--trust-ids on the shell).",
        )


class OverLimitError(InputError):
    """More bytes, rows or columns than allowed."""

    code = "over-limit"


class TrainingDataError(InputError):
    """A table that was read well but cannot train or evaluate a model."""

    code = "training-data"


class SearchError(InvalidRequestError):
    """A search of settings cannot start or go on."""

    code = "invalid-search"


class LostLeaseError(ConflictError):
    """The hold on a case is over, or somebody else decided on it meanwhile.

    Parameters
    ----------
    may_take : bool
        Whether the person may take the case again.
    by, said : str or None
        Who was first, and with which decision; None where nobody was.
    at : int or None
        When: microseconds since 1970, UTC.
    """

    code = "lost-lease"

    def __init__(
        self,
        problem: str,
        found: str = "",
        advice: str = "",
        *,
        may_take: bool = False,
        by: str | None = None,
        said: str | None = None,
        at: int | None = None,
    ) -> None:
        super().__init__(problem, found, advice)
        self.may_take, self.by, self.said, self.at = may_take, by, said, at


class ServerError(NotConfiguredError):
    """The dashboard is not set up so that it may be started, or so that anybody may come in."""

    code = "server-not-configured"


class StorageError(UnavailableError):
    """The queue's database is gone, full, locked or of a newer version."""

    code = "storage-unavailable"


class StorageDamagedError(StorageError, DamagedError):
    """The queue's database is damaged."""

    code = "storage-damaged"
    kind = DamagedError.kind


class EngineError(UnavailableError):
    """Processes or machines that were given work did not do it."""

    code = "engine-unavailable"


class UnknownCaseError(NotFoundError):
    """No case of that number is stored."""

    code = "unknown-case"


class ModelError(ClaimclfError):
    """A model cannot give what was asked for; its subclasses say which kind of error it is."""

    code = "model"


class ModelNotFoundError(ModelError, NotFoundError):
    """No model of that name is stored."""

    code = "model-not-found"


class ModelDamagedError(ModelError, DamagedError):
    """A stored model's files are missing, altered or of another version."""

    code = "model-damaged"


class UnsuitableModelError(ModelError, InvalidRequestError):
    """A model cannot give what was asked for, and another one could."""

    code = "unsuitable-model"


def _shortened(names: Sequence[str], most: int = 20) -> str:
    """Join names for a message, naming at most `most`, each cut to a readable length."""
    shown = [name if len(name) <= 40 else name[:37] + "..." for name in names[:most]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest > 0 else "")
