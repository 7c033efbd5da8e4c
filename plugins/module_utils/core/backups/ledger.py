# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of verifications: the journal's entries of the action ``backup_verify``.

An entry is about one file: its subject is the path, its details are ``sha256``, ``bytes``, the
dearest ``level`` that was ok, and the ``status`` of the levels that are about the file alone. Age
and history are about the set, so an old backup that is whole has the status ``ok``. What a
verification says that failed its own test is worth nothing: the status is ``unknown`` at best.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, worst
from .declared import read_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..journal.chain import Entry
    from ..thresholds import Threshold
    from .copies import Case
    from .files import BackupFile

ACTION = "backup_verify"
_ABOUT_THE_FILE = (
    "size", "stream", "content", "database", "contents", "tables", "digest", "manifest",
    "errors", "integrity",
)  # fmt: skip
_NEVER = datetime(1, 1, 1, tzinfo=timezone.utc)
_DEAR = ("content", "stream", "integrity", "errors", "size")
_GOOD = (Status.OK.label, Status.WARNING.label)


@dataclass(frozen=True)
class Verified:
    """One file that was verified: its place, and the details of its entry."""

    file: BackupFile
    details: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The file and what was found, as JSON-ready values."""
        return {"path": self.file.path, **self.details}


@dataclass(frozen=True)
class Survey:
    """One verification: of the newest backup in ``case``, and of ``older`` ones with a budget.

    ``extra`` are facts of the tool that was asked.
    """

    case: Case
    checks: tuple[Check, ...]
    newest: tuple[Verified, ...] = ()
    older: tuple[Verified, ...] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def found(self) -> tuple[Verified, ...]:
        """All files that were verified."""
        return (*self.newest, *(self.older or ()))

    def as_facts(self) -> dict[str, Any]:
        """The facts that the module returns."""
        facts = self.case.evidence.as_facts(self.case.expected, self.case.now)
        if self.older is not None:
            facts["verified"] = [one.as_dict() for one in self.older]
        return {**facts, **self.extra}


def describe_verification(case: Case, checks: Iterable[Check], file: BackupFile) -> Verified:
    """What the ledger says of ``file``; ``checks`` may have the verification's own test."""
    own = {check.id.partition(".")[2]: check for check in checks}
    about = [own[level] for level in _ABOUT_THE_FILE if level in own]
    tested = own.get("self_test")
    blind = tested is not None and tested.status is Status.CRITICAL
    status = max(worst(about), Status.UNKNOWN if blind else Status.OK)
    passed = [level for level in _DEAR if level in own and own[level].status is Status.OK]
    details = {
        "sha256": case.evidence.digest("sha256"),
        "bytes": file.bytes,
        "level": passed[0] if passed else "exists",
        "status": status.label,
    }
    return Verified(file, details)


def describe_newest(case: Case, checks: Iterable[Check]) -> tuple[Verified, ...]:
    """What the ledger says of the newest backup; nothing where there is none."""
    newest = case.evidence.listing.newest
    return (describe_verification(case, checks, newest),) if newest else ()


Key = tuple[str, int]
"""A file as the ledger knows it: its path and its size in bytes."""


@dataclass(frozen=True)
class Ledger:
    """When each file was last found good."""

    times: Mapping[Key, datetime]

    def due(self, files: Iterable[BackupFile], before: datetime) -> list[BackupFile]:
        """What was not verified since ``before``: never verified first, then the longest ago."""
        late = [file for file in files if self.times.get(_key(file), _NEVER) < before]
        return sorted(late, key=lambda file: self.times.get(_key(file), _NEVER))

    def with_found(self, found: Iterable[Verified], now: datetime) -> Ledger:
        """The ledger as it is once ``found`` stands in it."""
        good = {_key(one.file): now for one in found if one.details["status"] in _GOOD}
        return Ledger({**self.times, **good})


def read_ledger(entries: Iterable[Entry | None]) -> Ledger:
    """What the entries of a journal say; lines that are none come as ``None``."""
    times: dict[Key, datetime] = {}
    for entry in entries:
        if entry is None or entry.action != ACTION or entry.details.get("status") not in _GOOD:
            continue
        size, time = entry.details.get("bytes"), read_stamp(entry.time)
        if isinstance(size, int) and time is not None:
            times[entry.subject, size] = time
    return Ledger(times)


def _key(file: BackupFile) -> Key:
    return file.path, file.bytes


def judge_verified(case: Case, ledger: Ledger, threshold: Threshold) -> Check:
    """How long ago the backup was found good that waits for it the longest."""
    files = case.evidence.listing.files
    never = [file for file in files if _key(file) not in ledger.times]
    if never:
        summary = (
            f"{len(never)} of {len(files)} were never found good by a recorded verification, such"
            f" as {never[0].name}. Raise budget.seconds, or look at what was found."
        )
        return case.check("verified", Status.WARNING, summary, value=len(never), unit="never")
    oldest = min((ledger.times[_key(file)] for file in files), default=case.now)
    age = round((case.now - oldest).total_seconds() / 3600, 2)
    summary = f"All {len(files)} were found good, the longest ago {age:g} h ago."
    return case.measure("verified", threshold, age, unit="h", summary=summary)
