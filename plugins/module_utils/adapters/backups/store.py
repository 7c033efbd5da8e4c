# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of the backups: what is there, and how a new one comes to be there whole.

A backup is written under a hidden name, synced, read again from the disk, and gets its final name
last, after its manifest and its sidecar. So what has a final name is whole, wherever a run ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.backups.manifest import (
    MANIFEST_SUFFIX,
    Manifest,
    manifest_name,
    read_manifest,
    sidecar_name,
    sidecar_text,
)
from ...core.backups.names import choose_leftovers, lock_name, part_name, series_of
from ...core.errors import OpsError, cannot
from ..writing import writes
from .sinks import PartFile, disk_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.backups.plan import Backup

_MANIFEST_BYTES = 1 << 20
_HISTORY = 7


def read_history(directory: str, series: str) -> list[Manifest]:
    """The manifests of the newest backups of ``series`` that are there whole, newest first.

    A manifest that cannot be read tells nothing, and neither does one whose backup is not there
    or has another size.

    Raises ``OpsError`` ``no_directory``.
    """
    names = sorted(
        (
            name
            for name in _list(directory)
            if name.endswith(MANIFEST_SUFFIX) and series_of(name[: -len(MANIFEST_SUFFIX)]) == series
        ),
        reverse=True,
    )
    return [found for name in names[:_HISTORY] for found in _read_former(Path(directory) / name)]


def read_free_bytes(directory: str) -> int:
    """How many bytes a user without privileges may still write in ``directory``.

    Raises ``OpsError`` ``no_directory``.
    """
    try:
        status = os.statvfs(directory)
    except OSError as error:
        raise _no_directory(directory, error) from error
    return status.f_bavail * status.f_frsize


@contextlib.contextmanager
@writes
def locked(backup: Backup) -> Iterator[int]:
    """Hold the lock of the series for the block, with what interrupted runs left removed.

    The descriptor is for programs of ours that write by themselves: as long as one that outlived
    its run holds it, nobody takes its unfinished files away.

    Raises ``OpsError`` ``backup_running`` and ``name_taken``.
    """
    directory = Path(backup.request.directory)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        lock = os.open(directory / lock_name(backup.series), flags, 0o600)
    except OSError as error:
        raise disk_error(str(directory / lock_name(backup.series)), error) from error
    try:
        _take(lock, backup)
        clear_leftovers(directory, backup.series)
        if os.path.lexists(backup.path):
            raise OpsError(
                cannot(f"write {backup.path}", "it is there", "Run it again in a second"),
                code="name_taken",
            )
        with _cleared_on_failure(directory, backup.series):
            yield lock
    finally:
        os.close(lock)


@contextlib.contextmanager
def _cleared_on_failure(directory: Path, series: str) -> Iterator[None]:
    whole = False
    try:
        yield
        whole = True
    finally:
        if not whole:
            clear_leftovers(directory, series)


def _take(lock: int, backup: Backup) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OpsError(
            cannot(
                f"back up {backup.subject}",
                f"another run writes to {backup.request.directory}/{backup.series}_*",
                "Wait for its end",
            ),
            code="backup_running",
        ) from error


def part_path(backup: Backup) -> str:
    """The hidden path of a backup that is being written."""
    return str(Path(backup.request.directory) / part_name(backup.name))


@writes
def discard(path: str) -> None:
    """Remove an unfinished file or directory, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        if Path(path).is_dir() and not Path(path).is_symlink():
            shutil.rmtree(path)
        else:
            Path(path).unlink()


@writes
def publish(backup: Backup, manifest: Manifest) -> None:
    """Give the hidden part its final name, after its sidecar and its manifest.

    Raises ``OpsError`` ``disk_failed``.
    """
    directory = Path(backup.request.directory)
    texts = {
        sidecar_name(backup.name): sidecar_text(manifest),
        manifest_name(backup.name): manifest.as_text(),
    }
    for name, text in texts.items():
        beside = PartFile(str(directory / part_name(name)))
        beside.write(text.encode("utf-8"))
        beside.finish()
        _rename(beside.path, str(directory / name))
    _sync(str(directory))
    _rename(part_path(backup), backup.path)
    _sync(str(directory))


@writes
def sync_tree(path: str) -> None:
    """Put the files of a directory on the disk, and their names.

    Raises ``OpsError`` ``disk_failed``.
    """
    for name in files_below(path):
        _sync(str(Path(path) / name))
    _sync(path)


def files_below(path: str) -> list[str]:
    """The files of a directory that pg_dump made, which has no directories inside.

    Raises ``OpsError`` ``no_directory``.
    """
    return sorted(_list(path))


def _sync(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise disk_error(path, error) from error


def _rename(old: str, new: str) -> None:
    try:
        Path(old).replace(new)
    except OSError as error:
        raise disk_error(new, error) from error


@writes
def clear_leftovers(directory: Path, series: str) -> None:
    """Remove what interrupted runs left of ``series``, whose lock the caller holds.

    Raises ``OpsError`` ``no_directory``.
    """
    for name in choose_leftovers(_list(str(directory)), series):
        discard(str(directory / name))


def _list(directory: str) -> list[str]:
    try:
        return [entry.name for entry in Path(directory).iterdir()]
    except OSError as error:
        raise _no_directory(directory, error) from error


def _no_directory(directory: str, error: OSError) -> OpsError:
    return OpsError(
        cannot(
            f"look into {directory}",
            error.strerror or error,
            "Make the directory, on a file system of its own, before the first backup",
        ),
        code="no_directory",
        details={"directory": directory},
    )


def _read_former(path: Path) -> list[Manifest]:
    """The manifest at ``path``, where it describes what is there; otherwise nothing."""
    try:
        with path.open(encoding="utf-8") as stream:
            manifest = read_manifest(stream.read(_MANIFEST_BYTES), str(path))
        status = path.with_name(manifest.name).stat()
    except (OSError, OpsError, ValueError):
        return []
    whole = manifest.format == "directory" or status.st_size == manifest.bytes
    return [manifest] if whole and manifest_name(manifest.name) == path.name else []
