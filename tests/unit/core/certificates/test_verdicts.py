# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All questions about one place together."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.copies import DiskCopy
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.expiry import Limits
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    Fault,
    Observation,
    Trust,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.keys import KeyFile
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.lineages import Lineage
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.verdicts import (
    Rules,
    judge_observation,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.conftest import NOW
from tests.samples.certificates import described

RULES = Rules(Limits(Threshold("lt", warning=30, critical=7)))
PLACE = Endpoint("a.example", 443, "a.example")
LEAF = described("a.example", now=NOW)
ABOVE = dataclasses.replace(
    described(now=NOW, end=900), subject="CN=authority", issuer="CN=root", authority=True
)
PUBLIC = dataclasses.replace(LEAF, public=True)


def words(found: Observation) -> list[tuple[str, str]]:
    return [(one.check.id, one.word) for one in judge_observation(found, RULES, NOW)]


def test_all_that_is_wrong_is_said_each_by_its_own_check() -> None:
    bad = described("b.example", now=NOW, begin=-9, end=-1)
    assert words(Observation("x", PLACE, bad, Trust(18, sent=1))) == [
        ("tls.reachable", "reachable"),
        ("tls.expiry", "expired"),
        ("tls.strength", "strong"),
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
        (Observation("x", PLACE, LEAF),
         [("tls.reachable", "reachable"), ("tls.expiry", "valid"), ("tls.strength", "strong"),
          ("tls.hostname", "matching")]),
        (Observation("x", certificate=LEAF),
         [("tls.expiry", "valid"), ("tls.strength", "strong")]),
        (Observation("x", key=KeyFile("/k", mode=0o600, owner="root")),
         [("tls.key_access", "private")]),
        (Observation("x", lineage=Lineage()), [("tls.lineage", "complete")]),
    ],
)  # fmt: skip
def test_what_was_not_seen_is_not_judged(
    found: Observation, expected: list[tuple[str, str]]
) -> None:
    assert words(found) == expected


def test_a_chain_is_judged_with_its_leaf() -> None:
    weak = dataclasses.replace(ABOVE, signature_hash="sha1")
    assert words(Observation("x", PLACE, LEAF, Trust(0, chain=(LEAF, weak)))) == [
        ("tls.reachable", "reachable"),
        ("tls.expiry", "valid"),
        ("tls.strength", "weak_signature"),
        ("tls.chain_expiry", "outlasts"),
        ("tls.hostname", "matching"),
        ("tls.trust", "trusted"),
    ]


def test_an_endpoint_is_compared_with_its_file() -> None:
    found = Observation("x", PLACE, LEAF, Trust(0), disk=DiskCopy("/c", certificate=LEAF))
    assert words(found)[-1] == ("tls.served", "fresh")


def test_the_bundle_of_a_file_is_judged_once_and_by_its_path() -> None:
    found = Observation("/c#1", certificate=LEAF, bundle=(LEAF, ABOVE))
    last = judge_observation(found, RULES, NOW)[-1]
    assert (last.check.id, last.check.subject, last.word) == ("tls.chain_order", "/c", "ordered")


@pytest.mark.parametrize(
    ("found", "public", "judged"),
    [
        (Observation("x", certificate=PUBLIC), True, True),
        (Observation("x", certificate=PUBLIC), False, True),
        (Observation("x", PLACE, PUBLIC, Trust(0)), True, True),
        (Observation("x", PLACE, PUBLIC, Trust(0)), False, False),
        (Observation("x", PLACE, PUBLIC, Trust(20)), True, False),
        (Observation("x", PLACE, LEAF, Trust(0)), True, False),
    ],
)
def test_the_lifetime_is_judged_where_the_public_authorities_decide(
    found: Observation, public: bool, judged: bool
) -> None:
    verdicts = judge_observation(found, Rules(RULES.limits, public=public), NOW)
    assert ("tls.lifetime" in {one.check.id for one in verdicts}) is judged
