"""Files of a person's choice of columns."""

from __future__ import annotations

import pytest

from claimclf.errors import InputError
from claimclf.services.mappings import read_choice


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "no JSON"),
        pytest.param(b"[" * 200_000, "no JSON", id="too deep"),
        (b"[]", "no columns"),
        (b'{"columns": {"nobody": "a"}}', "the column 'nobody'"),
        (b'{"columns": {}, "sheet": 1}', "'sheet'"),
    ],
)
def test_what_is_no_mapping_is_refused_in_words(content: bytes, found: str) -> None:
    with pytest.raises(InputError, match=f"is no mapping of columns. Found: {found}."):
        read_choice(content)
