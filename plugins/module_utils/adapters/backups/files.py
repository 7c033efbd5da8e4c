# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup files on a host: find them, and read what stands beside them."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.backups.files import (
    BackupFile,
    Listing,
    ManifestFile,
    Sidecar,
    is_backup_name,
    newest_first,
)
from ...core.backups.manifest import manifest_name, read_manifest
from ...core.errors import OpsError, cannot
from .dump_files import backup_file, is_dump_directory, measure_directory, open_regular

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDECAR_BYTES = 64 * 1024
_MANIFEST_BYTES = 4 * 1024 * 1024
_SHA256_LINE = re.compile(r"\\?([0-9a-fA-F]{64})(?: [ *](.+))?$", re.MULTILINE)
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFDIR: "a directory",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def list_backups(directory: str, pattern: str) -> Listing:
    """What matches ``pattern`` in ``directory``; nothing is opened, so a FIFO does not block.

    A link counts as its target, and a file with two names once, under the name that is no link.

    Raises ``OpsError`` ``permission_denied`` when the directory may not be read.
    """
    try:
        with os.scandir(directory) as entries:
            named = [entry for entry in entries if is_backup_name(entry.name, pattern)]
    except (FileNotFoundError, NotADirectoryError) as error:
        return Listing(directory, pattern, absence=str(error.strerror).lower())
    except OSError as error:
        raise OpsError(
            cannot(f"list {directory}", error.strerror, "Let the module run as a user that may"),
            code="permission_denied" if isinstance(error, PermissionError) else "not_readable",
        ) from error
    return _sort_out(Listing(directory, pattern), named)


def _sort_out(empty: Listing, named: Sequence[os.DirEntry[str]]) -> Listing:
    """``empty`` with the files and the strangers among ``named``."""
    files: dict[tuple[int, int], BackupFile] = {}
    strangers: list[str] = []
    for entry in sorted(named, key=lambda found: (found.is_symlink(), found.name)):
        try:
            status = entry.stat()
        except OSError as error:
            strangers.append(f"{entry.name} leads nowhere ({error.strerror})")
            continue
        place = status.st_dev, status.st_ino
        if stat.S_ISDIR(status.st_mode) and is_dump_directory(entry.path):
            files.setdefault(place, measure_directory(entry.path))
        elif stat.S_ISREG(status.st_mode):
            files.setdefault(place, backup_file(entry.path, status))
        else:
            strangers.append(f"{entry.name} is {_KINDS[stat.S_IFMT(status.st_mode)]}")
    return replace(empty, files=newest_first(list(files.values())), strangers=tuple(strangers))


def read_sidecar(file: BackupFile) -> Sidecar:
    """The SHA-256 in ``<file>.sha256``, which has the form that sha256sum writes."""
    path = f"{file.path}.sha256"
    try:
        with open_regular(path) as stream:
            text = stream.read(_SIDECAR_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return Sidecar(path, exists=False)
    except OSError as error:
        return Sidecar(path, exists=True, fault=f"it cannot be read: {error.strerror}")
    lines = _SHA256_LINE.findall(text)
    ours = [line for line in lines if Path(line[1]).name == file.name] or lines
    if len(ours) != 1:
        return Sidecar(path, exists=True, fault=f"it holds {len(ours)} digests, not one")
    return Sidecar(path, exists=True, sha256=ours[0][0].lower())


def read_manifest_beside(file: BackupFile) -> ManifestFile:
    """The manifest in ``<file>.manifest.json``, which says what the backup is."""
    path = manifest_name(file.path)
    try:
        with open_regular(path) as stream:
            text = stream.read(_MANIFEST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ManifestFile(path, exists=False)
    except OSError as error:
        return ManifestFile(path, exists=True, fault=f"it cannot be read: {error.strerror}")
    try:
        return ManifestFile(path, exists=True, manifest=read_manifest(text, path))
    except OpsError as error:
        cause = error.message.partition(": ")[2].partition(". ")[0]
        return ManifestFile(path, exists=True, fault=cause)
