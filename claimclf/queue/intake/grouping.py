"""What the videos of a statement or an author amount to, and the rank that their cases have of it.

Totals follow each change by what it adds or takes away, so that no upload reads the cases that
are there. Cases stand by the total when their group was last ranked: all of a group by the same
one, so that it stays together. Afterwards groups that have changed are ranked anew, some cases
at a time. A group of thousands changes little by each upload and costs most to move: it is
ranked anew when it has changed by a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)

from claimclf.queue.intake.staging import SAME, TOTALS, is_new, staged
from claimclf.queue.queries.ordering import GROUPS
from claimclf.queue.storage.dialects import insert_or_update
from claimclf.queue.storage.tables import IS_FREE, IS_UNHELD, cases, group_totals
from claimclf.schema import REPORT_COUNT, CaseState

#: Cases that are moved in one transaction.
STEP = 1_500
#: A group with more videos is large.
_LARGE = 1_000
_TENTH = 10


def count_in(connection: Connection, known: Mapping[str, Any] | None) -> None:
    """Add the staged videos to the totals of their groups.

    Parameters
    ----------
    known : mapping or None
        What known cases are about to become, in SQL by column; None where no video is known.
    """
    for group in GROUPS:
        changes = union_all(*_changes(group, known)).subquery()
        total = func.sum(changes.c.reports)
        values = {
            group: changes.c.name,
            "reports": total,
            "n_videos": func.sum(changes.c.n),
            # What the whole upload says, where only a part of it is staged.
            "ranked_by": func.coalesce(func.max(changes.c.expected), total),
            "is_behind": func.coalesce(func.max(changes.c.expected), total) != total,
        }
        rows = select(*values.values()).where(changes.c.name.is_not(None))
        table = group_totals[group]
        grown = partial(_grown, table)
        insert_or_update(connection, table, list(values), rows.group_by(changes.c.name), grown)


def count_anew(connection: Connection) -> None:
    """Work out all totals from the cases that are there, as after a restored backup."""
    for group, table in group_totals.items():
        connection.execute(delete(table))
        _insert_totals(connection, group, cases.c[group].is_not(None))


def count_groups_anew(connection: Connection, group: str, names: Sequence[str]) -> None:
    """Work out the totals of some statements or authors, whose cases are to be ranked anew."""
    table = group_totals[group]
    for start in range(0, len(names), STEP):
        some = names[start : start + STEP]
        connection.execute(delete(table).where(table.c[group].in_(some)))
        _insert_totals(connection, group, cases.c[group].in_(some))
        these = table.c[group].in_(some)
        connection.execute(
            update(table).where(these).values(ranked_by=table.c.reports, is_behind=True)
        )


def _insert_totals(connection: Connection, group: str, which: ColumnElement[bool]) -> None:
    table = group_totals[group]
    total = func.sum(cases.c[REPORT_COUNT])
    # A large group may stand by an earlier total.
    stands_by = func.coalesce(func.max(case((IS_FREE, -cases.c[GROUPS[group]]))), total)
    sums = select(cases.c[group], total, func.count(), stands_by, stands_by != total)
    rows = sums.where(which).group_by(cases.c[group])
    names = [group, "reports", "n_videos", "ranked_by", "is_behind"]
    connection.execute(insert(table).from_select(names, rows))


def _changes(group: str, known: Mapping[str, Any] | None) -> list[Select[Any]]:
    """Return what comes to groups and what leaves them: name, reports, videos, upload's total."""
    own = (staged.c[REPORT_COUNT].label("reports"), literal(1).label("n"))
    expected = staged.c[TOTALS[group]].label("expected")
    new = select(staged.c[group].label("name"), *own, expected)
    if known is None:
        return [new]
    before = select(cases.c[group], -cases.c[REPORT_COUNT], literal(-1), null())
    after = select(known[group], known[REPORT_COUNT], literal(1), null())
    return [new.where(is_new()), *(part.join_from(staged, cases, SAME) for part in (before, after))]


