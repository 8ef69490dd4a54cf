"""The report's section on real speech: what learnt from what, and what was looked at how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claimclf.modeling.store.card import markdown_table
from claimclf.modeling.store.kinds_card import (
    consequence_lines,
    lane_lines,
    origins,
    source_lines,
)
from claimclf.modeling.store.manifest import Manifest

_LOOKED_AT = """
What was trained on what: the course's training split and the two files above. The course's
validation split and the groups that were held out chose among models; `debate_sentences_dev.csv`
and `posts_dev.csv` trained nothing. Looked at, on the way to the features and settings:

| figure | how often |
|---|---|
| debates by stretch and science posts by fold, held out by group | some 45 settings |
| debates → science posts and science posts → debates (one source left out) | some 40 settings |
| `debate_sentences_dev.csv`, `posts_dev.csv` | 51 runs, some 150 figures |
| framings and first words of the course never seen, on its training split | some 35 settings |
| the course's validation split | some 30 settings |
| the course's test split | 6 times, each for a model as it was to ship |
| later debates, other posts, other speech that are held back | never |

Of the 140 posts 33 are no claims: a difference of 0.02 says nothing there.

What was tried and left out, because it did not help where it was not trained: clusters of words
from large corpora, parts of speech, sublinear counts and norms of length one (no better than
the square root of the length), bags of pairs without characters, one weight for all sources,
and one reader for the course and real texts (it cost 0.01 to 0.03 of AUC on each real set).
What helped: shapes of words (0.02 to 0.05 on posts that are not like those trained on),
weights of each kind's own beside shared ones, and a reader of its own for the course.
"""


def by_kind(manifests: Sequence[Manifest], tables: Sequence[str]) -> Iterator[str]:
    """Yield the section's paragraphs.

    Parameters
    ----------
    manifests : sequence of Manifest
        All models; those of real speech are shown.
    tables : sequence of str
        As Markdown: what the model of real speech must reach and reaches, where it is stored,
        and the figures of all models on labelled files.
    """
    speech = [manifest for manifest in manifests if manifest.kinds]
    yield "## By kind of text"
    yield (
        "Models on texts that they were not trained on. A model of the course alone is worth "
        "no more than a coin there."
    )
    yield from tables
    for manifest in speech:
        yield f"### {manifest.name}, by groups held out"
        yield markdown_table(source_lines(manifest))
        yield "Lanes, promised and measured:"
        yield markdown_table(lane_lines(manifest))
        yield "\n".join(f"- {line}" for line in consequence_lines(manifest))
    if speech:
        yield "### What the models of real speech learnt from"
        yield origins(speech[0])
        yield _LOOKED_AT.strip()
