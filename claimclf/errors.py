"""Every error that claimclf raises on purpose.

::

    ClaimclfError
    ├── InputError                what was given cannot be used as a table
    │   ├── NotATableError        not CSV or Parquet at all, or broken inside
    │   ├── WrongEncodingError    text that is not UTF-8
    │   ├── EmptyTableError       no header or no rows
    │   ├── MissingColumnError    a needed column is not there
    │   ├── DuplicateColumnError  two columns of one name
    │   └── OverLimitError        too many bytes, rows or columns
    ├── TrainingDataError         a readable table that no model can learn from
    ├── SearchError               a search of settings cannot start or go on
    ├── ModelError                the model store cannot give what was asked for
    │   ├── ModelNotFoundError
    │   └── ModelDamagedError     files missing, altered or made by other versions
    ├── QueueError                the stored queue cannot do what was asked for
    │   ├── StorageError          its database is gone, full, locked or of a newer version
    │   ├── LostLeaseError        the hold on a case is over, or somebody else decided on it
    │   ├── NotAllowedError       the person's role does not cover it
    │   └── UnknownCaseError
    ├── EngineError               work that was given to others was not done
    └── ServerError               the dashboard cannot be started as asked

A message says what is wrong, what was found and what to do, in this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ClaimclfError(Exception):
    """Base of all errors meant for a person to read.

    Parameters
    ----------
    problem, found, advice : str
        What is wrong, what was found, what to do: each a full sentence or empty.
    """

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


class InputError(ClaimclfError):
    """A table-level problem: nothing of the input can be used."""


class NotATableError(InputError):
    """The bytes are not a CSV or Parquet table."""


class WrongEncodingError(InputError):
    """The text is not UTF-8; `detected` names the likely encoding, or is None."""

    def __init__(self, name: str, detected: str | None) -> None:
        self.detected = detected
        found = f"Found: bytes that look like {detected}." if detected else "Found: unknown bytes."
        again = f", or read it again as {detected}" if detected else ""
        super().__init__(f"{name} is not UTF-8 text.", found, f"Save it as UTF-8{again}.")


class EmptyTableError(InputError):
    """There is no header or there are no rows."""


class MissingColumnError(InputError):
    """Needed columns are not there.

    Parameters
    ----------
    missing : sequence of str
        Canonical names of the columns that were not found.
    found : sequence of str
        The input's own column names.
    """

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


class OverLimitError(InputError):
    """More bytes, rows or columns than allowed."""


class TrainingDataError(ClaimclfError):
    """A table that was read well but cannot train or evaluate a model."""


class SearchError(ClaimclfError):
    """A search of settings cannot start or go on."""


class ModelError(ClaimclfError):
    """The model store cannot give what was asked for."""


class ModelNotFoundError(ModelError):
    """No model of that name is stored."""


class ModelDamagedError(ModelError):
    """A stored model's files are missing, altered or of another version."""


class QueueError(ClaimclfError):
    """The stored queue cannot do what was asked for."""


class StorageError(QueueError):
    """The queue's database is gone, full, locked or of a newer version."""


class LostLeaseError(QueueError):
    """The hold on a case is over, or somebody else decided on it meanwhile."""


class NotAllowedError(QueueError):
    """The person's role does not cover what was asked for."""


class UnknownCaseError(QueueError):
    """No case of that number is stored."""


class EngineError(ClaimclfError):
    """Processes or machines that were given work did not do it."""


class ServerError(ClaimclfError):
    """The dashboard cannot be started as asked."""


def _shortened(names: Sequence[str], most: int = 20) -> str:
    """Join names for a message, naming at most `most`, each cut to a readable length."""
    shown = [name if len(name) <= 40 else name[:37] + "..." for name in names[:most]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest > 0 else "")
