# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups as they were found: the values that the adapters read and the checks judge."""

from __future__ import annotations

import fnmatch
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..check import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .dump_content import Content
    from .manifest import Manifest

_UNITS = ("bytes", "kB", "MB", "GB")
# What stands beside backups and is none: unfinished files, sidecars and manifests.
_NOT_BACKUPS = (".part", ".tmp", ".sha256", ".manifest.json")


@dataclass(frozen=True)
class BackupFile:
    """A regular file that matches; ``bytes`` as stored, ``modified`` in UTC.

    Of a dump in directory format, ``bytes`` are those of its files and ``modified`` is the latest.
    """

    path: str
    bytes: int
    modified: datetime
    directory: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def age_hours(self, now: datetime) -> float:
        """Hours since it was last written; below 0 when it is dated in the future."""
        return round((now - self.modified).total_seconds() / 3600, 2)


@dataclass(frozen=True)
class Listing:
    """What a directory holds under a pattern.

    ``files`` are the newest first; ``strangers`` are clauses about names that match and are no
    regular file (``a.sql.gz is a FIFO``); ``absence`` is a clause when there is no such directory;
    ``name`` is the subject where the backups are those of a tool.
    """

    directory: str
    pattern: str
    files: tuple[BackupFile, ...] = ()
    strangers: tuple[str, ...] = ()
    absence: str = ""
    name: str = ""

    @property
    def subject(self) -> str:
        """What the checks are about; the same in every run."""
        return self.name or f"{self.directory.rstrip('/')}/{self.pattern}"

    @property
    def newest(self) -> BackupFile | None:
        """The backup that is verified."""
        return self.files[0] if self.files else None

    @property
    def rest(self) -> tuple[BackupFile, ...]:
        """All backups before the newest."""
        return self.files[1:]

    def older(self, count: int) -> tuple[BackupFile, ...]:
        """The ``count`` backups before the newest."""
        return self.files[1 : count + 1]


@dataclass(frozen=True)
class Stream:
    """What one pass over a file saw.

    ``digests`` are of the file as stored (hexadecimal, by algorithm), and empty unless it was read
    to its end and did not change meanwhile; ``damage`` and ``hindrance`` are clauses, the first
    about the file, the second about why it could not be read; ``seconds`` is what it took;
    ``encryption`` is ``age``, ``gnupg`` or empty.
    """

    compression: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    uncompressed_bytes: int | None = None
    damage: str = ""
    hindrance: str = ""
    content: Content | None = None
    seconds: float = 0.0
    encryption: str = ""


@dataclass(frozen=True)
class Sidecar:
    """The digest that is kept beside a backup; ``fault`` is a clause when it tells none."""

    path: str
    exists: bool
    sha256: str = ""
    fault: str = ""


@dataclass(frozen=True)
class ManifestFile:
    """The manifest that is kept beside a backup; ``fault`` is a clause when it tells nothing."""

    path: str
    exists: bool
    manifest: Manifest | None = None
    fault: str = ""


@dataclass(frozen=True)
class Twin:
    """The copy of a backup in S3.

    ``absence`` is a clause when it is not there or S3 does not answer, ``hindrance`` when S3 does
    not let us look; ``algorithm`` is ``sha256``, ``crc32``, ``md5`` or empty where S3 knows no
    checksum of the whole object; ``digest`` is hexadecimal. ``storage_class`` is the word of S3,
    ``readable`` whether it can be read at once, ``retain_until`` the end of its Object Lock.
    """

    url: str
    bytes: int = 0
    modified: datetime | None = None
    algorithm: str = ""
    digest: str = ""
    absence: str = ""
    hindrance: str = ""
    version_id: str | None = None
    storage_class: str = "STANDARD"
    readable: bool = True
    retain_until: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """The twin as JSON-ready values."""
        found = self.modified is not None
        return {
            "url": self.url,
            "found": found,
            "bytes": self.bytes if found else None,
            "modified": stamp(self.modified) if self.modified else None,
            "checksum": self.algorithm or None,
            "version_id": self.version_id,
            "storage_class": self.storage_class if found else None,
            "retain_until": stamp(self.retain_until) if self.retain_until else None,
        }


def describe_bytes(count: float) -> str:
    """``45.2 MB``: decimal units, as disks are sold and S3 bills."""
    power = min(int(math.log10(max(count, 1))) // 3, len(_UNITS) - 1)
    return f"{count / 1000**power:.{min(power, 1)}f} {_UNITS[power]}"


def is_backup_name(name: str, pattern: str) -> bool:
    """Whether ``name`` matches ``pattern`` as a shell would, and is no unfinished file."""
    if name.endswith(_NOT_BACKUPS) or (name.startswith(".") and not pattern.startswith(".")):
        return False
    return fnmatch.fnmatchcase(name, pattern)


def newest_first(files: list[BackupFile]) -> tuple[BackupFile, ...]:
    """By the time of the last write; of two of the same time, the greater name is the newer."""
    return tuple(sorted(files, key=lambda file: (file.modified, file.name), reverse=True))
