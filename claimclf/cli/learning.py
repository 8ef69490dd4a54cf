"""The command that learns from decisions."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from claimclf.cli.inputs import open_queue, read_speech
from claimclf.cli.options import DATABASE, ENCODING, JSON, MODELS, SPEECH
from claimclf.cli.output import print_json, say

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--decisions",
    "files",
    multiple=True,
    type=_FILE,
    help="Decisions to learn from: `claimclf export --what decisions`, or any table with a text "
    "and a label; repeatable. Without it, those of the queue.",
)
@click.option("--data", type=_FILE, help="The labelled dataset; with --speech all is learnt anew.")
@SPEECH
@DATABASE
@MODELS
@ENCODING
@JSON
def learn(
    files: tuple[Path, ...],
    data: Path | None,
    speech: tuple[str, ...],
    url: str | None,
    models: Path,
    encoding: str | None,
    as_json: bool,
) -> None:
    """Teach a challenger what moderators decided; the model in use stays in use."""
    from claimclf.dataset.reading import read_table
    from claimclf.services import learning
    from claimclf.services.datasets import open_dataset

    tables = [learning.read_decisions(read_table(file, encoding=encoding)) for file in files]
    dataset = None if data is None else open_dataset(data, encoding=encoding)
    say("Learning ...", err=True)
    lesson = learning.learn(
        *open_queue(url), models, tables, dataset, read_speech(speech, encoding)
    )
    if as_json:
        print_json(asdict(lesson))
        return
    for line in learning.said(lesson):
        say(line)
    if not lesson.promoted:
        say(f"To use it: claimclf champion {lesson.challenger} --reason WHY")


COMMANDS = (learn,)
