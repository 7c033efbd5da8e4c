# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys: whether they belong to the certificate, and who can read them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import Fault
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.keys import (
    KeyFile,
    judge_key,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status

from tests.conftest import NOW
from tests.samples.certificates import described

CERTIFICATE = dataclasses.replace(described(now=NOW), key_sha256="aa")
KEY = KeyFile("/k", "aa", mode=0o600, owner="root", group="root")


def answers(**made: Any) -> list[tuple[str, str, str]]:
    found = judge_key("x", CERTIFICATE, dataclasses.replace(KEY, **made), NOW)
    return [(one.check.id, one.word, one.check.status.label) for one in found]


def test_a_key_that_belongs_and_is_kept_is_fine() -> None:
    assert answers() == [("tls.key", "matching", "ok"), ("tls.key_access", "private", "ok")]


def test_a_key_of_another_certificate_is_critical() -> None:
    found = judge_key("x", CERTIFICATE, dataclasses.replace(KEY, sha256="bb"), NOW)[0]
    assert (found.word, found.check.status) == ("key_mismatch", Status.CRITICAL)
    assert found.check.summary == (
        "x was not made for the key in /k: no server can start with both; put the right key there."
    )


@pytest.mark.parametrize(("verdict", "status"), [("encrypted", "unknown"), ("no_key", "critical")])
def test_a_key_that_cannot_be_read_says_why(verdict: str, status: str) -> None:
    fault = Fault("tls.key", verdict, "is odd (/k)")
    assert answers(fault=fault, mode=None) == [("tls.key", verdict, status)]


def test_a_certificate_of_an_unknown_kind_is_not_compared() -> None:
    odd = dataclasses.replace(CERTIFICATE, key_sha256="")
    assert [one.check.id for one in judge_key("x", odd, KEY, NOW)] == ["tls.key_access"]
    assert [one.check.id for one in judge_key("x", None, KEY, NOW)] == ["tls.key_access"]


@pytest.mark.parametrize(
    ("made", "word", "status"),
    [
        ({"mode": 0o400}, "private", "ok"),
        ({"mode": 0o604}, "world_accessible", "critical"),
        ({"mode": 0o602}, "world_accessible", "critical"),
        ({"mode": 0o777}, "world_accessible", "critical"),
        ({"mode": 0o640}, "group_accessible", "warning"),
        ({"mode": 0o620}, "group_accessible", "warning"),
        ({"mode": 0o640, "group": "ssl-cert"}, "private", "ok"),
        ({"mode": 0o660, "group": "ssl-cert"}, "group_accessible", "warning"),
        ({"mode": 0o640, "group": "ssl-cert", "owner": "www", "wanted_owner": "www"},
         "group_accessible", "warning"),
        ({"owner": "postgres"}, "wrong_owner", "warning"),
        ({"owner": "postgres", "wanted_owner": "postgres"}, "private", "ok"),
        ({"owner": "root", "wanted_owner": "postgres"}, "private", "ok"),
        ({"owner": "www", "wanted_owner": "postgres"}, "wrong_owner", "warning"),
    ],
)  # fmt: skip
def test_who_can_read_a_key(made: dict[str, Any], word: str, status: str) -> None:
    assert answers(**made)[1] == ("tls.key_access", word, status)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"mode": 0o644},
         ("/k is open to every user (mode 0644): run chmod 0600, and replace the key if others"
          " were on this host.")),
        ({"mode": 0o640}, "/k is open to the group root (mode 0640): run chmod 0600."),
        ({"owner": "www"}, "/k belongs to www, who can read and replace it: run chown root."),
    ],
)  # fmt: skip
def test_each_finding_says_what_to_run(made: dict[str, Any], told: str) -> None:
    found = judge_key("x", CERTIFICATE, dataclasses.replace(KEY, **made), NOW)[1]
    assert (found.check.subject, found.check.summary) == ("/k", told)
