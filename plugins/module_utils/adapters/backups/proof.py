# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a backup that was just written is what the disk gives back."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ...core.backups.manifest import Manifest, directory_digest, manifest_name, read_manifest
from ...core.backups.plan import Backup
from ...core.errors import OpsError
from .dump_files import backup_file, measure_directory
from .reading import read_backup
from .sinks import BLOCK, disk_error
from .store import files_below

_TEXTS = ("plain", "globals")


def measure(path: str) -> tuple[int, str]:
    """Bytes and SHA-256 of a file or of a directory, read from the disk and not from memory.

    Raises ``OpsError`` ``disk_failed``.
    """
    if not Path(path).is_dir():
        return _digest(Path(path))
    read = {name: _digest(Path(path) / name) for name in files_below(path)}
    return (
        sum(size for size, dummy in read.values()),
        directory_digest({name: digest for name, (dummy, digest) in read.items()}),
    )


def compare_written(path: str, manifest: Manifest) -> str:
    """Why what is on the disk is not the backup that was written; a clause, or empty.

    A stream that is not encrypted is inflated to its end as well, and the text of a dump is looked
    at to its trailer.
    """
    if manifest.encryption or manifest.format in ("custom", "directory"):
        seen = measure(path)
    else:
        _forget(path)
        stream = read_backup(backup_file(path, Path(path).stat()))
        faults = stream.content.faults if stream.content and manifest.format in _TEXTS else ()
        fault = stream.damage or stream.hindrance or next(iter(faults), "")
        if fault:
            return fault
        seen = (Path(path).stat().st_size, stream.digests.get("sha256", ""))
    if seen == (manifest.bytes, manifest.sha256):
        return ""
    return f"the disk gives other bytes back than were written to {path}"


def compare_published(backup: Backup, manifest: Manifest) -> str:
    """Why what has the final name now is not the whole of it; a clause, or empty."""
    place = Path(manifest_name(backup.path))
    try:
        beside = read_manifest(place.read_text(encoding="utf-8"), str(place))
        if manifest.format == "directory":
            size = measure_directory(backup.path).bytes
        else:
            size = os.lstat(backup.path).st_size
    except (OSError, OpsError) as error:
        return f"{backup.path} is not there whole ({error})"
    whole = beside == manifest and size == manifest.bytes
    return "" if whole else f"{backup.path} is not what its manifest says"


def _digest(path: Path) -> tuple[int, str]:
    _forget(str(path))
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as stream:
            for block in iter(lambda: stream.read(BLOCK), b""):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise disk_error(str(path), error) from error
    return size, digest.hexdigest()


def _forget(path: str) -> None:
    """Have the kernel forget the pages of a synced file, so that the disk is asked."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise disk_error(path, error) from error
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
