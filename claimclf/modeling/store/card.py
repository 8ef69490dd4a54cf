"""The model card: what a model is, in words and figures, for its readers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from claimclf.modeling.evaluation.metrics import is_undefined, with_interval, written
from claimclf.modeling.store.by_kind import at_a_glance, cut_off_measured, own_texts
from claimclf.modeling.store.champion import RULE
from claimclf.modeling.store.kinds_card import consequence_lines, lane_lines, origins, source_lines
from claimclf.modeling.store.manifest import HELD_OUT, OUT_OF_DOMAIN, Manifest
from claimclf.schema import ENGAGEMENT, TextKind


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

{_glance(manifest)}

## Data

{data["name"]}: {data["rows"]:,} {kind}, {data["dropped"]:,} of them dropped for missing
values; {parts["train"]:,} to train{_kept_apart(manifest)}, {parts["validation"]:,} to validate,
{parts["test"]:,} to test (seed {manifest.seed}).

## Figures on {own_texts(manifest)}

A video is predicted to make a claim where its probability exceeds {manifest.threshold}.

| split | recall | precision | F1 | accuracy | claims missed | opinions sent to review |
|---|---|---|---|---|---|---|
{_figures(manifest)}

{RULE}
{_by_kind(manifest)}
## Lanes

{_lanes(manifest)}

## Under stress

{_stress(manifest)}

## Settings

{settings}

## What it leans on

{top}

## Would we use it?

{closing_questions(manifest)}
"""


def _glance(manifest: Manifest) -> str:
    lines = [f"- On {one.texts}: {one.figures}." for one in at_a_glance(manifest)]
    return "\n".join(lines)


def _by_kind(manifest: Manifest) -> str:
    """Return the section on kinds of text; nothing for a model of the course alone."""
    if not manifest.kinds:
        return ""
    return f"""
## By kind of text

The table above is about the course's own texts. Here each source is cut into groups (whole
stretches of debates, framings of the course); each group was scored by a model that had not
met it, and predicts a claim where its probability exceeds {cut_off_measured(manifest)}. Expect
less on texts that differ more than one group from the next.

{markdown_table(source_lines(manifest))}

Lanes, promised and measured in the same way. A text that is like no kind stays `uncertain`.

{markdown_table(lane_lines(manifest))}

{"".join(f"- {line}{chr(10)}" for line in consequence_lines(manifest))}"""


def closing_questions(manifest: Manifest) -> str:
    """Answer what anyone should ask of a model before using it, as Markdown."""
    return "\n\n".join(
        f"**{question}** {answer}"
        for question, answer in (
            ("What is it for, and what not?", _purpose(manifest)),
            ("What does each error cost, and who bears it?", _costs(manifest)),
            ("What did it learn from?", _data(manifest)),
            ("What is it doing?", _leaning(manifest)),
            ("How does it fail?", _failures(manifest)),
            ("Who decides?", _deciding(manifest)),
            ("What to watch?", _watching(manifest)),
        )
    )


def _purpose(manifest: Manifest) -> str:
    if _reads_counts(manifest):
        return (
            "To order a queue of videos that are days old. It leans on engagement, which a "
            "video gets only after it has spread. **Not for videos that were just posted**, "
            "which are those that get reported: there it calls claims opinions. Never to "
            "remove, hide or punish anything."
        )
    if manifest.kinds:
        return (
            "To order a queue of reported videos that people review, by what is said in them: "
            "speech and posts in English. Not to judge whether a claim is true or breaks a "
            "rule; not for other languages, which it has not learnt; not for topics and ways "
            "of speaking far from those below without measuring it there first; and never to "
            "remove, hide or punish anything."
        )
    return (
        "To order a queue of reported videos, young or old, that people review: it reads how a "
        "transcript begins and looks at no count. Not to judge whether a claim is true or "
        "breaks a rule, not for other languages, and never to remove, hide or punish anything."
    )


def _costs(manifest: Manifest) -> str:
    (_, extra), (missed, caught) = manifest.metrics["validation"].confusion_matrix
    low, high = manifest.intervals["validation"]["recall"]
    recall = manifest.metrics["validation"].recall
    return (
        f"Of {caught + missed:,} claims in the validation split it misses {missed:,} (recall on "
        f"{own_texts(manifest)} {written(recall, 'recall', '.2%')}, 95 % interval {low:.2%} to "
        f"{high:.2%})"
        f"{_missed_elsewhere(manifest)}: "
        "a missed claim stays up unseen, and whoever watches it bears that. It sends "
        f"{extra:,} opinions to review: that costs a moderator's minute each, and its author "
        "nothing as long as people decide."
    )


