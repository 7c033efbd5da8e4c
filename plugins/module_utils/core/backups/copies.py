# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging the copies of a backup: the digest beside it, and the twin in S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..thresholds import Threshold

if TYPE_CHECKING:
    from datetime import datetime

    from .evidence import Evidence, Expectation
    from .files import BackupFile, Twin


@dataclass(frozen=True)
class Case:
    """What was read, what is expected, and when: all that a level needs to be judged."""

    evidence: Evidence
    expected: Expectation
    now: datetime

    @property
    def asked(self) -> tuple[str, ...]:
        """The levels behind ``exists`` that the options ask for."""
        levels = {
            "fresh": True,
            "size": True,
            "history": self.expected.history > 0,
            "stream": True,
            "content": True,
            "database": self.expected.database is not None,
            "tables": bool(self.expected.tables),
            "digest": self.expected.sidecar == "required",
            "offsite": self.expected.offsite,
            "offsite_lock": self.expected.lock_days > 0,
        }
        return tuple(level for level, wanted in levels.items() if wanted)

    def check(self, level: str, status: Status, summary: str, **more: Any) -> Check:
        """The check of ``level``; ``more`` are value and unit."""
        subject = self.evidence.listing.subject
        return Check(f"backup.{level}", subject, status, summary, self.now, **more)

    def measure(
        self, level: str, threshold: Threshold, value: float, *, unit: str, summary: str
    ) -> Check:
        """The check of ``level`` that has the level of ``value`` under ``threshold``."""
        return judge(
            f"backup.{level}",
            self.evidence.listing.subject,
            value,
            threshold,
            unit=unit,
            summary=summary,
            observed_at=self.now,
        )


def judge_digest(case: Case, newest: BackupFile) -> Check | None:
    """Whether it is the file whose SHA-256 was written down; ``None`` where none was."""
    sidecar, have = case.evidence.sidecar, case.evidence.digest("sha256")
    if sidecar is None or (not sidecar.exists and case.expected.sidecar != "required"):
        return None
    fault = sidecar.fault if sidecar.exists else "it is missing"
    if fault:
        return case.check("digest", Status.CRITICAL, f"{sidecar.path}: {fault}.")
    if have is None:
        cause = case.evidence.stream.damage or case.evidence.stream.hindrance
        summary = f"{newest.name} was not read to its end: {cause}."
        return case.check("digest", Status.UNKNOWN, summary)
    if have != sidecar.sha256:
        summary = f"The SHA-256 of {newest.name} is not the one in {sidecar.path}."
        return case.check("digest", Status.CRITICAL, summary)
    return case.check("digest", Status.OK, f"{newest.name} has the SHA-256 of its sidecar.")


def judge_offsite(case: Case, newest: BackupFile) -> Check | None:
    """Whether the same is in S3, and not too old there; ``None`` where S3 is not asked."""
    twin = case.evidence.twin
    if twin is None:
        return None
    if twin.hindrance:
        return case.check("offsite", Status.UNKNOWN, f"{twin.url}: {twin.hindrance}.")
    if twin.modified is None:
        return case.check("offsite", Status.CRITICAL, f"{twin.url}: {twin.absence}.")
    have = case.evidence.digest(twin.algorithm) if twin.algorithm else ""
    difference = tell_difference(twin, newest.bytes, have)
    if difference:
        return case.check("offsite", Status.CRITICAL, f"{twin.url}: {difference}.")
    if have is None:
        summary = f"{twin.url}: the backup here was not read to its end, so they are not compared."
        return case.check("offsite", Status.UNKNOWN, summary)
    age = round((case.now - twin.modified).total_seconds() / 3600, 2)
    same = (
        f"same size and {twin.algorithm}" if twin.algorithm else "same size, S3 knows no checksum"
    )
    summary = f"{twin.url}: {same}, stored {age:g} h ago."
    return case.measure("offsite", case.expected.age, age, unit="h", summary=summary)


def judge_storage(case: Case) -> Check | None:
    """Whether the twin could be read at once; ``None`` where there is none to ask about."""
    twin = case.evidence.twin
    if twin is None or twin.modified is None:
        return None
    if twin.readable:
        summary = f"{twin.url} is in {twin.storage_class} and can be read at once."
        return case.check("offsite_storage", Status.OK, summary)
    summary = (
        f"{twin.url} is archived in {twin.storage_class}: it takes hours to bring it back before"
        " it can be restored. Keep the newest in a class that is read at once."
    )
    return case.check("offsite_storage", Status.WARNING, summary)


def judge_lock(case: Case) -> Check | None:
    """Whether S3 keeps the twin from being deleted for long enough; ``None`` where not asked."""
    twin, days = case.evidence.twin, case.expected.lock_days
    if twin is None or not days:
        return None
    if twin.modified is None:
        return case.check("offsite_lock", Status.UNKNOWN, f"{twin.url} was not seen.")
    left = 0.0
    if twin.retain_until is not None:
        left = round((twin.retain_until - case.now).total_seconds() / 86400, 1)
    summary = f"{twin.url} cannot be deleted for {left:g} days, at least {days} are expected."
    threshold = Threshold("lt", critical=days)
    return case.measure("offsite_lock", threshold, left, unit="days", summary=summary)


def tell_difference(twin: Twin, size: int, have: str | None) -> str:
    """What tells ``twin`` from the backup here, as a clause; empty where nothing does.

    The backup has ``size`` bytes and, by the twin's algorithm, the digest ``have``; ``None`` where
    that is not known.
    """
    if twin.bytes != size:
        return f"it has {twin.bytes} bytes, the backup here has {size}"
    if have is not None and have != twin.digest:
        return f"its {twin.algorithm} is not that of the backup here"
    return ""
