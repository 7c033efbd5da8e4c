# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on certificates: each question by itself, and all of them together."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificate_survey import (
    judge_observations,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificate_verdicts import (
    describe_days,
    judge_expiry,
    judge_hostname,
    judge_observation,
    judge_trust,
    read_days,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates import (
    Endpoint,
    Fault,
    Observation,
    Trust,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold
from hypothesis import given
from hypothesis import strategies as st

from tests.certificates import described
from tests.conftest import NOW

RULE = Threshold("lt", warning=30, critical=7)
PLACE = Endpoint("a.example", 443, "a.example")
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
    verdict = judge_expiry("x", described(now=NOW, begin=-99, end=end), RULE, now=NOW)
    assert (verdict.word, verdict.check.status) == (word, status)
    assert verdict.check.summary == f"The certificate of x {told}."
    assert (verdict.check.id, verdict.check.unit) == ("tls.expiry", "days")
    assert verdict.check.value == pytest.approx(end, abs=1e-4)


def test_a_certificate_that_is_not_valid_yet_is_critical() -> None:
    verdict = judge_expiry("x", described(now=NOW, begin=2.5), RULE, now=NOW)
    assert (verdict.word, verdict.check.status) == ("not_yet_valid", Status.CRITICAL)
    assert verdict.check.summary == (
        "The certificate of x is not valid before 2026-02-02T16:00:00Z, in 2.5 days."
    )


def test_an_expired_certificate_is_critical_without_any_limit() -> None:
    expired = described(now=NOW, begin=-9, end=-1)
    assert judge_expiry("x", expired, Threshold("lt"), now=NOW).check.status is Status.CRITICAL


@given(st.integers(-400 * DAY, 800 * DAY), st.sampled_from(["lt", "le"]))
def test_every_second_has_the_one_level_of_its_days(seconds: int, op: str) -> None:
    made = dataclasses.replace(
        described(now=NOW, begin=-999), not_after=NOW + timedelta(seconds=seconds)
    )
    status = judge_expiry("x", made, Threshold(op, 30, 7), now=NOW).check.status
    at_limit = op == "le"
    critical = seconds < 7 * DAY or (at_limit and seconds == 7 * DAY)
    warning = seconds < 30 * DAY or (at_limit and seconds == 30 * DAY)
    expected = Status.WARNING if warning else Status.OK
    assert status is (Status.CRITICAL if critical else expected)


@given(st.floats(0, 5000))
def test_a_span_is_never_shown_longer_than_it_is(days: float) -> None:
    number, unit = describe_days(days).split()
    assert float(number) / (24 if unit == "hours" else 1) <= days + 1e-9


@pytest.mark.parametrize("given_rule", [{"warning": 30}, {"op": "le", "warning": 30}])
def test_the_threshold_is_read_with_lt_as_its_default(given_rule: dict[str, Any]) -> None:
    assert read_days(given_rule) == Threshold(given_rule.get("op", "lt"), warning=30)


def test_a_threshold_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        read_days({"op": "ge", "warning": 7, "critical": 30})
    assert caught.value.code == "bad_threshold"
    assert caught.value.message == (
        "Cannot use the threshold thresholds: with ge, a certificate is bad while it has many days"
        " left. Give lt or le as op."
    )


def test_a_matching_name_is_fine() -> None:
    verdict = judge_hostname(PLACE, described("*.b.example", "a.example", now=NOW), NOW)
    assert (verdict.word, verdict.check.status) == ("matching", Status.OK)
    assert verdict.check.summary == (
        "a.example:443 serves a certificate for the name that was asked for."
    )


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), "no name at all"),
        (("b.example",), "b.example"),
        (tuple("bcdefgh"), "b, c, d, e, f and 2 more"),
    ],
)
def test_another_name_is_critical(names: tuple[str, ...], told: str) -> None:
    verdict = judge_hostname(PLACE, described(*names, now=NOW), NOW)
    assert (verdict.word, verdict.check.status) == ("hostname_mismatch", Status.CRITICAL)
    assert verdict.check.summary == (
        f"a.example:443 serves a certificate that is not for a.example, but for {told}."
    )


