"""The model card: what a model is, in words and figures, for its readers."""

from __future__ import annotations

from claimclf.modeling.champion import RULE
from claimclf.modeling.store import Manifest


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

## What to watch

Trained on transcripts of one kind, with engagement as it stood days after posting. A video
that was just posted has hardly any views; a model that leans on views will call it an
opinion. Look at the lane *uncertain* and at a sample of the lane *opinions* as well.
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
