"""For how long a session lasts."""

from __future__ import annotations

from typing import Any

import pytest

from claimclf.ui.access.attendance import Attendance
from claimclf.ui.access.identity import login_of
from tests.ui.access.sign_ins import MINUTE, NOW, Clock, claims_of

IDLE = 30 * MINUTE
LOGIN = login_of(claims_of("ann@example.org"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attendance(clock: Clock) -> Attendance:
    return Attendance(clock)


def test_session_lasts_while_somebody_does_something(clock: Clock, attendance: Attendance) -> None:
    for _ in range(10):
        clock.now += 29 * MINUTE
        assert attendance.arrive(LOGIN, IDLE)


def test_session_ends_when_nobody_does_anything_and_stays_ended(
    clock: Clock, attendance: Attendance
) -> None:
    assert attendance.arrive(LOGIN, IDLE)
    clock.now += 31 * MINUTE
    assert not attendance.arrive(LOGIN, IDLE)
    assert not attendance.arrive(LOGIN, IDLE)


def test_asking_whether_a_session_is_over_is_no_activity(
    clock: Clock, attendance: Attendance
) -> None:
    attendance.arrive(LOGIN, IDLE)
    for _ in range(3):
        clock.now += 10 * MINUTE
        assert not attendance.is_over(LOGIN, IDLE)
    clock.now += MINUTE
    assert attendance.is_over(LOGIN, IDLE)


def test_after_a_restart_the_age_of_the_token_counts(clock: Clock) -> None:
    clock.now += 29 * MINUTE
    assert Attendance(clock).arrive(LOGIN, IDLE)
    clock.now += 2 * MINUTE
    assert not Attendance(clock).arrive(LOGIN, IDLE)


@pytest.mark.parametrize("issued", [None, "yesterday", float("nan"), float("inf")])
def test_token_without_a_time_is_over(attendance: Attendance, issued: Any) -> None:
    assert attendance.is_over(login_of(claims_of(iat=issued)), IDLE)


def test_signing_out_ends_all_tabs_and_no_other_sign_in(
    clock: Clock, attendance: Attendance
) -> None:
    other = login_of(claims_of("ann@example.org", nonce="n2"))
    for login in (LOGIN, other):
        assert attendance.arrive(login, IDLE)
    assert attendance.end(LOGIN)
    assert not attendance.end(LOGIN)
    assert not attendance.arrive(LOGIN, IDLE)
    assert attendance.arrive(other, IDLE)


def test_what_was_ended_is_not_forgotten_while_its_token_looks_young(
    clock: Clock, attendance: Attendance
) -> None:
    attendance.end(LOGIN)
    for minute in range(60):
        clock.now = NOW + minute * MINUTE
        attendance.arrive(login_of(claims_of("ben@example.org", iat=clock.now)), IDLE)
        assert not attendance.arrive(LOGIN, IDLE)
        assert not attendance.end(LOGIN)


def test_old_sign_ins_are_forgotten(clock: Clock, attendance: Attendance) -> None:
    for number in range(100):
        clock.now += MINUTE
        attendance.arrive(login_of(claims_of(iat=clock.now, nonce=str(number))), IDLE)
    assert len(attendance._used) <= 32
