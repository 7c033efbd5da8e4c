# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups as they were found: the values that the adapters read and the checks judge."""

from __future__ import annotations

import fnmatch
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .check import stamp
from .dump_content import Content
from .errors import OpsError, cannot
from .thresholds import Threshold, read_threshold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# What stands beside backups and is none: unfinished files, and the sidecars themselves.
_NOT_BACKUPS = (".part", ".tmp", ".sha256")


@dataclass(frozen=True)
class BackupFile:
    """A regular file that matches; ``bytes`` as stored, ``modified`` in UTC."""

    path: str
    bytes: int
    modified: datetime

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
    regular file (``a.sql.gz is a FIFO``); ``absence`` is a clause when there is no such directory.
    """

    directory: str
    pattern: str
    files: tuple[BackupFile, ...] = ()
    strangers: tuple[str, ...] = ()
    absence: str = ""

    @property
    def subject(self) -> str:
        """What the checks are about; the same in every run."""
        return f"{self.directory.rstrip('/')}/{self.pattern}"

    @property
    def newest(self) -> BackupFile | None:
        """The backup that is verified."""
        return self.files[0] if self.files else None

    def older(self, count: int) -> tuple[BackupFile, ...]:
        """The ``count`` backups before the newest."""
        return self.files[1 : count + 1]


@dataclass(frozen=True)
class Stream:
    """What one pass over a file saw.

    ``digests`` are of the file as stored (hexadecimal, by algorithm), and empty unless it was read
    to its end and did not change meanwhile; ``damage`` and ``hindrance`` are clauses, the first
    about the file, the second about why it could not be read; ``seconds`` is what it took.
    """

    compression: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    uncompressed_bytes: int | None = None
    damage: str = ""
    hindrance: str = ""
    content: Content | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Sidecar:
    """The digest that is kept beside a backup; ``fault`` is a clause when it tells none."""

    path: str
    exists: bool
    sha256: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Twin:
    """The copy of a backup in S3.

    ``absence`` is a clause when it is not there or S3 does not answer, ``hindrance`` when S3 does
    not let us look; ``algorithm`` is ``sha256``, ``crc32``, ``md5`` or empty where S3 knows no
    checksum of the whole object; ``digest`` is hexadecimal.
    """

    url: str
    bytes: int = 0
    modified: datetime | None = None
    algorithm: str = ""
    digest: str = ""
    absence: str = ""
    hindrance: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The twin as JSON-ready values."""
        found = self.modified is not None
        return {
            "url": self.url,
            "found": found,
            "bytes": self.bytes if found else None,
            "modified": stamp(self.modified) if self.modified else None,
            "checksum": self.algorithm or None,
        }


@dataclass(frozen=True)
class Expectation:
    """What a good backup is; ages in hours, sizes in bytes, deviation in percent."""

    age: Threshold
    size: Threshold
    deviation: Threshold
    history: int
    sidecar: str
    database: str | None = None


@dataclass(frozen=True)
class Evidence:
    """Everything that was read for one verification; ``None`` where there was nothing to read."""

    listing: Listing
    stream: Stream | None = None
    sidecar: Sidecar | None = None
    twin: Twin | None = None

    def as_facts(self, expected: Expectation, now: datetime) -> dict[str, Any]:
        """The facts that the module returns."""
        older = self.listing.older(expected.history)
        facts: dict[str, Any] = {
            "older": {"count": len(older), "median_bytes": median_bytes(older)},
            "seconds": self.stream.seconds if self.stream else 0.0,
        }
        if self.listing.newest and self.stream:
            facts["backup"] = _describe(self.listing.newest, self.stream, now)
        if self.twin:
            facts["offsite"] = self.twin.as_dict()
        return facts


def _describe(file: BackupFile, stream: Stream, now: datetime) -> dict[str, Any]:
    content = stream.content
    return {
        "path": file.path,
        "bytes": file.bytes,
        "modified": stamp(file.modified),
        "age_hours": file.age_hours(now),
        "sha256": stream.digests.get("sha256"),
        "compression": stream.compression or None,
        "uncompressed_bytes": stream.uncompressed_bytes,
        "format": content.format if content else None,
        "tables": content.tables if content else None,
        "databases": list(content.databases) if content else [],
        "server_version": content.versions.server if content else None,
        "dump_version": content.versions.program if content else None,
    }


def median_bytes(files: tuple[BackupFile, ...]) -> float | None:
    """The median size of ``files``, or ``None`` for none."""
    return statistics.median(file.bytes for file in files) if files else None


def is_backup_name(name: str, pattern: str) -> bool:
    """Whether ``name`` matches ``pattern`` as a shell would, and is no unfinished file."""
    if name.endswith(_NOT_BACKUPS) or (name.startswith(".") and not pattern.startswith(".")):
        return False
    return fnmatch.fnmatchcase(name, pattern)


def newest_first(files: list[BackupFile]) -> tuple[BackupFile, ...]:
    """By the time of the last write; of two of the same time, the greater name is the newer."""
    return tuple(sorted(files, key=lambda file: (file.modified, file.name), reverse=True))


def read_expectation(params: Mapping[str, Any]) -> Expectation:
    """What the options expect.

    Raises ``OpsError`` ``bad_threshold`` and ``bad_option``.
    """
    pattern, count, least = params["pattern"], params["history"]["count"], params["min_bytes"]
    if not pattern or "/" in pattern:
        raise _bad_option("pattern", "it has to match names in one directory", "Give no slash")
    if count < 0 or least < 0:
        name = "history" if count < 0 else "min_bytes"
        raise _bad_option(name, "it is below 0", "Give 0 or more")
    thresholds = params["thresholds"]
    return Expectation(
        age=read_threshold("age", thresholds["age"]),
        size=Threshold("lt", critical=least),
        deviation=read_threshold("size_deviation", thresholds["size_deviation"]),
        history=count,
        sidecar=params["sidecar"],
        database=params["database"],
    )


def _bad_option(name: str, cause: str, advice: str) -> OpsError:
    return OpsError(cannot(f"use the option {name}", cause, advice), code="bad_option")
