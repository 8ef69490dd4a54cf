"""The command that says whether somebody should look."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimclf.cli.inputs import open_queue
from claimclf.cli.options import DATABASE, JSON, MODELS
from claimclf.cli.output import print_json, say

if TYPE_CHECKING:
    from claimclf.services.monitoring import Watched

#: With what the command ends where an alarm stands.
ALARM = 1


@click.command()
@DATABASE
@MODELS
@JSON
@click.pass_context
def monitor(ctx: click.Context, url: str | None, models: Path, as_json: bool) -> None:
    """Say whether what comes in has changed; ends with 1 where an alarm stands, with 0 else."""
    from claimclf.modeling.monitoring.signal import State
    from claimclf.services.monitoring import watch
    from claimclf.services.stored_models import champion_of, open_store

    database, person = open_queue(url)
    store = open_store(models)
    best = champion_of(store)
    predictor = store.load(best.name).predictor if best else None
    watched = watch(database, person, predictor)
    if as_json:
        print_json(_as_json(watched))
    elif watched.alarms:
        first, *others = watched.alarms
        more = f" And {len(others):,} more: see the page Learning." if others else ""
        say(f"{first.sentence}{more}")
    else:
        n_quiet = sum(change.state is State.QUIET for change in watched.changes)
        say(
            f"No alarm in the week of {watched.begins}: {n_quiet:,} signals are quiet, "
            f"{len(watched.changes) - n_quiet:,} have not enough data."
            if watched.changes
            else "No alarm: the queue holds nothing to compare yet."
        )
    if watched.alarms:
        ctx.exit(ALARM)


def _as_json(watched: Watched) -> dict[str, Any]:
    return {
        "week": watched.begins,
        "alarm": bool(watched.alarms),
        "signals": [{**asdict(change), "state": str(change.state)} for change in watched.changes],
    }


COMMANDS = (monitor,)
