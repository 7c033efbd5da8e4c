# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every backup is made: written aside, read again from the disk, published, copied."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from ...core.backups.manifest import Manifest
from ...core.check import stamp
from ...core.errors import OpsError
from ...core.plan import Effect
from ..writing import writes
from .copying import copy_backup
from .packing import open_sink
from .programs import Watchdog
from .proof import compare_published, compare_written, measure
from .store import locked, part_path, publish, sync_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.backups.plan import Backup

Feed = Callable[[Callable[[bytes], None], Watchdog], "Facts"]
"""Hands every byte of the source to a function, and tells what it knows of the source."""

Fill = Callable[[str, int, Watchdog], "Facts"]
"""Makes a directory at a path, with a descriptor of the lock for its program to hold."""

_Write = Callable[[int, Watchdog], Manifest]


@dataclass(frozen=True)
class Facts:
    """What the manifest says of the source, by the manifest's names."""

    values: Mapping[str, Any] = field(default_factory=dict)


@writes
def make_stream(backup: Backup, feed: Feed, *, s3: Mapping[str, Any] | None) -> Effect:
    """Make ``backup`` of what ``feed`` hands over, and copy it to ``s3`` where that is given.

    Raises ``OpsError``; then there is nothing that looks like this backup, unless the copy to S3
    failed: then the backup itself is there, whole.
    """
    return _make(backup, lambda dummy, dog: _write_stream(backup, feed, dog), s3)


@writes
def make_directory(backup: Backup, fill: Fill) -> Effect:
    """Make ``backup`` of the directory that ``fill`` makes.

    Raises ``OpsError``; then there is nothing that looks like this backup.
    """
    return _make(backup, lambda lock, dog: _write_directory(backup, fill, lock, dog), None)


def _make(backup: Backup, write: _Write, s3: Mapping[str, Any] | None) -> Effect:
    started = datetime.now(timezone.utc)
    with locked(backup) as lock:
        with Watchdog(backup.request.timeout) as dog:
            try:
                written = write(lock, dog)
            except OpsError as error:
                if not dog.expired:
                    raise
                raise dog.late(backup.subject) from error
        ended = datetime.now(timezone.utc)
        manifest = replace(written, started_at=stamp(started), ended_at=stamp(ended))
        shortfall = compare_written(part_path(backup), manifest)
        if not shortfall:
            publish(backup, manifest)
            shortfall = compare_published(backup, manifest)
    if shortfall:
        return Effect({"path": part_path(backup), "manifest": manifest.as_dict()}, shortfall)
    if s3 is not None:
        copy_backup(s3, backup.path)
    seconds = round((datetime.now(timezone.utc) - started).total_seconds(), 3)
    facts = {"path": backup.path, "url": backup.url or None, "seconds": seconds}
    return Effect({**facts, "manifest": manifest.as_dict()})


def _write_stream(backup: Backup, feed: Feed, dog: Watchdog) -> Manifest:
    packing = backup.request.packing
    sink, part = open_sink(part_path(backup), packing, packed_inside=backup.packed_inside)
    dog.guard(sink.kill)
    whole = False
    try:
        facts = feed(sink.write, dog)
        sink.finish()
        whole = True
    finally:
        if not whole:
            sink.abort()
    return _manifest(backup, facts, size=part.bytes, sha256=part.sha256)


def _write_directory(backup: Backup, fill: Fill, lock: int, dog: Watchdog) -> Manifest:
    path = part_path(backup)
    facts = fill(path, lock, dog)
    sync_tree(path)
    size, sha256 = measure(path)
    return _manifest(backup, facts, size=size, sha256=sha256)


def _manifest(backup: Backup, facts: Facts, *, size: int, sha256: str) -> Manifest:
    return Manifest(
        name=backup.name,
        bytes=size,
        sha256=sha256,
        format=backup.what,
        started_at="",
        ended_at="",
        host=socket.gethostname(),
        compression=backup.compression,
        encryption=backup.request.packing.encrypted_by,
        database=backup.source,
        contents=backup.contents,
        release=backup.request.release,
        **facts.values,
    )
