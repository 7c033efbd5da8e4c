# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Served against disk, and seen against expected."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.copies import (
    DiskCopy,
    add_lineages,
    judge_count,
    judge_expected,
    judge_served,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Certificate,
    Endpoint,
    Fault,
    Observation,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.lineages import Lineage

from tests.conftest import NOW
from tests.samples.certificates import described

OLD = described("a.example", "10.0.0.1", now=NOW, begin=-80, end=10)
NEW = dataclasses.replace(
    described("a.example", now=NOW, begin=-1, end=89), sha256="cd" * 32, subject="CN=a,O=b"
)
TWIN = dataclasses.replace(OLD, sha256="ef" * 32, not_before=OLD.not_before - timedelta(days=1))


WILD = dataclasses.replace(described("*.a.example", now=NOW, begin=-2, end=88), sha256="12" * 32)


def kept(
    certificate: Certificate | None, path: str = "/live/a", *, certbot: bool = True
) -> Observation:
    return Observation(path, certificate=certificate, lineage=Lineage() if certbot else None)


@pytest.mark.parametrize(
    ("name", "found", "path"),
    [
        ("a.example", [kept(NEW)], "/live/a"),
        ("A.Example", [kept(NEW)], "/live/a"),
        ("10.0.0.1", [kept(OLD)], "/live/a"),
        ("b.a.example", [kept(NEW), kept(WILD, "/live/wild")], "/live/wild"),
        ("a.example", [kept(OLD, "/live/served"), kept(NEW)], "/live/served"),
        ("a.example", [kept(TWIN), kept(NEW, "/live/newest")], "/live/newest"),
        ("a.example", [kept(NEW, "/live/newest"), kept(TWIN)], "/live/newest"),
        ("other.example", [kept(NEW)], None),
        ("a.example", [kept(NEW, certbot=False)], None),
        ("a.example", [kept(None)], None),
    ],
)
def test_what_is_served_belongs_to_the_lineage_with_its_name(
    name: str, found: list[Observation], path: str | None
) -> None:
    shown = Observation("x", Endpoint("h", 443, name, reload="nginx"), OLD)
    (known,) = add_lineages([shown], found)
    assert (known.disk and known.disk.path) == path
    if known.disk:
        assert known.disk.reload == "nginx"
        assert known.disk.certificate in {one.certificate for one in found}


@pytest.mark.parametrize(
    "served",
    [
        Observation("x", Endpoint("h", 443, "a.example"), OLD, disk=DiskCopy("/its/own")),
        Observation(
            "x", Endpoint("h", 443, "a.example"), fault=Fault("tls.reachable", "reset", "")
        ),
        Observation("/a/file", certificate=OLD),
    ],
)
def test_what_needs_no_lineage_stays_as_it_is(served: Observation) -> None:
    assert add_lineages([served], [kept(NEW)]) == (served,)


@pytest.mark.parametrize(
    ("served", "disk", "word", "status", "told"),
    [
        (OLD, DiskCopy("/c", certificate=OLD), "fresh", "ok", "x serves the certificate of /c."),
        (OLD, DiskCopy("/c", "nginx", NEW), "stale", "critical",
         ("x serves a certificate that ends at 2026-02-10T04:00:00Z (SHA-256 abababababababab), and"
          " /c holds one that ends at 2026-04-30T04:00:00Z (SHA-256 cdcdcdcdcdcdcdcd):"
          " reload nginx.")),
        (OLD, DiskCopy("/c", "", NEW), "stale", "critical",
         ("x serves a certificate that ends at 2026-02-10T04:00:00Z (SHA-256 abababababababab), and"
          " /c holds one that ends at 2026-04-30T04:00:00Z (SHA-256 cdcdcdcdcdcdcdcd):"
          " reload the server.")),
        (OLD, DiskCopy("/c", "nginx", TWIN), "different", "critical",
         ("x serves a certificate that ends at 2026-02-10T04:00:00Z (SHA-256 abababababababab), and"
          " /c holds one that ends at 2026-02-10T04:00:00Z (SHA-256 efefefefefefefef), which is no"
          " newer: correct what is configured.")),
        (OLD, DiskCopy("/c", fault=Fault("tls.file", "missing", "does not exist")),
         "disk_unreadable", "unknown",
         "x cannot be compared with /c, which does not exist: correct the path or its rights."),
    ],
)  # fmt: skip
def test_what_is_served_is_compared_with_the_disk(
    served: Certificate, disk: DiskCopy, word: str, status: str, told: str
) -> None:
    found = judge_served("x", served, disk, NOW)
    assert (found.word, found.check.status.label, found.check.summary) == (word, status, told)
    assert (found.check.id, found.check.remedy) == ("tls.served", "certificate_expired")


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ("a.example", "seen"),
        ("10.0.0.1", "seen"),
        ("CN=a,O=b", "seen"),
        ("b.example", "gone"),
        ("CN=b", "gone"),
    ],
)
def test_what_is_expected_is_looked_for(wanted: str, word: str) -> None:
    (found,) = judge_expected([wanted], [OLD, NEW], NOW)
    assert (found.word, found.check.subject, found.check.id) == (word, wanted, "tls.expected")
    assert found.check.status.label == ("ok" if word == "seen" else "critical")


def test_what_went_away_says_so() -> None:
    (found,) = judge_expected(["b.example"], [], NOW)
    assert found.check.summary == (
        "b.example has no certificate among all that were found: look where it went."
    )


@pytest.mark.parametrize(
    ("least", "word", "told"),
    [
        (2, "enough", "certificates are 2, and at least 2 are expected."),
        (3, "fewer",
         "certificates are 2, where at least 3 are expected: look which of them went away."),
    ],
)  # fmt: skip
def test_different_certificates_are_counted(least: int, word: str, told: str) -> None:
    found = judge_count(least, [OLD, NEW, OLD], NOW)
    assert (found.word, found.check.summary) == (word, told)
