"""Which of the input's columns is which of the contract's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from claimclf.errors import MissingColumnError
from claimclf.schema import OUTPUT, Contract, recognise


def match_columns(
    own_names: Iterable[str], contract: Contract, chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Match the input's columns with the contract's.

    An exact name wins over an alias, and a person's choice over both.

    Parameters
    ----------
    own_names : iterable of str
        The input's own column names.
    contract : Contract
        What is looked for.
    chosen : mapping of str to str, optional
        Column of the contract -> the input's column, as a person chose.

    Returns
    -------
    dict of str to str
        Column of the contract -> the input's own column, for those that match.
    """
    names = list(own_names)
    matched = {c: own for c, own in (chosen or {}).items() if own in names}
    for exact in (True, False):
        for own in names:
            column = recognise(own, contract)
            fits = column is not None and (not exact or own == column)
            if fits and column not in matched and own not in matched.values():
                matched[str(column)] = own
    return {name: matched[name] for name in contract.names if name in matched}


def require_columns(
    own_names: Sequence[str], contract: Contract, chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Match columns as `match_columns` does, and insist on those that are needed.

    Raises
    ------
    MissingColumnError
        A needed column is not there.
    """
    columns = match_columns(own_names, contract, chosen)
    require_found(columns, own_names, contract)
    return columns


def require_found(columns: Iterable[str], own_names: Sequence[str], contract: Contract) -> None:
    """Insist on the columns that are needed.

    Parameters
    ----------
    columns : iterable of str
        The contract's columns that were found.
    own_names : sequence of str
        The input's own column names.
    contract : Contract
        What is needed.

    Raises
    ------
    MissingColumnError
        A needed column is not there.
    """
    missing = [name for name in contract.needed if name not in set(columns)]
    if missing:
        raise MissingColumnError(missing, own_names, _hint(own_names))


def is_scored(names: Iterable[str]) -> bool:
    """Tell whether a table is an output of ours: scored again, the new columns replace the old.

    Parameters
    ----------
    names : iterable of str
        Its columns.
    """
    return set(OUTPUT) <= set(names)


def set_apart(own: pd.DataFrame, added: Iterable[str]) -> pd.DataFrame:
    """Rename the input's own columns that have the name of a column to be added.

    Parameters
    ----------
    own : DataFrame
        The input's columns.
    added : iterable of str
        Names that the columns beside them will have.
    """
    names = [str(name) for name in own.columns]
    taken = {*names, *added}
    for clash in set(names) & set(added):
        name = f"input_{clash}"
        while name in taken:
            name = f"input_{name}"
        taken.add(name)
        names[names.index(clash)] = name
    return own.set_axis(names, axis=1)


def _hint(columns: Sequence[str]) -> str:
    if len(columns) > 1:
        return ""
    return "The table has one column only: save it with commas, semicolons or tabs between fields."
