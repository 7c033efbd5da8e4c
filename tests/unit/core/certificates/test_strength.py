# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, signatures and lifetimes that clients accept, and those they do not."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.strength import (
    judge_lifetime,
    judge_strength,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status

from tests.conftest import NOW
from tests.samples.certificates import described

GOOD = dataclasses.replace(described(now=NOW), signature_hash="sha256")


@pytest.mark.parametrize(
    ("made", "word"),
    [
        ({}, "strong"),
        ({"key_type": "rsa", "key_bits": 2048}, "strong"),
        ({"key_type": "rsa", "key_bits": 2047}, "weak_key"),
        ({"key_type": "rsa", "key_bits": 1024}, "weak_key"),
        ({"key_type": "ec", "key_bits": 224}, "strong"),
        ({"key_type": "ec", "key_bits": 192}, "weak_key"),
        ({"key_type": "dsa", "key_bits": 3072}, "weak_key"),
        ({"key_type": "ed25519", "key_bits": None, "signature_hash": None}, "strong"),
        ({"key_type": "unknown", "key_bits": None, "signature_hash": "unknown"}, "strong"),
        ({"signature_hash": "sha1"}, "weak_signature"),
        ({"signature_hash": "md5"}, "weak_signature"),
        ({"signature_hash": "sha1", "self_signed": True}, "strong"),
        ({"key_type": "rsa", "key_bits": 1024, "self_signed": True}, "weak_key"),
    ],
)
def test_what_is_weak_is_critical(made: dict[str, Any], word: str) -> None:
    verdict = judge_strength("x", [dataclasses.replace(GOOD, **made)], NOW)
    assert (verdict.word, verdict.check.value, verdict.check.id) == (word, word, "tls.strength")
    assert verdict.check.status is (Status.OK if word == "strong" else Status.CRITICAL)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"key_type": "rsa", "key_bits": 1024},
         ("x has a certificate with a weak key (CN=above: rsa 1024):"
          " renew it with RSA 2048 or EC 256.")),
        ({"signature_hash": "sha1"},
         ("x has a certificate with a weak signature (CN=above: sha1):"
          " renew it, signed with SHA-256.")),
    ],
)  # fmt: skip
def test_a_weak_certificate_above_is_named(made: dict[str, Any], told: str) -> None:
    above = dataclasses.replace(GOOD, subject="CN=above", **made)
    assert judge_strength("x", [GOOD, above], NOW).check.summary == told


def issued(day: datetime, days: float) -> Any:
    end = day + timedelta(days=days) - timedelta(seconds=1)
    return dataclasses.replace(GOOD, not_before=day, not_after=end, public=True)


@pytest.mark.parametrize(
    ("day", "longest"),
    [
        ((2020, 9, 1), 398),
        ((2026, 3, 14), 398),
        ((2026, 3, 15), 200),
        ((2027, 3, 14), 200),
        ((2027, 3, 15), 100),
        ((2029, 3, 14), 100),
        ((2029, 3, 15), 47),
        ((2035, 1, 1), 47),
    ],
)
def test_the_day_of_issue_sets_the_longest_lifetime(
    day: tuple[int, int, int], longest: int
) -> None:
    begin = datetime(*day, tzinfo=timezone.utc)
    kept = judge_lifetime("x", issued(begin, longest), NOW)
    over = judge_lifetime("x", issued(begin, longest + 1 / 86400), NOW)
    assert kept is not None
    assert over is not None
    assert (kept.word, kept.check.status) == ("within_limit", Status.OK)
    assert (over.word, over.check.status) == ("too_long", Status.WARNING)


def test_a_lifetime_that_is_too_long_says_what_is_allowed() -> None:
    found = judge_lifetime("x", issued(datetime(2026, 4, 1, tzinfo=timezone.utc), 398), NOW)
    assert found is not None
    assert found.check.summary == (
        "x has a certificate that lasts 398 days, and 200 are allowed for its day of issue:"
        " browsers may refuse it; renew it."
    )


@pytest.mark.parametrize(
    "made",
    [
        {"public": False},
        {"authority": True},
        {"not_before": datetime(2020, 8, 31, tzinfo=timezone.utc)},
    ],
)
def test_what_no_forum_limits_is_not_judged(made: dict[str, Any]) -> None:
    long = issued(datetime(2026, 4, 1, tzinfo=timezone.utc), 3650)
    assert judge_lifetime("x", dataclasses.replace(long, **made), NOW) is None
