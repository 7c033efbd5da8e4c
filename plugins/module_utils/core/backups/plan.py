# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup is to be made, whether there is room for it, and whether it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..plan import Plan
from .files import describe_bytes
from .names import backup_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .manifest import Manifest
    from .request import Request

_USUAL_RATIO = {"none": 1.0, "gzip": 0.5, "zstd": 0.5}
"""Part of the size of a database that its first backup is expected to take, cautiously."""

_MARGIN = 1.2
_LEAST_BYTES = 1_000_000


@dataclass(frozen=True)
class Backup:
    """One backup that is to be made.

    ``what`` is one of the manifest's formats; ``subject`` names the source for a person
    (``shop@db1:5432``); ``source`` is the database or the volume, ``None`` for globals; ``series``
    is what the names of these backups begin with; ``packed_inside`` when the format compresses by
    itself; ``stands_still`` names the containers that do meanwhile.
    """

    request: Request
    now: datetime
    series: str
    what: str
    subject: str
    source: str | None
    contents: str = "all"
    packed_inside: bool = False
    stands_still: tuple[str, ...] = ()

    @property
    def compression(self) -> str:
        """How the stream around the dump is packed."""
        return "none" if self.packed_inside else self.request.packing.compression

    @property
    def name(self) -> str:
        """The name that the backup gets once it is whole."""
        return backup_name(
            self.series,
            self.now,
            self.what,
            compression=self.compression,
            encryption=self.request.packing.encrypted_by,
        )

    @property
    def path(self) -> str:
        """Where it is then."""
        return f"{self.request.directory.rstrip('/')}/{self.name}"

    @property
    def url(self) -> str:
        """Where it is copied to; empty where it is not."""
        return f"{self.request.upload}{self.name}" if self.request.upload else ""

    def path_of(self, former: Manifest) -> str:
        """Where a former backup of the series is."""
        return f"{self.request.directory.rstrip('/')}/{former.name}"

    def plan(self, action: str, recent: Manifest | None, *, copied: bool = True) -> Plan:
        """The plan to make it; to copy the ``recent`` one where there is one, or to do nothing."""
        if recent is not None:
            path, kept = self.path_of(recent), {"of": self.subject}
            copy = {} if copied else {"upload": f"{self.request.upload}{recent.name}"}
            details = {"path": path, **copy} if copy else {}
            return Plan(action, self.subject, {path: kept}, {path: {**kept, **copy}}, details)
        made: dict[str, Any] = {
            "of": self.subject,
            "format": self.what,
            "contents": self.contents,
            "compression": self.compression,
            "encryption": self.request.packing.encrypted_by,
            "upload": self.url or None,
            **({"stands_still": list(self.stands_still)} if self.stands_still else {}),
        }
        return Plan(
            action,
            self.subject,
            before={},
            after={self.path: made},
            details={"path": self.path, **made},
        )


def choose_recent(backup: Backup, history: Sequence[Manifest]) -> Manifest | None:
    """The backup that makes a new one needless: the same, and young enough.

    ``history`` are the manifests of the series whose backups are there, the newest first.
    """
    hours = backup.request.unless_newer_than
    for former in history:
        age = backup.now - _moment(former.ended_at)
        same = (former.format, former.contents, former.database, former.encryption) == (
            backup.what,
            backup.contents,
            backup.source,
            backup.request.packing.encrypted_by,
        )
        if same and hours and timedelta(0) <= age < timedelta(hours=hours):
            return former
    return None


def expect_bytes(backup: Backup, source_bytes: int, history: Sequence[Manifest]) -> int:
    """How many bytes the backup is expected to take at most, of a source of ``source_bytes``.

    The largest of the former ones tells what part of the source is left, with a margin; without
    one, a cautious guess does.
    """
    ratios = [
        former.bytes / former.database_bytes
        for former in history
        if former.database_bytes
        and (former.format, former.contents, former.compression)
        == (backup.what, backup.contents, backup.compression)
    ]
    usual = _USUAL_RATIO[backup.request.packing.compression]
    expected = source_bytes * (max(ratios) if ratios else usual) * _MARGIN
    return max(round(expected), _LEAST_BYTES)


def require_room(backup: Backup, expected: int, free: int) -> None:
    """Raise ``OpsError`` ``no_space`` where the directory has less than is expected."""
    if expected <= free:
        return
    needed = f"about {describe_bytes(expected)} are needed in {backup.request.directory}"
    raise OpsError(
        cannot(
            f"back up {backup.subject}",
            f"{needed} and {describe_bytes(free)} are free",
            "Make room there, or name another directory",
        ),
        code="no_space",
        details={"expected_bytes": expected, "free_bytes": free},
    )


def merge_plans(action: str, plans: Sequence[Plan]) -> Plan:
    """One plan of several, for the diff of the module."""
    return Plan(
        action,
        ", ".join(plan.subject for plan in plans),
        before={path: value for plan in plans for path, value in plan.before.items()},
        after={path: value for plan in plans for path, value in plan.after.items()},
    )


def _moment(text: str) -> datetime:
    """The time that a manifest has; one that is none lies too far back to matter."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return datetime.min.replace(tzinfo=timezone.utc)
