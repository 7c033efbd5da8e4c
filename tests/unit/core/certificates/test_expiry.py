# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate ends: by days, and by the part of its lifetime."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.answers import (
    describe_days,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.expiry import (
    Limits,
    judge_expiry,
    read_limits,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import NOW
from tests.samples.certificates import described

DAYS = Limits(Threshold("lt", warning=30, critical=7))
DEFAULT = read_limits(
    {"op": "lt", "warning": 30, "critical": 7}, {"warning": 0.25, "critical": 0.1}
)
DAY = 86400


@pytest.mark.parametrize(
    ("end", "word", "status", "told"),
    [
        (90, "valid", Status.OK, "ends in 90.0 days, at 2026-05-01T04:00:00Z"),
        (30, "valid", Status.OK, "ends in 30.0 days, at 2026-03-02T04:00:00Z"),
        (29.99999, "expiring", Status.WARNING, "ends in 29.9 days, at 2026-03-02T03:59:59Z"),
        (7, "expiring", Status.WARNING, "ends in 7.0 days, at 2026-02-07T04:00:00Z"),
        (6.5, "expiring", Status.CRITICAL, "ends in 6.5 days, at 2026-02-06T16:00:00Z"),
        (0.5, "expiring", Status.CRITICAL, "ends in 12.0 hours, at 2026-01-31T16:00:00Z"),
        (0, "expiring", Status.CRITICAL, "ends in 0.0 hours, at 2026-01-31T04:00:00Z"),
        (-0.25, "expired", Status.CRITICAL, "expired 6.0 hours ago, at 2026-01-30T22:00:00Z"),
        (-3, "expired", Status.CRITICAL, "expired 3.0 days ago, at 2026-01-28T04:00:00Z"),
    ],
)
def test_the_end_of_a_certificate(end: float, word: str, status: Status, told: str) -> None:
    verdict = judge_expiry("x", described(now=NOW, begin=-99, end=end), DAYS, now=NOW)
    assert (verdict.word, verdict.check.status) == (word, status)
    assert verdict.check.summary == f"The certificate of x {told}."
    assert (verdict.check.id, verdict.check.unit) == ("tls.expiry", "days")
    assert verdict.check.value == pytest.approx(end, abs=1e-4)


# By lifetime: the days left at which a warning and a critical status begin. At a third of the
# lifetime (or 30 days) an ACME client renews, and has time for some tries before any alarm.
@pytest.mark.parametrize(
    ("lifetime", "warning", "critical"),
    [
        (3650, 30, 7),
        (398, 30, 7),
        (200, 30, 7),
        (100, 25, 7),
        (90, 22.5, 7),
        (47, 11.75, 4.7),
        (10, 2.5, 1),
        (6, 1.5, 1),
        (1, 0.25, 1 / 6),
    ],
)
def test_each_lifetime_is_quiet_when_it_is_renewed_and_red_in_time(
    lifetime: float, warning: float, critical: float
) -> None:
    def status(left: float) -> Status:
        made = described(now=NOW, begin=left - lifetime, end=left)
        return judge_expiry("x", made, DEFAULT, now=NOW).check.status

    def levels(*left: float) -> list[Status]:
        return [status(one) for one in left]

    slack = lifetime / 1000
    renewal = min(30.0, lifetime / 3)  # of certbot, whatever its version
    assert levels(lifetime, lifetime / 2, renewal + slack, renewal) == [Status.OK] * 4
    assert levels(warning + slack, warning - slack) == [Status.OK, Status.WARNING]
    assert levels(critical + slack, critical - slack) == [Status.WARNING, Status.CRITICAL]
    assert status(-slack) is Status.CRITICAL


@pytest.mark.parametrize("lifetime", [1, 6, 6.67, 47, 90])
def test_a_daily_run_sees_each_level_of_what_is_not_renewed(lifetime: float) -> None:
    limits = DEFAULT.of(lifetime)
    assert limits.warning is not None
    assert limits.critical is not None
    longest = min(1.0, lifetime / 6)
    assert limits.critical >= longest - 1e-9
    assert limits.warning - limits.critical >= min(0.5, lifetime / 12) - 1e-9


@pytest.mark.parametrize(
    ("days", "parts", "expected"),
    [
        ({"warning": 10, "critical": 5}, {"warning": 0.25, "critical": 0.1}, (10, 5)),
        ({"warning": 30, "critical": 7}, {}, (30, 7)),
        ({"warning": 30, "critical": 7}, {"warning": 1, "critical": 1}, (30, 7)),
        ({"warning": 30}, {"warning": 0.25, "critical": 0.1}, (22.5, None)),
        ({"critical": 7}, {"warning": 0.25, "critical": 0.05}, (None, 4.5)),
        ({"warning": 0.5, "critical": 0.5}, {"critical": 0.1}, (0.5, 0.5)),
        ({"warning": 30, "critical": 7}, {"warning": 0.01, "critical": 0.001}, (0.9, 0.9)),
        ({}, {"warning": 0.25}, (None, None)),
    ],
)
def test_days_are_upper_bounds(
    days: dict[str, Any], parts: dict[str, Any], expected: tuple[float | None, float | None]
) -> None:
    found = read_limits(days, parts).of(90)
    assert (found.warning, found.critical) == pytest.approx(expected)


def test_a_check_tells_the_limits_of_its_own_certificate() -> None:
    check = judge_expiry("x", described(now=NOW, begin=-1, end=46), DEFAULT, now=NOW).check
    assert check.remedy == "certificate_expired"
    assert (check.warning, check.critical) == pytest.approx((11.75, 4.7), abs=1e-4)


def test_a_certificate_that_is_not_valid_yet_is_critical() -> None:
    verdict = judge_expiry("x", described(now=NOW, begin=2.5), DAYS, now=NOW)
    assert (verdict.word, verdict.check.status) == ("not_yet_valid", Status.CRITICAL)
    assert verdict.check.summary == (
        "The certificate of x is not valid before 2026-02-02T16:00:00Z, in 2.5 days."
    )


def test_an_expired_certificate_is_critical_without_any_limit() -> None:
    expired = described(now=NOW, begin=-9, end=-1)
    check = judge_expiry("x", expired, Limits(Threshold("lt")), now=NOW).check
    assert check.status is Status.CRITICAL


@given(st.integers(-400 * DAY, 800 * DAY), st.sampled_from(["lt", "le"]))
def test_every_second_has_the_one_level_of_its_days(seconds: int, op: str) -> None:
    made = dataclasses.replace(
        described(now=NOW, begin=-999), not_after=NOW + timedelta(seconds=seconds)
    )
    status = judge_expiry("x", made, Limits(Threshold(op, 30, 7)), now=NOW).check.status
    at_limit = op == "le"
    critical = seconds < 7 * DAY or (at_limit and seconds == 7 * DAY)
    warning = seconds < 30 * DAY or (at_limit and seconds == 30 * DAY)
    expected = Status.WARNING if warning else Status.OK
    assert status is (Status.CRITICAL if critical else expected)


@given(
    st.floats(0.01, 5000),
    st.floats(0.001, 1),
    st.floats(0.001, 1),
    st.floats(0, 400),
    st.floats(0, 400),
)
def test_no_lifetime_crosses_the_limits(
    lifetime: float, part: float, other: float, days: float, more: float
) -> None:
    rule = Threshold("lt", max(days, more), min(days, more))
    found = Limits(rule, max(part, other), min(part, other)).of(lifetime)
    assert found.warning is not None
    assert found.critical is not None
    assert found.critical <= found.warning <= max(days, more)


@given(st.floats(0, 5000))
def test_a_span_is_never_shown_longer_than_it_is(days: float) -> None:
    number, unit = describe_days(days).split()
    assert float(number) / (24 if unit == "hours" else 1) <= days + 1e-9


@pytest.mark.parametrize("given_rule", [{"warning": 30}, {"op": "le", "warning": 30}])
def test_the_threshold_is_read_with_lt_as_its_default(given_rule: dict[str, Any]) -> None:
    expected = Threshold(given_rule.get("op", "lt"), warning=30)
    assert read_limits(given_rule, {}) == Limits(expected)


@pytest.mark.parametrize(
    ("days", "parts", "message"),
    [
        ({"op": "ge", "warning": 7, "critical": 30}, {},
         ("Cannot use the threshold thresholds: with ge, a certificate is bad while it has many"
          " days left. Give lt or le as op.")),
        ({}, {"warning": 0, "critical": 0},
         ("Cannot use the threshold fractions: 0 is no part of a lifetime."
          " Give numbers above 0 and at most 1.")),
        ({}, {"warning": 25},
         ("Cannot use the threshold fractions: 25 is no part of a lifetime."
          " Give numbers above 0 and at most 1.")),
        ({}, {"warning": 0.1, "critical": 0.2},
         ("Cannot use the threshold fractions: with lt, critical 0.2 is reached before warning"
          " 0.1. Give op (gt, ge, lt, le) and numbers, with warning reached before critical.")),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(
    days: dict[str, Any], parts: dict[str, Any], message: str
) -> None:
    with pytest.raises(OpsError) as caught:
        read_limits(days, parts)
    assert (caught.value.code, caught.value.message) == ("bad_threshold", message)
