# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup that is good on every level, to be spoilt one fact at a time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ansible_collections.runbook.ops.plugins.module_utils.core.backups.checks import judge_backup
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.copies import Case
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import Content
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.evidence import (
    Evidence,
    Expectation,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    BackupFile,
    Listing,
    Sidecar,
    Stream,
    Twin,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

NOW = datetime(2026, 1, 31, 4, tzinfo=timezone.utc)
DIGEST = "ab" * 32
EXPECTED = Expectation(
    age=Threshold("gt", 26, 50),
    size=Threshold("lt", critical=100),
    deviation=Threshold("ge", 30, 50),
    history=7,
    sidecar="when_present",
    database="liyaqa",
    offsite=True,
)
WHOLE = Content("plain", databases=("liyaqa",), tables=3)
STREAM = Stream("gzip", {"sha256": DIGEST, "md5": "cd"}, 4000, content=WHOLE)
SIDECAR = Sidecar("/b/a.gz.sha256", exists=True, sha256=DIGEST)
TWIN = Twin("s3://b/a.gz", 1000, NOW - timedelta(hours=1), "md5", "cd")


def files(*sizes: int, hours: float = 2) -> Listing:
    """Backups of ``sizes``, the newest of which is ``hours`` old."""
    names = "abcdefghi"
    return Listing(
        "/b",
        "*.gz",
        tuple(
            BackupFile(f"/b/{names[at]}.gz", size, NOW - timedelta(hours=hours + 24 * at))
            for at, size in enumerate(sizes)
        ),
    )


GOOD = Evidence(files(1000, 990, 1010), STREAM, SIDECAR, TWIN)


def judged(evidence: Evidence = GOOD, expected: Expectation = EXPECTED) -> dict[str, Check]:
    """The checks by their level."""
    checks = judge_backup(Case(evidence, expected, NOW))
    return {check.id.removeprefix("backup."): check for check in checks}


def told(check: Check) -> tuple[str, str]:
    """Status and summary."""
    return check.status.label, check.summary
