"""Errors that a program can tell apart: each class has a code of its own, and one kind."""

from __future__ import annotations

import re

import pytest

from claimclf import errors
from claimclf.errors import ClaimclfError

CLASSES = {
    name: found
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, ClaimclfError)
}
#: Kind -> code; each is the code of the class that stands for it, and has one exit code.
KINDS = {
    "invalid-request",
    "invalid-input",
    "conflict",
    "not-allowed",
    "not-configured",
    "damaged",
    "unavailable",
    "not-found",
}
#: Bases of others that are never raised themselves.
BASES = {"ClaimclfError", "ModelError"}


def test_each_class_has_a_code_of_its_own() -> None:
    codes = {name: vars(error_class).get("code") for name, error_class in CLASSES.items()}
    assert all(isinstance(code, str) and code for code in codes.values()), codes
    assert len(set(codes.values())) == len(codes)


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - BASES))
def test_each_class_that_is_raised_is_of_one_kind_and_a_case_of_it(name: str) -> None:
    error_class = CLASSES[name]
    assert error_class.kind in KINDS
    (of_kind,) = (kind for kind in CLASSES.values() if kind.code == error_class.kind)
    assert issubclass(error_class, of_kind)
    assert of_kind.kind == of_kind.code


def test_tree_in_the_docstring_names_all_classes() -> None:
    drawn = re.findall(r"^ +[│├└─ ]*(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    assert set(drawn) == set(CLASSES)