@pytest.mark.parametrize(
    ("trust", "end", "word", "told"),
    [
        (Trust(0), 9, "trusted", "serves a chain that leads to a trust anchor"),
        (Trust(0, outdated=True), -1, "trusted", "serves a chain that leads to a trust anchor"),
        (Trust(0, outdated=True), 9, "chain_outdated", ("serves a valid certificate, but one above"
         " it in the chain is outside of its validity")),
        (Trust(18, sent=1), 9, "self_signed",
         "serves a certificate that is signed by itself and is no trust anchor"),
        (Trust(20, sent=1), 9, "incomplete_chain",
         ("does not send the issuer of its certificate, CN=R, which is no trust anchor either:"
         " it must send its intermediates, unless this issuer is to be trusted")),
        (Trust(20, sent=2), 9, "untrusted_issuer",
         "serves a certificate of CN=R, whose chain leads to no trust anchor"),
        (Trust(20, sent=None), 9, "untrusted_issuer",
         "serves a certificate of CN=R, whose chain leads to no trust anchor"),
        (Trust(19, sent=2), 9, "untrusted_issuer",
         "serves a certificate of CN=R, whose chain leads to no trust anchor"),
        (Trust(7, "bad signature"), 9, "chain_invalid",
         "serves a chain that does not verify: bad signature"),
    ],
)  # fmt: skip
def test_trust_is_judged_apart(trust: Trust, end: float, word: str, told: str) -> None:
    made = described(now=NOW, begin=-9, end=end, issuer="CN=R")
    verdict = judge_trust("x", made, trust, now=NOW)
    assert (verdict.word, verdict.check.value) == (word, word)
    assert verdict.check.status is (Status.OK if word == "trusted" else Status.CRITICAL)
    assert verdict.check.summary == f"x {told}."


def words(found: Observation) -> list[tuple[str, str]]:
    return [(one.check.id, one.word) for one in judge_observation(found, RULE, NOW)]


def test_all_that_is_wrong_is_said_each_by_its_own_check() -> None:
    bad = described("b.example", now=NOW, begin=-9, end=-1)
    assert words(Observation("x", PLACE, bad, Trust(18, sent=1))) == [
        ("tls.reachable", "reachable"),
        ("tls.expiry", "expired"),
        ("tls.hostname", "hostname_mismatch"),
        ("tls.trust", "self_signed"),
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Observation("x", PLACE, fault=Fault("tls.reachable", "refused", "refuses")),
         [("tls.reachable", "refused")]),
        (Observation("x", PLACE, fault=Fault("tls.protocol", "not_tls", "answers")),
         [("tls.reachable", "reachable"), ("tls.protocol", "not_tls")]),
        (Observation("x", fault=Fault("tls.file", "empty", "is empty")), [("tls.file", "empty")]),
        (Observation("x", certificate=described(now=NOW)), [("tls.expiry", "valid")]),
    ],
)  # fmt: skip
def test_what_was_not_seen_is_not_judged(
    found: Observation, expected: list[tuple[str, str]]
) -> None:
    assert words(found) == expected


def test_a_survey_counts_places_and_names_the_first_to_end() -> None:
    survey = judge_observations(
        [
            Observation("x", PLACE, described("a.example", now=NOW), Trust(0)),
            Observation("y", certificate=described(now=NOW, end=12.39)),
            Observation("z", fault=Fault("tls.file", "empty", "is empty")),
        ],
        RULE,
        NOW,
    )
    assert survey.summary == (
        "3 looked at: 1 ok, 1 warning, 1 critical; the first to end is y, which ends in 12.3 days."
    )
    assert [one["source"] for one in survey.certificates] == ["x", "y"]
    assert [one["verdicts"] for one in survey.certificates] == [["valid"], ["expiring"]]
    assert [one["server_name"] for one in survey.certificates] == ["a.example", None]
    assert len(survey.checks) == 6


def test_a_survey_says_what_has_ended_and_what_was_not_found() -> None:
    ended = Observation("y", certificate=described(now=NOW, begin=-9, end=-3))
    gone = Observation("z", fault=Fault("tls.file", "empty", "is empty"))
    assert judge_observations([ended], RULE, NOW).summary == (
        "1 looked at: 1 critical; the first to end is y, which expired 3.0 days ago."
    )
    assert judge_observations([gone], RULE, NOW).summary == (
        "1 looked at: 1 critical; no certificate was found."
    )


def test_a_survey_of_nothing_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        judge_observations([], RULE, NOW)
    assert caught.value.code == "nothing_to_check"
    assert caught.value.message == (
        "Cannot check certificates: no endpoint and no file is named. Name at least one."
    )
