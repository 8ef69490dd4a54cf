"""The model card: what a model is, in words and figures, for its readers."""

from __future__ import annotations

from claimclf.modeling.champion import RULE
from claimclf.modeling.store import Manifest
from claimclf.schema import ENGAGEMENT


def model_card(manifest: Manifest) -> str:
    """Write a model's card as Markdown."""
    data, parts = manifest.data, manifest.split
    kind = "synthetic rows" if data["synthetic"] else "rows"
    settings = "\n".join(f"- `{name}`: {value}" for name, value in manifest.settings.items())
    top = "\n".join(
        f"- `{name}`: {value:.4f}" for name, value in list(manifest.importances.items())[:8]
    )
    return f"""# {manifest.name}

A {manifest.algorithm} on the feature set `{manifest.feature_set}`. It predicts whether a
reported video makes a claim. It decides nothing: a person reviews what it puts first.

## Data

{data["name"]}: {data["rows"]:,} {kind}, {data["dropped"]:,} of them dropped for missing
values; {parts["train"]:,} to train, {parts["validation"]:,} to validate, {parts["test"]:,}
to test (seed {manifest.seed}).

## Figures

A video is predicted to make a claim where its probability exceeds {manifest.threshold}.

| split | recall | precision | F1 | accuracy | claims missed | opinions sent to review |
|---|---|---|---|---|---|---|
{_figures(manifest)}

{RULE}

## Settings

{settings}

## What it leans on

{top}

## Would we use it?

{closing_questions(manifest)}
"""


def closing_questions(manifest: Manifest) -> str:
    """Answer the course's closing questions from a model's figures, as Markdown."""
    metrics, ends = manifest.metrics["validation"], manifest.intervals["validation"]
    (tn, fp), (fn, tp) = metrics.confusion_matrix
    low, high = ends["recall"]
    top = list(manifest.importances.items())[:3]
    leans = ", ".join(f"`{name}` ({value:.0%})" for name, value in top)
    lost = manifest.permutation[0] if manifest.permutation else None
    shuffled = (
        f" Shuffling `{lost['column']}` alone costs {lost['drop_accuracy']:.1%} of accuracy."
        if lost
        else ""
    )
    engagement = sum(value for name, value in top if name in ENGAGEMENT)
    young = (
        "It leans on engagement, which a video gets only after it has spread. **Not for videos "
        "that were just posted**, which are those that get reported: there it will call claims "
        "opinions. Use it on videos that are days old, and only to order a queue."
        if engagement > 0.5
        else "It hardly looks at engagement, so a video's age does not blind it. Use it to order "
        "a queue that people review."
    )
    return f"""**Would we recommend it?** Of {tp + fn:,} claims in the validation split it finds
{tp:,} (recall {metrics.recall:.2%}, 95 % interval {low:.2%} to {high:.2%}) and misses {fn:,};
of {tn + fp:,} opinions it sends {fp:,} to review. {young}

**What is it doing?** Its own importances: {leans}.{shuffled}

**Which features would help?** The number of reports and how fast they come, which the dataset
does not have; and the words themselves, which carry the label here and do not wait for views.

**What to watch.** It learnt from transcripts of one kind. Look at the lane *uncertain* and at a
sample of the lane *opinions* as well: what it misses is seen nowhere else.
"""


def _figures(manifest: Manifest) -> str:
    lines = []
    for part, metrics in manifest.metrics.items():
        (_, false_positives), (false_negatives, _) = metrics.confusion_matrix
        lines.append(
            f"| {part} | {metrics.recall:.4f} | {metrics.precision:.4f} | {metrics.f1:.4f} "
            f"| {metrics.accuracy:.4f} | {false_negatives:,} | {false_positives:,} |"
        )
    return "\n".join(lines)
