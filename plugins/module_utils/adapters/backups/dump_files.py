# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular files and dumps in directory format, opened and measured without ever waiting."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

from ...core.backups.files import BackupFile

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_SECOND = 253402300799  # the end of the year 9999, beyond which datetime does not go


def open_regular(path: str) -> Any:
    """Open ``path`` unbuffered, without ever waiting, should it be a FIFO by now."""
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0)
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise OSError(errno.EINVAL, "it is no regular file")


def backup_file(path: str, status: os.stat_result) -> BackupFile:
    """The file ``path`` as ``status`` tells it; times beyond the calendar are bounded."""
    seconds = min(max(status.st_mtime, 0), _LAST_SECOND)
    return BackupFile(path, status.st_size, _EPOCH + timedelta(seconds=seconds))


def is_dump_directory(path: str) -> bool:
    """Whether ``path`` is a dump in directory format."""
    return Path(path, "toc.dat").is_file()


def files_below(path: str) -> list[tuple[str, os.stat_result]]:
    """Every file of a dump in directory format: its path below ``path``, and its status.

    Raises ``OSError``.
    """
    found = []
    for folder, dummy, names in os.walk(path, onerror=_raise):
        for name in names:
            whole = Path(folder, name)
            found.append((str(whole.relative_to(path)), whole.stat()))
    return sorted(found)


def measure_directory(path: str) -> BackupFile:
    """The dump in directory format at ``path``, all of its files taken together.

    Raises ``OSError``.
    """
    statuses = [status for dummy, status in files_below(path)]
    latest = max(statuses, key=lambda status: status.st_mtime)
    size = sum(status.st_size for status in statuses)
    return replace(backup_file(path, latest), bytes=size, directory=True)


def _raise(error: OSError) -> NoReturn:
    raise error