def _missed_elsewhere(manifest: Manifest) -> str:
    return "".join(
        f"; of {row['n_claims']:,} claims in {row['kind']} ({row['source']}), by the threshold "
        f"alone, {1 - row['recall']:.1%}"
        for row in manifest.kinds
        if row["kind"] != TextKind.COURSE and not is_undefined(row["recall"])
    )


def _data(manifest: Manifest) -> str:
    data = manifest.data
    if "learnt_from" in data:
        return _taught(manifest)
    if data["synthetic"]:
        return "From made-up videos only: its figures say nothing of real ones."
    course = (
        f"From {data['name']}, made for a course: some 380 statements in a few dozen English "
        "framings. The framing carries the label, the statement does not. Real speech is not "
        "like that: "
    )
    if manifest.kinds:
        return (
            f"{course}a reader of its own takes texts that are like the course's. And from "
            f"texts of real people: {origins(manifest)} What a claim is differs between these "
            "sources; the model has learnt a mixture."
        )
    return course + "expect the figures above on such data and nowhere else."


def _taught(manifest: Manifest) -> str:
    taught = manifest.data["learnt_from"]
    origins = ", ".join(f"{n:,} {origin}" for origin, n in taught["origins"].items())
    how = "its lanes alone calibrated anew on" if taught.get("lanes_only") else "and from"
    return (
        f"From {taught['base']} (version {taught['base_version']}), whose card says what that was "
        f"trained on, {how} {taught['decisions']:,} decisions of people on "
        f"{taught['statements']:,} statements ({origins}). What people review is no fair sample of "
        f"what is reported. The figures on {manifest.data['name']} are of texts that neither "
        "decided on."
    )


def _leaning(manifest: Manifest) -> str:
    top = list(manifest.importances.items())[:3]
    leans = ", ".join(f"`{name}` ({value:.0%})" for name, value in top)
    lost = manifest.permutation[0] if manifest.permutation else None
    shuffled = (
        f" Shuffling `{lost['column']}` alone costs {lost['drop_accuracy']:.1%} of accuracy."
        if lost
        else ""
    )
    return f"Its own importances: {leans}.{shuffled}"


def _failures(manifest: Manifest) -> str:
    rows = {row["condition"]: row for row in manifest.stress}
    worst = manifest.worst_case
    if worst is None:
        return "Not measured yet: run `claimclf stress`."
    parts = [
        f"At worst ({worst['title']}) {worst['claims_hidden']:.1%} of the claims land in the "
        "lane `opinions`, where nobody looks."
    ]
    if worst["claims_hidden"] == 0:
        parts = [
            "Under none of the ways to alter the test split does a claim land in the lane "
            "`opinions`, where nobody looks; what it does not understand goes to `uncertain`, "
            "which costs reviews."
        ]
    for name, words in (
        ("typos-10", "one word in ten misspelt"),
        ("spanish", "their words in Spanish"),
    ):
        if name in rows:
            parts.append(
                f"On {own_texts(manifest)}, with {words}: "
                f"recall {written(rows[name]['recall'], 'recall', '.1%')}, "
                f"{rows[name]['uncertain']:.1%} uncertain."
            )
    for row in (row for row in manifest.stress if row["kind"] == OUT_OF_DOMAIN):
        parts.append(
            f"Out of domain ({row['title']}): recall {written(row['recall'], 'recall', '.1%')}, "
            f"{row['uncertain']:.1%} uncertain, "
            f"{written(row['claims_hidden'], 'claims_hidden', '.1%')} of the claims in `opinions`."
        )
    parts.append(
        "Sarcasm, quotation and claims worded as views (“I feel that the vote was stolen”) "
        "read like opinions to it: it takes the framing at its word."
    )
    return " ".join(parts)


def _deciding(manifest: Manifest) -> str:
    lanes = (
        "A lead sets its error rates"
        if manifest.error_rates
        else "A lead sets the threshold that decides on its lanes"
    )
    return (
        "A moderator, on every video: a prediction never becomes a decision by itself. "
        f"{lanes}, with a reason that is recorded; an analyst may overrule the choice of "
        "champion, with a reason that is recorded as well."
    )


def _watching(manifest: Manifest) -> str:
    expected = next((r["uncertain"] for r in manifest.stress if r["condition"] == "unchanged"), 0)
    return (
        f"The share of `uncertain` ({expected:.1%} on the test split): when it grows, people "
        "have begun to speak in ways that were never learnt. And a random sample of the lane "
        "`opinions`: what is missed there is seen nowhere else."
    )


