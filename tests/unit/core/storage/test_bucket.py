# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What S3 said of a bucket, judged by tables."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.storage.bucket import (
    SKEW,
    Seen,
    describe_bucket,
    judge_bucket,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import read_threshold

from tests.conftest import NOW

GIVEN = {"name": "uploads", "bucket": "shop-uploads", "prefix": None}
LIMITS = read_threshold("clock", SKEW)


def judged(seen: Seen, prefix: str | None = None) -> dict[str, tuple[str, str]]:
    checks = judge_bucket({**GIVEN, "prefix": prefix}, seen, LIMITS, NOW)
    return {check.id: (check.status.label, check.summary) for check in checks}


@pytest.mark.parametrize(
    ("prefix", "keys", "told"),
    [
        (None, True, "uploads can be listed: shop-uploads holds keys."),
        ("daily/", False, "uploads can be listed: shop-uploads/daily/ holds no key."),
    ],
)
def test_a_bucket_that_answers_is_ok(prefix: str | None, keys: bool, told: str) -> None:
    assert judged(Seen(milliseconds=31.84, ahead=0.4, keys=keys), prefix) == {
        "s3.reachable": ("ok", "S3 answers for uploads in 32 ms."),
        "s3.bucket": ("ok", "The bucket shop-uploads is there."),
        "s3.access": ("ok", told),
        "s3.clock": ("ok", "The clocks of S3 and of the host are 0 s apart."),
    }


@pytest.mark.parametrize(
    ("seen", "check_id", "told"),
    [
        (
            Seen(failure="connection refused"),
            "s3.reachable",
            "S3 does not answer for uploads: connection refused.",
        ),
        (
            Seen(refusal="NoSuchBucket", status=404),
            "s3.bucket",
            "There is no bucket shop-uploads for uploads; correct its name, or create it.",
        ),
        (
            Seen(refusal="AccessDenied", status=403),
            "s3.access",
            (
                "uploads may not be used: its credentials may not list it; allow s3:ListBucket"
                " (shop-uploads)."
            ),
        ),
        (
            Seen(refusal="InvalidAccessKeyId", status=403),
            "s3.access",
            (
                "uploads may not be used: its access key is not known; correct it, or make a"
                " new one (shop-uploads)."
            ),
        ),
        (
            Seen(refusal="Odd", status=409),
            "s3.access",
            "uploads may not be used: S3 answers 409 Odd (shop-uploads).",
        ),
    ],
)
def test_each_fault_has_its_check_and_its_words(seen: Seen, check_id: str, told: str) -> None:
    found = judged(seen)
    bad = {name: told for name, told in found.items() if told[0] != "ok"}
    assert bad == {check_id: ("critical", told)}
    assert not {"s3.bucket", "s3.access"} - {check_id} & set(found)


def test_without_credentials_nothing_else_is_known() -> None:
    found = judged(Seen(refusal="NoCredentials"))
    assert list(found) == ["s3.access"]
    assert "the host has no credentials for S3" in found["s3.access"][1]


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(59.4, "ok"), (60, "warning"), (-61, "warning"), (-900, "critical"), (7200, "critical")],
)
def test_clocks_that_differ_are_found(ahead: float, status: str) -> None:
    assert judged(Seen(ahead=ahead))["s3.clock"][0] == status


def test_a_clock_that_is_not_told_is_not_judged() -> None:
    assert "s3.clock" not in judged(Seen())


@pytest.mark.parametrize(
    ("seen", "milliseconds", "ahead", "failure"),
    [
        (Seen(milliseconds=1.23, ahead=0.44), 1.2, 0.4, None),
        (Seen(failure="late"), None, None, "late"),
        (Seen(refusal="AccessDenied"), 0.0, None, "AccessDenied"),
    ],
)
def test_a_bucket_is_described(
    seen: Seen, milliseconds: float | None, ahead: float | None, failure: str | None
) -> None:
    told = describe_bucket(GIVEN, seen)
    assert (told["name"], told["bucket"], told["keys"]) == ("uploads", "shop-uploads", False)
    assert (told["milliseconds"], told["ahead"], told["failure"]) == (milliseconds, ahead, failure)
