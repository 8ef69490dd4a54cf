"""Who may open which dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimclf.errors import NotAllowedError
from claimclf.people import Person, Role
from claimclf.ui.dataset import choosing


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MODERATOR, Role.LEAD])
def test_only_an_admin_opens_a_file_of_the_machine(role: Role, tmp_path: Path) -> None:
    within_the_guard = choosing.open_path.__wrapped__  # type: ignore[attr-defined]
    with pytest.raises(NotAllowedError):
        within_the_guard(Person("ana", role), str(tmp_path / "data.csv"))