def _reads_counts(manifest: Manifest) -> bool:
    return any(manifest.importances.get(name, 0) > 0 for name in ENGAGEMENT)


def _kept_apart(manifest: Manifest) -> str:
    return ", a fifth of them kept apart to calibrate" if manifest.error_rates else ""


def _figures(manifest: Manifest) -> str:
    lines = []
    for part, metrics in manifest.metrics.items():
        (_, false_positives), (false_negatives, _) = metrics.confusion_matrix
        lines.append(
            f"| {part} | {written(metrics.recall, 'recall')} "
            f"| {written(metrics.precision, 'precision')} | {written(metrics.f1, 'f1')} "
            f"| {written(metrics.accuracy, 'accuracy')} | {false_negatives:,} "
            f"| {false_positives:,} |"
        )
    return "\n".join(lines)


def _lanes(manifest: Manifest) -> str:
    if not manifest.error_rates:
        return (
            "The threshold alone decides between `claims` and `opinions`; `uncertain` holds only "
            "what cannot be scored. Its probabilities are not calibrated."
        )
    rates = ", ".join(f"{rate:g} for {label}s" for label, rate in manifest.error_rates.items())
    return f"""Class-conditional conformal prediction on rows that trained nothing. Promised: a
class is ruled out for no more than this share of its own videos: {rates}. A video for which
both classes or neither are left is `uncertain`; people review it like a claim.

What each error rate costs and saves (both classes alike):

{markdown_table(trade_off_lines(manifest.trade_off))}

{"".join(_curve(manifest.trade_off, name) for name in _hidden(manifest.trade_off))}"""


def _curve(rows: Sequence[Mapping[str, Any]], hidden: str) -> str:
    """Draw, as a Mermaid chart, what is hidden elsewhere against what is uncertain here."""
    uncertain = ", ".join(f'"{100 * row["uncertain_test"]:.2f}"' for row in rows)
    shares = ", ".join(f"{100 * row[hidden]:.2f}" for row in rows)
    most = max(100 * row[f"{hidden}_high"] for row in rows)
    return f"""```mermaid
xychart-beta
    title "Trade-off on {hidden.partition(": ")[2]}"
    x-axis "% of the test split left uncertain" [{uncertain}]
    y-axis "% of its claims in opinions" 0 --> {math.ceil(most)}
    line [{shares}]
```
"""


def trade_off_lines(rows: Sequence[Mapping[str, Any]]) -> Iterable[Sequence[str]]:
    """Write what each error rate costs and saves, header first."""
    hidden = _hidden(rows)
    yield (
        "error rate",
        "opinions ruled out (validation)",
        "claims ruled out (validation)",
        "uncertain (validation)",
        "uncertain (test)",
        *(f"claims in `opinions` ({name.partition(': ')[2]})" for name in hidden),
    )
    for row in rows:
        yield (
            f"{row['error_rate']:g}",
            with_interval(row, "opinions_ruled_out"),
            with_interval(row, "claims_ruled_out"),
            f"{row['uncertain_validation']:.2%}",
            f"{row['uncertain_test']:.2%}",
            *(with_interval(row, name) for name in hidden),
        )


def _hidden(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns that tell of claims elsewhere in the lane opinions."""
    ends = ("_low", "_high")
    names = rows[0] if rows else ()
    return [n for n in names if n.startswith("claims_hidden: ") and not n.endswith(ends)]


def _stress(manifest: Manifest) -> str:
    if not manifest.stress:
        return "Not measured yet: run `claimclf stress`."
    held = any(row["kind"] == HELD_OUT for row in manifest.stress)
    more = "" if held else "\n\n`claimclf stress --save` adds what was never seen."
    return markdown_table(stress_lines(manifest.stress)) + more


def stress_lines(rows: Sequence[Mapping[str, Any]]) -> Iterable[Sequence[str]]:
    """Write the stress table for readers, header first: shares with their 95 % intervals."""
    yield (
        "condition",
        "videos",
        "recall",
        "specificity",
        "in `claims`",
        "in `uncertain`",
        "in `opinions`",
        "claims in `opinions`",
    )
    shares = ("recall", "specificity", "claims", "uncertain", "opinions", "claims_hidden")
    for row in rows:
        yield (row["title"], f"{row['n']:,}", *(with_interval(row, name) for name in shares))


def markdown_table(lines: Iterable[Sequence[str]]) -> str:
    """Write lines of cells as a Markdown table; the first is the header."""
    header, *rest = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([header, "|" + "---|" * (header.count(" | ") + 1), *rest])
