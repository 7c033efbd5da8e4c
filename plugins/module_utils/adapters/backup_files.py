# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup files on a host: find them, and read one once from end to end."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.backups import BackupFile, Listing, Sidecar, Stream, is_backup_name, newest_first
from ..core.dump_content import DumpScanner
from ..core.errors import OpsError, cannot
from .archives import GzipStream, PlainStream, load_codec, recognise_compression
from .digests import new_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLOCK = 256 * 1024
_SIDECAR_BYTES = 64 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_SECOND = 253402300799  # the end of the year 9999, beyond which datetime does not go
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
        if stat.S_ISREG(status.st_mode):
            files.setdefault((status.st_dev, status.st_ino), _backup_file(entry.path, status))
        else:
            strangers.append(f"{entry.name} is {_KINDS[stat.S_IFMT(status.st_mode)]}")
    return replace(empty, files=newest_first(list(files.values())), strangers=tuple(strangers))


def read_sidecar(file: BackupFile) -> Sidecar:
    """The SHA-256 in ``<file>.sha256``, which has the form that sha256sum writes."""
    path = f"{file.path}.sha256"
    try:
        with _open_regular(path) as stream:
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


def read_backup(file: BackupFile, algorithm: str = "") -> Stream:
    """Read ``file`` once: digest what is stored, inflate it, and look at the content.

    The digests are SHA-256 and, where it is given, ``algorithm`` (``md5`` or ``crc32``).
    """
    begun = time.monotonic()
    try:
        with _open_regular(file.path) as stream:
            reading = _Reading(file, algorithm)
            for block in iter(lambda: stream.read(_BLOCK), b""):
                reading.feed(block)
            seen = _backup_file(file.path, os.fstat(stream.fileno()))
    except OSError as error:
        return _unread(error)
    return reading.end(seen, seconds=round(time.monotonic() - begun, 3))


class _Reading:
    """The one pass: each block goes to the digests, then inflated to the scanner."""

    def __init__(self, file: BackupFile, algorithm: str) -> None:
        self._file = file
        self._digests = {name: new_digest(name) for name in ("sha256", algorithm) if name}
        self._scanner = DumpScanner()
        self._compression = ""
        self._stream: GzipStream | PlainStream | None = None
        self._inflated = 0

    def feed(self, block: bytes) -> None:
        for digest in self._digests.values():
            digest.update(block)
        if not self._compression:
            self._compression = recognise_compression(block)
            self._stream = _stream_for(self._compression)
        if self._stream is not None:
            for text in self._stream.feed(block):
                self._inflated += len(text)
                self._scanner.feed(text)

    def end(self, seen: BackupFile, *, seconds: float) -> Stream:
        if seen != self._file:
            changed = f"it changed while it was read ({self._file.bytes} bytes, then {seen.bytes})"
            return Stream(self._compression, damage=changed, seconds=seconds)
        damage = self._damage()
        whole = not damage and self._stream is not None
        return Stream(
            self._compression,
            digests={name: digest.hexdigest() for name, digest in self._digests.items()},
            uncompressed_bytes=self._inflated if whole else None,
            damage=damage,
            content=self._scanner.end() if whole else None,
            seconds=seconds,
        )

    def _damage(self) -> str:
        if not self._compression:
            return "it is empty"
        if self._compression == "none" and self._file.name.endswith(".gz"):
            return "its name ends in .gz and it does not begin like gzip"
        return self._stream.end() if self._stream else ""


def _stream_for(compression: str) -> GzipStream | PlainStream | None:
    if compression == "gzip":
        return GzipStream(load_codec())
    return PlainStream() if compression == "none" else None


def _open_regular(path: str) -> Any:
    """Open ``path`` without ever waiting, should it be a FIFO by now."""
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0)
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise OSError(errno.EINVAL, "it is no regular file")


def _unread(error: OSError) -> Stream:
    if isinstance(error, (PermissionError, FileNotFoundError)):
        return Stream(hindrance=str(error.strerror).lower())
    return Stream(damage=f"it cannot be read: {error.strerror}")


def _backup_file(path: str, status: os.stat_result) -> BackupFile:
    seconds = min(max(status.st_mtime, 0), _LAST_SECOND)
    return BackupFile(path, status.st_size, _EPOCH + timedelta(seconds=seconds))
