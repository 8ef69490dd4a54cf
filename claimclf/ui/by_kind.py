"""A model's figures by kind of text, as every screen that names the model shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimclf.services.stored_models import at_a_glance
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest


def by_kind(manifest: Manifest) -> str:
    """Write what a model is worth on each kind of text as a list in Markdown."""
    lines = at_a_glance(manifest)
    return "\n".join(f"- **On {plain(one.texts)}**: {plain(one.figures)}" for one in lines)
