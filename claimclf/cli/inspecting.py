"""The command that says what a file is before anything is done with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimclf.cli.inputs import open_choice
from claimclf.cli.options import COLUMNS, ENCODING, JSON, MAPPING, SHEET, TRUST_IDS
from claimclf.cli.output import print_json, say

if TYPE_CHECKING:
    from claimclf.services.inspecting import Inspection

_MOST_SHOWN = 10


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@COLUMNS
@MAPPING
@TRUST_IDS
@SHEET
@click.option(
    "--save-mapping", type=click.Path(path_type=Path), help="Write the mapping to this file."
)
@JSON
@ENCODING
def inspect(
    source: Path,
    columns: tuple[str, ...],
    mapping: Path | None,
    trust_ids: bool,
    sheet: str | None,
    save_mapping: Path | None,
    as_json: bool,
    encoding: str | None,
) -> None:
    """Say what a file is, which column is read as which, and what cannot be used."""
    from claimclf.dataset.writing import placed
    from claimclf.services.inspecting import inspect_file
    from claimclf.services.mappings import Choice, write_choice

    choice = open_choice(source, columns, mapping, encoding, sheet, trust_ids=trust_ids)
    inspection = inspect_file(
        source,
        choice.columns,
        encoding=encoding,
        sheet=choice.sheet,
        trust_ids=choice.trust_ids,
    )
    if save_mapping is not None:
        own = inspection.mapping.as_choice | choice.columns
        chosen = Choice(own, choice.name, choice.trust_ids, choice.sheet)
        with placed(save_mapping) as stream:
            stream.write(write_choice(chosen))
    if as_json:
        print_json(inspection.as_record())
    else:
        _print(inspection)


def _print(inspection: Inspection) -> None:
    say(inspection.sentence)
    for remark in inspection.remarks:
        say(f"- {remark}")
    say("\nRead:")
    for name, own in inspection.columns:
        say(f"  {name:<26} from {own}")
    if inspection.left_out:
        say(f"Not read: {', '.join(inspection.left_out)}")
    say("\nThe first rows:")
    for row in inspection.preview.to_dict("records"):
        cells = (f"{name}={_cut(value)}" for name, value in row.items() if value == value)
        say(f"  {'  '.join(cells)}")
    say(
        f"\n{inspection.facts.n_rows:,} rows: {inspection.facts.n_accepted:,} accepted, "
        f"{inspection.n_rejected:,} rejected, {inspection.n_notes:,} notes"
    )
    for title, problems in (("rejected", inspection.problems), ("note", inspection.notes)):
        for _, problem in problems.head(_MOST_SHOWN).iterrows():
            say(f"  line {problem['line']:,}, {title}: {problem['message']}")
        if len(problems) > _MOST_SHOWN:
            say(f"  and {len(problems) - _MOST_SHOWN:,} more")


def _cut(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) and not value.is_integer() else str(value)
    text = text.removesuffix(".0") if isinstance(value, float) else " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."


COMMANDS = (inspect,)
