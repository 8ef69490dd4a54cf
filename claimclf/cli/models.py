"""Commands that list the stored models and set what is theirs to set."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimclf.cli.inputs import open_queue
from claimclf.cli.options import DATABASE, JSON, MODELS
from claimclf.cli.output import print_json, say
from claimclf.errors import InvalidRequestError, ModelNotFoundError
from claimclf.schema import TextKind

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest


@click.command()
@MODELS
@JSON
def models(models: Path, as_json: bool) -> None:
    """List the stored models; the champion is marked with *."""
    from claimclf.modeling.store.champion import champion
    from claimclf.modeling.store.store import ModelStore
    from claimclf.services.figures import undefined_of, written

    store = ModelStore(models)
    stored, best = store.manifests(), champion(store)
    if as_json:
        print_json(
            [{**asdict(m), "champion": m == best, **undefined_of(m.metrics)} for m in stored]
        )
        return
    for problem in store.problems():
        say(str(problem), err=True)
    if not stored:
        say(f"No models in {models}. Train some with: claimclf train --data CSV", err=True)
    for manifest in stored:
        mark = "*" if manifest == best else " "
        figures = manifest.metrics["validation"]
        say(
            f"{mark} {manifest.name:<28} {manifest.algorithm:<14} "
            f"recall {written(figures.recall, 'recall')}  "
            f"precision {written(figures.precision, 'precision')}  "
            f"on {manifest.data['name']}; {_on_real_speech(manifest)}"
        )


def _on_real_speech(manifest: Manifest) -> str:
    auc = manifest.auc_on(TextKind.SPEECH)
    return "real speech not learnt" if auc is None else f"AUC {auc:.3f} on real speech"


@click.command()
@click.argument("name", required=False)
@click.option("--reason", default="", help="Why the rule is overruled; it is recorded.")
@DATABASE
@MODELS
def champion(name: str | None, reason: str, url: str | None, models: Path) -> None:
    """Say which model is champion and why, or overrule the rule with NAME."""
    from claimclf.modeling.store.champion import RULE
    from claimclf.modeling.store.champion import champion as find
    from claimclf.modeling.store.store import ModelStore
    from claimclf.services.models import overrule

    store = ModelStore(models)
    if name is not None:
        overrule(*open_queue(url), store, name, reason)
    best = find(store)
    if best is None:
        raise ModelNotFoundError(
            f"There is no model in {models}.", "", "Train some with: claimclf train --data CSV."
        )
    pointer = store.pointer()
    say(best.name)
    overruled = pointer is not None and pointer.overruled
    say(f"chosen by {pointer.by}: {pointer.reason}" if pointer and overruled else RULE)


@click.command()
@click.argument("name")
@click.option("--cut-off", type=float, help="New threshold, from 0 to 1.")
@click.option("--recall", type=float, help="Take the cut-off that finds this share of claims.")
@click.option("--reason", default="", help="Why; it is recorded with the model.")
@DATABASE
@MODELS
def threshold(
    name: str,
    cut_off: float | None,
    recall: float | None,
    reason: str,
    url: str | None,
    models: Path,
) -> None:
    """Save a cut-off as the threshold of the model NAME."""
    from claimclf.modeling.store.store import ModelStore
    from claimclf.services.comparison import judge
    from claimclf.services.figures import written
    from claimclf.services.models import set_threshold
    from claimclf.services.stored_models import own_texts

    if (cut_off is None) == (recall is None):
        raise InvalidRequestError(
            "Give either --cut-off or --recall.", "", "For example --recall 0.995."
        )
    store = ModelStore(models)
    value = cut_off if cut_off is not None else judge(store, name).cutoffs.for_recall(recall or 0)
    manifest = set_threshold(*open_queue(url), store, name, value, reason)
    figures = manifest.metrics["validation"]
    whose = f"on {own_texts(manifest)}"
    shown = written(figures.recall, "recall")
    say(f"{name}: threshold {manifest.threshold!r}, recall {shown} {whose}")


@click.command()
@click.argument("name")
@click.option("--claims", type=float, help="Share of claims that *claim* may be ruled out for.")
@click.option("--opinions", type=float, help="The same for opinions.")
@click.option("--kind", help="For texts of this kind only, such as 'real speech'.")
@click.option("--reason", default="", help="Why; it is recorded with the model.")
@DATABASE
@MODELS
def error_rates(
    name: str,
    claims: float | None,
    opinions: float | None,
    kind: str | None,
    reason: str,
    url: str | None,
    models: Path,
) -> None:
    """Set the error rates that the lanes of the model NAME promise."""
    from claimclf.modeling.store.store import ModelStore
    from claimclf.schema import CLAIM, OPINION
    from claimclf.services.lanes import consequences
    from claimclf.services.models import set_error_rates

    rate_by_label = {CLAIM: claims, OPINION: opinions}
    rates = {label: rate for label, rate in rate_by_label.items() if rate is not None}
    if not rates:
        raise InvalidRequestError(
            "Give --claims, --opinions or both.", "", "For example --claims 0.002."
        )
    manifest = set_error_rates(*open_queue(url), ModelStore(models), name, rates, reason, kind)
    in_use = manifest.rates_for(kind) if kind else manifest.error_rates
    written = ", ".join(f"{rate:g} for {label}s" for label, rate in in_use.items())
    say(f"{name}: error rates {written}{f' in {kind}' if kind else ''}")
    for line in consequences(manifest, kind or TextKind.COURSE, in_use):
        say(line)


COMMANDS = (models, champion, threshold, error_rates)
