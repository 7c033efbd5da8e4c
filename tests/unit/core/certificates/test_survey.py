# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The survey of all places."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.expiry import Limits
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    Fault,
    Observation,
    Trust,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.survey import (
    Expected,
    judge_observations,
    read_expected,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.verdicts import (
    Rules,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.conftest import NOW
from tests.samples.certificates import described

RULES = Rules(Limits(Threshold("lt", warning=30, critical=7)))
PLACE = Endpoint("a.example", 443, "a.example")


def test_a_survey_counts_places_and_names_the_first_to_end() -> None:
    survey = judge_observations(
        [
            Observation("x", PLACE, described("a.example", now=NOW), Trust(0)),
            Observation("y", certificate=described(now=NOW, end=12.39)),
            Observation("z", fault=Fault("tls.file", "empty", "is empty")),
        ],
        RULES,
        NOW,
    )
    assert survey.summary == (
        "3 looked at: 1 ok, 1 warning, 1 critical; the first to end is y, which ends in 12.3 days."
    )
    assert [one["source"] for one in survey.certificates] == ["x", "y"]
    assert [one["verdicts"] for one in survey.certificates] == [["valid"], ["expiring"]]
    assert [one["server_name"] for one in survey.certificates] == ["a.example", None]
    assert len(survey.checks) == 8


def test_a_survey_says_what_has_ended_and_what_was_not_found() -> None:
    ended = Observation("y", certificate=described(now=NOW, begin=-9, end=-3))
    gone = Observation("z", fault=Fault("tls.file", "empty", "is empty"))
    assert judge_observations([ended], RULES, NOW).summary == (
        "1 looked at: 1 critical; the first to end is y, which expired 3.0 days ago."
    )
    assert judge_observations([gone], RULES, NOW).summary == (
        "1 looked at: 1 critical; no certificate was found."
    )


def test_a_survey_of_nothing_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        judge_observations([], RULES, NOW)
    assert caught.value.code == "nothing_to_check"
    assert caught.value.message == (
        "Cannot check certificates: no endpoint and no file is named. Name at least one."
    )


def test_what_is_expected_and_gone_is_in_the_summary() -> None:
    found = Observation("y", certificate=described("a.example", now=NOW, end=50))
    survey = judge_observations([found], RULES, NOW, Expected(("a.example", "b.example"), least=2))
    assert survey.summary == (
        "1 looked at: 1 ok; the first to end is y, which ends in 50.0 days."
        " Expected and not found: b.example, certificates."
    )
    assert [one.value for one in survey.checks[-3:]] == ["seen", "gone", "fewer"]


def test_names_addresses_and_subjects_can_be_expected() -> None:
    wanted = ("a.example", "*.a.example", "m\u00fcnchen.example", "10.0.0.1", "::1", "CN=a..b,O=x")
    assert read_expected(wanted, 2) == Expected(wanted, 2)


@pytest.mark.parametrize("wanted", ["", "a..b", ".x", "a" * 64, "a b", "a.*.b"])
def test_what_no_certificate_can_be_for_is_refused(wanted: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_expected(["a.example", wanted], 0)
    assert (caught.value.code, caught.value.details) == ("bad_expected", {"expected": wanted})
    assert caught.value.message == (
        f"Cannot look for the certificate {wanted!r}: {wanted!r} is neither a host name nor an"
        " address. Give a name or address of the certificate, or its subject."
    )


def test_an_ambiguous_name_is_asked_for_in_ascii() -> None:
    with pytest.raises(OpsError) as caught:
        read_expected(["stra\u00dfe.example"], 0)
    assert caught.value.code == "bad_expected"
    assert "A-label" in caught.value.message