def _grown(table: Table, added: Any) -> dict[str, Any]:
    """Return what becomes of a group's row, by column, given what is added to it."""
    reports, n = table.c.reports + added.reports, table.c.n_videos + added.n_videos
    return {"reports": reports, "n_videos": n, "is_behind": _is_behind(table, reports, n)}


def _is_behind(table: Table, reports: Any, n: Any) -> ColumnElement[bool]:
    """Return whether a group is to be ranked anew, or is being so."""
    change = func.abs(reports - table.c.ranked_by)
    enough = case((n > _LARGE, _TENTH * change >= table.c.ranked_by), else_=True)
    return or_(table.c.moved_to.is_not(None), and_(change > 0, enough))


def rank_groups(connection: Connection) -> bool:
    """Bring at most `STEP` cases to the rank of their groups; those in hands catch up later.

    Returns
    -------
    bool
        Whether there is more to do.
    """
    left = STEP
    for group in GROUPS:
        left -= _move_some(connection, group, left)
    return is_any_behind(connection)


def is_any_behind(connection: Connection) -> bool:
    """Return whether there are cases that have not the rank of their group yet."""
    behind = [exists().select_from(table).where(_behind(table)) for table in group_totals.values()]
    return bool(connection.scalar(select(or_(*behind))))


def _behind(table: Table) -> ColumnElement[bool]:
    """Return the condition of the very form by which SQLite finds its index."""
    return literal_column(f"{table.name}.is_behind")


def _move_some(connection: Connection, group: str, most: int) -> int:
    """Move whole groups, the smallest first, or a part of one that is too large for a step."""
    table = group_totals[group]
    first = select(table.c[group], table.c.n_videos).where(_behind(table))
    rows = connection.execute(first.order_by(table.c.n_videos).limit(most)).all() if most else []
    names, n_cases = [], 0
    for name, n in rows:
        if n_cases + max(n, 1) > most:
            break
        names.append(name)
        n_cases += max(n, 1)
    if names:
        _move_groups(connection, group, names)
    elif rows and most == STEP:
        _move_part(connection, group, rows[0][0], most)
        return most
    return n_cases


def _move_groups(connection: Connection, group: str, names: list[str]) -> None:
    table = group_totals[group]
    these = table.c[group].in_(names)
    current = {"ranked_by": table.c.reports, "is_behind": False, "moved_to": None}
    connection.execute(update(table).where(these).values(current))
    moved = and_(these, cases.c[group] == table.c[group])
    connection.execute(_ranked(group, -table.c.ranked_by).where(moved))


def _move_part(connection: Connection, group: str, name: str, most: int) -> None:
    """Move the next cases of a large group; all of them to one total, whatever comes meanwhile."""
    table = group_totals[group]
    its = table.c[group] == name
    start = {"ranked_by": table.c.reports, "moved_to": 0}
    connection.execute(update(table).where(its, table.c.moved_to.is_(None)).values(start))
    total, moved_to = connection.execute(
        select(table.c.ranked_by, table.c.moved_to).where(its)
    ).one()
    waiting = and_(cases.c[group] == name, cases.c.id > moved_to, _IS_WAITING)
    ids = list(
        connection.scalars(select(cases.c.id).where(waiting).order_by(cases.c.id).limit(most))
    )
    if ids:
        connection.execute(_ranked(group, literal(-total)).where(cases.c.id.in_(ids)))
    goes_on = {"moved_to": ids[-1]} if len(ids) == most else {"moved_to": None}
    connection.execute(update(table).where(its).values(goes_on))
    if len(ids) < most:
        behind = _is_behind(table, table.c.reports, table.c.n_videos)
        connection.execute(update(table).where(its).values(is_behind=behind))


# The rank of what is decided is worked out when it is opened again.
_IS_WAITING = cases.c.state != CaseState.DECIDED


def _ranked(group: str, rank: ColumnElement[int]) -> Any:
    """Return the change of cases that have another rank than this one."""
    own = cases.c[GROUPS[group]]
    values = {
        GROUPS[group]: case((IS_UNHELD, rank), else_=own),
        "rank_stale": or_(cases.c.rank_stale, ~IS_UNHELD),
    }
    return update(cases).where(own != rank, _IS_WAITING).values(values)
