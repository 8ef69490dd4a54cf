"""What is known of an upload's videos already: an upload adds to it and takes nothing away."""

from __future__ import annotations

from sqlalchemy import Connection, and_, case, func, or_, select, update

from claimclf.queue.intake.staging import SAME, staged
from claimclf.queue.storage.cases import FIXED, PREDICTED
from claimclf.queue.storage.tables import cases
from claimclf.schema import REPORT_COUNT, STATEMENT_ID, TEXT_SOURCE, TRANSCRIPT, Words

#: What hangs on a video's words: with other words it would be different.
_OF_WORDS = (TRANSCRIPT, TEXT_SOURCE, STATEMENT_ID, *PREDICTED)
_OTHERS = tuple(name for name in FIXED if name not in _OF_WORDS)


def complete_known(connection: Connection) -> None:
    """Fill what staged videos lack with what is known of them.

    Words that are known stay where the upload has none, or a caption only; and with them the
    statement and the prediction, which come from them.
    """
    keeps = and_(
        cases.c[TRANSCRIPT].is_not(None),
        or_(
            staged.c[TRANSCRIPT].is_(None),
            func.coalesce(staged.c[TEXT_SOURCE], "") == str(Words.CAPTION),
        ),
    )
    lacks = [and_(staged.c[n].is_(None), cases.c[n].is_not(None)) for n in _OTHERS]
    values = {
        **{name: func.coalesce(staged.c[name], cases.c[name]) for name in _OTHERS},
        **{name: case((keeps, cases.c[name]), else_=staged.c[name]) for name in _OF_WORDS},
    }
    connection.execute(update(staged).where(SAME, or_(keeps, *lacks)).values(values))


def compare_reports(connection: Connection) -> dict[str, int]:
    """Count the known videos whose reports were raised, are as many, or are fewer now.

    A video for which the upload gives no number is none of them.
    """
    new, old = staged.c[REPORT_COUNT], cases.c[REPORT_COUNT]
    counts = {"n_raised": new > old, "n_same": new == old, "n_lower": and_(new < old, new > 0)}
    columns = [func.count(case((where, 1))).label(name) for name, where in counts.items()]
    row = connection.execute(select(*columns).select_from(staged).join(cases, SAME)).one()
    return {name: int(number) for name, number in row._asdict().items()}
