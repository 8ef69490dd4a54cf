"""Short names for whatever a fit depends on."""

from __future__ import annotations

from typing import Any

import joblib


def digest(*parts: Any) -> str:
    """Return a name that equal parts share: numbers, text, arrays, parameters.

    Checkpoints are named by it. It must not see a class or function of this package, whose
    module's name would be part of it: checkpoints outlive where code lies.
    """
    return str(joblib.hash(parts))
