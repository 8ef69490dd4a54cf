"""Tests leave what is in use in this checkout alone, and do not depend on it."""

from __future__ import annotations

import pytest

from claimclf.configuration import DATABASE, MAPPINGS, Setting, look_up
from claimclf.paths import ROOT


@pytest.mark.parametrize("setting", [DATABASE, MAPPINGS])
def test_tests_keep_away_from_what_this_checkout_has_in_use(setting: Setting) -> None:
    assert str(ROOT / "data") not in look_up(setting).value
