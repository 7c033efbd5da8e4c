# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a good backup is expected to be, and everything that was read to judge one."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..check import stamp
from ..errors import OpsError, cannot
from ..thresholds import Threshold, read_threshold
from .files import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .dump_content import Content
    from .files import BackupFile, Listing, ManifestFile, Sidecar, Twin
    from .manifest import Manifest


@dataclass(frozen=True)
class Expectation:
    """What a good backup is; ages in hours, sizes in bytes, deviation in percent.

    ``contents`` is ``all``, ``schema`` or ``data``; ``tables`` have to be in it, with or without
    their schema; ``lock_days`` is for how many days at least S3 keeps the twin from being deleted.
    """

    age: Threshold
    size: Threshold
    deviation: Threshold
    history: int
    sidecar: str
    database: str | None = None
    offsite: bool = False
    contents: str = "all"
    tables: tuple[str, ...] = ()
    lock_days: int = 0


@dataclass(frozen=True)
class Evidence:
    """Everything that was read for one verification; ``None`` where there was nothing to read."""

    listing: Listing
    stream: Stream = field(default_factory=Stream)
    sidecar: Sidecar | None = None
    twin: Twin | None = None
    manifest_file: ManifestFile | None = None

    @property
    def manifest(self) -> Manifest | None:
        """The manifest beside it, where one can be read."""
        return self.manifest_file.manifest if self.manifest_file else None

    @property
    def content(self) -> Content | None:
        """What is inside, where it could be read to the end."""
        return self.stream.content

    def digest(self, algorithm: str) -> str | None:
        """The digest of the file as stored, hexadecimal, where it was read to the end."""
        return self.stream.digests.get(algorithm)

    def as_facts(self, expected: Expectation, now: datetime) -> dict[str, Any]:
        """The facts that the module returns."""
        older = self.listing.older(expected.history)
        facts: dict[str, Any] = {
            "older": {"count": len(older), "median_bytes": median_bytes(older)},
            "seconds": self.stream.seconds,
        }
        if self.listing.newest:
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
        "encryption": stream.encryption or None,
        "compression": stream.compression or None,
        "uncompressed_bytes": stream.uncompressed_bytes,
        "format": content.format if content else None,
        "contents": content.part if content else None,
        "tables": content.tables if content else None,
        "databases": list(content.databases) if content else [],
        "server_version": content.versions.server if content else None,
        "dump_version": content.versions.program if content else None,
    }


def median_bytes(files: tuple[BackupFile, ...]) -> float | None:
    """The median size of ``files``, or ``None`` for none."""
    return statistics.median(file.bytes for file in files) if files else None


def read_expectation(params: Mapping[str, Any]) -> Expectation:
    """What the options expect.

    Raises ``OpsError`` ``bad_threshold`` and ``bad_option``.
    """
    pattern, count, least = params["pattern"], params["history"]["count"], params["min_bytes"]
    if not pattern or "/" in pattern:
        raise _bad_option("pattern", "it has to match names in one directory", "Give no slash")
    limits = {"history": count, "min_bytes": least, "lock_days": params["lock_days"]}
    for name, limit in limits.items():
        if limit < 0:
            raise _bad_option(name, "it is below 0", "Give 0 or more")
    thresholds = params["thresholds"]
    return Expectation(
        age=read_threshold("age", thresholds["age"]),
        size=Threshold("lt", critical=least),
        deviation=read_threshold("size_deviation", thresholds["size_deviation"]),
        history=count,
        sidecar=params["sidecar"],
        database=params["database"],
        offsite=params["s3"] is not None,
        contents=params["contents"],
        tables=tuple(params["tables"]),
        lock_days=params["lock_days"],
    )


def _bad_option(name: str, cause: str, advice: str) -> OpsError:
    return OpsError(cannot(f"use the option {name}", cause, advice), code="bad_option")
