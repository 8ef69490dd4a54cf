"""What the secrets say of who may come in, what a person is called, and in which role."""

from __future__ import annotations

from typing import Any

import pytest

from claimclf.errors import InvalidRequestError, NotAllowedError, ServerError
from claimclf.people import Role, is_reserved
from claimclf.services.names import person_name
from claimclf.ui.access.identity import name_of, role_of, widest
from claimclf.ui.access.rules import rules_of
from tests.builders import LIKE_THE_PROGRAM
from tests.ui.access.sign_ins import AUTH, ISSUER, claims_of


def test_rules_without_a_section_let_in_nobody_and_end_a_session_after_half_an_hour() -> None:
    rules = rules_of({"auth": AUTH})
    assert (rules.roles, rules.role_claim, rules.idle_seconds) == ({}, None, 1800)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("open", "[claimclf]"),
        ({"roles": ["ann@example.org"]}, "[claimclf.roles]"),
        ({"roles": {"modrator": ["ann@example.org"]}}, "Found: modrator. Use the roles"),
        ({"roles": {"admin": "ann@example.org"}}, "roles.admin"),
        ({"roles": {"admin": [7]}}, "Give a list of addresses"),
        ({"role_claim": ["roles"]}, "role_claim"),
        ({"role_claim": ""}, "role_claim"),
        ({"idle_minutes": 0}, "above 0"),
        ({"idle_minutes": True}, "above 0"),
        ({"idle_minutes": "30"}, "above 0"),
        ({"idle_minutes": float("nan")}, "above 0"),
    ],
)
def test_secrets_that_cannot_be_understood_let_in_nobody(section: Any, said: str) -> None:
    with pytest.raises(
        ServerError, match="in the Streamlit secrets cannot be understood"
    ) as refusal:
        rules_of({"claimclf": section})
    assert said in str(refusal.value)


# What a person is called.


@pytest.mark.parametrize("name", LIKE_THE_PROGRAM)
def test_nobody_signs_in_under_the_name_of_the_program(name: str) -> None:
    with pytest.raises(InvalidRequestError):
        person_name(name)
    # An address and what an issuer says of a subject are longer names: they never read like it.
    assert not is_reserved(name_of(claims_of(f"{name.strip()}@example.org")).strip())


def test_person_is_called_by_the_verified_address_in_one_spelling() -> None:
    assert name_of(claims_of("Ann@Example.org")) == "ann@example.org"
    assert name_of(claims_of("ann@example.org", email_verified="true")) == "ann@example.org"


@pytest.mark.parametrize("verified", [False, "false", 0, "", "yes"])
def test_address_that_is_not_verified_is_refused(verified: Any) -> None:
    with pytest.raises(NotAllowedError, match="not verified"):
        name_of(claims_of("ann@example.org", email_verified=verified))


@pytest.mark.parametrize(
    "claims",
    [
        claims_of(),
        claims_of("ann@example.org", email_verified=None, sub="s1"),
        {**claims_of(), "email": "not an address", "email_verified": True},
        {**claims_of(), "email": ["ann@example.org"], "email_verified": True},
        {**claims_of(), "email": "https://a@b", "email_verified": True},
    ],
)
def test_without_a_verified_address_the_subject_at_its_issuer_is_the_name(claims: Any) -> None:
    assert name_of(claims) == f"{ISSUER}#s1"


@pytest.mark.parametrize("missing", ["iss", "sub"])
def test_token_that_names_nobody_is_refused(missing: str) -> None:
    with pytest.raises(NotAllowedError, match="who you are"):
        name_of(claims_of(**{missing: ""}))


# Which role a person has.


def test_list_names_addresses_in_any_case_and_subjects_exactly() -> None:
    names = [" Ann@Example.ORG ", f"{ISSUER}#AbC"]
    rules = rules_of({"claimclf": {"roles": {"lead": names}}})
    for name in ("ann@example.org", f"{ISSUER}#AbC"):
        assert role_of(name, {}, rules) is Role.LEAD
    for name in (f"{ISSUER}#abc", "ben@example.org"):
        with pytest.raises(NotAllowedError, match="no role"):
            role_of(name, {}, rules)


def test_letters_that_only_look_the_same_in_small_are_another_person() -> None:
    rules = rules_of({"claimclf": {"roles": {"admin": ["kate@example.org"]}}})
    kelvin = name_of(claims_of("\N{KELVIN SIGN}ate@example.org"))
    with pytest.raises(NotAllowedError):
        role_of(kelvin, {}, rules)


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ("moderator", Role.MODERATOR),
        (["Lead", "moderator"], Role.LEAD),
        (["analyst", "moderator"], Role.MODERATOR),
        ([" analyst "], Role.ANALYST),
        (["staff", "admin", 7], Role.ADMIN),
    ],
)
def test_token_gives_a_role(value: Any, role: Role) -> None:
    rules = rules_of({"claimclf": {"role_claim": "groups"}})
    assert role_of("ann@example.org", {"groups": value}, rules) is role


@pytest.mark.parametrize("value", [None, "", "superadmin", [], {"admin": True}, True, [["admin"]]])
def test_token_without_a_role_of_ours_gives_none(value: Any) -> None:
    rules = rules_of({"claimclf": {"role_claim": "groups"}})
    with pytest.raises(NotAllowedError, match="no role"):
        role_of("ann@example.org", {"groups": value}, rules)


def test_claim_that_the_secrets_do_not_name_gives_no_role() -> None:
    with pytest.raises(NotAllowedError):
        role_of("ann@example.org", {"role": "admin", "roles": ["admin"]}, rules_of({}))


def test_list_comes_before_the_token() -> None:
    section = {"role_claim": "groups", "roles": {"analyst": ["ann@example.org"]}}
    rules = rules_of({"claimclf": section})
    assert role_of("ann@example.org", {"groups": "admin"}, rules) is Role.ANALYST


def test_widest_of_several_roles_counts() -> None:
    assert widest([]) is None
    assert widest([Role.ANALYST]) is Role.ANALYST
    assert widest([Role.ANALYST, Role.MODERATOR]) is Role.MODERATOR
    assert widest([Role.MODERATOR, Role.LEAD, Role.ANALYST]) is Role.LEAD
    assert widest(Role) is Role.ADMIN
    everywhere = {"roles": {role: ["ann@example.org"] for role in Role}}
    assert role_of("ann@example.org", {}, rules_of({"claimclf": everywhere})) is Role.ADMIN
