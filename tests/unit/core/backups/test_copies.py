# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidecar and the twin in S3 are compared with what was read here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    Sidecar,
    Stream,
    Twin,
)

from tests.samples.backup_cases import EXPECTED, GOOD, NOW, SIDECAR, TWIN, judged, told


@pytest.mark.parametrize(
    ("sidecar", "status", "summary"),
    [
        (
            Sidecar("/b/s", exists=True, sha256="00"),
            "critical",
            "The SHA-256 of a.gz is not the one in /b/s.",
        ),
        (
            Sidecar("/b/s", exists=True, fault="it holds 0 digests, not one"),
            "critical",
            "/b/s: it holds 0 digests, not one.",
        ),
        (Sidecar("/b/s", exists=False), "critical", "/b/s: it is missing."),
        (SIDECAR, "ok", "a.gz has the SHA-256 of its sidecar."),
    ],
)
def test_digest(sidecar: Sidecar, status: str, summary: str) -> None:
    required = replace(EXPECTED, sidecar="required")
    assert told(judged(replace(GOOD, sidecar=sidecar), required)["digest"]) == (status, summary)


def test_digest_is_not_asked_without_a_sidecar() -> None:
    assert "digest" not in judged(replace(GOOD, sidecar=Sidecar("/b/s", exists=False)))
    assert "digest" not in judged(replace(GOOD, sidecar=None))


@pytest.mark.parametrize("stream", [Stream(damage="broken"), Stream(hindrance="broken")])
def test_digest_of_what_was_not_read_is_unknown(stream: Stream) -> None:
    assert told(judged(replace(GOOD, stream=stream))["digest"]) == (
        "unknown",
        "a.gz was not read to its end: broken.",
    )


@pytest.mark.parametrize(
    ("twin", "status", "summary"),
    [
        (TWIN, "ok", "s3://b/a.gz: same size and md5, stored 1 h ago."),
        (
            replace(TWIN, algorithm="", digest=""),
            "ok",
            "s3://b/a.gz: same size, S3 knows no checksum, stored 1 h ago.",
        ),
        (
            replace(TWIN, modified=NOW - timedelta(hours=51)),
            "critical",
            "s3://b/a.gz: same size and md5, stored 51 h ago.",
        ),
        (
            replace(TWIN, bytes=999),
            "critical",
            "s3://b/a.gz: it has 999 bytes, the backup here has 1000.",
        ),
        (
            replace(TWIN, digest="ef"),
            "critical",
            "s3://b/a.gz: its md5 is not that of the backup here.",
        ),
        (Twin("s3://b/a.gz", absence="gone"), "critical", "s3://b/a.gz: gone."),
        (Twin("s3://b/a.gz", hindrance="refused"), "unknown", "s3://b/a.gz: refused."),
    ],
)
def test_offsite(twin: Twin, status: str, summary: str) -> None:
    assert told(judged(replace(GOOD, twin=twin))["offsite"]) == (status, summary)
