"""Statements of reasons in a file, and on stderr what is wrong with the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from claimclf.cli.output import say
from claimclf.logs import one_line

if TYPE_CHECKING:
    from claimclf.people import Person
    from claimclf.queue.outbound.reasons.exporting import Statements
    from claimclf.queue.outbound.window import Place
    from claimclf.queue.storage.database import Database


def export_statements(
    opened: tuple[Database, Person],
    window: tuple[Place | None, Place | None],
    output: Path,
    *,
    raw: bool,
    for_excel: bool,
) -> None:
    """Write the statements of a window, and list those that cannot be written."""
    from claimclf.dataset.writing import placed, write_table
    from claimclf.queue.outbound.reasons.writing import as_json, as_table
    from claimclf.services.reasons import statements_of_reasons

    done = statements_of_reasons(*opened, *window)
    if output.suffix.lower() == ".json":
        with placed(output, private=True) as stream:
            stream.write(as_json(done.statements))
    else:
        write_table(as_table(done.statements), output, raw=raw, private=True, bom=for_excel)
    _say(done, output)


def _say(done: Statements, output: Path) -> None:
    for one in done.wrong:
        problems = "; ".join(map(str, one.problems))
        say(
            f"decision {one.decision_id} (video {one_line(one.video_id)}) is not among them: "
            f"{one_line(problems)}. {one.advice}",
            err=True,
        )
    for puid in done.undone:
        say(f"{puid} was undone; a statement of that name may have been sent before", err=True)
    say(
        f"{len(done.statements):,} statements written to {output}, {len(done.wrong):,} wrong, "
        f"{len(done.undone):,} undone",
        err=True,
    )
    say(f"The next one goes on with: --since {done.cursor}", err=True)
