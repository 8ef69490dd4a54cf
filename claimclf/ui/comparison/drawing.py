"""Parts that are drawn once for each set of models and cut-offs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

from claimclf.ui.cached import drawn_once

if TYPE_CHECKING:
    from claimclf.services.comparison import Judged

_Draw = Callable[["Sequence[Judged]", dict[str, float]], None]


def once_for_models(draw: _Draw) -> _Draw:
    """Draw once for each set of models and cut-offs."""

    @wraps(draw)
    def drawn(models: Sequence[Judged], cut: dict[str, float]) -> None:
        files = [(model.name, model.manifest.files) for model in models]
        _drawn(draw.__name__, files, cut, draw, models)

    return drawn


@drawn_once
def _drawn(
    name: str, files: list[Any], cut: dict[str, float], _draw: _Draw, _models: Sequence[Judged]
) -> None:
    _draw(_models, cut)
